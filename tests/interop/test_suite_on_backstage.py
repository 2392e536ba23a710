"""The whole suite against the real, unmodified Backstage auth backend: the oracle of this project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import requests

from tests.interop.backstage.backstage import Backstage
from tests.interop.idp_process import ROOT, IdpProcess

DEVIATIONS = Path(__file__).parent / "backstage" / "deviations.yaml"


def test_every_scenario_passes_on_the_real_backstage(
    backstage: Backstage, mock_idp: IdpProcess, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "conformance", "-q", "-n", "2", "-p", "no:cacheprovider"]
    command += ["--target", backstage.auth_url, "--idp", mock_idp.url, "--target-name", "Backstage 0.30.1"]
    command += ["--deviations", str(DEVIATIONS), "--report-json", str(report)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    document = json.loads(report.read_text())
    summary = document["summary"]
    ran = summary["passed"] + summary["deviation"] + summary["warned"]
    # Nothing that did not run is green: every provider of this configuration is there, but for what this release lacks.
    kinds = {provider["id"]: provider["kind"] for provider in document["providers"]}
    absent = [
        case["message"]
        for case in document["cases"]
        if case["verdict"] == "not-applicable" and kinds.get(case["provider"]) != "saml"
    ]
    assert not [reason for reason in absent if "needs the profile" not in reason]
    assert ran >= 200


def test_configuration_of_a_provider_that_was_removed_is_ignored(backstage: Backstage) -> None:
    answer = requests.get(f"{backstage.auth_url}/saml/start?env=development", allow_redirects=False, timeout=10)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Unknown auth provider 'saml'"
