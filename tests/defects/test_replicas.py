"""Two replicas of the reference backend on one database, and what happens if they do not share what they have to."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cases import Case, fan_out
from conformance.driver.wire import Wire
from conformance.embedded import free_port
from conformance.examination.probe import Examination, ProbeOptions, examine, wire_for
from conformance.plugin.options import ENVIRONMENT, PROFILE, SCENARIOS, TIMEOUT_SECONDS
from conformance.requirement_list import requirements
from conformance.scenario.loader import Library, load
from conformance.steps import RULES
from conformance.target import Target
from conformance.verdicts import Verdict
from reference_backend.oauth.session_store import SessionStore
from tests.defects.backend import running_backend
from tests.defects.defect import replace
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.playing import play_case

PROVIDERS = ("github", "google", "oidc")
Change = Callable[[dict[str, Any]], None]


def sessions_in_memory() -> None:
    """Every replica keeps the sessions that it began to itself."""
    kept: dict[str, str] = {}

    def put(self: SessionStore, session_id: str, text: str, now: float, expires_at: float) -> None:
        kept[session_id] = text

    def exchange(self: SessionStore, session_id: str, before: str, after: str) -> bool:
        found = kept.get(session_id) == before
        kept[session_id] = after if found else kept.get(session_id, "")
        return found

    replace(SessionStore, "put", put)
    replace(SessionStore, "exchange", exchange)
    replace(SessionStore, "get", lambda self, session_id, now: kept.get(session_id))
    replace(SessionStore, "remove", lambda self, session_id: kept.pop(session_id, None))


def keys_in_memory(config: dict[str, Any]) -> None:
    config["auth"]["keyStore"] = {"provider": "memory"}


def nothing(config: dict[str, Any]) -> None:
    del config


@pytest.fixture(scope="module")
def library() -> Library:
    return load([SCENARIOS], requirements(), RULES)


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdpProcess]:
    options = [text for id_ in PROVIDERS for text in ("--provider", id_)]
    folder = tmp_path_factory.mktemp("replicas")
    with running_idp(folder, f"http://localhost:{free_port()}", *options) as running:
        running.write_app_config(*options)
        yield running


@contextlib.contextmanager
def replicas(idp: IdpProcess, folder: Path, prepare: Callable[[], None] | None, change: Change) -> Iterator[str]:
    """Two backends on one database; gives the address of the second."""
    config = yaml.safe_load((idp.directory / "app-config.yaml").read_text(encoding="utf-8"))
    change(config)
    config["backend"]["database"] = {"client": "better-sqlite3", "connection": {"directory": str(folder)}}
    file = folder / "app-config.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    ports = [idp.backend_url.rpartition(":")[2], str(free_port())]
    with contextlib.ExitStack() as stack:
        for number, port in enumerate(ports):
            arguments = ["serve", "--config", str(file), "--port", port]
            environment = {**os.environ, **idp.environment}
            log = folder / f"backend-{number}.log"
            stack.enter_context(running_backend(None, arguments, environment, log, prepare))
        yield f"http://localhost:{ports[1]}"


def examined(idp: IdpProcess, second: str, library: Library) -> Examination:
    url = f"{idp.backend_url}/api/auth"
    options = ProbeOptions(url, idp.url, None, ENVIRONMENT, PROFILE, {}, TIMEOUT_SECONDS, replicas=(second,))
    return examine(options, library.facts)


def failing(target: Target, library: Library) -> set[str]:
    """Requirements that the scenarios about replicas find not to hold."""
    cases = [case for case in fan_out(library, target) if case.scenario.file == "protocol/replicas.yaml"]
    wire = wire_for(target.idp, target.ca_pem, TIMEOUT_SECONDS, replicas=target.behind)
    with contextlib.closing(wire):
        return set[str]().union(*(_failed(case, library, target, wire) for case in cases if case.is_playable))


def _failed(case: Case, library: Library, target: Target, wire: Wire) -> set[str]:
    result = play_case(case, library.facts[case.provider.vendor], target, wire)
    assert result.verdict is not Verdict.ERROR, result.message
    return {check.requirement for check in result.checks if not check.holds}


@pytest.mark.requirement("SESSION-07", "KEY-07")
@pytest.mark.parametrize(
    ("prepare", "change", "named", "failed"),
    [
        (None, nothing, set(), set()),
        (sessions_in_memory, nothing, {("session-not-shared", "oidc")}, {"FRAME-11", "SESSION-07"}),
        (
            None,
            keys_in_memory,
            {("key-not-shared", "github"), ("key-not-shared", "google"), ("key-not-shared", "oidc")},
            {"KEY-07"},
        ),
    ],
    ids=["shared", "sessions-in-memory", "keys-in-memory"],
)
def test_what_is_not_shared_is_caught_and_named(
    idp: IdpProcess,
    library: Library,
    tmp_path: Path,
    prepare: Callable[[], None] | None,
    change: Change,
    named: set[tuple[str, str]],
    failed: set[str],
) -> None:
    with replicas(idp, tmp_path, prepare, change) as second:
        examination = examined(idp, second, library)

        assert {(finding.name, finding.provider) for finding in examination.findings} == named
        assert failing(examination.ready(), library) == failed
