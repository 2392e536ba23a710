"""The same scenarios on two targets: a change of each sort on the way is seen, and without one there is nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from conformance.cli import group
from conformance.embedded import free_port
from tests.defects.backend import running_backend
from tests.defects.doctor_table import at, attribute, cookie, error, session
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.tampering import Tamper, TamperingFront, leave_alone, tampering_front

PROVIDER = ("--provider", "github")


@dataclass
class Pair:
    """Two backends at one mock, the second behind a front."""

    one: str
    front: TamperingFront
    idp: IdpProcess

    def compare(self, tamper: Tamper, *options: str) -> tuple[int, str]:
        """Compare the two; gives exit code and output."""
        self.front.tamper = tamper
        arguments = ["compare", self.one, "--against", f"{self.front.url}/api/auth", "--idp", self.idp.url, *PROVIDER]
        try:
            answer = CliRunner().invoke(group, [*arguments, "--seed", "1", *options], catch_exceptions=False)
        finally:
            self.front.tamper = leave_alone
        return answer.exit_code, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    one = f"http://localhost:{free_port()}"
    with (
        tampering_front() as front,
        running_idp(folder, one, "--backend-url", front.url, *PROVIDER) as idp,
        contextlib.ExitStack() as stack,
    ):
        behind = free_port()
        front.backend_ports = [behind]
        for url, port in ((one, int(one.rpartition(":")[2])), (front.url, behind)):
            file = _app_config(idp, url, folder)
            arguments = ["serve", "--config", str(file), "--port", str(port)]
            environment = {**os.environ, **idp.environment}
            stack.enter_context(running_backend(None, arguments, environment, folder / f"{port}.log"))
        yield Pair(f"{one}/api/auth", front, idp)


def _app_config(idp: IdpProcess, url: str, folder: Path) -> Path:
    config = yaml.safe_load(idp.write_app_config(*PROVIDER).read_text(encoding="utf-8"))
    config["backend"]["baseUrl"] = url
    file = folder / f"app-config-{url.rpartition(':')[2]}.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


def test_two_that_are_the_same_differ_nowhere(pair: Pair) -> None:
    code, told = pair.compare(leave_alone, "-k", "protocol/s")

    assert code == 0, told
    assert "unexplained: 0 differences of 0 kinds" in told


@pytest.mark.parametrize(
    ("tamper", "place"),
    [
        (at("/logout", error(403, "No")), "status"),
        (at("/start", lambda answered: answered.having("X-Powered-By", "Express")), "header x-powered-by"),
        (at("/start", cookie("github-nonce", attribute("SameSite", "None"))), "cookie github-nonce samesite"),
        (
            at("/refresh", session(lambda found: {**found, "profile": {"displayName": "X"}})),
            "body.profile.displayName",
        ),
    ],
    ids=["status", "header", "cookie-attribute", "body-member"],
)
def test_a_change_is_seen(pair: Pair, tamper: Tamper, place: str) -> None:
    code, told = pair.compare(tamper, "-k", "protocol/logout")

    assert code == 1
    unexplained, _, _ = told.partition("\nexplained: ")
    assert f"  {place}  (" in unexplained, told


def test_a_known_change_is_explained(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "explained.yaml"
    file.write_text("differences: [{place: header x-powered-by, one: null, reason: It names the framework.}]\n")
    tamper = at("", lambda answered: answered.having("X-Powered-By", "Express"))

    code, told = pair.compare(tamper, "-k", "protocol/logout", "--explained", str(file))

    assert code == 0, told
    assert "why    It names the framework." in told
