"""Behaviour of the vendors that speak OpenID Connect (providers-oauth.md §14, §16).

A vendor builds its :class:`Client` and maps the profile. Nonce, code verifier and state wait in the server-side
session; what happens when the vendor misbehaves, with the outcome codes of §2.6, is decided here for all of them.
"""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar

from reference_backend.errors import AuthError
from reference_backend.formats import encoding
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.identity.session_response import OAuthSession, Profile
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    LogoutRequest,
    OAuthProvider,
    RefreshRequest,
    StartRequest,
)
from reference_backend.openid import id_token, openid_errors, pkce
from reference_backend.openid.client import Client, ClientAuthentication
from reference_backend.providers import oauth2_base

NONCE_BYTES = 16
PROTECTED = ("client_id", "scope", "state", "nonce", "code_challenge", "code_challenge_method")


class OpenIdProvider(OAuthProvider):
    """An OpenID provider.

    Class attributes:
        sends_nonce: whether the authorization request carries a nonce.
        asks_userinfo: whether the profile comes from the user info endpoint; the profile is empty otherwise.
        revokes: whether logout revokes the refresh token, if the vendor can.

    Instance attributes, set by the vendor's constructor:
        client: the registration at the vendor.
    """

    sends_nonce: ClassVar[bool] = True
    asks_userinfo: ClassVar[bool] = True
    revokes: ClassVar[bool] = True

    client: Client

    def client_authentication(self) -> ClientAuthentication:
        """How the client authenticates at the token and the revocation endpoint (OIDCPROV-05)."""
        return ClientAuthentication.BASIC

    def authorization_parameters(self, request: StartRequest) -> Mapping[str, str]:
        """Further parameters of the authorization URL; they cannot replace those that protect the flow (UP-23)."""
        del request
        return {}

    def in_callback(self, error: AuthError) -> AuthError:
        """A failure of a callback, as the page reports it."""
        return openid_errors.in_callback(error)

    def map_profile(self, userinfo: Mapping[str, Any]) -> Profile:
        """The profile (UP-29): an address counts if it is said to be verified, as a boolean (OIDCPROV-12)."""
        email = userinfo.get("email") if userinfo.get("email_verified") is True else None
        return Profile(*map(optional_text, (email, userinfo.get("picture"), userinfo.get("name"))))

    def session_from(self, tokens: Mapping[str, Any]) -> OAuthSession:
        """The tokens of an answer, as the app receives them (UP-06)."""
        return oauth2_base.session_from(tokens)

    def finish(self, session: OAuthSession, request: CallbackRequest) -> OAuthSession:
        """The last word on the tokens of a callback, once everything is checked; by default they stay."""
        del request
        return session

    def session_key(self) -> str:
        """Where a flow waits in the session: one place for each host (§14.3)."""
        return f"oidc:{self.client.issuer.host}"

    def start(self, request: StartRequest) -> str:
        """Build the authorization URL (UP-20 … UP-22) and remember what the callback has to show."""
        if request.session is None:
            raise oauth_errors.failed(openid_errors.NO_SESSION)
        issuer, random_bytes = self.client.issuer, self.context.random_bytes
        method = pkce.select_method(issuer.metadata().get("code_challenge_methods_supported"))
        url = issuer.endpoint("authorization_endpoint")
        verifier = pkce.generate_verifier(random_bytes)
        entry = {"state": request.state, "code_verifier": verifier}
        if self.sends_nonce:
            entry["nonce"] = base64.b64encode(random_bytes(NONCE_BYTES)).decode("ascii")
        request.session[self.session_key()] = entry
        parameters = {
            "response_type": "code",
            "redirect_uri": self.settings.callback_url,
            **unprotected(self.authorization_parameters(request)),
            "client_id": self.client.client_id,
            "scope": request.scope,
            "state": request.state,
            **({"nonce": entry["nonce"]} if self.sends_nonce else {}),
            **pkce.challenge(verifier, method),
        }
        return with_query(url, parameters)

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Check the answer, exchange the code, check the ID token, ask who it is (UP-25)."""
        try:
            return self._authenticate(request, {**request.form, **request.query})
        except AuthError as error:
            raise self.in_callback(error) from error

    def _authenticate(self, request: CallbackRequest, answer: Mapping[str, str]) -> AuthenticationResult:
        entry = self._take_entry(request, answer)
        issuer = self.client.issuer
        promised = issuer.metadata().get("authorization_response_iss_parameter_supported") is True
        openid_errors.require_response_issuer(issuer.name, answer.get("iss"), promised=promised)
        error = openid_errors.named_error(answer)
        if error is not None:
            raise error
        if not answer.get("code"):
            raise openid_errors.code_missing()
        tokens = self.client.request_token(
            self.client_authentication(),
            grant_type=oauth2_base.AUTHORIZATION_CODE,
            code=answer["code"],
            redirect_uri=self.settings.callback_url,
            code_verifier=entry["code_verifier"],
        )
        if not tokens.get("id_token"):
            raise AuthError(openid_errors.NO_ID_TOKEN, name="TypeError")
        access_token = require_access_token(tokens)
        token = self.client.validate(tokens["id_token"], access_token)
        id_token.require_nonce(token.claims, entry.get("nonce"))
        subject, profile = self._person(access_token, token, tokens.get("token_type"))
        session = self.finish(self.session_from(tokens), request)
        return AuthenticationResult(session, profile, subject=subject)

    def _take_entry(self, request: CallbackRequest, answer: Mapping[str, str]) -> dict[str, str]:
        """What start remembered; it is good for one callback (SEC-STATE-09), and only for its own."""
        key = self.session_key()
        entry: dict[str, str] | None = None if request.session is None else request.session.get(key)
        if request.session is None or not entry:
            raise openid_errors.session_entry_missing(key)
        # One of another flow stays for that flow (SEC-STATE-11).
        openid_errors.require_same_state(entry["state"], answer.get("state"))
        try:
            del request.session[key]
        except KeyError as error:
            raise openid_errors.session_entry_missing(key) from error
        return entry

    def _person(self, access_token: str, token: CompactJws | None, scheme: Any = None) -> tuple[str | None, Profile]:
        """Subject and profile, from what was checked and asked."""
        subject: str | None = None if token is None else token.claims["sub"]
        if not self.asks_userinfo:
            return subject, Profile()
        userinfo = self.client.userinfo(access_token, scheme)
        if subject is not None:
            openid_errors.require_subject(subject, userinfo)
        return subject or optional_text(userinfo.get("sub")), self.map_profile(userinfo)

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Renew the tokens (UP-27); an ID token is checked if there is one (OIDCPROV-09, OIDCPROV-10)."""
        tokens = self.client.request_token(
            self.client_authentication(), grant_type=oauth2_base.REFRESH_TOKEN, refresh_token=request.refresh_token
        )
        if tokens.get("refresh_token"):
            request.keep_rotated(tokens["refresh_token"])
        access_token = tokens.get("access_token")
        token = self.client.validate(tokens["id_token"], access_token) if tokens.get("id_token") else None
        if not access_token:
            raise AuthError("Refresh failed")
        subject, profile = self._person(access_token, token)
        openid_errors.require_same_person(request.subject, subject)
        return AuthenticationResult(self.session_from(tokens), profile, subject=subject)

    def logout(self, request: LogoutRequest) -> str | None:
        """Revoke the refresh token (UP-28); if that fails, it is logged, and not reported to the user (LOGOUT-10)."""
        if self.revokes and request.refresh_token:
            url = self.client.issuer.optional_endpoint("revocation_endpoint")
            if url is not None:
                self.client.revoke(self.client_authentication(), url, request.refresh_token)
        return None


def require_access_token(tokens: Mapping[str, Any]) -> str:
    """A sign-in without access token is none (OIDCPROV-06)."""
    access_token = tokens.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        raise openid_errors.RpError("access_token not present in TokenSet")
    return access_token


def unprotected(parameters: Mapping[str, str]) -> dict[str, str]:
    """Parameters without those that protect the flow (UP-23)."""
    return {name: value for name, value in parameters.items() if name not in PROTECTED}


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to an endpoint, which may have a query of its own (RFC 6749 §3.1)."""
    base, own = oauth2_base.split_query(url)
    return f"{base}?{encoding.form({**own, **parameters}.items())}"


def optional_text(value: Any) -> str | None:
    """A text of user info; anything else counts as absent."""
    return value if isinstance(value, str) else None
