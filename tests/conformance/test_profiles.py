"""What is written for another profile than the usual one passes on the reference backend in that profile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.applicability import ONE_REPLICA
from mock_idp.profiles import profiles
from mock_idp.settings import DEFAULT_PROFILE

ROOT = Path(__file__).resolve().parents[2]
OTHER_PROFILES = [profile for profile in profiles() if profile != DEFAULT_PROFILE]


@pytest.mark.parametrize("profile", OTHER_PROFILES)
def test_the_scenarios_of_a_profile(profile: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "conformance", "-q", "-p", "no:cacheprovider", "--level", "should"]
    command += ["--profile", profile, "--only-profile", "--report-json", str(report)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    said = json.loads(report.read_text())
    summary = said["summary"]
    assert summary["passed"] >= 1
    absent = {case["message"] for case in said["cases"] if case["verdict"] == "not-applicable"}
    assert absent <= {ONE_REPLICA}
