"""What a provider is given and may decide: sessions, state members, resolvers, client authentication, rotation."""

import base64
import re
from typing import ClassVar

import pytest
from flask import Response

from reference_backend import providers, routing
from reference_backend.config.model import ConfigError
from reference_backend.errors import AuthError
from reference_backend.http.client import HttpClient
from reference_backend.http.provider_routes import ProviderRoutes
from reference_backend.identity import resolvers
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import session_cookie, state
from reference_backend.oauth.provider import AuthenticationResult, OAuthProvider, OAuthSession, Profile
from reference_backend.oauth.session_store import SessionStore
from reference_backend.providers.oauth2_base import AUTHORIZATION_CODE, ClientAuthentication

SESSION = re.compile(r"connect\.sid=s%3A([\w-]{32})\.([\w%-]{43,}); Path=/; HttpOnly; (Secure; )?SameSite=Lax")


def own_resolver(options, info, context):
    return SignIn("a.b.c", "user:default/own", ())


class Fake(OAuthProvider):
    """Notes in the session what it sends, and takes it out again."""

    vendor = "fake"
    resolvers: ClassVar = {"own": resolvers.ResolverFactory(resolvers.Options, own_resolver)}
    common_resolvers = False
    fails = False
    rotates = ("new", None)

    def state_members(self, query):
        return {"audience": query["audience"]} if "audience" in query else {}

    def start(self, request):
        if request.session is not None and "note" in request.query:
            request.session["fake"] = {"note": request.query["note"]}
        return f"https://vendor.test/?state={request.state}"

    def authenticate(self, request):
        note = (request.session or {}).pop("fake", None)
        if type(self).fails:
            raise AuthError("no")
        name = f"{note}" + request.state.get("audience", "")
        return AuthenticationResult(OAuthSession("at"), Profile(display_name=name))

    def refresh(self, request):
        reported, returned = type(self).rotates
        if reported:
            request.keep_rotated(reported)
        return AuthenticationResult(OAuthSession("at", refresh_token=returned), Profile())


@pytest.fixture(autouse=True)
def fake(monkeypatch, settings):
    everything = {**providers.discover(), "fake": Fake}
    monkeypatch.setattr(providers, "discover", lambda: everything)
    settings["auth"]["providers"]["fake"] = {"development": {}}
    settings["auth"]["session"] = {"secret": "s3cret"}
    return Fake


def cookie_of(answer, name):
    found = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(f"{name}=")]
    return found[-1] if found else None


def begin(browser, query="&note=hello", **headers):
    answer = browser.get(f"/fake/start?env=development{query}", **headers)
    assert answer.status_code == 302, answer.text
    encoded = answer.headers["Location"].partition("state=")[2]
    return encoded, cookie_of(answer, "fake-nonce").partition(";")[0], cookie_of(answer, "connect.sid")


def end(browser, encoded, *cookies):
    return browser.get(f"/fake/handler/frame?state={encoded}", Cookie="; ".join(cookies))


def name_in(browser, answer):
    return browser.message(answer)["response"]["profile"]["displayName"]


# SESSION-01 … SESSION-07


@pytest.mark.requirement("SESSION-05", "SESSION-07")
def test_what_start_stores_reaches_the_callback_once(make, database, clock):
    browser = make()
    encoded, nonce, session = begin(browser)
    session_id, _, secure = SESSION.fullmatch(session).groups()
    assert secure
    assert SessionStore(database.engine).get(session_id, clock()) == '{"fake": {"note": "hello"}}'
    pair = session.partition(";")[0]

    first = end(browser, encoded, nonce, pair)
    again = end(browser, encoded, nonce, pair)

    assert name_in(browser, first) == "{'note': 'hello'}"
    assert name_in(browser, again) == "None"
    assert cookie_of(first, "connect.sid") is None
    assert SessionStore(database.engine).get(session_id, clock()) is None


def test_an_entry_is_used_up_even_if_the_sign_in_fails(make, database, clock, monkeypatch):
    browser = make()
    encoded, nonce, session = begin(browser)
    monkeypatch.setattr(Fake, "fails", True)
    answer = end(browser, encoded, nonce, session.partition(";")[0])
    assert browser.page_error(answer) == ("Error", "no")
    assert SessionStore(database.engine).get(SESSION.fullmatch(session)[1], clock()) is None


def test_a_session_goes_on_without_a_new_cookie(make, database, clock):
    browser = make()
    _, _, session = begin(browser)
    session_id = SESSION.fullmatch(session)[1]
    _, _, second = begin(browser, "&note=two", Cookie=session.partition(";")[0])
    assert second is None
    assert SessionStore(database.engine).get(session_id, clock()) == '{"fake": {"note": "two"}}'


def test_there_is_no_cookie_when_nothing_is_stored(make):
    assert begin(make(), "")[2] is None


@pytest.mark.requirement("SESSION-01")
def test_without_a_secret_there_is_no_session(make, settings):
    del settings["auth"]["session"]
    assert begin(make())[2] is None


def test_over_http_the_cookie_is_not_secure(make, settings):
    settings["backend"]["baseUrl"] = "http://backend.test"
    assert SESSION.fullmatch(begin(make())[2])[3] is None


def test_a_changed_cookie_is_nobodys(make):
    browser = make()
    encoded, nonce, session = begin(browser)
    pair = session.partition(";")[0]
    changed = pair[:-1] + ("A" if pair[-1] != "A" else "B")
    assert name_in(browser, end(browser, encoded, nonce, changed)) == "None"


