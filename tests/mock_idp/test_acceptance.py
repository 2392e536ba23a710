"""What each vendor accepts is what its table says, and the table is on its page."""

from pathlib import Path

import pytest

from mock_idp.acceptance import BEGIN, END, NO_SOURCE, acceptance, markdown
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Reason
from mock_idp.oauth.policy import Policy, RequestFormat
from mock_idp.oauth.redirect_uris import RedirectMatching
from tests.mock_idp.acceptance import REDIRECT_URI, VENDORS, own_client, told

PAGES = Path(__file__).parents[2] / "docs" / "vendors"
METHODS = [ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.BOTH, ClientAuthentication.NONE]
FURTHER_SOURCES = {
    *("revocation_of_unknown_token", "public_clients", "prompt_none", "discovery", "introspection", "revocation"),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_page_has_the_table(vendor: str) -> None:
    text = (PAGES / f"{vendor}.md").read_text(encoding="utf-8")
    there = text[text.index(BEGIN) : text.index(END) + len(END)] + "\n"
    assert there == markdown(VENDORS[vendor]), f"print it by mock-idp vendors {vendor} --markdown"


@pytest.mark.parametrize("vendor", VENDORS)
def test_sources_belong_to_rules(vendor: str) -> None:
    for name in VENDORS[vendor].sources:
        rule = name.partition(".")[0]
        assert rule in Policy.__dataclass_fields__ or rule in FURTHER_SOURCES, name


def test_the_control_api_shows_the_table() -> None:
    client = own_client("github")
    shown = {entry["id"]: entry["accepts"] for entry in client.http.get("/__idp/vendors").json["vendors"]}
    row = next(row for row in shown["github"] if row["what"] == "Client authentication")
    assert row["accepted"] == "`client_secret_basic`, `client_secret_post`"
    assert row["source"] != NO_SOURCE
    assert len(shown["github"]) == len(acceptance(VENDORS["github"]))
    assert shown["saml"] == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_client_authentication(vendor: str, method: ClientAuthentication) -> None:
    client = own_client(vendor)
    accepted = method in client.vendor.policy.client_authentication - {ClientAuthentication.NONE}
    code = client.code()
    refused = client.token(method, code=code, secret="wrong")
    assert "access_token" not in refused.text
    expected = {Reason.WRONG_SECRET} if accepted else {Reason.WRONG_CLIENT_AUTHENTICATION}
    assert client.last_reason() in expected
    answer = client.token(method, code=code)
    assert ("access_token" in answer.text) == accepted, answer.text


@pytest.mark.parametrize("vendor", [vendor for vendor, kind in VENDORS.items() if kind.policy.has_public_clients])
def test_public_clients(vendor: str) -> None:
    client = own_client(vendor, public=True)
    without_secret = ClientAuthentication.NONE in client.vendor.policy.public_authentication
    alone = ClientAuthentication.NONE if without_secret else ClientAuthentication.BODY
    if client.vendor.policy.public_pkce == "required":
        assert "code" not in told(client.authorize(code_challenge=None, code_challenge_method=None))
        assert client.last_reason() == Reason.MISSING_PARAMETER
    code = client.code()
    assert "access_token" not in client.token(alone, code=code, secret="", code_verifier="w" * 43).text
    assert client.last_reason() == Reason.WRONG_VERIFIER
    assert "access_token" not in client.token(ClientAuthentication.BODY, code=code, secret="guessed").text
    if not without_secret:
        assert "access_token" not in client.token(ClientAuthentication.NONE, code=code).text
    assert "access_token" in client.token(alone, code=code, secret="").text


@pytest.mark.parametrize("vendor", [vendor for vendor, kind in VENDORS.items() if not kind.policy.has_public_clients])
def test_no_public_clients(vendor: str) -> None:
    world = own_client(vendor)
    body = {"vendor": vendor, "public": True, "redirect_uris": [REDIRECT_URI]}
    answer = world.http.post("/__idp/clients", json=body)
    assert answer.status_code == 400
    assert "no public clients" in answer.json["error"]


@pytest.mark.parametrize("how", list(RequestFormat), ids=str)
@pytest.mark.parametrize("vendor", VENDORS)
def test_formats_of_a_token_request(vendor: str, how: RequestFormat) -> None:
    client = own_client(vendor)
    usual = client.vendor.policy.client_authentication
    method = ClientAuthentication.BODY if ClientAuthentication.BODY in usual else ClientAuthentication.BASIC
    answer = client.token(method, how=how, code=client.code())
    assert ("access_token" in answer.text) == (how in client.vendor.policy.token_formats), answer.text


def in_words(value: object) -> str:
    """An id that is the same in every process: a set has no order of its own."""
    return (", ".join(sorted(map(str, value))) if isinstance(value, set) else str(value))[:50]


REDIRECTS = [
    ("https://app.example/callback", "https://app.example/callback/below", {RedirectMatching.SUBPATH}),
    ("https://app.example/callback", "https://app.example/callbackandmore", set()),
    ("https://app.example/callback", "https://app.example/callback/../elsewhere", set()),
    ("https://app.example/callback", "https://app.example/callback/%2e%2e/elsewhere", set()),
    ("https://app.example/callback", "https://app.example/", set()),
    ("https://app.example/callback", "https://www.app.example/callback", {RedirectMatching.SUBDOMAIN}),
    ("https://app.example/callback", "https://evilapp.example/callback", set()),
    ("https://app.example/callback", "https://app.example:444/callback", set()),
    ("https://app.example/callback", "http://app.example/callback", set()),
    ("https://app.example/callback", "https://app.example@evil.example/callback", set()),
    ("https://app.example/callback", "https://app.example\\@evil.example/callback", set()),
    ("http://127.0.0.1:4711/callback", "http://127.0.0.1:8765/callback", {RedirectMatching.ANY_LOOPBACK_PORT}),
    ("http://[::1]:4711/callback", "http://[::1]:8765/callback", {RedirectMatching.ANY_LOOPBACK_PORT}),
    (
        "http://127.0.0.1/callback",
        "http://127.0.0.1:8765/callback",
        {RedirectMatching.ANY_LOOPBACK_PORT, RedirectMatching.UNREGISTERED_LOOPBACK_PORT},
    ),
    ("http://127.0.0.1:4711/callback", "http://127.0.0.2:4711/callback", set()),
    ("http://127.0.0.1:4711/callback", "http://localhost:4711/callback", set()),
    ("http://localhost:4711/callback", "http://localhost:8765/callback", {RedirectMatching.ANY_LOCALHOST_PORT}),
    (
        "https://app.example/callback",
        None,
        {RedirectMatching.OMITTED, RedirectMatching.OMITTED_IF_ONLY_ONE},
    ),
]


@pytest.mark.parametrize(("registered", "asked", "needed"), REDIRECTS, ids=in_words)
@pytest.mark.parametrize("vendor", VENDORS)
def test_redirect_uris(vendor: str, registered: str, asked: str | None, needed: set[RedirectMatching]) -> None:
    client = own_client(vendor, redirect_uris=[registered])
    answer = client.authorize(redirect_uri=asked)
    if needed & client.vendor.policy.redirect_matching:
        location = client.consent(answer).headers.get("Location", "")
        assert location.startswith(asked or registered)
        return
    assert answer.status_code != 200
    assert client.last_reason() in (Reason.UNREGISTERED_REDIRECT_URI, Reason.MISSING_PARAMETER)
    assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_redirect_uri_comes_again(vendor: str) -> None:
    client = own_client(vendor)
    usual = client.vendor.policy.client_authentication
    method = ClientAuthentication.BODY if ClientAuthentication.BODY in usual else ClientAuthentication.BASIC
    other = client.token(method, code=client.code(), redirect_uri="https://app.example/other")
    assert "access_token" not in other.text
    assert client.last_reason() == Reason.REDIRECT_URI_MISMATCH
    missing = client.token(method, code=client.code(), redirect_uri=None)
    assert ("access_token" in missing.text) != client.vendor.policy.needs_redirect_uri_again
