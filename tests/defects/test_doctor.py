"""Whatever can be wrong before a case is played: each fault of a set-up and defect of a backend is named rightly.

The doctor examines a real mock and the real reference backend; what is wrong is done to one of them, to the
configuration between them, or to answers on the wire. The table goes to ``build/reports/doctor.md``.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import __version__
from conformance.embedded import free_port
from conformance.examination import sign_ins
from conformance.examination.findings import SENTENCES, in_words
from conformance.examination.probe import Examination, ProbeOptions, examine
from conformance.plugin.options import ENVIRONMENT, PROFILE, SCENARIOS
from conformance.requirement_list import requirements
from conformance.scenario.loader import Library, load
from conformance.steps import RULES
from tests.defects import doctor_report
from tests.defects.backend import running_backend
from tests.defects.doctor_table import DEFECTS, PROVIDERS, SET_UPS, Wrong
from tests.support.fake_servers import closed_port
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.tampering import TamperingFront, leave_alone, tampering_front

TIMEOUT_SECONDS = 15.0
ABOUT_REPLICAS = {"session-not-shared", "key-not-shared"}
"""What test_replicas.py and its two backends produce."""

HANGING_SECONDS = 4.0
"""Where somebody hangs; longer than an honest answer takes on a busy machine."""


@dataclass
class Stand:
    """A mock and a backend, each behind somebody who can change what it answers."""

    folder: Path
    front: TamperingFront
    idp_front: TamperingFront
    idp: IdpProcess

    @contextlib.contextmanager
    def backend(self, wrong: Wrong, idp: IdpProcess) -> Iterator[None]:
        """A backend behind the front."""
        port = free_port()
        config = yaml.safe_load(idp.write_app_config(*_options(PROVIDERS)).read_text(encoding="utf-8"))
        config["backend"]["baseUrl"] = self.front.url
        wrong.config(config)
        file = self.folder / "app-config.own.yaml"
        file.write_text(yaml.safe_dump(config).replace("{idp}", idp.url), encoding="utf-8")
        environ = {**os.environ, **idp.environment}
        for name, value in wrong.environ.items():
            environ.pop(name, None)
            if value is not None:
                environ[name] = value
        arguments = ["serve", "--config", str(file), "--port", str(port)]
        with running_backend(None, arguments, environ, self.folder / "backend.log", wrong.prepare):
            ports, self.front.backend_ports = self.front.backend_ports, [port]
            try:
                yield
            finally:
                self.front.backend_ports = ports

    def examine(self, wrong: Wrong, idp: IdpProcess, library: Library) -> Examination:
        """What the doctor says."""
        address = {
            "target": self.front.url,
            "target_by_address": self.front.url.replace("localhost", "127.0.0.1"),
            "target_https": self.front.url.replace("http:", "https:"),
            "idp": idp.url,
            "tls": idp.tls_url,
            "tls_plain": idp.tls_url.replace("https:", "http:"),
            "closed": f"http://127.0.0.1:{closed_port()}",
        }
        idp_url = idp.url
        if wrong.tamper_idp is not leave_alone:
            self.idp_front.backend_ports = [int(idp.url.rpartition(":")[2])]
            self.idp_front.tamper = wrong.tamper_idp
            idp_url = self.idp_front.url.replace("localhost", "127.0.0.1")
        given: dict[str, Any] = {
            "auth_url": "{target}/api/auth",
            "idp_url": idp_url,
            "app_origin": None,
            "environment": ENVIRONMENT,
            "profile": PROFILE,
            "providers": {},
            "timeout_seconds": HANGING_SECONDS if "hang" in wrong.what else TIMEOUT_SECONDS,
        }
        for name, value in {**given, **wrong.options}.items():
            given[name] = value.format(**address) if isinstance(value, str) and name.endswith("_url") else value
        if "app_config" in given:
            given["app_config"] = str(self._shown(given["app_config"], idp))
        self.front.tamper = wrong.tamper
        try:
            return examine(ProbeOptions(**given), library.facts)
        finally:
            self.front.tamper = leave_alone

    def _shown(self, text: str | None, idp: IdpProcess) -> Path:
        file = self.folder / "app-config.shown.yaml"
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text.format(release=__version__, profile=PROFILE, idp=idp.url), encoding="utf-8")
        return file


def _options(providers: tuple[str, ...]) -> list[str]:
    return [text for id_ in providers for text in ("--provider", id_)]


@pytest.fixture(scope="module")
def library() -> Library:
    return load([SCENARIOS], requirements(), RULES)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("doctor")
    with (
        tampering_front() as front,
        tampering_front() as idp_front,
        running_idp(folder, front.url, *_options(PROVIDERS)) as idp,
    ):
        stand = Stand(folder, front, idp_front, idp)
        with stand.backend(Wrong("Nothing", ()), idp):
            yield stand


@pytest.fixture(scope="module")
def other_idps(
    stand: Stand, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[tuple[str, ...]], IdpProcess]]:
    """Starts mocks with options of their own."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def started(options: tuple[str, ...]) -> IdpProcess:
            backend_url = stand.front.url
            if options[0] == "--backend-url":
                backend_url, options = options[1], options[2:]
            folder = tmp_path_factory.mktemp("idp")
            return stack.enter_context(running_idp(folder, backend_url, *_options(PROVIDERS), *options))

        yield started


@pytest.mark.parametrize("id_", [*SET_UPS, *DEFECTS])
def test_what_is_wrong_is_named(
    id_: str,
    stand: Stand,
    other_idps: Callable[[tuple[str, ...]], IdpProcess],
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Any,
) -> None:
    wrong = {**SET_UPS, **DEFECTS}[id_]
    idp = other_idps(wrong.idp) if wrong.idp else stand.idp
    if any(name in {"person-not-found", "target-catalog"} for name, _ in wrong.named):
        monkeypatch.setattr(sign_ins, "CATALOG_SECONDS", 0.0)
    with stand.backend(wrong, idp) if wrong.needs_a_backend else contextlib.nullcontext():
        examination = stand.examine(wrong, idp, library)

    told = "\n".join(in_words(examination.findings))
    assert {(finding.name, finding.provider) for finding in examination.findings} == set(wrong.named), told
    kept = {finding.provider for finding in examination.findings if finding.is_set_up and finding.provider}
    if examination.target and not any(finding.stops_everything for finding in examination.findings):
        assert {provider.id for provider in examination.target.providers if provider.fault} == kept
    record_property(doctor_report.PROPERTY, doctor_report.row(id_, wrong.what, id_ in DEFECTS, examination.findings))


def test_every_sentence_is_produced() -> None:
    named = {name for wrong in (*SET_UPS.values(), *DEFECTS.values()) for name, _ in wrong.named}

    assert named | ABOUT_REPLICAS == set(SENTENCES)
    assert not named & ABOUT_REPLICAS


def test_there_are_enough() -> None:
    assert len(SET_UPS) >= 30
    assert len(DEFECTS) >= 20


def test_a_defect_has_a_requirement_and_a_fault_a_remedy() -> None:
    for name, sentence in SENTENCES.items():
        assert (sentence.requirement in requirements()) is not bool(sentence.remedy), name
