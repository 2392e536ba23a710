"""Pinniped: what the Supervisor is asked, tokens for clusters, errors as they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from reference_backend.errors import AuthError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.identity.session_response import OAuthSession, Profile
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    LogoutRequest,
    RefreshRequest,
    ScopePolicy,
    StartRequest,
)
from reference_backend.openid import id_token
from reference_backend.openid.client import Client, ClientAuthentication
from reference_backend.providers import openid_base, pinniped
from reference_backend.providers.openid_base import OpenIdProvider
from reference_backend.providers.pinniped import Pinniped
from tests.defects.defect import always, defect, replace, wrap

PINNIPED = ("pinniped",)


@defect("PROV-PINNIPED-01", "FE-17", providers=PINNIPED)
def profile_of_the_supervisor() -> None:
    """The profile has the subject of the ID token for a name."""

    def person(original: Callable[..., tuple[str | None, Profile]], *arguments: Any) -> tuple[str | None, Profile]:
        subject, _ = original(*arguments)
        return subject, Profile(display_name=subject)

    wrap(OpenIdProvider, "_person", person)


@defect("PROV-PINNIPED-02", "PINNIPED-04", providers=PINNIPED)
def cluster_forgotten() -> None:
    """The cluster named at start is not stored in the state."""
    replace(Pinniped, "state_members", always({}))


@defect("PINNIPED-01", providers=PINNIPED)
def cluster_told_to_the_supervisor() -> None:
    """The cluster's name is sent in the authorization request."""

    def start(original: Callable[..., str], self: Pinniped, request: StartRequest) -> str:
        audience = request.query.get("audience")
        return original(self, request) + (f"&audience={audience}" if audience else "")

    wrap(OpenIdProvider, "start", start)


@defect("PINNIPED-01", providers=PINNIPED)
def supervisor_gets_a_nonce() -> None:
    """The authorization request has a nonce."""
    replace(Pinniped, "sends_nonce", True)


@defect("PINNIPED-01", "SCOPE-02", providers=PINNIPED)
def tokens_for_clusters_not_asked_for() -> None:
    """The backend asks only for the scopes that the client names."""
    replace(Pinniped, "scopes", ScopePolicy(required=("openid",)))


@defect("PINNIPED-02", providers=PINNIPED)
def supervisor_gets_the_header_always() -> None:
    """How the Supervisor wants clients to authenticate is not looked at."""
    replace(Pinniped, "client_authentication", always(ClientAuthentication.BASIC))


@defect("PINNIPED-03", providers=PINNIPED)
def lifetime_of_the_supervisor_reported() -> None:
    """The session contains the lifetime of the access token."""

    def session(original: Callable[..., OAuthSession], self: Pinniped, tokens: dict[str, Any]) -> OAuthSession:
        return dataclasses.replace(original(self, tokens), expires_in=tokens.get("expires_in"))

    wrap(Pinniped, "session_from", session)


@defect("PROV-PINNIPED-02", providers=PINNIPED)
def exchange_of_another_type() -> None:
    """The token context asks for another type of token."""
    replace(pinniped, "JWT_TYPE", pinniped.ACCESS_TOKEN_TYPE)


@defect("PINNIPED-04", providers=PINNIPED)
def exchange_with_a_scope() -> None:
    """The token exchange requests a scope."""

    def request(original: Callable[..., dict[str, Any]], self: Client, *method: Any, **form: str) -> dict[str, Any]:
        added = {"scope": "openid"} if form["grant_type"] == pinniped.TOKEN_EXCHANGE else {}
        return original(self, *method, **form, **added)

    wrap(Client, "request_token", request)


@defect("PINNIPED-05", providers=PINNIPED)
def failing_exchange_tolerated() -> None:
    """If there is no token for the cluster, the Supervisor's own takes its place."""

    def finish(
        original: Callable[..., OAuthSession], self: Pinniped, session: OAuthSession, request: CallbackRequest
    ) -> OAuthSession:
        try:
            return original(self, session, request)
        except AuthError:
            return session

    wrap(Pinniped, "finish", finish)


@defect("PINNIPED-06", providers=PINNIPED)
def exchange_at_each_refresh() -> None:
    """A refresh gets a token for a cluster, too."""

    def refresh(original: Callable[..., AuthenticationResult], self: Any, request: RefreshRequest) -> Any:
        result = original(self, request)
        token = self.exchange(result.session.access_token, "harbour-cluster")
        return dataclasses.replace(result, session=dataclasses.replace(result.session, id_token=token))

    wrap(OpenIdProvider, "refresh", refresh)


@defect("PINNIPED-07", "OUT-O2", providers=PINNIPED)
def failures_in_other_words() -> None:
    """Failures of a callback lose their names."""
    replace(Pinniped, "in_callback", lambda self, error: oauth_errors.failed(error.message))


@defect("PINNIPED-09", providers=PINNIPED)
def supervisor_asked_at_logout() -> None:
    """Logout uses the refresh token up."""

    def logout(original: Callable[..., str | None], self: Any, request: LogoutRequest) -> str | None:
        if request.refresh_token:
            form = {"grant_type": "refresh_token", "refresh_token": request.refresh_token}
            self.client.request_token(self.client_authentication(), **form)
        return original(self, request)

    wrap(OpenIdProvider, "logout", logout)


@defect("PINNIPED-10", providers=PINNIPED)
def no_access_token_needed() -> None:
    """A sign-in without access token is one."""

    def require(original: Callable[..., str], tokens: dict[str, Any]) -> str:
        tokens.setdefault("access_token", "none")
        return original(tokens)

    def require_hash(original: Callable[[CompactJws, str], None], token: CompactJws, access_token: str) -> None:
        if access_token != "none":
            original(token, access_token)

    wrap(openid_base, "require_access_token", require)
    wrap(id_token, "require_access_token_hash", require_hash)
