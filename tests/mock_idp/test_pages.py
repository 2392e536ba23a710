"""Pages for people, and what happens to input that nobody sends by mistake."""

import re
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_idp.personas import SHOWN, SPARE
from tests.mock_idp.conftest import World, form_of, make_world


def test_the_consent_page_says_what_is_asked_and_by_whom(world: World) -> None:
    page = world.authorize()
    assert page.status_code == 200
    text = page.text
    assert "MOCK" in text
    for expected in (world.client.client_id, world.provider, world.environment, world.redirect_uri):
        assert expected in text
    assert not any(persona in text for persona in SPARE), "nobody wants to scroll past them"
    for persona in SHOWN.values():
        assert persona.name in text
        assert persona.reason.replace("'", "&#39;") in text
        assert f'for="persona-{persona.id}"' in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!/|\?)', text), "nothing external is loaded"
    fields = form_of(page).fields
    assert ("persona", "plain") in fields
    assert [value for name, value in fields if name == "scope"] == list(
        world.idp.services.by_id[world.vendor].store.request(dict(fields)["request"]).scopes  # type: ignore[union-attr]
    )


def test_pages_stand_in_no_frame(world: World) -> None:
    for page in (world.authorize(), world.http.get("/"), world.http.get("/__idp/journal.html")):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"


def test_the_index_lists_what_there_is(github: World) -> None:
    text = github.http.get("/").text
    for expected in ("GitHub", "Google", "OAuth2 Proxy", "twin-north", "/__idp/journal.html", "accounts.google.com"):
        assert expected in text


def test_hostile_parameters_are_shown_as_text(github: World) -> None:
    page = github.authorize(client_id="<script>alert(1)</script>")
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    github.http.get("/github/login/oauth/authorize?client_id=<script>")
    journal = github.http.get("/__idp/journal.html").text
    assert journal.count("<script>") == 1, "the page's own, which its policy names by its hash"
    assert "&lt;script&gt;" in journal


def test_a_refusal_for_machines_is_one_line(google: World) -> None:
    answer = google.authorize(client_id="a\r\nSet-Cookie: x=y\u2028")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "\n" not in answer.headers["Mock-Idp-Refusal"]


def test_a_decision_is_made_once(github: World) -> None:
    page = github.authorize()
    assert github.decide(page).status_code == 303
    answer = github.decide(page)
    assert answer.status_code == 400
    assert "decided before" in answer.text


def test_an_old_page(github: World) -> None:
    page = github.authorize()
    github.clock.move(3601)
    assert "start again" in github.decide(page).text


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"persona": "nobody"}, "persona must be one of"),
        ({"persona": ""}, "persona must be one of"),
        ({"decision": "perhaps"}, "allow or deny"),
        ({"scope": ["admin:org"]}, "did not ask"),
        ({"request": "made-up"}, "not known"),
    ],
)
def test_wrong_forms(github: World, changes: dict[str, Any], description: str) -> None:
    page = github.authorize()
    answer = github.http.post(
        "/__idp/consent", data={"persona": "plain", "decision": "allow", "request": "x", **changes}
    )
    assert answer.status_code == 400
    assert description in answer.text or description == "did not ask"
    fields = {"persona": "plain", "decision": "allow", **changes}
    answer = github.decide(page, **fields)
    assert answer.status_code == 400
    assert description in answer.text


def test_a_machine_gets_json(github: World) -> None:
    answer = github.http.post("/__idp/consent", headers={"Accept": "application/json"})
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


def test_auto_login() -> None:
    world = make_world("google", "google", auto_login="twin-north")
    answer = world.authorize()
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(world.redirect_uri)
    code = re.search(r"code=([^&]+)", answer.headers["Location"]).group(1).replace("%2F", "/")  # type: ignore[union-attr]
    tokens = world.redeem(code).json
    assert world.profile(tokens["access_token"]).json["name"] == "Robin Vale"
    grant = answer.headers["Mock-Idp-Grant"]
    assert [entry["endpoint"] for entry in world.journal(grant=grant)] == ["authorization", "token", "profile"]


