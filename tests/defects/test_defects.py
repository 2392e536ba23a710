"""Every defect of the catalogue is caught, by the scenarios that it names, and nothing is caught without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.verdicts import Verdict
from tests.defects import kill_matrix
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect
from tests.defects.harness import Harness, Harnesses, defects_of
from tests.support.processes import ROOT


@pytest.mark.parametrize("defect", catalogue().values(), ids=list(catalogue()))
def test_the_defect_is_caught(defect: Defect, harnesses: Harnesses, record_property: Callable[..., None]) -> None:
    ready = harnesses.of(defect.profile)
    judgement = ready.judge(defect, ready.cases(defect))
    failing = {"requirements": sorted(judgement.failing), "scenarios": sorted(judgement.failing_scenarios)}
    record_property(kill_matrix.PROPERTY, {defect.id: failing})

    assert defect.caught_by <= judgement.failing, f"not caught by {sorted(defect.caught_by - judgement.failing)}"
    assert defect.stops_cases or not [f"{case.id}: {case.message}" for case in judgement.errors]
    assert bool(judgement.crashes) == defect.crashes, judgement.crashes


@pytest.mark.parametrize("profile", sorted({defect.profile for defect in catalogue().values()}))
def test_without_a_defect_the_same_scenarios_are_green(profile: str, harnesses: Harnesses) -> None:
    ready = harnesses.of(profile)
    judgement = ready.judge(None, ready.cases_of_all_defects())

    assert not [f"{case.id}: {case.message}" for case in judgement.cases if case.verdict is not Verdict.PASSED]
    assert not judgement.crashes
    for defect in defects_of(profile):
        assert defect.caught_by <= judgement.verdicts.keys()


def test_the_command_line_fails_for_a_defect(harness: Harness, tmp_path: Path) -> None:
    # All other tests play the cases themselves, which is faster; this one does what a user does.
    defect = catalogue()["nonce-not-compared"]
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "conformance", "-q", "-p", "no:cacheprovider"]
    command += ["--target", harness.target.auth_url, "--idp", harness.idp.url, "--report-json", str(report)]
    command += ["--requirement", "FRAME-07"]

    with harness.backend(defect):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    verdicts = {row["id"]: row["verdict"] for row in json.loads(report.read_text())["requirements"]}
    assert verdicts["FRAME-07"] == "failed"
