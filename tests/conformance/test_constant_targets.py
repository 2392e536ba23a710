"""No case passes on a target that answers the same to everything.

Where one does, its scenario lacks a positive control: a step that shows that the thing works which the others see
refused, absent or not done.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from conformance.cases import Case
from conformance.collection import collect
from conformance.embedded import embedded_pair
from conformance.examination.probe import ProbeOptions, examine, wire_for
from conformance.plugin.options import ENVIRONMENT, PROFILE, SCENARIOS, TIMEOUT_SECONDS
from conformance.requirement_list import requirements
from conformance.scenario.loader import Library, load
from conformance.steps import RULES
from conformance.target import Target
from conformance.verdicts import Verdict
from tests.support.fake_servers import FakeAnswer, http_server
from tests.support.playing import play_case

NOT_FOUND = {
    "error": {"name": "NotFoundError", "message": "There is nothing here"},
    "request": {"method": "GET", "url": "/"},
    "response": {"statusCode": 404},
}
ANSWERS = {
    "200 with JSON": FakeAnswer(200, {}),
    "404 with a JSON error": FakeAnswer(404, NOT_FOUND),
    "500": FakeAnswer(500, "Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")]),
    "302": FakeAnswer(302, "", [("Location", "https://login.example.test/")]),
    "HTML page": FakeAnswer(200, "<!doctype html><title>An app</title><p>Hello", [("Content-Type", "text/html")]),
}


@dataclass
class ExaminedTarget:
    """A target that was examined while it was sound, and every scenario on the first provider that can play it."""

    library: Library
    target: Target
    cases: list[Case]

    def passing(self, answer: FakeAnswer) -> list[str]:
        """Ids of the cases that pass on a target that always answers so."""
        wire = wire_for(self.target.idp, self.target.ca_pem, TIMEOUT_SECONDS)
        found = []
        with contextlib.closing(wire), http_server(lambda _: answer) as url:
            target = replace(self.target, auth_url=f"{url}/api/auth")
            for case in self.cases:
                result = play_case(case, self.library.facts[case.provider.vendor], target, wire, should_fails=True)
                # A scenario that cannot go on is an error, even if nothing has failed until then.
                if result.verdict is not Verdict.ERROR and all(check.holds for check in result.checks):
                    found.append(case.id)
        return found


@pytest.fixture(scope="module")
def examined() -> Iterator[ExaminedTarget]:
    library = load([SCENARIOS], requirements(), RULES)
    with embedded_pair(1, PROFILE) as (auth_url, idp_url, app_origin, _):
        options = ProbeOptions(auth_url, idp_url, app_origin, ENVIRONMENT, PROFILE, {}, TIMEOUT_SECONDS)
        target = examine(options, library.facts).ready()
        first: dict[str, Case] = {}
        for case in collect(library, target):
            if case.is_playable:
                first.setdefault(case.scenario.scenario, case)
        yield ExaminedTarget(library, target, list(first.values()))


@pytest.mark.parametrize("name", ANSWERS)
def test_no_case_passes(examined: ExaminedTarget, name: str) -> None:
    assert examined.cases
    passing = examined.passing(ANSWERS[name])
    assert not passing, "needs a positive control: " + ", ".join(passing)
