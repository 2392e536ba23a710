"""CIMD: clients that describe themselves."""

import json

import pytest

from reference_backend.authorization_server import client_documents, document_fetch, document_reader
from tests.reference_backend.authorization_server.server import CALLBACK, CHALLENGE, VERIFIER, Server

CLIENT_ID = "https://a.docs.test/client.json"
PUBLIC = "203.0.114.7"


class Site:
    """What the host of a document does; remembers who was asked for what."""

    def __init__(self):
        self.addresses = [PUBLIC]
        self.document = {"client_id": CLIENT_ID, "client_name": "Site", "redirect_uris": [CALLBACK]}
        self.body = None
        self.failure = None
        self.fetched = []

    def resolve(self, host):
        if not self.addresses:
            raise OSError(f"no such host: {host}")
        return self.addresses

    def get(self, url, addresses, limit, timeout):
        self.fetched.append((url, addresses, limit, timeout))
        if self.failure is not None:
            raise self.failure
        return json.dumps(self.document).encode() if self.body is None else self.body


@pytest.fixture
def site(monkeypatch):
    made = Site()
    monkeypatch.setattr(document_reader, "resolve", made.resolve)
    monkeypatch.setattr(document_fetch, "get", made.get)
    return made


def authorize(server, client_id=CLIENT_ID, **parameters):
    return server.authorize(client_id, **{**CHALLENGE, **parameters})


def refused(server, client_id=CLIENT_ID, **parameters):
    status, name, message = server.browser.error(authorize(server, client_id, **parameters))
    assert (status, name) == (400, "InputError")
    return message


@pytest.mark.requirement("CIMD-07", "CIMD-14", "CIMD-19", "CODE-14", "OFFLINE-09")
def test_the_whole_flow(server, site):
    session = server.session(CLIENT_ID, scope="offline_access", state="s", **CHALLENGE)
    assert site.fetched == [(CLIENT_ID, [PUBLIC], 64 * 1024, 10.0)]
    assert server.browser.get(f"/v1/sessions/{session}").json["clientName"] == "Site"
    assert len(site.fetched) == 2
    url = server.decide(session).json["redirectUrl"]
    request = {
        "grant_type": "authorization_code",
        "code": url.partition("code=")[2].partition("&")[0],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    other = server.error(server.token(**request, client_id="https://b.docs.test/client.json"))
    assert other == (400, "invalid_grant", "Authorization code was not issued to this client")
    answer = server.token(**request, client_id=CLIENT_ID)
    token = answer.json["refresh_token"]
    stolen = server.refresh(None, token, client_id="https://b.docs.test/client.json")
    assert server.error(stolen) == (400, "invalid_grant", "Refresh token was not issued to this client")
    token = server.refresh(None, token).json["refresh_token"]
    token = server.refresh(None, token, client_id=CLIENT_ID).json["refresh_token"]
    assert server.browser.post("/v1/revoke", data={"token": token, "client_id": CLIENT_ID}).status_code == 200
    assert server.error(server.refresh(None, token))[2] == "Invalid refresh token"
    # Approving, redeeming, refreshing and revoking ask for no document.
    assert len(site.fetched) == 2


@pytest.mark.requirement("CODE-14")
def test_a_public_client_need_not_say_who_it_is(server, site):
    code = server.code(CLIENT_ID, **CHALLENGE)
    answer = server.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER)
    assert answer.status_code == 200


@pytest.mark.requirement("CIMD-01", "SEC-AS-15")
@pytest.mark.parametrize(
    "client_id",
    [
        "http://a.docs.test/client.json",
        "http://localhost/client.json",
        "https://a.docs.test",
        "https://a.docs.test/",
        "https://a.docs.test//../",
        "https://a.docs.test/x#f",
        "https://a.docs.test/x?y",
        "https://u:p@a.docs.test/x",
        "https://u@a.docs.test/x",
        "https://a.docs.test/./x",
        "https://a.docs.test/y/../x",
        "https://a.docs.test/y/%2e%2E/x",
        "https://a.docs.test/x/..",
        "ftp://a.docs.test/x",
        "a.docs.test/x",
    ],
)
def test_what_is_no_address_of_a_document(server, site, client_id):
    assert refused(server, client_id) == "Invalid client_id"
    assert site.fetched == []


