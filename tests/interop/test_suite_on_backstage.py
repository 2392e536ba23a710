"""The whole suite against the real, unmodified Backstage auth backend: the oracle of this project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.applicability import NO_REGISTRATION, ONE_REPLICA, environment_of
from conformance.embedded import free_port
from mock_idp.profiles import profiles
from tests.interop.backstage import RELEASE
from tests.interop.backstage.backstage import Backstage, running_backstage
from tests.interop.catalog import wait_for_catalog
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.processes import ROOT

DEVIATIONS = Path(__file__).parent / "backstage" / "deviations.yaml"
OTHER_PROFILES = [id_ for id_ in profiles() if id_ != "default"]
NEEDS_REGISTRATION = {"oidc-registration"}
"""Profiles all of whose cases begin with a client that registers itself, which this release lets nobody do (DCR-18)."""


def run_suite(auth_url: str, idp_url: str, report: Path, *options: str) -> dict[str, Any]:
    """Run the suite and return its report."""
    command = [sys.executable, "-m", "pytest", "conformance", "-q", "-n", "2", "-p", "no:cacheprovider"]
    command += ["--target", auth_url, "--idp", idp_url, "--target-name", f"Backstage {RELEASE}"]
    command += ["--deviations", str(DEVIATIONS), "--report-json", str(report), *options]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    document: dict[str, Any] = json.loads(report.read_text())
    return document


def test_every_scenario_passes_on_the_real_backstage(
    backstage: Backstage, mock_idp: IdpProcess, tmp_path: Path
) -> None:
    document = run_suite(backstage.auth_url, mock_idp.url, tmp_path / "report.json")

    summary = document["summary"]
    ran = summary["passed"] + summary["deviation"] + summary["warned"]
    # Nothing that did not run is green: every provider of this configuration is there, but for what this release lacks.
    kinds = {provider["id"]: provider["kind"] for provider in document["providers"]}
    absent = [
        case["message"]
        for case in document["cases"]
        if case["verdict"] == "not-applicable" and kinds.get(case["provider"]) != "saml"
    ]
    assert not [reason for reason in absent if "needs the profile" not in reason and reason != ONE_REPLICA]
    assert ran >= 200


@pytest.mark.parametrize("profile", OTHER_PROFILES)
def test_the_scenarios_of_a_profile_pass_on_the_real_backstage(profile: str, tmp_path: Path) -> None:
    with running_idp(tmp_path, f"http://localhost:{free_port()}", "--profile", profile) as idp:
        config = idp.write_app_config("--profile", profile)
        with running_backstage([config], idp.environment) as target:
            wait_for_catalog(target.auth_url, idp.url)
            options = ("--profile", profile, "--only-profile")
            said = run_suite(target.auth_url, idp.url, tmp_path / "report.json", *options)

    ran = said["summary"]["passed"] + said["summary"]["warned"]
    assert ran == 0 if profile in NEEDS_REGISTRATION else ran >= 1
    assert {case["message"] for case in said["cases"] if case["verdict"] == "not-applicable"} <= {
        ONE_REPLICA,
        NO_REGISTRATION,
    }


def test_one_environment_alone_is_enough_on_the_real_backstage(tmp_path: Path) -> None:
    """As real files have it: every provider has `production` and nothing else."""
    with running_idp(tmp_path, f"http://localhost:{free_port()}") as idp:
        config = idp.write_app_config("--env", "production")
        with running_backstage([config], idp.environment) as target:
            wait_for_catalog(target.auth_url, idp.url)
            chosen = [word for name in ("github", "google", "okta", "guest") for word in ("--provider", name)]
            document = run_suite(target.auth_url, idp.url, tmp_path / "report.json", "--env", "production", *chosen)
    summary = document["summary"]
    assert summary["passed"] + summary["deviation"] + summary["warned"] >= 200
    missing = [environment_of(reason) for reason in summary["not_applicable"]]
    assert {"no-sign-in", "email"} <= {name for name in missing if name}
    assert "production" not in missing


@pytest.mark.requirement("SAML-01")
def test_configuration_of_a_provider_that_was_removed_is_ignored(backstage: Backstage) -> None:
    answer = requests.get(f"{backstage.auth_url}/saml/start?env=development", allow_redirects=False, timeout=10)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Unknown auth provider 'saml'"
