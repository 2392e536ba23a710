"""Logins with OpenID Connect whose nonce, proof key, issuer or session protects nothing; refreshes nobody checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from reference_backend.errors import AuthError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.http.cookies import Cookie
from reference_backend.oauth import session_cookie
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.openid import id_token, issuer, openid_errors, pkce
from reference_backend.openid.client import Client
from reference_backend.openid.issuer import Issuer
from reference_backend.providers.openid_base import OpenIdProvider
from tests.defects.defect import defect, nothing, replace, wrap

ONLY = ("oidc",)
BOTH_ADDRESSES = ("oidc", "acme-sso")
"""One is configured with its discovery document, the other with its issuer."""


@defect("SEC-STATE-07", providers=ONLY)
def nonce_the_same_every_time() -> None:
    """Every sign-in has the same nonce."""

    def start(original: Callable[..., str], self: OpenIdProvider, asked: Any) -> str:
        address = original(self, asked)
        entry = asked.session[self.session_key()]
        constant = "A" * 24
        replaced = address.replace(_encoded(entry["nonce"]), constant)
        asked.session[self.session_key()] = {**entry, "nonce": constant}
        return replaced

    wrap(OpenIdProvider, "start", start)
    replace(id_token, "require_nonce", nothing)


@defect("SEC-STATE-08", providers=ONLY)
def proof_key_in_the_open() -> None:
    """The verifier itself travels in the address of the login."""
    wrap(pkce, "challenge", lambda original, verifier, method: original(verifier, "plain"))


@defect("SEC-STATE-09", providers=ONLY)
def finished_login_not_used_up() -> None:
    """What a login needs stays in the session after it, so that its code is sent again."""

    def take(self: OpenIdProvider, asked: Any, answer: Mapping[str, str]) -> dict[str, str]:
        del answer
        found: dict[str, str] | None = asked.session.get(self.session_key())
        if not found:
            raise openid_errors.session_entry_missing(self.session_key())
        return found

    replace(OpenIdProvider, "_take_entry", take)


@defect("SEC-STATE-10", providers=ONLY)
def issuer_of_an_answer_ignored() -> None:
    """An answer that names another issuer is taken for the own one's."""
    replace(openid_errors, "require_response_issuer", nothing)


@defect("SEC-STATE-10", "OIDCPROV-13", providers=ONLY)
def promised_issuer_not_missed() -> None:
    """An issuer that promised to name itself in its answers need not."""

    def require(original: Callable[..., None], expected: str, received: str | None, *, promised: bool) -> None:
        del promised
        original(expected, received, promised=False)

    wrap(openid_errors, "require_response_issuer", require)


@defect("SEC-STATE-10", providers=ONLY)
def issuer_of_an_answer_compared_by_its_beginning() -> None:
    """An answer may name any issuer whose address begins like the own one's."""

    def require(original: Callable[..., None], expected: str, received: str | None, *, promised: bool) -> None:
        original(expected, expected if (received or "").startswith(expected) else received, promised=promised)

    wrap(openid_errors, "require_response_issuer", require)


@defect("SEC-COOK-09", providers=ONLY)
def session_signature_compared_without_case() -> None:
    """Upper and lower case of the signature of a session make no difference, so that most of it need not be known."""

    def is_signed(session_id: str, received: str, secret: str) -> bool:
        return received.lower() == session_cookie.signature(session_id, secret).lower()

    replace(session_cookie, "is_signed", is_signed)


@defect("SESSION-08", providers=ONLY)
def session_cookie_for_every_site() -> None:
    """Any website's requests bring the cookie of a login in progress along."""

    def cookie(original: Callable[..., Cookie], *arguments: Any) -> Cookie:
        return dataclasses.replace(original(*arguments), same_site="None")

    wrap(session_cookie, "cookie", cookie)


@defect("SEC-COOK-09", providers=ONLY)
def session_cookie_unsigned() -> None:
    """Anything may stand behind the identifier of a session."""
    replace(session_cookie, "is_signed", lambda session_id, received, secret: True)


@defect("SEC-ROB-04", providers=ONLY)
def silence_is_a_server_error() -> None:
    """An issuer that does not respond ends the callback with a server error instead of the message page."""

    def frame(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        if b"timed%20out" in response.get_data():
            raise AuthError("Gateway timeout", status=504)
        return response

    wrap(OAuthRoutes, "frame", frame)


@defect("SEC-ROB-10", providers=ONLY)
def userinfo_of_another_shape_is_empty() -> None:
    """A userinfo response that is not an object is treated as empty."""

    def userinfo(original: Callable[..., dict[str, Any]], self: Client, *arguments: Any) -> dict[str, Any]:
        try:
            return original(self, *arguments)
        except AuthError:
            return {"email": "ada-quill@lumenfold.example", "email_verified": True}

    wrap(Client, "userinfo", userinfo)
    replace(openid_errors, "require_subject", nothing)


@defect("SEC-IDENT-02", providers=ONLY)
def any_word_verifies_an_address() -> None:
    """An e-mail address is verified unless email_verified is false."""

    def map_profile(original: Callable[..., Any], self: OpenIdProvider, userinfo: Mapping[str, Any]) -> Any:
        return original(self, {**userinfo, "email_verified": userinfo.get("email_verified") is not False})

    wrap(OpenIdProvider, "map_profile", map_profile)


@defect("SEC-REFR-05", "OIDCPROV-10", providers=ONLY)
def id_token_of_a_refresh_unchecked() -> None:
    """The ID token of a refresh is read and not checked."""

    def refresh(original: Callable[..., Any], self: OpenIdProvider, asked: Any) -> Any:
        client = self.client
        unchecked = _Unchecked(client)
        self.client = unchecked  # type: ignore[assignment]
        try:
            return original(self, asked)
        finally:
            self.client = client

    wrap(OpenIdProvider, "refresh", refresh)


@defect("SEC-ERR-04", providers=ONLY)
def claims_shown_in_errors() -> None:
    """An ID token that is refused is shown in the error, claims and all."""

    def require(original: Callable[..., None], claims: Mapping[str, Any], *arguments: Any) -> None:
        try:
            original(claims, *arguments)
        except AuthError as error:
            raise openid_errors.RpError(f"{error.message}: {dict(claims)}") from error

    wrap(id_token, "require_claims", require)


class _Unchecked:
    """A client that believes every ID token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def validate(self, text: str, access_token: str | None) -> CompactJws:
        """The token, whoever made it."""
        del access_token
        return id_token.decode(text)


def _encoded(text: str) -> str:
    """A nonce as it stands in an address."""
    return text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


@defect("OIDCPROV-01", providers=BOTH_ADDRESSES, stops_cases=True)
def issuer_address_not_completed() -> None:
    """Where the issuer is configured, its own address is read in the place of its discovery document."""
    replace(issuer, "document_url", lambda configured: configured)


@defect("OIDCPROV-01", providers=BOTH_ADDRESSES, stops_cases=True)
def issuers_share_a_document() -> None:
    """The discovery document that is read first is taken for that of every issuer."""
    found: list[Any] = []

    def metadata(original: Callable[[Issuer], Any], self: Issuer) -> Any:
        found.append(found[0] if found else original(self))
        return found[0]

    wrap(Issuer, "metadata", metadata)