def test_too_large_a_body(github: World) -> None:
    assert github.http.post(github.path("token"), data=b"x" * 1_000_001).status_code == 413


def test_a_strange_host_is_not_repeated(google: World) -> None:
    for host in ('evil"><script>', "a b", "x" * 300 + "\t", ""):
        answer = google.http.get("/google/.well-known/openid-configuration", headers={"Host": host})
        assert answer.json["issuer"] == "http://localhost/google"
    answer = google.http.get("/google/.well-known/openid-configuration", headers={"Host": "[::1]:9000"})
    assert answer.json["issuer"] == "http://[::1]:9000/google"


WORLD = make_world("google", "google")
PATHS = [f"/{vendor.id}{route.path}" for vendor in WORLD.idp.vendors.values() for route in vendor.routes] + [
    "/",
    "/__idp/",
    "/__idp/consent",
    "/__idp/journal",
    "/__idp/journal.html",
    "/__idp/journal.har",
    "/__idp/journal/events",
    "/__idp/vendors/google.html",
    "/__idp/try/google",
    "/__idp/try/google/callback",
    "/__idp/clients",
    "/__idp/services",
    "/__idp/grants/x",
    "/__idp/proxies/oauth2Proxy/headers",
    "/%00",
    "//",
]
NAMES = st.sampled_from(
    ["client_id", "redirect_uri", "code", "token", "grant_type", "scope", "state", "faults", "\x00"]
)
VALUES = st.one_of(
    st.text(),
    st.sampled_from(["mock-google-development", "refresh_token", "authorization_code", "[", "http://[", "\ud800"]),
)
TYPES = st.sampled_from(
    ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", "", "\xff", "a/b; c"]
)


@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW"]),
    path=st.sampled_from(PATHS),
    query=st.one_of(st.binary(), st.lists(st.tuples(NAMES, VALUES))),
    body=st.one_of(st.binary(), VALUES),
    content_type=TYPES,
    authorization=st.one_of(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])), st.just("Basic !")),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bad_input_is_never_an_error_of_ours(
    method: str, path: str, query: Any, body: Any, content_type: str, authorization: str
) -> None:
    text = quote_from_bytes(query) if isinstance(query, bytes) else urlencode(query, errors="replace")
    data = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    headers = {"Authorization": authorization, "Content-Type": content_type}
    answer = WORLD.http.open(path, method=method, query_string=text, data=data, headers=headers)
    assert answer.status_code < 500


NOBODY_CAME = "Was the backend started by"


@pytest.mark.parametrize("came", [False, True, "refused"])
def test_a_backend_that_asks_the_real_vendor_is_told_apart(came: Any) -> None:
    world = make_world("github", "github")
    query = {"client_id": world.client.client_id, "redirect_uri": world.redirect_uri, "state": "s"}

    def page() -> Any:
        return world.http.get("/login/oauth/authorize", query_string=query, base_url="https://github.com")

    assert NOBODY_CAME not in page().text
    answer = world.decide(page())
    code = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]
    if came:
        world.redeem(code, **({"client_secret": "wrong"} if came == "refused" else {}))
    assert NOBODY_CAME not in page().text, "it may still come"
    world.clock.move(10)
    assert (NOBODY_CAME in page().text) is not bool(came)


def test_a_denied_sign_in_needs_no_tokens() -> None:
    world = make_world("github", "github")
    query = {"client_id": world.client.client_id, "redirect_uri": world.redirect_uri, "state": "s"}
    asked = world.http.get("/login/oauth/authorize", query_string=query, base_url="https://github.com")
    world.decide(asked, decision="deny")
    world.clock.move(10)
    asked = world.http.get("/login/oauth/authorize", query_string=query, base_url="https://github.com")
    assert NOBODY_CAME not in asked.text
