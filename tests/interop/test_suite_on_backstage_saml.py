"""The scenarios about SAML against the last Backstage auth backend that has the provider."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from conformance.embedded import free_port
from tests.interop.backstage.backstage import running_backstage
from tests.interop.backstage_saml import CHOSEN, HERE, PROVIDERS
from tests.support.idp_process import running_idp
from tests.support.processes import ROOT

DEVIATIONS = HERE / "deviations.yaml"
BEYOND_THE_CONTRACT = {"SAML-13", "SAML-14", "SAML-15", "SAML-16", "SAML-21"}
"""What this release does not do: the accepted deviations, and what the specification says with SHOULD."""


def test_every_saml_scenario_passes_on_the_last_backstage_that_has_it(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with running_idp(tmp_path, f"http://localhost:{free_port()}") as idp:
        config = idp.write_app_config(*CHOSEN)
        log_file = tmp_path / "backstage.log"
        with running_backstage([config], idp.environment, log_file=log_file, directory=HERE) as target:
            command = [
                sys.executable,
                "-m",
                "pytest",
                "conformance",
                "-q",
                "-n",
                "2",
                "-p",
                "no:cacheprovider",
                *CHOSEN,
            ]
            command += ["--target", target.auth_url, "--idp", idp.url, "--target-name", "Backstage auth backend 0.24.5"]
            command += ["--deviations", str(DEVIATIONS), "--report-json", str(report)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    said = json.loads(report.read_text())
    ran = [case for case in said["cases"] if case["verdict"] != "not-applicable"]
    assert {case["provider"] for case in ran} == set(PROVIDERS)
    assert {case["verdict"] for case in ran} <= {"passed", "warned", "deviation"}
    assert len(ran) >= 25
    unmet = {row["id"] for row in said["requirements"] if row["failed_checks"]}
    assert unmet <= BEYOND_THE_CONTRACT
