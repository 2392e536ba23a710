"""Verifies tokens that are presented to the backend (VERIFY)."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from reference_backend.errors import AuthenticationError, NotAllowedError
from reference_backend.formats import compact_jws
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.identity import user_token
from reference_backend.identity.external_access import ExternalToken

LEEWAY = 0
"""Seconds that an expired token is still accepted: none (VERIFY-03)."""

Kind = Literal["user", "limited-user", "legacy-user"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who presents a token.

    Parameters:
        user_entity_ref: the subject.
        expires_at: ``exp`` in seconds since the epoch.
        kind: which sort of token it was.
        token: the token itself.
    """

    user_entity_ref: str
    expires_at: float
    kind: Kind
    token: str


class TokenVerifier:
    """Verifies against the plugin's own keys.

    Parameters:
        issuer: the only issuer whose tokens count (VERIFY-04).
        public_keys: the JWKS, as it is now.
        clock: seconds since the epoch.
        external: static tokens of services.
    """

    def __init__(
        self,
        issuer: str,
        public_keys: Callable[[], list[dict[str, Any]]],
        clock: Callable[[], float],
        external: Sequence[ExternalToken] = (),
    ) -> None:
        self._issuer = issuer
        self._public_keys = public_keys
        self._clock = clock
        self._external = external

    def is_service(self, token: str) -> bool:
        """Tell whether a token is that of a service, which has no user (USERINFO-04, LIM-11, ASESS-08).

        Raises:
            NotAllowedError: it is one of a service that has no business here.
        """
        found = find_external(self._external, token)
        if found is not None and not found.is_for_us:
            plugins = ", ".join(f"'{plugin}'" for plugin in found.plugins or ())
            raise NotAllowedError(f"This token's access is restricted to plugin(s) {plugins}")
        return found is not None

    def verify(self, token: str, *, allow_limited: bool) -> Principal:
        """Verify a bearer token.

        Parameters:
            token: compact JWS.
            allow_limited: accept limited user tokens, too (VERIFY-08).

        Raises:
            AuthenticationError: it is not acceptable.
        """
        try:
            jws = compact_jws.decode(token)
        except ValueError as error:
            raise AuthenticationError("Illegal token") from error
        kind = classify(jws)
        claims = self._verified_claims(jws)
        require_claims(kind, claims)
        require_issuer_and_audience(kind, claims, self._issuer)
        require_active(claims, self._clock())
        require_unexpired(claims, self._clock())
        if not allow_limited:
            require_full_token(kind)
        if "exp" not in claims:
            raise AuthenticationError("User token is missing expiration")  # VERIFY-05
        return Principal(claims["sub"], float(claims["exp"]), kind, token)

    def _verified_claims(self, token: CompactJws) -> Mapping[str, Any]:
        """Claims of a token whose signature one of our keys made (VERIFY-06)."""
        try:
            verify_signature(token.text, find_key(self._public_keys(), token.header))
        except (jwt.PyJWTError, ValueError, LookupError) as error:
            raise failed() from error
        return token.claims


def find_external(external: Sequence[ExternalToken], token: str) -> ExternalToken | None:
    """The static token that this is; compared in constant time."""
    sent = token.encode("utf-8", "surrogatepass")
    return next((one for one in external if hmac.compare_digest(one.token.encode(), sent)), None)


def failed() -> AuthenticationError:
    """One text for every reason, so that none can be told from another (VERIFY-06)."""
    return AuthenticationError("Failed user token verification")


def classify(token: CompactJws) -> Kind:
    """Kind of a token, by its header ``typ`` or else by its audience (VERIFY-02)."""
    kind, audience = token.header.get("typ"), token.claims.get("aud")
    if kind == user_token.USER_TYPE:
        return "user"
    if kind == user_token.LIMITED_TYPE:
        return "limited-user"
    if kind != user_token.PLUGIN_TYPE and audience == user_token.AUDIENCE:
        return "legacy-user"
    raise AuthenticationError("Illegal token")


def find_key(public_keys: list[dict[str, Any]], header: Mapping[str, Any]) -> dict[str, Any]:
    """The key that a header names, by id and by the key's own algorithm.

    The algorithm of the header is never trusted beyond this comparison, so ``none`` has no key.

    Raises:
        LookupError: there is no such key.
    """
    for key in public_keys:
        if key["kid"] == header.get("kid") and key["alg"] == header.get("alg"):
            return key
    raise LookupError("unknown key")


def verify_signature(token: str, key: dict[str, Any]) -> None:
    """Check the signature, and nothing else.

    Raises:
        jwt.PyJWTError: the signature is not the key's.
    """
    jws = jwt.PyJWS()
    jws.decode_complete(token, jwt.PyJWK(key, algorithm=key["alg"]), algorithms=[key["alg"]])


def require_claims(kind: Kind, claims: Mapping[str, Any]) -> None:
    """User and limited tokens carry ``iat``, ``exp`` and ``sub`` (VERIFY-03)."""
    if kind != "legacy-user" and not {"iat", "exp", "sub"} <= claims.keys():
        raise failed()
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise AuthenticationError("No user sub found in token")


def require_issuer_and_audience(kind: Kind, claims: Mapping[str, Any], issuer: str) -> None:
    """User tokens are ours and for us (VERIFY-04); limited ones carry neither claim."""
    if kind == "user" and claims.get("iss") != issuer:
        raise failed()
    if kind != "limited-user" and claims.get("aud") != user_token.AUDIENCE:
        raise failed()


def require_active(claims: Mapping[str, Any], now: float) -> None:
    """Refuse a token before its time, if it names one (VERIFY-09)."""
    if "nbf" in claims and (not compact_jws.is_numeric_date(claims["nbf"]) or claims["nbf"] > now):
        raise failed()


def require_unexpired(claims: Mapping[str, Any], now: float) -> None:
    """Refuse a token from its expiry on (VERIFY-03)."""
    expires_at = claims.get("exp")
    if expires_at is None:
        return
    if not compact_jws.is_numeric_date(expires_at) or expires_at + LEEWAY <= now:
        raise failed()


def require_full_token(kind: Kind) -> None:
    """Refuse a limited token where full access is needed (VERIFY-08)."""
    if kind == "limited-user":
        raise AuthenticationError("Illegal limited user token")
