"""The OpenID Connect family: its requests, its server-side session, its errors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from reference_backend.errors import AuthError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.http.cookies import Cookie
from reference_backend.oauth import oauth_errors, session_cookie
from reference_backend.oauth import server_session as web_session
from reference_backend.oauth.provider import CallbackRequest, LogoutRequest, RefreshRequest, ScopePolicy, StartRequest
from reference_backend.openid import answers, id_token, openid_errors, pkce
from reference_backend.openid.client import Client, ClientAuthentication
from reference_backend.openid.openid_errors import OpError, RpError
from reference_backend.providers import oidc, openid_base
from reference_backend.providers.oidc import Oidc
from reference_backend.providers.openid_base import OpenIdProvider
from tests.defects.defect import always, defect, nothing, replace, wrap

OPENID = ("oidc", "pinniped")
OIDC = ("oidc",)
Start = Callable[[OpenIdProvider, StartRequest], str]


def change_url(change: Callable[[str], str]) -> None:
    """Change every authorization URL."""

    def start(original: Start, self: OpenIdProvider, request: StartRequest) -> str:
        return change(original(self, request))

    wrap(OpenIdProvider, "start", start)


@defect("UP-21", "UP-01", providers=OIDC)
def no_proof_key() -> None:
    """The authorization request has no code challenge."""
    replace(pkce, "challenge", always({}))


@defect("OIDCPROV-18", providers=OIDC)
def openid_endpoint_loses_its_query() -> None:
    """The query of the authorization endpoint makes room for the parameters."""
    wrap(openid_base, "with_query", lambda original, url, parameters: original(url.partition("?")[0], parameters))


@defect("OIDCPROV-02", providers=OPENID)
def same_proof_key_always() -> None:
    """Every start uses the same code verifier."""
    replace(pkce, "generate_verifier", always("v" * 43))


@defect("OIDCPROV-02", providers=OIDC)
def same_openid_nonce_always() -> None:
    """Every start sends the same nonce."""
    original = OpenIdProvider.start

    def start(self: OpenIdProvider, request: StartRequest) -> str:
        url = original(self, request)
        entry = (request.session or {})[self.session_key()]
        nonce, entry["nonce"] = entry["nonce"], "A" * 22 + "=="
        return url.replace(urlencode({"nonce": nonce}), urlencode({"nonce": entry["nonce"]}))

    replace(OpenIdProvider, "start", start)


@defect("OIDCPROV-03", providers=OIDC)
def hashed_proof_key_always() -> None:
    """The code challenge is hashed although the issuer does not know that."""
    hashed = pkce.select_method(None)
    replace(pkce, "select_method", always(hashed))


@defect("UP-22", "OIDCPROV-04", providers=OIDC)
def no_default_prompt() -> None:
    """Without configuration, the provider may ask people whatever it likes."""
    replace(oidc, "DEFAULT_PROMPT", oidc.NO_PROMPT)


@defect("UP-22", "UP-21", providers=OIDC)
def prompt_although_unwanted() -> None:
    """The prompt "auto" is sent as it is."""
    replace(oidc, "NO_PROMPT", "no such value")


@defect("UP-23", providers=OIDC)
def configured_parameters_win() -> None:
    """Configured parameters of the authorization request replace those that protect it."""

    def start(original: Start, self: Oidc, request: StartRequest) -> str:
        return f"{original(self, request)}&{urlencode(self._search_params)}"

    wrap(OpenIdProvider, "start", start)


@defect("UP-24", "SCOPE-02", "SEC-SCOPE-01", providers=OIDC)
def openid_scopes_not_required() -> None:
    """The backend asks only for the scopes that the client names."""
    replace(Oidc, "scopes", ScopePolicy(persisted=True))


@defect("OIDCPROV-05", providers=OIDC)
def credentials_always_in_the_header() -> None:
    """The configured method of client authentication is ignored."""
    replace(Oidc, "client_authentication", always(ClientAuthentication.BASIC))


@defect("UP-03", "OIDCPROV-05", "UP-25", providers=OIDC)
def credentials_always_in_the_body() -> None:
    """The client's credentials travel in the body although the header was agreed."""
    replace(Oidc, "client_authentication", always(ClientAuthentication.POST))