def test_an_unknown_identifier_is_not_taken_up(make):
    planted = "connect.sid=" + session_cookie.sign("planted", "s3cret")
    _, _, session = begin(make(), Cookie=planted)
    assert SESSION.fullmatch(session)[1] != "planted"


def test_a_session_expires(make, clock):
    browser = make()
    encoded, nonce, session = begin(browser)
    clock.now += session_cookie.LIFETIME
    assert name_in(browser, end(browser, encoded, nonce, session.partition(";")[0])) == "None"


@pytest.mark.parametrize(
    "text", [None, "", "x", "s:", "s:a", "s:.", "s:a.", "s:a.b", "a.b", "s:\ud800.\ud800", "s:ä.ö"]
)
def test_what_is_not_signed_has_no_identifier(text):
    assert session_cookie.unsign(text, "s3cret") is None


def test_the_signature_is_that_of_express():
    # Value made by the npm package cookie-signature: sign("abc", "s3cret").
    assert session_cookie.sign("abc", "s3cret") == "s:abc." + KNOWN_SIGNATURE


KNOWN_SIGNATURE = "Ty8wqvSle9YKtHPI6cLN/vwYZyPUcn7W8x8ENTyROJo"


# STATE-09 and resolvers


def test_a_provider_adds_members_to_the_state(make):
    browser = make()
    encoded, nonce, _ = begin(browser, "&audience=cluster-1")
    assert list(state.members(state.decode(encoded)))[-1] == "audience"
    assert name_in(browser, end(browser, encoded, nonce)) == "Nonecluster-1"


def test_a_provider_may_do_without_the_common_resolvers(make, settings):
    own = settings["auth"]["providers"]["fake"]["development"]
    own["signIn"] = {"resolvers": [{"resolver": "emailLocalPartMatchingUserEntityName"}]}
    with pytest.raises(ConfigError, match="'emailLocalPartMatchingUserEntityName' is not available"):
        make()
    own["signIn"] = {"resolvers": [{"resolver": "own"}]}
    make()


# Rotation


@pytest.mark.parametrize(
    ("reported", "returned", "stored"),
    [("new", None, "new"), (None, "new", "new"), ("one", "two", "two"), (None, None, None), (None, "old", None)],
)
def test_the_newest_refresh_token_is_stored(make, monkeypatch, reported, returned, stored):
    monkeypatch.setattr(Fake, "rotates", (reported, returned))
    answer = make().refresh(provider="fake", Cookie="fake-refresh-token=old")
    cookie = cookie_of(answer, "fake-refresh-token")
    assert answer.status_code == 200
    assert (cookie and cookie.partition(";")[0]) == (stored and f"fake-refresh-token={stored}")


# Routes


class StartOnly(ProviderRoutes):
    """A kind of provider with one route."""

    def start(self):
        return Response("started")


def test_a_route_that_a_kind_lacks_is_not_there(make):
    browser = make()
    known = browser.app.extensions[routing.EXTENSION]
    known.routes["kerberos"] = StartOnly()
    assert browser.get("/kerberos/start").text == "started"
    for method, path in [("GET", "handler/frame"), ("POST", "handler/frame"), ("GET", "refresh"), ("POST", "logout")]:
        answer = browser.request(method, f"/kerberos/{path}")
        assert browser.error(answer) == (404, "NotFoundError", "Unknown auth provider 'kerberos'"), path
    assert browser.request("OPTIONS", "/kerberos/start").headers["Allow"] == "GET,HEAD"
    assert browser.request("OPTIONS", "/kerberos/refresh").status_code == 404


# Client authentication (UP-03, UP-04)


@pytest.mark.parametrize("method", ClientAuthentication)
def test_where_the_credentials_travel(make, github, monkeypatch, method):
    cls = providers.discover()["github"]
    monkeypatch.setattr(
        cls,
        "client_authentication",
        lambda self, grant_type: method if grant_type == AUTHORIZATION_CODE else ClientAuthentication.BODY,
    )
    browser = make()
    browser.finish(browser.start())
    request = github.calls[0].request
    basic = base64.b64encode(b"gh-id:gh-secret").decode()
    in_header = method is not ClientAuthentication.BODY
    assert request.headers.get("Authorization") == (f"Basic {basic}" if in_header else None)
    assert ("client_secret=gh-secret" in request.body) is (method is not ClientAuthentication.BASIC)


# HttpClient


def test_a_call_carries_what_it_was_given_and_nothing_else(vendor, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine vendor.test login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    vendor.delete("https://vendor.test/x")
    HttpClient(1).request("DELETE", "https://vendor.test/x", params={"a": "1"}, form={"b": "2"}, headers={"X-A": "3"})
    request = vendor.calls[0].request
    assert (request.url, request.body, request.headers["X-A"]) == ("https://vendor.test/x?a=1", "b=2", "3")
    assert "Authorization" not in request.headers


def test_a_call_has_a_timeout_of_its_own(vendor):
    vendor.get("https://vendor.test/x")
    upstream = HttpClient(10)
    upstream.request("GET", "https://vendor.test/x")
    upstream.request("GET", "https://vendor.test/x", timeout=3.5)
    assert [call.request.req_kwargs["timeout"] for call in vendor.calls] == [10, 3.5]


def test_a_redirect_is_not_followed(vendor):
    vendor.get("https://vendor.test/x", status=302, headers={"Location": "https://evil.test/"})
    assert HttpClient(1).request("GET", "https://vendor.test/x").status_code == 302
