"""DCR, PAT, OERR-03, OERR-04: clients that register."""

import re
from urllib.parse import urlsplit

import pytest

from reference_backend.authorization_server.authorization_store import AuthorizationStore
from tests.reference_backend.authorization_server.server import CALLBACK, Registered, Server

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def register(server, *redirect_uris, **members):
    return server.post_json("/v1/register", {"redirect_uris": list(redirect_uris), **members})


@pytest.mark.requirement("DCR-01", "DCR-02", "DCR-10", "SEC-AS-21")
def test_anybody_may_register(server):
    answers = [register(server, CALLBACK, "cursor://x", logo_uri="x") for _ in range(20)]
    for answer in answers:
        assert answer.status_code == 201
        assert answer.json["redirect_uris"] == [CALLBACK, "cursor://x"]
        assert answer.json["client_secret_expires_at"] == 0
        assert answer.json["token_endpoint_auth_method"] == "client_secret_basic"
        assert "logo_uri" not in answer.json
        assert answer.headers["Cache-Control"] == "no-store"
    made = [answer.json[name] for answer in answers for name in ("client_id", "client_secret")]
    assert len(set(made)) == 40
    assert all(UUID.fullmatch(one) for one in made)


@pytest.mark.requirement("DCR-14", "DCR-15")
def test_a_public_client_has_no_secret(server):
    answer = register(server, CALLBACK, token_endpoint_auth_method="none", scope="openid")
    assert answer.status_code == 201
    assert {"client_secret", "client_secret_expires_at"}.isdisjoint(answer.json)
    assert (answer.json["token_endpoint_auth_method"], answer.json["scope"]) == ("none", "openid")


@pytest.mark.requirement("DCR-03", "OERR-03")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, 'Invalid input: expected array, received undefined at "redirect_uris"'),
        ({"redirect_uris": None}, 'Invalid input: expected array, received null at "redirect_uris"'),
        ({"redirect_uris": CALLBACK}, 'Invalid input: expected array, received string at "redirect_uris"'),
        ({"redirect_uris": []}, 'Too small: expected array to have >=1 items at "redirect_uris"'),
        (
            {"redirect_uris": [1, "x", CALLBACK], "client_name": {}},
            (
                'Invalid input: expected string, received object at "client_name"; '
                'Invalid input: expected string, received number at "redirect_uris[0]"; '
                'Invalid URL at "redirect_uris[1]"'
            ),
        ),
        (
            {"redirect_uris": [CALLBACK], "grant_types": "x", "response_types": [True]},
            (
                'Invalid input: expected string, received boolean at "response_types[0]"; '
                'Invalid input: expected array, received string at "grant_types"'
            ),
        ),
        ([], "Invalid input: expected object, received array"),
        (
            {"redirect_uris": [CALLBACK], "client_name": "a\0b"},
            'Invalid input: expected string of Unicode characters without NUL at "client_name"',
        ),
    ],
)
def test_what_is_missing_or_of_the_wrong_type_is_named(server, body, expected):
    assert server.error(server.post_json("/v1/register", body)) == (
        400,
        "invalid_request",
        f"Validation error: {expected}",
    )


@pytest.mark.requirement("DCR-04", "DCR-05", "DCR-06", "SEC-AS-03")
@pytest.mark.parametrize(
    ("redirect_uri", "shown"),
    [
        ("https://example.com/cb?x#y", "https://example.com/cb"),
        ("javascript:alert(1)", "javascript://alert(1)"),
        ("data:text/html,x", "data://text/html,x"),
        ("http://localhost@evil.example/", "http://evil.example/"),
        ("http://localhost:1@evil.example/", "http://evil.example/"),
        ("http://u:p@localhost/x", "http://localhost/x"),
        ("http://@localhost/x", "http://localhost/x"),
        ("http://localhost.evil.example/", "http://localhost.evil.example/"),
        ("https://www.cursor.com.evil.example/", "https://www.cursor.com.evil.example/"),
        ("https://www.cursor.com@evil.example/", "https://evil.example/"),
        ("http:\\\\evil.example\\localhost/", "http://evil.example/localhost/"),
        ("https://localhost/x", "https://localhost/x"),
    ],
)
def test_addresses_that_are_not_allowed(server, redirect_uri, shown):
    answer = register(server, CALLBACK, redirect_uri)
    assert server.error(answer) == (400, "invalid_request", f"Invalid redirect_uri '{shown}'")


@pytest.mark.requirement("DCR-06")
@pytest.mark.parametrize(
    "redirect_uri",
    [
        "cursor://anything/at/all",
        "cursor:anything",
        "https://www.cursor.com/x",
        *(
            f"http://{host}{port}{path}"
            for host in ("localhost", "127.0.0.1", "[::1]")
            for port in ("", ":9")
            for path in ("", "/x/y?z")
        ),
    ],
)
def test_addresses_that_are_allowed(server, redirect_uri):
    assert register(server, redirect_uri).status_code == 201


@pytest.mark.requirement("DCR-07")
def test_own_patterns_replace_the_default_ones(settings, make):
    settings["auth"]["experimentalDynamicClientRegistration"]["allowedRedirectUriPatterns"] = ["https://a.test/*"]
    server = Server(make())
    assert register(server, "https://a.test/x").status_code == 201
    assert register(server, CALLBACK).status_code == 400


@pytest.mark.requirement("DCR-08", "PAT-02")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.test/*", "Invalid URL pattern 'a.test/*', an explicit protocol is required"),
        ("http://a b/*", "Invalid URL pattern 'http://a b/*'"),
    ],
)
def test_a_malformed_pattern(settings, make, pattern, expected):
    patterns = ["http://localhost:*/*", pattern]
    settings["auth"]["experimentalDynamicClientRegistration"]["allowedRedirectUriPatterns"] = patterns
    server = Server(make())
    assert server.error(register(server, CALLBACK)) == (500, "server_error", expected)


@pytest.mark.requirement("DCR-09")
def test_names(server):
    for members, name in (({}, "Backstage CLI"), ({"client_name": "Mine"}, "Mine")):
        session = server.session(server.register(**members))
        assert server.browser.get(f"/v1/sessions/{session}").json["clientName"] == name


@pytest.mark.requirement("DCR-11")
def test_registrations_do_not_expire(server, client, clock):
    clock.now += 10 * 365 * 86400
    server.session(client)
    for method in ("GET", "PUT", "DELETE"):
        assert server.browser.request(method, f"/v1/register/{client.client_id}").status_code == 404


@pytest.mark.requirement("DCR-12", "OERR-05")
def test_malformed_json(browser):
    answer = browser.post("/v1/register", data="{", Content_Type="application/json")
    assert browser.error(answer)[:2] == (400, "SyntaxError")


@pytest.mark.requirement("SEC-AS-02")
def test_white_space_around_an_address_is_not_part_of_it(server):
    answer = register(server, f" {CALLBACK} ")
    assert answer.json["redirect_uris"] == [CALLBACK]
    client = Registered(answer.json["client_id"], answer.json["client_secret"])
    assert urlsplit(server.authorize(client).headers["Location"]).hostname == "app.test"


@pytest.mark.requirement("SEC-AS-21")
def test_secrets_are_not_in_the_database(server, client, database):
    kept = AuthorizationStore(database.engine).get_client(client.client_id)
    assert kept.secret_digest
    assert client.secret not in str(kept.secret_digest)
