"""The whole way: a client, the front, the mock IdP and a backend that believes its proxy."""

from collections.abc import Callable, Iterator

import pytest
import requests

from conformance.embedded import embedded_pair
from tests.mock_idp.front.conftest import FrontStarter
from tests.mock_idp.server import wire

ADA, PETRA = "user:default/ada-quill", "user:default/petra-reed"

SCHEMES = {
    "oauth2-proxy": "oauth2Proxy",
    "gcp-iap": "gcpIap",
    "gcpIap-header": "gcpIap-header",
    "awsalb": "awsalb",
    "awsalb-gov": "awsalb-gov",
    "cfaccess": "cfaccess",
    "cfaccess-names": "cfaccess-names",
    "azure-easy-auth": "azureEasyAuth",
}
"""What stands on the command line, and the provider id at the backend."""


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[str, str]]:
    """The backend's address and the mock's."""
    with embedded_pair(3, "default") as (auth_url, idp_url, *_):
        yield auth_url.removesuffix("/api/auth"), idp_url


@pytest.fixture
def front_of(front: FrontStarter, pair: tuple[str, str]) -> Callable[[str], str]:
    """Start a front of a vendor, as Ada, before that backend."""
    backend_url, idp_url = pair
    return lambda vendor: front(vendor, upstream=backend_url, idp=idp_url)


def identity(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.text
    ref: str = answer.json()["backstageIdentity"]["identity"]["userEntityRef"]
    return ref


def headers_of(idp_url: str, provider: str, persona: str) -> list[tuple[str, str]]:
    """What the real proxy would add for somebody; whoever has them is that person."""
    vendor = provider.partition("-")[0]
    order = {"persona": persona, "provider": provider}
    answer = requests.post(f"{idp_url}/__idp/proxies/{vendor}/headers", json=order, timeout=10)
    return [(name, value) for name, value in answer.json()["headers"]]


def ask(url: str, fields: list[tuple[str, str]]) -> requests.Response:
    return requests.get(url, headers=dict(fields), timeout=10)


@pytest.mark.parametrize(("vendor", "provider"), SCHEMES.items())
def test_a_client_never_gets_the_identity_it_claims(
    front_of: Callable[[str], str], pair: tuple[str, str], vendor: str, provider: str
) -> None:
    backend_url, idp_url = pair
    path = f"/api/auth/{provider}/refresh"
    claimed = headers_of(idp_url, provider, "many-groups")
    # Control. Past the proxy these headers are all it takes.
    assert identity(ask(f"{backend_url}{path}", claimed)) == PETRA
    through = f"{front_of(vendor)}{path}"
    assert identity(ask(through, [])) == ADA
    spellings: list[Callable[[str], str]] = [str, str.lower, str.upper, lambda name: name.replace("-", "_")]
    for spell in spellings:
        assert identity(ask(through, [(spell(name), value) for name, value in claimed])) == ADA
    listed = [*claimed, ("Connection", ", ".join(["close", *(name for name, _ in claimed)]))]
    assert identity(ask(through, listed)) == ADA


def test_one_proxy_keeps_the_headers_of_all_others_away(front_of: Callable[[str], str], pair: tuple[str, str]) -> None:
    _, idp_url = pair
    base = front_of("oauth2-proxy")
    for provider in SCHEMES.values():
        if provider != "oauth2Proxy":
            answer = ask(f"{base}/api/auth/{provider}/refresh", headers_of(idp_url, provider, "many-groups"))
            assert answer.status_code >= 400
            assert "backstageIdentity" not in answer.text


def test_headers_sent_twice_are_left_out_twice(front_of: Callable[[str], str]) -> None:
    base = front_of("oauth2-proxy")
    head = b"GET /api/auth/oauth2Proxy/refresh HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    lines = b"X-Forwarded-User: petra-reed\r\nx-forwarded-user: petra-reed\r\nX_Forwarded_User: petra-reed\r\n\r\n"
    answer = wire.ask(base, head + lines)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert ADA.encode() in answer
    assert b"petra" not in answer
