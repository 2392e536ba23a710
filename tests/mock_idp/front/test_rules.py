"""What happens to header fields between client and backend."""

import pytest

from mock_idp.front import rules
from mock_idp.personas import PERSONAS
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy, SignedIn

OWNED = rules.owned_by(proxy.header_spec for proxy in proxies().values())
FRONTED = [proxy for proxy in proxies().values() if proxy.header_spec.headers]


def sent(*fields: tuple[str, str], minted: list[tuple[str, str]] | None = None) -> list[tuple[str, str]]:
    """What the backend gets of these fields."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    passed = rules.to_upstream(raw, OWNED, minted or [], "127.0.0.1", "localhost:9070")
    return [(name.decode(), value.decode("latin-1")) for name, value in passed]


USUAL = [
    ("Host", "localhost:9070"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Host", "localhost:9070"),
    ("X-Forwarded-Proto", "http"),
    ("Connection", "close"),
]


def test_other_fields_pass_as_they_are() -> None:
    fields = [("aCCept", "*/*"), ("X-Two", "1"), ("X-Two", "2"), ("Authorization", "Bearer x"), ("Origin", "http://a")]
    assert sent(*fields) == [USUAL[0], *fields, *USUAL[1:]]


@pytest.mark.parametrize(
    "name",
    [
        "X-Goog-IAP-JWT-Assertion",
        "x-goog-iap-jwt-assertion",
        "X_Goog_IAP_JWT_Assertion",
        "X-Goog.IAP-JWT_Assertion",
        "X-Goog-Authenticated-User-Email",
        "X-Relayed-Assertion",
        "X-Amzn-Oidc-Data",
        "x_amzn_oidc_accesstoken",
        "X-Amzn-Oidc-Something-New",
        "Cf-Access-Jwt-Assertion",
        "CF_ACCESS_AUTHENTICATED_USER_EMAIL",
        "X-Team-Assertion",
        "X-Forwarded-User",
        "X_Forwarded_User",
        "X-Forwarded_Preferred-Username",
        "X-OAUTH2-PROXY-ID-TOKEN",
        "X-Auth-Request-Email",
        "X-MS-CLIENT-PRINCIPAL",
        "X-MS-CLIENT-PRINCIPAL-NAME",
        "X_MS_TOKEN_AAD_ID_TOKEN",
        "X-Forwarded-For",
        "X_Forwarded_Proto",
        "Forwarded",
    ],
)
def test_what_only_a_proxy_can_say_is_left_out(name: str) -> None:
    assert sent((name, "forged"), (name, "twice")) == USUAL
    assert sent(("X-Else", "x"), (name.swapcase(), "forged")) == [USUAL[0], ("X-Else", "x"), *USUAL[1:]]


def test_the_proxys_own_fields_are_added() -> None:
    minted = [("X-Forwarded-User", "ada"), ("X-Forwarded-Preferred-Username", "Zo\xc3\xab")]
    passed = sent(("X-Forwarded-User", "forged"), minted=minted)
    assert passed == [USUAL[0], *minted, *USUAL[1:]]


def test_a_connection_field_cannot_take_them_away() -> None:
    passed = sent(
        ("Connection", "close, X-Forwarded-User, X-Else"), ("X-Else", "x"), minted=[("X-Forwarded-User", "ada")]
    )
    assert passed == [USUAL[0], ("X-Forwarded-User", "ada"), *USUAL[1:]]


def test_cookies_of_proxies_are_replaced_and_others_kept() -> None:
    fields = [
        ("Cookie", "a=1; CF_Authorization=forged;b=2"),
        ("Cookie", "cf_authorization =x; AWSELBAuthSessionCookie-1=y"),
    ]
    passed = sent(*fields, minted=[("Cookie", "CF_Authorization=good")])
    assert passed == [USUAL[0], ("Cookie", "a=1; b=2; CF_Authorization=good"), *USUAL[1:]]
    assert sent(*fields)[1] == ("Cookie", "a=1; b=2")
    assert sent(("Cookie", "_oauth2_proxy=x")) == USUAL
    assert sent(("COOKIE", "_oauth2_proxy_csrf=x")) == USUAL


def test_length_of_a_message_is_said_once() -> None:
    assert ("Content-Length", "3") in sent(("Content-Length", "3"), ("Connection", "Content-Length"))
    both = sent(("Content-Length", "3"), ("Transfer-Encoding", "chunked"))
    assert [pair for pair in both if pair[0] in ("Content-Length", "Transfer-Encoding")] == [
        ("Transfer-Encoding", "chunked")
    ]


def test_an_upgrade_passes() -> None:
    passed = sent(("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x"))
    assert ("Sec-WebSocket-Key", "x") in passed
    assert passed[-2:] == [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    assert sent(("Upgrade", "websocket")) == USUAL


@pytest.mark.parametrize("proxy", FRONTED, ids=lambda proxy: proxy.id)
def test_a_proxy_owns_whatever_it_adds(proxy: AuthProxy) -> None:
    own = rules.owned_by([proxy.header_spec])
    assert proxy.header_spec.session_cookie.encode() in own.cookies
    for variant in proxy.provider_ids:
        for name, value in proxy.headers(SignedIn(PERSONAS["plain"].account(proxy.id), 0.0, variant, "grant")):
            if name == "Cookie":
                text = value if isinstance(value, str) else value.prefix
                assert text.partition("=")[0].encode() in own.cookies
            else:
                assert name.encode() in own.headers
