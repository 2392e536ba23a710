"""AUTHZ, ASESS, FE-100: the authorization request, and what the consent page does with it."""

import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from reference_backend.authorization_server.authorization_store import AuthorizationStore
from reference_backend.identity import user_token
from tests.reference_backend.authorization_server.server import CALLBACK, CHALLENGE, SERVICE_TOKEN

DECISIONS = ("approve", "reject")


@pytest.mark.requirement("AUTHZ-01", "AUTHZ-10", "SEC-AS-21")
def test_a_good_request_leads_to_the_consent_page(server, client):
    locations = {server.authorize(client, nonce="n", unknown="x").headers["Location"] for _ in range(20)}
    assert len(locations) == 20
    page = re.compile(r"https://app\.test/x/oauth2/authorize/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    assert all(page.fullmatch(location) for location in locations)


@pytest.mark.requirement("AUTHZ-01")
def test_the_app_may_end_in_a_slash(settings, make, server, client):
    settings["app"]["baseUrl"] = "https://app.test/x/"
    path = f"/v1/authorize?client_id={client.client_id}&redirect_uri={CALLBACK}&response_type=code"
    assert make().get(path).headers["Location"].startswith("https://app.test/x/oauth2/authorize/")


@pytest.mark.requirement("AUTHZ-02", "OERR-03")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"client_id": None}, 'Invalid input: expected string, received undefined at "client_id"'),
        ({"client_id": ""}, 'Too small: expected string to have >=1 characters at "client_id"'),
        ({"client_id": ["a", "b"]}, 'Invalid input: expected string, received array at "client_id"'),
        ({"redirect_uri": "x"}, 'Invalid URL at "redirect_uri"'),
        ({"redirect_uri": ""}, 'Invalid URL at "redirect_uri"'),
        (
            {"redirect_uri": None, "response_type": None},
            (
                'Invalid input: expected string, received undefined at "redirect_uri"; '
                'Invalid input: expected string, received undefined at "response_type"'
            ),
        ),
        ({"scope": ["a", "b"]}, 'Invalid input: expected string, received array at "scope"'),
        ({"client_id": None, "client_id[x]": "1"}, 'Invalid input: expected string, received object at "client_id"'),
        ({"client_id[x]": "1"}, 'Invalid input: expected string, received array at "client_id"'),
        ({"client_id": None, "client_id[]": "1"}, 'Invalid input: expected string, received array at "client_id"'),
        ({"state": "\0"}, 'Invalid input: expected string of Unicode characters without NUL at "state"'),
    ],
)
def test_what_is_missing_or_malformed_is_named(server, client, parameters, expected):
    answer = server.authorize(client, **parameters)
    assert server.error(answer) == (400, "invalid_request", f"Validation error: {expected}")


@pytest.mark.requirement("AUTHZ-03", "AUTHZ-04", "AUTHZ-05", "AUTHZ-06", "AUTHZ-07", "SEC-AS-01", "SEC-AS-11")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        *(
            ({"response_type": kind}, "Only authorization code flow is supported")
            for kind in ("token", "id_token", "code token", "CODE", "none")
        ),
        ({"client_id": "nobody"}, "Invalid client_id"),
        ({"client_id": "nobody", "redirect_uri": "https://evil.test/"}, "Invalid client_id"),
        ({"redirect_uri": "https://evil.test/"}, "Invalid redirect_uri 'https://evil.test/'"),
        ({"code_challenge": "x"}, "Invalid code_challenge_method"),
        ({"code_challenge": "x", "code_challenge_method": ""}, "Invalid code_challenge_method"),
    ],
)
def test_what_is_refused_is_not_told_to_the_client(server, client, parameters, expected):
    answer = server.authorize(client, **parameters)
    assert server.browser.error(answer) == (400, "InputError", expected)
    assert "Location" not in answer.headers


@pytest.mark.requirement("AUTHZ-06", "SEC-AS-02")
@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:9999/cb?x=1&y=2",
        "http://localhost:9999/cb",
        "http://localhost:9998/cb?x=1",
        "http://localhost:9999/cb/?x=1",
        "http://localhost:9999/cb/../cb?x=1",
        "http://localhost:9999/%63b?x=1",
        "http://localhost:9999/CB?x=1",
        "http://LOCALHOST:9999/cb?x=1",
        "http://localhost:9999/cb?x=1#f",
        "https://localhost:9999/cb?x=1",
        "http://u@localhost:9999/cb?x=1",
    ],
)
def test_an_address_that_only_looks_like_the_registered_one(server, redirect_uri):
    client = server.register("http://localhost:9999/cb?x=1")
    server.session(client, redirect_uri="http://localhost:9999/cb?x=1")
    answer = server.authorize(client, redirect_uri=redirect_uri)
    assert server.browser.error(answer) == (400, "InputError", f"Invalid redirect_uri '{redirect_uri}'")