@defect("UP-25", "UP-29", "OIDCPROV-12", providers=OIDC)
def userinfo_not_asked() -> None:
    """Userinfo is not requested."""
    replace(OpenIdProvider, "asks_userinfo", False)


@defect("UP-26", providers=OIDC)
def issuer_without_userinfo_accepted() -> None:
    """An issuer without user info signs people in with an empty profile."""

    def userinfo(original: Callable[..., dict[str, Any]], self: Client, *arguments: Any) -> dict[str, Any]:
        return original(self, *arguments) if self.issuer.metadata().get("userinfo_endpoint") else {}

    def require(original: Callable[..., None], expected: object, found: Mapping[str, object]) -> None:
        if found:
            original(expected, found)

    wrap(Client, "userinfo", userinfo)
    wrap(openid_errors, "require_subject", require)


@defect("UP-27", providers=OIDC)
def refresh_asks_for_scopes() -> None:
    """A refresh asks for scopes."""

    def request(original: Callable[..., dict[str, Any]], self: Client, *method: Any, **form: str) -> dict[str, Any]:
        added = {"scope": "openid"} if form["grant_type"] == "refresh_token" else {}
        return original(self, *method, **form, **added)

    wrap(Client, "request_token", request)


@defect("UP-28", "LOGOUT-09", "SEC-LOGOUT-05", providers=OIDC)
def openid_refresh_token_not_revoked() -> None:
    """Logout leaves the refresh token alive."""
    replace(OpenIdProvider, "revokes", False)


@defect("OIDCPROV-15", "LOGOUT-10", providers=OIDC, crashes=True)
def failing_revocation_keeps_the_session() -> None:
    """If the refresh token cannot be revoked, the cookies stay."""

    def logout(original: Callable[..., str | None], self: OpenIdProvider, request: LogoutRequest) -> str | None:
        try:
            return original(self, request)
        except AuthError as error:
            raise RuntimeError("not revoked") from error

    wrap(OpenIdProvider, "logout", logout)


@defect("OIDCPROV-11", providers=OIDC)
def refresh_without_access_token() -> None:
    """A refresh whose answer has no access token goes on."""

    def request(original: Callable[..., dict[str, Any]], self: Client, *method: Any, **form: str) -> dict[str, Any]:
        answer = original(self, *method, **form)
        return {"access_token": "made-up", **answer} if form["grant_type"] == "refresh_token" else answer

    wrap(Client, "request_token", request)


@defect("OIDCPROV-13", providers=OIDC)
def issuer_of_the_answer_ignored() -> None:
    """Which issuer a callback names is not looked at."""
    replace(openid_errors, "require_response_issuer", nothing)


@defect("OIDCPROV-14", providers=OPENID)
def session_is_not_needed() -> None:
    """What waits for a callback is found without the browser's session."""
    kept: dict[str, dict[str, str]] = {}

    def start(original: Start, self: OpenIdProvider, request: StartRequest) -> str:
        url = original(self, request)
        kept[request.state] = dict((request.session or {})[self.session_key()])
        return url

    def take(
        original: Callable[..., dict[str, str]],
        self: OpenIdProvider,
        request: CallbackRequest,
        answer: Mapping[str, str],
    ) -> dict[str, str]:
        known = kept.pop(answer.get("state", ""), None)
        return known or original(self, request, answer)

    wrap(OpenIdProvider, "start", start)
    wrap(OpenIdProvider, "_take_entry", take)


@defect("OUT-O5", "SCOPE-07", providers=OIDC)
def state_not_compared_with_the_session() -> None:
    """Any state with a matching nonce completes the pending sign-in of the session."""
    replace(openid_errors, "require_same_state", nothing)


@defect("UP-32", providers=OIDC)
def configured_timeout_ignored() -> None:
    """A silent vendor is waited for much longer than configured."""

    def send(original: Callable[..., Any], upstream: Any, method: str, url: str, timeout: float, **options: Any) -> Any:
        return original(upstream, method, url, max(timeout, 10.0), **options)

    wrap(answers, "send", send)


