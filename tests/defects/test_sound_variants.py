"""Backends that differ from the reference where the standards leave a choice: none of them breaks a MUST row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.requirement_list import Level, requirements
from reference_backend.authorization_server import authorization_sessions, oidc_error, redirect_uris
from reference_backend.authorization_server.oidc_error import OidcError
from reference_backend.formats import urls
from tests.defects.defect import wrap
from tests.defects.harness import Harnesses


def any_loopback_port() -> None:
    """A program on this machine names the port that it got when it asks (RFC 8252 section 7.3)."""

    def require_registered(original: Callable[..., None], redirect_uri: str, registered: Sequence[str]) -> None:
        if not any(is_same_program(redirect_uri, one) for one in registered):
            original(redirect_uri, registered)

    wrap(redirect_uris, "require_registered", require_registered)


def is_same_program(redirect_uri: str, registered: str) -> bool:
    """The address is a registered loopback address, but for the port."""
    wanted, known = urls.parse(redirect_uri), urls.parse(registered)
    if known.scheme != "http" or known.hostname not in redirect_uris.LOOPBACK_HOSTS:
        return False

    def without_port(text: str) -> str:
        return re.sub(r"^(http://[^/:]+)(:\d+)?", r"\1", text)

    return wanted.hostname == known.hostname and without_port(redirect_uri) == without_port(registered)


def other_words() -> None:
    """Errors are told in other words, with an address to read more (RFC 6749 section 5.2)."""

    def body(original: Callable[[OidcError], dict[str, str]], error: OidcError) -> dict[str, str]:
        told = "This does not work."
        return {**original(error), "error_description": told, "error_uri": "https://errors.example/"}

    wrap(oidc_error, "body", body)


def issuer_in_the_answer() -> None:
    """The answer of an authorization names its issuer (RFC 9207 section 2)."""

    def approved_url(original: Callable[..., str], *arguments: Any) -> str:
        return f"{original(*arguments)}&iss=https%3A%2F%2Fissuer.example"

    wrap(authorization_sessions, "approved_url", approved_url)


def test_any_port_of_a_loopback_address(harnesses: Harnesses) -> None:
    harness = harnesses.of("oidc-server")
    judgement = harness.judge(
        None, harness.cases_of("AUTHZ-06", "AUTHZ-14", "SEC-AS-01", "SEC-AS-02"), any_loopback_port
    )
    recorded = [check for case in judgement.cases for check in case.checks if check.requirement == "AUTHZ-14"]

    assert not judgement.failing
    assert recorded
    assert all(check.holds for check in recorded)


@pytest.mark.parametrize("variant", [other_words, issuer_in_the_answer])
def test_a_choice_that_the_standards_leave(variant: Callable[[], None], harnesses: Harnesses) -> None:
    harness = harnesses.of("oidc-server")
    judgement = harness.judge(None, harness.cases_of_all_defects(), variant)

    assert not judgement.errors
    assert not [id_ for id_ in judgement.failing if requirements()[id_].level is Level.MUST]


def test_a_backend_below_a_path(harnesses: Harnesses) -> None:
    harness = harnesses.of("below-a-path")
    cases = harness.cases_of("COOKIE-07", "COOKIE-20", "FE-105", "UP-02", "TOKEN-02", "REFRESH-04", "OIDC-01")
    judgement = harness.judge(None, cases)

    assert harness.target.backend_url.endswith(":8443/developer/hub")
    assert judgement.cases
    assert not judgement.failing
    assert not judgement.errors
