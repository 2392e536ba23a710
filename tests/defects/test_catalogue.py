"""The catalogue itself: names, requirements, the list of all defects, and patches that do not fit any more."""

from __future__ import annotations

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from conformance.requirement_list import Level, requirements
from tests.defects import kill_matrix
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect, StaleDefectError, always, nothing, replace, wrap
from tests.support.processes import ROOT


@pytest.mark.parametrize("defect", catalogue().values(), ids=list(catalogue()))
def test_a_defect_is_well_formed(defect: Defect) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", defect.id)
    assert re.fullmatch(r"[A-Z].+\.", defect.title), "the docstring is one sentence"
    assert defect.caught_by, "a defect names a requirement that catches it"
    assert defect.caught_by <= requirements().keys()
    # A row of level INFO never fails a run.
    assert not [id_ for id_ in defect.caught_by if requirements()[id_].level is Level.INFO]


def test_the_kill_matrix_shows_what_failed_and_what_was_not_played() -> None:
    page = kill_matrix.page({"nonce-not-compared": {"requirements": ["FRAME-07", "START-01"], "scenarios": []}})

    assert "**FRAME-07**, START-01 |" in page
    assert f"| defects that were not played | {len(catalogue()) - 1} |" in page


def owner() -> SimpleNamespace:
    return SimpleNamespace(__name__="owner", LIMIT=1, check=lambda value, *, strict: None)


def test_a_replacement_takes_the_place() -> None:
    module = owner()

    replace(module, "LIMIT", 2)
    replace(module, "check", always("yes"))

    assert (module.LIMIT, module.check("x", strict=True)) == (2, "yes")


def test_a_wrapper_gets_the_original() -> None:
    module = SimpleNamespace(__name__="owner", double=lambda value: 2 * value)

    wrap(module, "double", lambda original, value: original(value) + 1)

    assert module.double(3) == 7


def test_a_key_of_a_mapping_can_be_replaced() -> None:
    table = {"a": 1}

    replace(table, "a", 2)

    assert table == {"a": 2}


@pytest.mark.parametrize("patch", [replace, wrap])
def test_a_patch_of_something_that_is_gone_fails(patch: object) -> None:
    assert callable(patch)
    with pytest.raises(StaleDefectError, match=r"owner\.gone does not exist"):
        patch(owner(), "gone", nothing)


def test_a_function_that_takes_other_arguments_fails() -> None:
    with pytest.raises(StaleDefectError, match=r"owner\.check takes other arguments"):
        replace(owner(), "check", lambda value: None)
    with pytest.raises(StaleDefectError, match=r"owner\.check takes other arguments"):
        wrap(owner(), "check", lambda original, value, other: None)


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.defects.serve", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_serve_refuses_a_defect_that_does_not_exist() -> None:
    done = serve("nonce-not-compare", "--", "serve")

    assert done.returncode != 0
    assert done.stderr == "There is no defect 'nonce-not-compare'; did you mean 'nonce-not-compared'?\n"


def test_serve_says_how_it_is_used() -> None:
    done = serve("nonce-not-compared", "serve")

    assert done.returncode != 0
    assert done.stderr.startswith("Usage: python -m tests.defects.serve DEFECT -- ")


def test_serve_is_the_reference_backend() -> None:
    done = serve("nonce-not-compared", "--", "--help")

    assert done.returncode == 0
    assert "reference-backend (nonce-not-compared) [OPTIONS] COMMAND" in done.stdout
