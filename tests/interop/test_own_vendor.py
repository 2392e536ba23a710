"""A company's own sign-in service and its own auth proxy, in a folder of their own, on both backends.

Nothing of the kit knows them: what is in ``own_vendor`` is named on command lines.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from conformance.embedded import free_port, started
from conformance.plugin.options import SCENARIOS
from conformance.requirement_list import requirements
from conformance.scenario.loader import load
from conformance.steps import RULES
from tests.interop.backstage.backstage import running_backstage
from tests.interop.catalog import wait_for_catalog
from tests.support.idp_process import running_front, running_idp
from tests.support.processes import ROOT

HERE = Path(__file__).parent / "own_vendor"
VENDORS = ("--vendor", str(HERE / "acme_login.py"), "--vendor", str(HERE / "some_key.py"))
PROVIDER_MODULES = tuple(
    word
    for name in ("acme_login_provider.py", "some_key_provider.py")
    for word in ("--provider-module", str(HERE / name))
)
PROVIDERS = ("--provider", "acme-login", "--provider", "my-custom-provider")


def play(report: Path, *options: str) -> dict[str, Any]:
    """Run the suite on the two providers and return its report."""
    command = [sys.executable, "-m", "pytest", "conformance", "-q", "-n", "2", "-p", "no:cacheprovider"]
    command += ["--scenarios", str(HERE / "scenarios"), *PROVIDERS]
    command += ["--report-json", str(report), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def generic_proxy_scenarios() -> set[str]:
    """Those that every auth proxy gets, whatever its name."""
    known = load([SCENARIOS, HERE / "scenarios"], requirements(), RULES).scenarios
    proxied = {one.scenario: one.applies_to for one in known if one.applies_to.kind == "proxy"}
    return {name for name, about in proxied.items() if not about.vendors and not about.providers}


def check(document: dict[str, Any]) -> None:
    """See that the generic cases were played on both, and that none of them is red."""
    # What breaks a SHOULD passes with a warning; nothing that failed gets here.
    green = [case for case in document["cases"] if case["verdict"] in {"passed", "warned"}]
    assert sum(case["provider"] == "acme-login" for case in green) >= 80
    own = {row["id"]: row["verdict"] for row in document["requirements"] if row["id"].startswith("SOME-KEY")}
    assert own == {"SOME-KEY-01": "passed", "SOME-KEY-02": "passed"}
    assert {case["scenario"] for case in green if case["provider"] == "my-custom-provider"} >= generic_proxy_scenarios()


def test_on_the_reference_backend(tmp_path: Path) -> None:
    check(play(tmp_path / "report.json", "--level", "should", *VENDORS, *PROVIDER_MODULES))


def test_the_front_is_the_gateway(tmp_path: Path) -> None:
    backend_url = f"http://localhost:{free_port()}"
    with running_idp(tmp_path, backend_url, *VENDORS) as idp:
        config = idp.write_app_config(*VENDORS, "--provider", "my-custom-provider")
        serve = ("serve", "--config", str(config), *PROVIDER_MODULES, "--port", backend_url.rpartition(":")[2])
        with (
            started("reference_backend", serve, tmp_path / "backend.log", {**os.environ, **idp.environment}),
            running_front(idp, "my-custom-provider", *VENDORS, "--as", "plain") as url,
        ):
            claimed = {"X-Some-Key": "petra-reed", "x_some_key": "petra-reed"}
            answer = requests.get(f"{url}/api/auth/my-custom-provider/refresh", headers=claimed, timeout=10)

    # Whoever signed in at the gateway, whatever the client says.
    assert answer.json()["backstageIdentity"]["identity"]["userEntityRef"] == "user:default/ada-quill"


def test_on_the_real_backstage(tmp_path: Path) -> None:
    # The guest reads the catalog.
    setup = (*VENDORS, *PROVIDERS, "--provider", "guest")
    with running_idp(tmp_path, f"http://localhost:{free_port()}", *setup) as idp:
        config = idp.write_app_config(*setup)
        modules = [HERE / "acme-login.js", HERE / "my-custom-provider.js"]
        with running_backstage([config], idp.environment, modules=modules) as target:
            wait_for_catalog(target.auth_url, idp.url)
            check(play(tmp_path / "report.json", "--target", target.auth_url, "--idp", idp.url))
