"""The rules that make mutants, and the reasons that say why some survive."""

from __future__ import annotations

import pytest

from tests.mutants.mutation import mutants_of
from tests.mutants.results import KINDS, Results, read_reasons

SOURCE = '''
"""Documentation."""
LIMIT = 3


def check(text: str, strict: bool = True) -> bytes:
    """More of it."""
    if len(text) > LIMIT and strict:
        raise ValueError("too long")
    return text.encode("utf-8")
'''


def changes(source: str) -> set[tuple[str, str]]:
    return {(mutant.before, mutant.after) for mutant in mutants_of("reference_backend.sample", source)}


@pytest.mark.parametrize(
    "change",
    [
        ("3", "4"),
        ("True", "False"),
        ("len(text) > LIMIT", "len(text) >= LIMIT"),
        ("len(text) > LIMIT and strict", "len(text) > LIMIT or strict"),
        ("len(text) > LIMIT and strict", "strict"),
        ("raise ValueError('too long')", "pass"),
        ("'too long'", "'too long~'"),
        ("return text.encode('utf-8')", "return None"),
    ],
)
def test_what_is_changed(change: tuple[str, str]) -> None:
    assert change in changes(SOURCE)


def test_documentation_types_and_codecs_are_left_alone() -> None:
    texts = {before for before, _ in changes(SOURCE) if before.startswith(("'", '"'))}
    assert texts == {"'too long'"}


def test_ids_are_those_of_functions_and_unique() -> None:
    ids = [mutant.id for mutant in mutants_of("reference_backend.sample", SOURCE)]
    assert len(set(ids)) == len(ids)
    assert {id_.split(":")[1] for id_ in ids} == {"module", "check"}


def test_every_reason_is_for_a_survivor_and_of_a_known_kind() -> None:
    reasons, survivors = read_reasons(), Results.read().survivors()
    assert reasons.keys() <= survivors.keys()
    assert {reason.kind for reason in reasons.values()} <= KINDS.keys()
    assert all(reason.why.endswith(".") for reason in reasons.values())


def test_every_survivor_is_seen_by_a_test_or_has_a_reason() -> None:
    assert not [id_ for id_, outcome in Results.read().unexplained().items() if not outcome.test]
