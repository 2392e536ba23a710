"""Cloudflare Access (providers-proxy.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.identity.session_response import Profile
from reference_backend.openid import answers
from reference_backend.openid.key_set import KeySet
from reference_backend.proxies import assertion
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult, ProxySettings

HEADER = "cf-access-jwt-assertion"
COOKIE = "CF_Authorization"
ALGORITHM = "RS256"
KEYS_KEPT = 600
"""Seconds after which the keys are read again (CFACCESS-06)."""


@dataclass(frozen=True, slots=True)
class Names:
    """Where the token is.

    Parameters:
        header: name of the header, as configured.
        cookie: name of the cookie.
    """

    header: str
    cookie: str


class CloudflareAccess(ProxyProvider):
    """Signs in whom a token of the team names."""

    vendor: ClassVar[str] = "cfaccess"

    def __init__(self, settings: ProxySettings) -> None:
        """Read the team, the application and the service tokens (§4.1, CFACCESS-18)."""
        super().__init__(settings)
        config = settings.config
        self._issuer = f"https://{config.string('teamName')}.cloudflareaccess.com"
        self._audience: str = config.string("audience")
        self._names = Names(config.string("jwtHeaderName", HEADER), config.string("authorizationCookieName", COOKIE))
        self._service_tokens: Mapping[str, str] = {
            entry.string("token"): entry.string("subject") for entry in config.children("serviceTokens")
        }
        self._keys = KeySet(self._fetch_keys, self.context.clock)
        self._keys_made_at = self.context.clock()

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Verify the token and ask who it is (CFACCESS-01 … CFACCESS-17)."""
        text = find_token(request, self._names)
        try:
            token = self._verified(assertion.decode(text))
        except AuthError as error:
            raise AuthenticationError("Cloudflare Access token verification failed", error) from error
        identity = self._identity(token)
        claims = token.claims
        info = {"claims": claims, "cfIdentity": identity, "expiresInSeconds": lifetime(claims), "token": text}
        return ProxyResult(Profile(email=identity.get("email"), display_name=identity.get("name")), info)

    def _verified(self, token: CompactJws) -> CompactJws:
        assertion.require_algorithm(token, ALGORITHM)
        if not self._current_keys().verify(token.text, token.header, ALGORITHM):
            raise AuthError("signature verification failed", name="JWSSignatureVerificationFailed")
        require_issuer(token.claims, self._issuer)
        require_audience(token.claims, self._audience)
        assertion.require_times(token.claims, self.context.clock())
        return token

    def _current_keys(self) -> KeySet:
        """The keys; withdrawn ones are forgotten after a while."""
        now = self.context.clock()
        if now >= self._keys_made_at + KEYS_KEPT:
            self._keys = KeySet(self._fetch_keys, self.context.clock)
            self._keys_made_at = now
        return self._keys

    def _fetch_keys(self) -> Mapping[str, Any]:
        return self._ask("certs", {})

    def _ask(self, what: str, headers: Mapping[str, str]) -> dict[str, Any]:
        http = self.context.http
        url = f"{self._issuer}/cdn-cgi/access/{what}"
        return answers.members(answers.send(http, "GET", url, http.timeout, headers=headers))

    def _identity(self, token: CompactJws) -> Mapping[str, Any]:
        """Who the token is about: a machine on our list, or a person the team knows."""
        if not token.claims.get("sub"):
            return service_identity(token.claims, self._service_tokens)
        headers = {self._names.header: token.text, "Cookie": f"{self._names.cookie}={token.text}"}
        try:
            return self._ask("get-identity", headers)
        except AuthError as error:
            raise AuthenticationError("Failed to populate access identity information", error) from error


def find_token(request: ProxyRequest, names: Names) -> str:
    """The header, or the cookie if there is none (CFACCESS-01 … CFACCESS-04)."""
    token = request.headers.get(names.header.lower()) or request.cookies.get(names.cookie)
    if not token:
        raise AuthenticationError(f"Missing {names.header} and {names.cookie} from Cloudflare Access")
    return token


def require_issuer(claims: Mapping[str, Any], issuer: str) -> None:
    """The issuer is the team (CFACCESS-08)."""
    if claims.get("iss") != issuer:
        raise assertion.claim_failed('unexpected "iss" claim value')


def require_audience(claims: Mapping[str, Any], audience: str) -> None:
    """The audience is the application, alone or in a list (CFACCESS-08, SEC-PROXY-05)."""
    found = claims.get("aud")
    if audience not in (found if isinstance(found, list) else [found]):
        raise assertion.claim_failed('unexpected "aud" claim value')


def service_identity(claims: Mapping[str, Any], listed: Mapping[str, str]) -> Mapping[str, Any]:
    """The identity of a machine; a person's token never gets here (CFACCESS-14 … CFACCESS-16)."""
    name = claims.get("common_name")
    if not isinstance(name, str) or not name:
        raise AuthenticationError("Missing both sub and common_name from Cloudflare Access JWT")
    if name not in listed:
        raise AuthenticationError(f"{name} is not a permitted Service Token.")
    return {"id": name, "name": "Bot", "email": listed[name], "groups": []}


def lifetime(claims: Mapping[str, Any]) -> float | None:
    """Seconds from issue to expiry, null if there is no issue time."""
    issued, expires = claims.get("iat"), claims["exp"]
    return None if issued is None else expires - issued
