"""The steps of an application that signs its users in at the target, which writes down what it is asked."""

import base64
import contextlib
import json
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, parse_qsl

import pytest

from conformance.cases import Case
from conformance.driver.wire import Wire
from conformance.scenario.expansion import bound
from conformance.scenario.filters import FILTERS
from conformance.steps import RULES
from conformance.steps.base import CaseContext
from conformance.verdicts import Verdict
from tests.conformance.fakes import PERSONAS
from tests.conformance.samples import FACTS, GITHUB, MUST, scenario, target
from tests.support.fake_servers import FakeAnswer, FakeRequest, http_server
from tests.support.playing import play_case

OWN = {**PERSONAS["personas"][0], "id": "guest-01", "spare": True, "client_url": "https://guest-01.example/client.json"}
REDIRECT = "http://localhost:8765/callback"
TOKENS = {"access_token": "a" * 20, "refresh_token": "session.secret"}


@dataclass
class FakeServer:
    """An authorization server, and the control API of a mock IdP in one.

    Attributes:
        client: what it answers to a registration.
        asked: everything it was asked.
    """

    client: dict[str, str] = field(default_factory=lambda: {"client_id": "cid", "client_secret": "sec/ret"})
    asked: list[FakeRequest] = field(default_factory=list)

    def __call__(self, asked: FakeRequest) -> FakeAnswer:
        self.asked.append(asked)
        path = asked.path.removeprefix("/api/auth")
        if path == "/v1/register":
            return FakeAnswer(201, self.client)
        if path == "/v1/authorize":
            return FakeAnswer(302, headers=[("Location", "http://localhost:3000/oauth2/authorize/the-session")])
        if path == "/v1/sessions/the-session/approve":
            return FakeAnswer(body={"redirectUrl": f"{REDIRECT}?code=the-code&state=s"})
        if path == "/v1/token":
            return FakeAnswer(body=TOKENS)
        if path.startswith("/__idp/services/"):
            return FakeAnswer(body={"faults": json.loads(asked.body)["faults"]})
        return FakeAnswer(404, {"error": "no such thing"})

    def form(self, path: str) -> dict[str, str]:
        """The form that came last at an address."""
        return dict(parse_qsl(self.at(path).body.decode()))

    def at(self, path: str) -> FakeRequest:
        """The request that came last at an address."""
        return next(asked for asked in reversed(self.asked) if asked.path == f"/api/auth{path}")


@pytest.fixture
def server():
    return FakeServer()


@pytest.fixture
def played(server):
    with http_server(server) as url, contextlib.closing(Wire(None, 10)) as wire:

        def run(*steps, own="guest-01"):
            checked = [*steps[:-1], {**steps[-1], "expect": {MUST: {"absent-member": {"absent": True}}}}]
            info = {"urls": {"http": url}, "providers": []}
            tested = target(GITHUB, auth_url=f"{url}/api/auth", idp=info, personas={"guest-01": OWN})
            (part,) = bound(scenario(steps=checked), FACTS["github"])
            case = replace(Case(part, GITHUB, "development"), own=own)
            return play_case(case, FACTS["github"], tested, wire)

        yield run


FLOW = ({"register": {}}, {"authorize": {}}, {"decide": {"token": "of-the-user"}})


def test_a_code_is_redeemed_with_all_that_belongs_to_it(played, server):
    assert played(*FLOW, {"redeem": {}}).verdict is Verdict.PASSED
    query, form = server.at("/v1/authorize").query, server.form("/v1/token")
    assert query["code_challenge"] == FILTERS["s256"](form.pop("code_verifier"))
    assert query["redirect_uri"] == REDIRECT
    assert form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "client_id": "cid",
        "client_secret": "sec/ret",
    }
    assert server.at("/v1/sessions/the-session/approve").headers["Authorization"] == "Bearer of-the-user"


def test_the_client_shows_its_secret_in_a_header_or_not_at_all(played, server):
    played(*FLOW, {"redeem": {"authentication": "basic"}})
    expected = base64.b64encode(b"cid:sec/ret").decode()
    assert server.at("/v1/token").headers["Authorization"] == f"Basic {expected}"
    assert "client_id" not in server.form("/v1/token")
    played(*FLOW, {"redeem": {"authentication": "none", "form": {"code": None}}})
    assert server.at("/v1/token").headers["Authorization"] is None
    assert {"client_id", "code"}.isdisjoint(server.form("/v1/token"))


def test_another_client(played, server):
    played(*FLOW, {"redeem": {"client": {"id": "other"}, "as_json": True}})
    sent = json.loads(server.at("/v1/token").body)
    assert sent["client_id"] == "other"
    assert "client_secret" not in sent


def test_the_refresh_token_is_the_one_given_out_last(played, server):
    played(*FLOW, {"redeem": {}}, {"renew": {}}, {"revoke": {}})
    assert server.form("/v1/token")["refresh_token"] == "session.secret"
    assert server.form("/v1/revoke")["token"] == "session.secret"


def test_whole_flow(played, server):
    asked = {"obtain_tokens": {"scope": "a b", "challenge": "plain", "token": "t"}}
    assert played({"register": {}}, asked, {"renew": {}}).verdict is Verdict.PASSED
    query = parse_qs("&".join(f"{name}={value}" for name, value in server.at("/v1/authorize").query.items()))
    assert query["code_challenge_method"] == ["plain"]
    assert query["scope"] == ["a b"]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([{"authorize": {}}], "this step continues register"),
        ([{"register": {}}, {"authorize": {}}, {"decide": {}}], "which did not happen before it"),
        ([*FLOW[:2], {"decide": {"token": None, "session_id": "x"}}, {"redeem": {}}], "there is no code"),
        ([*FLOW, {"renew": {}}], "no refresh token was given out"),
    ],
)
def test_what_cannot_be_played(played, steps, told):
    assert told in played(*steps).message


def test_a_refused_registration_is_the_targets_fault(played, server):
    server.client = {}
    result = played({"register": {}}, {"authorize": {}})
    assert "no client was registered, the answer was 201" in result.message
    assert result.verdict is Verdict.FAILED


def test_the_website_of_the_own_client(played, server):
    faults = ["reset", {"fault": "set", "members": {"a": 1}}]
    assert played({"change_client": {"faults": faults}}).verdict is Verdict.PASSED
    request = server.asked[-1]
    assert request.path == "/__idp/services/guest-01"
    at = {"at": "client-metadata"}
    assert json.loads(request.body) == {"faults": [{**at, "fault": "reset"}, {**at, **faults[1]}]}


def test_a_case_without_a_persona_of_its_own_has_no_website(played):
    result = played({"change_client": {}}, own=None)
    assert result.verdict is Verdict.ERROR
    assert "only a case with a persona of its own" in result.message


def test_what_is_seen_is_announced(played, monkeypatch):
    seen = {}
    remember = CaseContext.remember

    def noting(context, action, observation):
        seen.setdefault(action, {}).update(observation)
        remember(context, action, observation)

    monkeypatch.setattr(CaseContext, "remember", noting)
    played(*FLOW, {"redeem": {}}, {"renew": {}}, {"revoke": {}}, {"change_client": {}}, {"register": {}})
    played({"register": {}}, {"obtain_tokens": {"token": "t"}})
    seen.pop("holder of a refresh token")
    assert len(seen) == 8
    for action, members in seen.items():
        assert set(members) <= set(RULES.shape(action, {})), action