@pytest.mark.requirement("CIMD-01")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("development", [True, False])
def test_this_machine_in_development(settings, make, site, host, development):
    client_id = f"http://{host}:8000/client.json"
    settings["auth"]["clientIdMetadataDocuments"]["allowedClientIdPatterns"] = ["http://*:8000/*"]
    site.document["client_id"] = client_id
    site.addresses = ["127.0.0.1"]
    answer = authorize(Server(make(development=development)), client_id)
    assert answer.status_code == (302 if development else 400)
    assert len(site.fetched) == development


@pytest.mark.requirement("CIMD-02")
def test_documents_off(settings, make, site):
    settings["auth"]["clientIdMetadataDocuments"]["enabled"] = False
    assert refused(Server(make())) == "Client ID metadata documents not enabled"
    assert site.fetched == []


@pytest.mark.requirement("CIMD-03", "SEC-AS-15")
@pytest.mark.parametrize(
    "client_id",
    [
        "https://docs.test/client.json",
        "https://a.docs.test.evil.example/client.json",
        "https://evil.example/a.docs.test/x",
        "https://a.docs.test:8443/client.json",
    ],
)
def test_clients_that_nobody_allowed(server, site, client_id):
    assert refused(server, client_id) == f"Invalid client_id '{client_id}'"
    assert site.fetched == []


@pytest.mark.requirement("CIMD-03")
@pytest.mark.parametrize(
    ("client_id", "allowed"),
    [
        ("https://claude.ai/x", True),
        ("https://vscode.dev/x/y", True),
        ("https://chatgpt.com/oauth/codex/x/client.json", True),
        ("https://chatgpt.com/oauth/client.json", False),
    ],
)
def test_clients_that_are_allowed_by_default(settings, make, site, client_id, allowed):
    del settings["auth"]["clientIdMetadataDocuments"]["allowedClientIdPatterns"]
    site.document["client_id"] = client_id
    assert authorize(Server(make()), client_id).status_code == (302 if allowed else 400)


@pytest.mark.requirement("CIMD-07", "CIMD-15")
def test_no_document(server, site):
    site.failure = document_fetch.FetchError("status 302")
    assert refused(server) == "Failed to fetch client metadata"
    site.addresses = []
    assert refused(server) == "Failed to fetch client metadata"


@pytest.mark.requirement("CIMD-08", "SEC-AS-20")
def test_too_much_of_a_document(server, site):
    site.failure = document_fetch.TooLargeError("more")
    assert refused(server) == "Client metadata document too large"


@pytest.mark.requirement("CIMD-09", "CIMD-10", "SEC-AS-20")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>", "Invalid client metadata document"),
        (b"", "Invalid client metadata document"),
        (b"\xff", "Invalid client metadata document"),
        (b"NaN", "Invalid client metadata document"),
        (b"[" * 60_000, "Invalid client metadata document"),
        (b"[1, 2]", "Client ID mismatch in metadata document"),
        (b"null", "Client ID mismatch in metadata document"),
    ],
)
def test_what_is_no_document(server, site, body, expected):
    site.body = body
    assert refused(server) == expected


@pytest.mark.requirement("CIMD-10", "CIMD-11", "CIMD-12", "CIMD-13", "SEC-AS-12", "SEC-AS-20")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": "https://b.docs.test/client.json"}, "Client ID mismatch in metadata document"),
        ({"client_id": None}, "Client ID mismatch in metadata document"),
        ({"redirect_uris": None}, "Metadata must include at least one redirect_uri"),
        ({"redirect_uris": []}, "Metadata must include at least one redirect_uri"),
        ({"redirect_uris": CALLBACK}, "Metadata must include at least one redirect_uri"),
        ({"redirect_uris": [CALLBACK, "x"]}, "Invalid redirect_uri in metadata: x"),
        ({"redirect_uris": [5]}, "Invalid redirect_uri in metadata: 5"),
        ({"client_secret": "x"}, "Client metadata must not contain client_secret"),
        ({"client_secret": ""}, "Client metadata must not contain client_secret"),
        ({"client_secret": None}, "Client metadata must not contain client_secret"),
        ({"client_secret_expires_at": 0}, "Client metadata must not contain client_secret"),
        *(
            ({"token_endpoint_auth_method": f"client_secret_{method}"}, "Client metadata uses forbidden auth method")
            for method in ("basic", "post", "jwt")
        ),
    ],
)
def test_unacceptable_documents(server, site, changes, expected):
    site.document |= changes
    assert refused(server) == expected


