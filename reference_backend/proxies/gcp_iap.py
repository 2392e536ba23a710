"""Google Identity-Aware Proxy (providers-proxy.md §5)."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from reference_backend.errors import AuthenticationError, AuthError, NotFoundError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.openid import key_set
from reference_backend.proxies import assertion
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult, ProxySettings

HEADER = "x-goog-iap-jwt-assertion"
KEYS_URL = "https://www.gstatic.com/iap/verify/public_key"
ISSUER = "https://cloud.google.com/iap"
ALGORITHM = "ES256"
TOLERANCE = 300
"""Seconds that clocks may differ (GCPIAP-07)."""
LONGEST_LIFE = 86400
"""Seconds that the expiry may lie ahead (GCPIAP-06)."""
KEYS_KEPT = 600
"""Seconds after which the keys are read again (GCPIAP-15)."""


def by_email(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailMatchingUserEntityAnnotation`` (RES-52)."""
    email = info.details.get("email")
    if not email:
        raise AuthError("Google IAP sign-in result is missing email")
    return context.sign_in(ByAnnotations({"google.com/email": email}), sign_in.fallback(options, email))


def by_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``idMatchingUserEntityAnnotation`` (RES-52)."""
    user_id = account_id(info.details["sub"])
    return context.sign_in(ByAnnotations({"google.com/user-id": user_id}), sign_in.fallback(options, user_id))


def account_id(subject: str) -> str:
    """The part of a subject behind the colon.

    Raises:
        NotFoundError: there is none, so that no user is meant (GCPIAP-13).
    """
    parts = subject.split(":")
    if len(parts) < 2 or not parts[1]:
        raise NotFoundError("User not found")
    return parts[1]


class GcpIap(ProxyProvider):
    """Signs in whom a token of Identity-Aware Proxy names."""

    vendor: ClassVar[str] = "gcpIap"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "emailMatchingUserEntityAnnotation": ResolverFactory(Options, by_email),
        "idMatchingUserEntityAnnotation": ResolverFactory(Options, by_id),
    }

    def __init__(self, settings: ProxySettings) -> None:
        """Read ``audience`` and ``jwtHeader`` (§5.1)."""
        super().__init__(settings)
        self._audience: str = settings.config.string("audience")
        self._header: str = settings.config.string("jwtHeader", HEADER).lower()
        self._keys: Mapping[str, EllipticCurvePublicKey] = {}
        self._read_at = float("-inf")

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Verify the token (GCPIAP-01 … GCPIAP-12)."""
        token = request.headers.get(self._header)
        if not token:
            raise AuthenticationError("Missing Google IAP header")
        try:
            claims = self._verified(assertion.decode(token))
        except KeyError as error:
            raise refused(AuthError("No pem found for the key id")) from error
        except AuthenticationError:
            raise
        except AuthError as error:
            raise refused(error) from error
        require_person(claims)
        details = {"email": claims["email"], "sub": claims["sub"]}
        return ProxyResult(Profile(email=claims["email"]), {"iapToken": dict(claims)}, details)

    def _verified(self, token: CompactJws) -> Mapping[str, Any]:
        assertion.require_algorithm(token, ALGORITHM)
        assertion.require_signature(token, ALGORITHM, self._key(assertion.key_id(token)))
        require_times(token.claims, self.context.clock())
        require_issuer(token.claims)
        require_audience(token.claims, self._audience)
        return token.claims

    def _key(self, key_id: str) -> EllipticCurvePublicKey:
        age = self.context.clock() - self._read_at
        if age >= KEYS_KEPT or (key_id not in self._keys and age >= key_set.COOL_DOWN):
            self._keys = self._read_keys()
            self._read_at = self.context.clock()
        return self._keys[key_id]

    def _read_keys(self) -> Mapping[str, EllipticCurvePublicKey]:
        """Ask Google; a failure is not remembered (GCPIAP-04, GCPIAP-11)."""
        try:
            response = self.context.http.request("GET", KEYS_URL)
            return parse_keys(response)
        except (requests.RequestException, ValueError) as error:
            raise AuthenticationError(
                "Unable to list Google IAP token verification keys, Error: Failed to retrieve verification certificates"
            ) from error


def parse_keys(response: requests.Response) -> Mapping[str, EllipticCurvePublicKey]:
    """The keys by id.

    Raises:
        ValueError: not a JSON object of PEM texts.
    """
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    found = response.json() if response.status_code == 200 and media_type == "application/json" else None
    if not isinstance(found, dict):
        raise ValueError("not a list of keys")
    return dict(usable_keys(found))


def usable_keys(found: Mapping[str, Any]) -> Iterator[tuple[str, EllipticCurvePublicKey]]:
    """The keys that we understand; odd ones do not spoil the others (SEC-JWKS-06)."""
    for key_id, pem in found.items():
        with contextlib.suppress(ValueError):
            yield key_id, assertion.ec_key(str(pem))


def refused(cause: AuthError) -> AuthenticationError:
    """The token is no good; what was in it is not said (GCPIAP-14)."""
    return AuthenticationError(f"Google IAP token verification failed, {cause.name}: {cause.message}")


def require_times(claims: Mapping[str, Any], now: float) -> None:
    """Issued and not expired, give or take five minutes, and not valid for ever (GCPIAP-06, GCPIAP-07)."""
    for name in ("iat", "exp"):
        assertion.require_number(claims, name)
    if claims["exp"] >= now + LONGEST_LIFE:
        raise AuthError("Expiration time too far in future")
    if now < claims["iat"] - TOLERANCE:
        raise AuthError("Token used too early")
    if now > claims["exp"] + TOLERANCE:
        raise AuthError("Token used too late")


def require_issuer(claims: Mapping[str, Any]) -> None:
    """The issuer is Identity-Aware Proxy (GCPIAP-08)."""
    if claims.get("iss") != ISSUER:
        raise AuthError(f"Invalid issuer, expected one of [{ISSUER}]")


def require_audience(claims: Mapping[str, Any], audience: str) -> None:
    """The audience is ours alone; a list is none (GCPIAP-08)."""
    if claims.get("aud") != audience:
        raise AuthError("Wrong recipient, payload audience != requiredAudience")


def require_person(claims: Mapping[str, Any]) -> None:
    """The token has to say who it is about (GCPIAP-09)."""
    for name, called in (("sub", "subject"), ("email", "email")):
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise AuthenticationError(f"Google IAP token payload is missing {called} claim")
