"""Requests that nobody should send: neither the reference backend nor the mock IdP answers one with a server error.

What is broken below HTTP (no request line, too many header fields) is for the servers' own tests; here everything can
be written down as a request, which the suite's wire sends as it is.
"""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from conformance.driver.wire import Request, Wire
from conformance.examination.probe import wire_for
from tests.defects.harness import TRACEBACK, Harness

SEED = int(os.environ.get("EXPLORATION_SEED", "20261126"))
REQUESTS = int(os.environ.get("EXPLORATION_REQUESTS", "300"))

NOT_IMPLEMENTED = 501
DEEP = "[" * 20_000
ODD = [
    "",
    "%",
    "%zz",
    "%00",
    "%E0%A4%A",
    "\u2028",
    "a" * 5000,
    "'\"<>\\",
    "__proto__",
    "../..",
    "%0d%0aX: y",
    "http://[",
    "-1",
]
TEXTS = (st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), max_size=20)).map(
    lambda text: quote(text, safe="%")
)
NAMES = st.sampled_from(
    [
        "env",
        "state",
        "code",
        "scope",
        "origin",
        "flow",
        "redirectUrl",
        "error",
        "iss",
        "optional",
        "grant_type",
        "client_id",
        "refresh_token",
        "token",
        "request",
        "faults",
        "persona",
        "a[b]",
        "a[]",
        "__proto__[x]",
    ]
)
PAIRS = st.lists(st.tuples(NAMES, TEXTS), max_size=5)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
TYPES = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "application/json; charset=x"]
)
BODIES = st.sampled_from(
    [b"", b"{", b"null", b"[]", b'{"a": 1}', b"a=1&a=2", b"%zz", b"\xff\xfe", DEEP.encode(), b'{"a":' * 9000]
)
DEEP_TOKEN = ".".join(
    base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b'{"alg":"ES256"}', DEEP.encode(), b"x")
)
FIELDS = st.lists(
    st.sampled_from(
        [
            ("X-Requested-With", "XMLHttpRequest"),
            ("Origin", "null"),
            ("Origin", "http://["),
            ("Cookie", "oauth2-refresh-token=%zz; oauth2-nonce=%; connect.sid=s%3A.x; ="),
            ("Cookie", "; ".join(f"oauth2-refresh-token-{number}=x" for number in range(50))),
            ("Authorization", "Bearer a.b.c"),
            ("Authorization", "Bearer " + DEEP_TOKEN),
            ("Authorization", "Basic %%%"),
            ("Authorization", "Basic " + base64.b64encode(b"\xff\xfe:\x00").decode()),
            ("X-Forwarded-Host", "evil.example"),
            ("Accept", ";;;q=x,,*/*;q=9"),
            ("Content-Encoding", "gzip"),
            ("If-None-Match", '"'),
            ("Range", "bytes=9-1"),
        ]
    ),
    max_size=3,
)
BACKEND_PATHS = st.sampled_from(
    [f"/{provider}/{route}" for provider in ("oauth2", "google", "oauth2Proxy") for route in ("start", "handler/frame")]
    + ["/oauth2/refresh", "/github/refresh", "/google/logout", "/guest/refresh", "/%zz/start"]
    + [
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/v1/userinfo",
        "/.backstage/auth/v1/cookie",
        "/v1/token",
        "",
    ]
)
IDP_PATHS = st.sampled_from(
    [
        "/oauth2/authorize",
        "/oauth2/token",
        "/oauth2/revoke",
        "/oauth2/keys",
        "/github/login/oauth/access_token",
        "/github/api/v3/user",
        "/__idp/",
        "/__idp/consent",
        "/__idp/journal",
        "/__idp/grants/x",
        "/__idp/services",
        "/__idp/clients",
        "/__idp/personas",
        "/__idp/proxies/oauth2Proxy/headers",
        "/nobody/x",
        "/",
        "/oauth2/%zz",
    ]
)


def requests(base: str, paths: st.SearchStrategy[str]) -> st.SearchStrategy[Request]:
    """Requests below an address."""

    def build(
        path: str, method: str, pairs: list[tuple[str, str]], fields: list[tuple[str, str]], kind: str, body: bytes
    ) -> Request:
        query = "&".join(f"{name}={value}" for name, value in pairs)
        content = body if method in {"POST", "PUT", "PATCH"} else b""
        headers = (*dict(fields).items(), *([("Content-Type", kind)] if content else []))
        return Request(method, f"{base}{path}" + (f"?env=development&{query}" if query else ""), headers, content)

    return st.builds(build, paths, METHODS, PAIRS, FIELDS, TYPES, BODIES)


@pytest.fixture(scope="module")
def running(harness: Harness) -> Iterator[tuple[Harness, Wire]]:
    wire = wire_for(harness.target.idp, harness.target.ca_pem, 15.0)
    with harness.backend(None), contextlib.closing(wire):
        yield harness, wire


def survive(wire: Wire, strategy: st.SearchStrategy[Request], log: Path) -> None:
    """Send many requests; none is a server error, and the log has no traceback."""

    @seed(SEED)
    @settings(max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def send(request: Request) -> None:
        before = log.stat().st_size
        answer = wire.send(request)
        said = log.read_bytes()[before:].decode("utf-8", "replace")
        # 501 is what the routes say that a proxy provider does not have (PROXY-01).
        assert answer.status < 500 or answer.status == NOT_IMPLEMENTED, (
            f"EXPLORATION_SEED={SEED}: {request} -> {answer.status}"
        )
        assert not TRACEBACK.search(said), said

    send()


def test_the_reference_backend_survives(running: tuple[Harness, Wire]) -> None:
    harness, wire = running
    survive(wire, requests(harness.target.auth_url, BACKEND_PATHS), harness.log)


def test_the_mock_idp_survives(running: tuple[Harness, Wire]) -> None:
    harness, wire = running
    survive(wire, requests(harness.idp.url, IDP_PATHS), harness.idp.directory / "mock-idp.log")