@pytest.mark.requirement("CIMD-14")
@pytest.mark.parametrize("name", [None, "", 5, "\0", "\ud800"])
def test_clients_without_a_name(server, site, name):
    site.document["client_name"] = name
    session = server.session(CLIENT_ID, **CHALLENGE)
    assert server.browser.get(f"/v1/sessions/{session}").json["clientName"] == CLIENT_ID


@pytest.mark.requirement("CIMD-15", "SEC-AS-14")
@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1"),
    ],
)
def test_hosts_with_an_address_that_is_not_public(server, site, address):
    site.addresses = [PUBLIC, address]
    assert refused(server) == "Invalid client_id URL"
    assert site.fetched == []


@pytest.mark.requirement("CIMD-15", "SEC-AS-14")
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"]
)
def test_addresses_as_hosts(settings, make, site, host):
    settings["auth"]["clientIdMetadataDocuments"]["allowedClientIdPatterns"] = ["https://*/*"]
    assert refused(Server(make()), f"https://{host}/client.json") == "Invalid client_id URL"
    assert site.fetched == []


@pytest.mark.requirement("CIMD-15")
@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_addresses(address):
    assert client_documents.is_public(address)


@pytest.mark.requirement("CIMD-15")
def test_an_address_that_somebody_wrote_down(settings, make, site):
    client_id = "https://127.0.0.1:9443/client.json"
    settings["auth"]["clientIdMetadataDocuments"]["allowedClientIdPatterns"] = [client_id]
    site.document["client_id"] = client_id
    assert authorize(Server(make()), client_id).status_code == 302
    assert site.fetched[0][:2] == (client_id, None)


@pytest.mark.requirement("CIMD-16", "CIMD-17", "SEC-AS-01")
@pytest.mark.parametrize(
    ("redirect_uri", "expected"),
    [
        ("https://evil.example/cb?x", "Invalid redirect_uri 'https://evil.example/cb'"),
        ("http://u@localhost:9999/cb", "Invalid redirect_uri 'http://localhost:9999/cb'"),
        *(
            (uri, f"Invalid redirect_uri '{uri}', not registered in client metadata")
            for uri in ("http://localhost:9999/cb2", "http://127.0.0.1:9999/cb", "http://localhost:9999/CB")
        ),
    ],
)
def test_addresses_the_browser_may_not_go_to(server, site, redirect_uri, expected):
    assert refused(server, redirect_uri=redirect_uri) == expected


@pytest.mark.requirement("CIMD-16", "CIMD-17")
def test_other_hosts_are_compared_character_by_character(settings, make, site):
    settings["auth"]["clientIdMetadataDocuments"]["allowedRedirectUriPatterns"] = ["https://app.test:*/*"]
    server = Server(make())
    site.document["redirect_uris"] = ["https://app.test/cb"]
    assert authorize(server, redirect_uri="https://app.test/cb").status_code == 302
    for other in ("https://app.test:8443/cb", "https://app.test/cb?x"):
        assert refused(server, redirect_uri=other) == (
            f"Invalid redirect_uri '{other}', not registered in client metadata"
        )
    assert refused(server, redirect_uri=CALLBACK) == f"Invalid redirect_uri '{CALLBACK}'"


@pytest.mark.requirement("CIMD-17")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_the_port_does_not_matter(server, site, host):
    site.document["redirect_uris"] = ["not a loopback://x", f"http://{host}:1234/cb"][1:]
    for port in ("", ":80", ":9999"):
        assert authorize(server, redirect_uri=f"http://{host}{port}/cb").status_code == 302


@pytest.mark.requirement("CIMD-18", "SEC-AS-06")
@pytest.mark.parametrize("challenge", [None, ""])
def test_public_clients_need_pkce(server, site, challenge):
    assert refused(server, code_challenge=challenge) == (
        "PKCE is required for public clients. Provide a code_challenge parameter."
    )


@pytest.mark.requirement("CIMD-19", "ASESS-17")
def test_a_document_that_is_gone(server, site):
    session = server.session(CLIENT_ID, **CHALLENGE)
    site.failure = document_fetch.FetchError("status 404")
    expected = (400, "invalid_request", "Failed to fetch client metadata")
    assert server.error(server.browser.get(f"/v1/sessions/{session}")) == expected
    assert server.error(server.decide(session, "reject")) == expected
    assert server.decide(session).status_code == 200


def test_the_system_looks_hosts_up(monkeypatch):
    assert "127.0.0.1" in document_reader.resolve("localhost") or "::1" in document_reader.resolve("localhost")
    with pytest.raises(OSError):
        document_reader.resolve("nobody.invalid")