@pytest.mark.requirement("AUTHZ-07", "SEC-AS-18")
@pytest.mark.parametrize("method", ["md5", "s256", "PLAIN", None])
def test_methods_nobody_knows(server, client, method):
    answer = server.authorize(client, code_challenge="x" * 43, code_challenge_method=method)
    assert server.browser.error(answer) == (400, "InputError", "Invalid code_challenge_method")


@pytest.mark.requirement("AUTHZ-08", "AUTHZ-09")
@pytest.mark.parametrize("parameters", [{}, {"code_challenge": ""}, {"scope": "openid foo  bar"}, CHALLENGE])
def test_what_a_client_with_a_secret_may_do(server, client, parameters):
    server.session(client, **parameters)


@pytest.mark.requirement("AUTHZ-12")
def test_only_get(browser):
    assert browser.error(browser.post("/v1/authorize")) == (404, "NotFoundError", "Unknown auth provider 'v1'")


@pytest.mark.requirement("ASESS-01", "ASESS-02", "FE-100")
def test_what_the_consent_page_learns(server, client, browser):
    session = server.session(client, state="secret", nonce="n", **CHALLENGE)
    answer = browser.get(f"/v1/sessions/{session}")
    assert answer.json == {
        "id": session,
        "clientId": client.client_id,
        "clientName": "Backstage CLI",
        "redirectUri": CALLBACK,
    }


def every_use(server, session):
    return [
        server.browser.get(f"/v1/sessions/{session}"),
        *(server.decide(session, decision) for decision in DECISIONS),
    ]


@pytest.mark.requirement("ASESS-03", "ASESS-06")
def test_unknown_sessions(server, client):
    known = server.session(client)
    for session in ("x", known.upper(), known[:-1], "%20"):
        for answer in every_use(server, session):
            assert server.error(answer) == (400, "invalid_request", "Invalid authorization session")


@pytest.mark.requirement("ASESS-04", "ASESS-06")
@pytest.mark.parametrize("decision", DECISIONS)
def test_a_session_is_decided_about_once(server, client, decision):
    session = server.session(client)
    assert server.decide(session, decision).status_code == 200
    for answer in every_use(server, session):
        assert server.error(answer) == (400, "invalid_request", "Authorization session not found or expired")


@pytest.mark.requirement("ASESS-05", "ASESS-06", "AUTHZ-11")
@pytest.mark.parametrize("decided", [False, True])
def test_a_session_lives_for_an_hour(server, client, clock, decided):
    session = server.session(client)
    if decided:
        server.decide(session)
    clock.now += 3600
    if not decided:
        assert server.browser.get(f"/v1/sessions/{session}").status_code == 200
    clock.now += 1
    for answer in every_use(server, session):
        assert server.error(answer) == (400, "invalid_request", "Authorization session expired")


@pytest.mark.requirement("ASESS-05")
def test_expired_sessions_are_forgotten_after_a_day(server, client, clock):
    session = server.session(client)
    clock.now += 2 * 86400
    server.session(client)
    assert server.error(server.browser.get(f"/v1/sessions/{session}"))[2] == "Invalid authorization session"


def bad_token(server, kind):
    good = server.token_of()
    if kind == "limited":
        return user_token.limited_token(good), "Illegal limited user token"
    if kind == "tampered":
        head, payload, signature = good.split(".")
        return f"{head}.{payload}.{signature[::-1]}", "Failed user token verification"
    return "garbage", "Illegal token"


@pytest.mark.requirement("ASESS-07", "ASESS-09", "SEC-AS-07", "LIM-04")
@pytest.mark.parametrize("kind", ["limited", "tampered", "garbage"])
def test_approving_with_a_bad_token(server, client, kind):
    session = server.session(client)
    token, expected = bad_token(server, kind)
    assert server.error(server.decide(session, "approve", token)) == (401, "invalid_client", expected)
    assert server.decide(session).status_code == 200


@pytest.mark.requirement("ASESS-15", "OERR-05", "SEC-AS-07", "LIM-04")
@pytest.mark.parametrize("kind", ["limited", "tampered", "garbage"])
def test_rejecting_with_a_bad_token(server, client, kind):
    session = server.session(client)
    token, expected = bad_token(server, kind)
    answer = server.decide(session, "reject", token)
    assert server.browser.error(answer) == (401, "AuthenticationError", expected)
    assert server.decide(session).status_code == 200


