"""What holds whatever clients send."""

import ipaddress
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_backend.authorization_server import (
    client_documents,
    clients,
    code_challenge,
    redirect_uris,
    refresh_tokens,
    request_members,
    url_patterns,
)
from reference_backend.authorization_server.oidc_error import OidcError
from reference_backend.errors import AuthenticationError, AuthError, InputError
from reference_backend.formats import query, urls

TEXTS = st.text(max_size=60)
ADDRESSES = st.one_of(
    TEXTS,
    st.from_regex(
        r"(https?|cursor|javascript)://?([a-z*@:.\[\]\\%]{0,12})(:[0-9*]{1,4})?(/[a-z.%2eE*\\]{0,12})?", fullmatch=True
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def parsed(address):
    try:
        return urls.parse(address)
    except ValueError:
        return None


@pytest.mark.requirement("SEC-AS-17")
@given(state=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_state_survives(state):
    url = redirect_uris.with_parameters("http://localhost:9999/cb?x=1", [("code", "c"), ("state", state)])
    assert url.isascii()
    assert parse_qs(urlsplit(url).query, keep_blank_values=True) == {"x": ["1"], "code": ["c"], "state": [state]}


@pytest.mark.requirement("SEC-AS-01", "SEC-AS-03")
@given(address=ADDRESSES)
def test_what_is_allowed_by_default_leads_to_this_machine_or_to_an_application(address):
    if parsed(address) is None:
        return
    try:
        redirect_uris.require_allowed(address, redirect_uris.REGISTRATION_PATTERNS)
    except InputError as error:
        assert address.count("@") == 0 or "@" not in str(error).partition("'")[2].partition("/")[0]
        return
    url = urls.parse(redirect_uris.with_parameters(address, [("code", "c")]))
    assert not url.has_credentials
    assert (
        url.scheme == "cursor"
        or (url.scheme == "http" and url.hostname in redirect_uris.LOOPBACK_HOSTS)
        or (url.scheme, url.hostname, url.port) == ("https", "www.cursor.com", None)
    )


@pytest.mark.requirement("PAT-02")
@given(pattern=ADDRESSES, address=ADDRESSES)
def test_a_pattern_matches_or_not_or_is_malformed(pattern, address):
    url = parsed(address)
    if url is None:
        return
    try:
        assert url_patterns.matches(pattern, url) in (True, False)
    except AuthError as error:
        assert str(error).startswith("Invalid URL pattern")


@given(address=ADDRESSES)
def test_normal_paths_are_normal(address):
    url = parsed(address)
    if url is None or not url.path.startswith("/"):
        return
    path = urls.normal_path(url)
    again = urls.normal_path(urls.parse(f"{url.scheme}://a.test{path}"))
    assert again == path
    assert not {".", ".."} & set(path.split("/"))


@pytest.mark.requirement("OERR-03")
@given(body=JSON, name=st.sampled_from(["redirect_uris", "client_name", "scope", "grant_types"]), value=JSON)
def test_a_body_is_checked_or_refused(body, name, value):
    sent = {**body, name: value} if isinstance(body, dict) else body
    try:
        found = request_members.checked(sent, request_members.REGISTER)
    except OidcError as error:
        assert (error.code, error.status) == ("invalid_request", 400)
        assert error.description.startswith("Validation error: ")
    else:
        assert all(isinstance(one, str) for one in found["redirect_uris"])


@pytest.mark.requirement("AUTHZ-02")
@given(text=st.one_of(TEXTS, st.text("ab[]=&%+0", max_size=30)))
def test_every_query_can_be_read(text):
    assert all(isinstance(value, str | list | dict) for value in query.members(text).values())


@pytest.mark.requirement("OFFLINE-10")
@given(header=st.one_of(TEXTS, TEXTS.map(lambda text: f"Basic {text}")))
def test_every_header_can_be_read(header):
    presented = clients.presented(header, None, None)
    assert presented.credentials.are_complete in (True, False)


@pytest.mark.requirement("CODE-10", "CODE-11")
@given(challenge=TEXTS.filter(bool), verifier=TEXTS, method=st.sampled_from(["S256", "plain"]))
def test_no_verifier_proves_a_challenge_it_does_not_belong_to(challenge, verifier, method):
    if method == "plain" and challenge == verifier:
        return
    with pytest.raises(AuthenticationError):
        code_challenge.require_proof(challenge, method, verifier)


@pytest.mark.requirement("OFFLINE-07")
@given(token=TEXTS)
def test_a_token_has_two_halves_or_is_refused(token):
    try:
        session_id = refresh_tokens.session_id_of(token)
    except AuthenticationError as error:
        assert error.message == "Invalid refresh token format"
    else:
        assert token == f"{session_id}.{token.partition('.')[2]}"
        assert token.count(".") == 1


@pytest.mark.requirement("CIMD-09", "SEC-AS-20")
@given(document=JSON, body=st.binary(max_size=30))
def test_a_document_describes_a_client_or_is_refused(document, body):
    for attempt in (
        lambda: client_documents.read(document if isinstance(document, dict) else {}, "https://a.test/x"),
        lambda: client_documents.read(client_documents.parse(body), "https://a.test/x"),
    ):
        with pytest.raises(InputError):
            attempt()


@pytest.mark.requirement("CIMD-15")
@given(address=st.ip_addresses())
def test_private_addresses_are_never_public(address):
    if client_documents.is_public(str(address)):
        assert isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address)
        assert not (address.is_private or address.is_loopback or address.is_link_local or address.is_multicast)