@defect("SEC-TOKX-04", "OIDCPROV-06", providers=OIDC)
def no_access_token_asks_nobody() -> None:
    """Without an access token, the profile is empty and the ID token identifies the user."""

    def require(original: Callable[..., str], tokens: dict[str, Any]) -> str:
        tokens.setdefault("access_token", "none")
        return original(tokens)

    def userinfo(original: Callable[..., dict[str, Any]], self: Any, access_token: str, *scheme: Any) -> dict[str, Any]:
        return {} if access_token == "none" else original(self, access_token, *scheme)

    def subject(original: Callable[..., None], expected: object, found: dict[str, object]) -> None:
        if found:
            original(expected, found)

    def require_hash(original: Callable[[CompactJws, str], None], token: CompactJws, access_token: str) -> None:
        if access_token != "none":
            original(token, access_token)

    wrap(openid_base, "require_access_token", require)
    wrap(id_token, "require_access_token_hash", require_hash)
    wrap(Client, "userinfo", userinfo)
    wrap(openid_errors, "require_subject", subject)


# --- errors ---


@defect("UP-30", "OUT-O1", "OUT-O3", "OUT-O5", "OUT-O0", providers=OIDC)
def every_error_is_a_failure() -> None:
    """No error of the vendor counts as a rejection."""
    replace(openid_errors, "in_callback", lambda error: oauth_errors.failed(error.message))


@defect("UP-30", "OUT-O2", providers=OIDC)
def every_error_is_a_rejection() -> None:
    """Every error of the vendor counts as a rejection."""
    replace(openid_errors, "in_callback", lambda error: oauth_errors.rejected(error.message))


@defect("OUT-O0", "FRAME-10", providers=OPENID)
def missing_code_in_other_words() -> None:
    """A callback without code is reported as if the vendor had failed."""
    replace(openid_errors, "code_missing", lambda: OpError("server_error"))


@defect("OUT-O3", providers=OPENID)
def every_status_is_good() -> None:
    """The status of a response is not checked."""
    replace(answers, "require_ok", nothing)


@defect("OUT-O4", providers=OIDC)
def unreadable_answers_are_rejections() -> None:
    """An answer that is not JSON is reported as if the vendor had refused."""

    def parse(original: Callable[[str], dict[str, object]], body: str) -> dict[str, object]:
        try:
            return original(body)
        except OpError:
            raise
        except AuthError as error:
            raise RpError("expected 200 OK") from error

    wrap(openid_errors, "parse_answer", parse)


@defect("OUT-OR", "REFRESH-16", providers=OPENID)
def failed_refresh_in_other_words() -> None:
    """A refused refresh does not say that the vendor refused it, and ends the session."""

    def refresh(original: Callable[..., Any], self: OpenIdProvider, request: RefreshRequest) -> Any:
        try:
            return original(self, request)
        except AuthError as error:
            request.keep_rotated("gone")
            raise AuthError("refused") from error

    wrap(OpenIdProvider, "refresh", refresh)


# --- the session ---


def change_session_cookie(**changes: Any) -> None:
    """Give the session cookie other attributes."""

    def cookie(original: Callable[..., Cookie], session_id: str, secret: str, auth_base: str) -> Cookie:
        return dataclasses.replace(original(session_id, secret, auth_base), **changes)

    wrap(session_cookie, "cookie", cookie)


@defect("SESSION-02", providers=OPENID)
def session_cookie_outlives_the_browser() -> None:
    """The session cookie has a lifetime."""
    change_session_cookie(max_age=600)


@defect("SESSION-02", providers=OPENID)
def session_cookie_for_some_paths() -> None:
    """The session cookie is for the plugin's paths only."""
    change_session_cookie(path="/api/auth")


@defect("SESSION-04", providers=OPENID, stops_cases=True)
def session_cookie_secure_over_http() -> None:
    """The session cookie is secure although the backend is reached by http."""
    change_session_cookie(secure=True)


@defect("SESSION-03", "SESSION-06", providers=OPENID)
def session_never_kept() -> None:
    """The server-side session of a start is not stored."""
    replace(web_session.ServerSession, "save", nothing)