@pytest.mark.requirement("ASESS-08", "ASESS-15", "LIM-10", "SEC-AS-07")
@pytest.mark.parametrize("decision", DECISIONS)
def test_deciding_as_nobody(server, client, decision):
    session = server.session(client)
    good = server.token_of()
    for headers in (
        {},
        {"Authorization": f"Bearer {SERVICE_TOKEN}"},
        {"Authorization": f"Basic {good}"},
        {"Cookie": f"backstage-auth={good}"},
        {"Cookie": f"backstage-auth={user_token.limited_token(good)}"},
    ):
        answer = server.browser.post(f"/v1/sessions/{session}/{decision}", **headers)
        assert server.error(answer) == (403, "access_denied", "Authentication required")
    assert server.decide(session).status_code == 200


@pytest.mark.requirement("ASESS-10", "ASESS-11", "ASESS-18", "SEC-AS-17")
@pytest.mark.parametrize(
    ("redirect_uri", "before"),
    [
        (CALLBACK, f"{CALLBACK}?"),
        ("http://localhost:9999", "http://localhost:9999/?"),
        (f"{CALLBACK}?x=1&y=%20z", f"{CALLBACK}?x=1&y=%20z&"),
        ("http://localhost/a b", "http://localhost/a%20b?"),
        ("cursor://x", "cursor://x?"),
    ],
)
def test_where_an_approval_leads(server, redirect_uri, before):
    client = server.register(redirect_uri)
    answer = server.decide(server.session(client, redirect_uri=redirect_uri, state="s t"))
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) == {"redirectUrl"}
    url = answer.json["redirectUrl"]
    assert re.fullmatch(re.escape(before) + r"code=[\w-]{43}&state=s\+t", url)


@pytest.mark.requirement("ASESS-11")
def test_a_fragment_stays_at_the_end(server):
    client = server.register(f"{CALLBACK}#f")
    answer = server.decide(server.session(client, redirect_uri=f"{CALLBACK}#f"))
    assert re.fullmatch(re.escape(CALLBACK) + r"\?code=[\w-]{43}#f", answer.json["redirectUrl"])


@pytest.mark.requirement("SEC-AS-17")
@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("state", ["a b+c&d=e%f%20", "é☃\U0001f600", "x" * 1024, "#?/\\\"'<>", "code=1&state=2"])
def test_the_state_comes_back_as_it_was(server, client, decision, state):
    url = server.decide(server.session(client, state=state), decision).json["redirectUrl"]
    assert parse_qs(urlsplit(url).query)["state"] == [state]


@pytest.mark.requirement("ASESS-13", "ASESS-14")
@pytest.mark.parametrize(
    ("redirect_uri", "state", "expected"),
    [
        (CALLBACK, None, f"{CALLBACK}?error=access_denied&error_description=User+denied+the+request"),
        (CALLBACK, "s t", f"{CALLBACK}?error=access_denied&error_description=User+denied+the+request&state=s+t"),
        (f"{CALLBACK}?x=1", "", f"{CALLBACK}?x=1&error=access_denied&error_description=User+denied+the+request"),
    ],
)
def test_where_a_refusal_leads(server, redirect_uri, state, expected):
    client = server.register(redirect_uri)
    answer = server.decide(server.session(client, redirect_uri=redirect_uri, state=state), "reject")
    assert answer.json == {"redirectUrl": expected}


@pytest.mark.requirement("ASESS-12", "SEC-AS-21")
def test_codes_are_not_repeated_and_not_stored(server, client, database):
    codes = {server.code(client) for _ in range(20)}
    assert len(codes) == 20
    assert all(AuthorizationStore(database.engine).get_code(code) is None for code in codes)


@pytest.mark.requirement("ASESS-16", "ASESS-07")
@pytest.mark.parametrize("user", ["user:default/twin-1", "user:default/twin-2"])
def test_who_approves_is_who_it_is(server, client, user):
    token = server.redeem(client, server.code(client, user)).json["access_token"]
    assert server.browser.jwt_part(token, 1)["sub"] == user


@pytest.mark.requirement("ASESS-11")
def test_an_approval_without_state(server, client):
    url = server.decide(server.session(client, state="")).json["redirectUrl"]
    assert [name for name, _ in parse_qsl(urlsplit(url).query)] == ["code"]


@pytest.mark.requirement("USERINFO-04", "LIM-11")
def test_services_are_nobodys_user(browser):
    bearer = f"Bearer {SERVICE_TOKEN}"
    assert browser.error(browser.get("/v1/userinfo", Authorization=bearer)) == (
        400,
        "InputError",
        "Userinfo endpoint must be called with a token that represents a user principal",
    )
    assert browser.error(browser.get("/.backstage/auth/v1/cookie", Authorization=bearer)) == (
        403,
        "NotAllowedError",
        "This endpoint does not allow 'service' credentials",
    )
    other = browser.get("/v1/userinfo", Authorization=f"Bearer {SERVICE_TOKEN}x")
    assert browser.error(other) == (401, "AuthenticationError", "Illegal token")
