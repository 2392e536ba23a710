"""Auth0 (providers-oauth.md §4)."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from reference_backend.errors import AuthError, InputError
from reference_backend.formats import compact_jws, js_text
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.oauth import oauth_errors, scopes
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    LogoutRequest,
    ProviderSettings,
    RefreshRequest,
    StartRequest,
)
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

DEFAULT_PROMPT = "consent"
NO_PROMPT = "auto"
PASSED_ON = ("organization", "invitation", "screen_hint", "login_hint")
"""Start parameters that the vendor gets (PROV-AUTH0-01)."""
SESSION_KEY = "auth0"
"""Where a flow waits in the server-side session."""
NO_SESSION = "Auth0Strategy requires you set state to false when no session is present"
UNKNOWN_FLOW = "the session does not know this sign-in"
WRONG_ORGANIZATION = (
    "Organization mismatch. The organization provided in the request does not match the organization "
    "configured in the strategy."
)
NONCE_BYTES = 16
ALGORITHMS = ("RS256", "HS256")
LEEWAY = 60
"""Seconds by which clocks may differ (AUTH0-06)."""
CACHED = 60
"""Seconds for which a profile is not asked for again (AUTH0-10)."""


class Auth0(oauth2_base.OAuth2Provider):
    """A tenant of Auth0."""

    vendor: ClassVar[str] = "auth0"
    profile_label: ClassVar[str] = "failed to fetch user profile"

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the tenant's domain and what people are asked there (§4.1)."""
        super().__init__(settings)
        config = settings.config
        self.base = f"https://{config.string('domain')}"
        self.authorization_url = f"{self.base}/authorize"
        self.token_url = f"{self.base}/oauth/token"
        self.profile_url = f"{self.base}/userinfo"
        self.organization = config.string("organization", None)
        self.prompt = config.string("prompt", DEFAULT_PROMPT)
        self.audience = config.string("audience", None)
        self.connection = config.string("connection", None)
        self.connection_scope = config.string("connectionScope", None)
        self.federated = bool(config.get("federatedLogout"))
        self.known_profiles = KnownProfiles(self.context.clock)

    def start(self, request: StartRequest) -> str:
        """Remember scope and nonce for the callback, then as usual (AUTH0-01, AUTH0-14)."""
        if request.session is None:
            raise AuthError(NO_SESSION)
        require_organization(self.organization, request.query)
        nonce = self.context.random_bytes(NONCE_BYTES).hex()
        request.session[SESSION_KEY] = {"state": request.state, "scope": request.scope, "nonce": nonce}
        url = super().start(request)
        # The family leaves an empty scope out (AUTH0-02).
        return url if request.scope else f"{url}&scope="

    def authorization_parameters(self, request: StartRequest) -> Mapping[str, str]:
        """What configuration and start say about the sign-in (PROV-AUTH0-01, PROV-AUTH0-03)."""
        session = request.session or {}
        configured = {
            "prompt": None if self.prompt == NO_PROMPT else self.prompt,
            "audience": self.audience,
            "connection": self.connection,
            # A scope of no connection would mean nothing (AUTH0-03).
            "connection_scope": self.connection_scope if self.connection else None,
            "organization": self.organization,
        }
        asked = {name: request.query.get(name) for name in PASSED_ON}
        given = {name: value for name, value in {**configured, **known(asked)}.items() if value}
        return {**given, "nonce": session[SESSION_KEY]["nonce"]}

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Exchange the code, check the ID token, read the profile."""
        require_organization(self.organization, request.query)
        code = oauth2_base.require_code(request)
        flow = take_flow(request)
        session = self.exchange_code(code)
        if "openid" in scopes.split(flow["scope"]):
            self.require_id_token(session.id_token, flow["nonce"])
        return self.signed_in(session)

    def require_id_token(self, text: Any, nonce: str) -> None:
        """Check the ID token (AUTH0-05, AUTH0-06).

        The signature is not: the token came from the vendor itself over TLS (OIDC Core §3.1.3.7 rule 6).

        Raises:
            AuthError: the first rule that does not hold.
        """
        if not text:
            raise oauth_errors.failed("ID token is required but missing")
        token = decode(text)
        claims = token.claims
        require_algorithm(token.header)
        require_issuer(claims, f"{self.base}/")
        require_subject(claims)
        require_audience(claims, self.client_id)
        require_times(claims, int(self.context.clock()))
        require_nonce(claims, nonce)
        require_authorized_party(claims, self.client_id)

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Renew the tokens; the profile may be the one of a moment ago (AUTH0-09, AUTH0-10)."""
        session = self.exchange_refresh_token(request.refresh_token, request.scope)
        if session.refresh_token:
            request.keep_rotated(session.refresh_token)
        subject = refreshed_subject(session.id_token)
        profile = self.known_profiles.get(subject)
        if profile is None:
            profile = self.fetch_profile(session.access_token)
            self.known_profiles.put(subject, profile)
        return self.result(profile, session)

    def profile_refused(self, status: int, body: str) -> ProfileError:
        """Nothing of the vendor's answer is passed on (AUTH0-11)."""
        del body
        return ProfileError(self.profile_label, upstream_status=status)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of userinfo; a picture can only come from the ID token (AUTH0-08)."""
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("sub") or found.get("user_id")),
            username=oauth2_base.optional_text(found.get("nickname")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            raw=found,
        )

    def logout(self, request: LogoutRequest) -> str | None:
        """Where the browser ends the tenant's own session (PROV-AUTH0-04, AUTH0-13)."""
        parameters = {
            **({"federated": ""} if self.federated else {}),
            "client_id": self.client_id,
            **({"returnTo": request.origin} if request.origin else {}),
        }
        return f"{self.base}/v2/logout?{urlencode(parameters)}"


class KnownProfiles:
    """Profiles by subject, for a moment; may be shared by threads.

    Parameters:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_subject: dict[str, tuple[float, VendorProfile]] = {}

    def get(self, subject: str | None) -> VendorProfile | None:
        """The profile, if it is known and not too old."""
        since, profile = self._by_subject.get(subject or "", (0.0, None))
        return profile if profile is not None and self._clock() < since + CACHED else None

    def put(self, subject: str | None, profile: VendorProfile) -> None:
        """Remember a profile; one without a subject is not stored."""
        if not subject:
            return
        now = self._clock()
        fresh = {name: entry for name, entry in self._by_subject.items() if now < entry[0] + CACHED}
        # A new mapping instead of a changed one, so that readers need no lock.
        self._by_subject = {**fresh, subject: (now, profile)}


def known(members: Mapping[str, str | None]) -> dict[str, str]:
    """Members that are there."""
    return {name: value for name, value in members.items() if value}


def require_organization(configured: str | None, query: Mapping[str, str]) -> None:
    """No start may name another organization than the configured one (PROV-AUTH0-02)."""
    asked = query.get("organization")
    if asked and configured and asked != configured:
        raise InputError(WRONG_ORGANIZATION)


def take_flow(request: CallbackRequest) -> dict[str, str]:
    """What start remembered; it is good for one callback, and only for its own (AUTH0-07, SEC-STATE-09).

    Raises:
        AuthError: the session is not the one of the start.
    """
    flow: dict[str, str] | None = None if request.session is None else request.session.get(SESSION_KEY)
    if request.session is None or not flow or flow["state"] != request.query.get("state"):
        raise oauth_errors.failed(UNKNOWN_FLOW)
    try:
        del request.session[SESSION_KEY]
    except KeyError as error:
        raise oauth_errors.failed(UNKNOWN_FLOW) from error
    return flow


def refreshed_subject(text: Any) -> str | None:
    """Whom the ID token of a refresh names; nothing of it is verified (AUTH0-09).

    Raises:
        AuthError: there is no ID token, or it is none.
    """
    if not isinstance(text, str):
        raise AuthError("JWTs must use Compact JWS serialization, JWT must be a string", name="JWTInvalid")
    try:
        subject = compact_jws.decode_claims(text).get("sub")
    except ValueError as error:
        raise AuthError("Invalid JWT", name="JWTInvalid") from error
    return subject if isinstance(subject, str) else None


# --- the ID token of a sign-in (§4.4) ---


def decode(text: Any) -> CompactJws:
    """Take the token apart, nothing of it verified."""
    try:
        return compact_jws.decode(js_text.text(text))
    except ValueError as error:
        raise oauth_errors.failed("ID token could not be decoded") from error


def require_algorithm(header: Mapping[str, Any]) -> None:
    """Only what the vendor signs with."""
    if header.get("alg") not in ALGORITHMS:
        raise oauth_errors.failed(
            f'Signature algorithm of "{js_text.member(dict(header), "alg")}" is not supported. '
            'Expected the ID token to be signed with "RS256" or "HS256".'
        )


def require_issuer(claims: Mapping[str, Any], expected: str) -> None:
    """``iss`` is the tenant, with its final slash."""
    issuer = require_text(claims.get("iss"), "Issuer (iss) claim must be a string present in the ID token")
    if issuer != expected:
        raise oauth_errors.failed(
            f'Issuer (iss) claim mismatch in the ID token; expected "{expected}", found "{issuer}"'
        )


def require_subject(claims: Mapping[str, Any]) -> None:
    """``sub`` names a subject."""
    require_text(claims.get("sub"), "Subject (sub) claim must be a string present in the ID token")


def require_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """``aud`` is us, or has us among others."""
    audience = claims.get("aud")
    if not audience or not isinstance(audience, (str, list)):
        raise oauth_errors.failed("Audience (aud) claim must be a string or array of strings present in the ID token")
    if isinstance(audience, list) and client_id not in audience:
        found = ", ".join(map(str, audience))
        raise oauth_errors.failed(
            f'Audience (aud) claim mismatch in the ID token; expected "{client_id}" but was not one of "{found}"'
        )
    if isinstance(audience, str) and audience != client_id:
        raise oauth_errors.failed(
            f'Audience (aud) claim mismatch in the ID token; expected "{client_id}" but found "{audience}"'
        )


def require_times(claims: Mapping[str, Any], now: int) -> None:
    """``exp`` has not passed, ``iat`` is there."""
    expires = require_number(claims.get("exp"), "Expiration Time (exp)") + LEEWAY
    if now > expires:
        raise oauth_errors.failed(
            f"Expiration Time (exp) claim error in the ID token; current time ({now}) is after "
            f"expiration time ({js_text.text(expires)})"
        )
    require_number(claims.get("iat"), "Issued At (iat)")


def require_nonce(claims: Mapping[str, Any], expected: str) -> None:
    """``nonce`` is that of the start; neither is shown (SEC-ERR-05)."""
    nonce = require_text(claims.get("nonce"), "Nonce (nonce) claim must be a string present in the ID token")
    if nonce != expected:
        raise oauth_errors.failed("Nonce (nonce) claim mismatch in the ID token")


def require_authorized_party(claims: Mapping[str, Any], client_id: str) -> None:
    """With several audiences ``azp`` says who asked."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) > 1:
        party = require_text(
            claims.get("azp"),
            "Authorized Party (azp) claim must be a string present in the ID token when Audience (aud) claim "
            "has multiple values",
        )
        if party != client_id:
            raise oauth_errors.failed(
                f'Authorized Party (azp) claim mismatch in the ID token; expected "{client_id}", found "{party}"'
            )


def require_text(value: Any, message: str) -> str:
    """A claim that has to be a text."""
    if not value or not isinstance(value, str):
        raise oauth_errors.failed(message)
    return value


def require_number(value: Any, title: str) -> float:
    """A claim that has to be a number."""
    if not value or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise oauth_errors.failed(f"{title} claim must be a number present in the ID token")
    return value
