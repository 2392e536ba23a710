"""AWS Application Load Balancer (providers-proxy.md §2)."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByFilter, ResolverContext
from reference_backend.identity.resolvers import EmailOptions, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.proxies import assertion
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult, ProxySettings

DATA_HEADER = "x-amzn-oidc-data"
ACCESS_TOKEN_HEADER = "x-amzn-oidc-accesstoken"  # noqa: S105 - a header's name
ALGORITHM = "ES256"
KEY_KEPT = 3600
"""Seconds for which a key is not asked for again (AWSALB-05)."""
MOST_KEYS = 1000
"""How many keys are kept: key ids come from outside, and a balancer has but a few."""


def by_email(options: EmailOptions, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailMatchingUserEntityProfileEmail``, the address as it is (RES-25, RES-53, AWSALB-17)."""
    email = sign_in.required_email(info.profile)
    sign_in.require_allowed_domain(options, email)
    return context.sign_in(ByFilter([{"spec.profile.email": email}]), sign_in.fallback(options, email))


def keys_url(region: str) -> str:
    """Where the keys of a region are (AWSALB-03, AWSALB-04)."""
    name = quote(region, safe="")
    if region.startswith("us-gov"):
        return f"https://s3-{name}.amazonaws.com/aws-elb-public-keys-prod-{name}"
    return f"https://public-keys.auth.elb.{name}.amazonaws.com"


class AwsAlb(ProxyProvider):
    """Signs in whom a token of the balancer names."""

    vendor: ClassVar[str] = "awsalb"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "emailMatchingUserEntityProfileEmail": ResolverFactory(EmailOptions, by_email),
    }
    own_resolvers_win: ClassVar[bool] = True

    def __init__(self, settings: ProxySettings) -> None:
        """Read ``issuer``, ``signer`` and ``region`` (§2.1)."""
        super().__init__(settings)
        self._issuer: str = settings.config.string("issuer")
        self._signer: str | None = settings.config.string("signer", None)
        self._keys_url = keys_url(settings.config.string("region"))
        self._keys: dict[str, tuple[EllipticCurvePublicKey, float]] = {}

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Verify the token (AWSALB-01 … AWSALB-16)."""
        data, access_token = required(request, DATA_HEADER), required(request, ACCESS_TOKEN_HEADER)
        try:
            token = assertion.decode(data)
            key_id = require_key_id(token)
            assertion.require_algorithm(token, ALGORITHM)
            assertion.require_signature(token, ALGORITHM, self._key(key_id))
            assertion.require_times(token.claims, self.context.clock())
        except AuthenticationError:
            raise
        except AuthError as error:
            raise AuthenticationError("Exception occurred during JWT processing", error) from error
        require_issuer(token, self._issuer)
        require_signer(token, self._signer)
        info = {"accessToken": access_token, "expiresInSeconds": token.claims.get("exp")}
        return ProxyResult(profile_of(token.claims), info)

    def _key(self, key_id: str) -> EllipticCurvePublicKey:
        now = self.context.clock()
        known = self._keys.get(key_id)
        if known and now < known[1] + KEY_KEPT:
            return known[0]
        key = self._fetch(key_id)
        if len(self._keys) >= MOST_KEYS:
            self._keys.clear()
        self._keys[key_id] = (key, now)
        return key

    def _fetch(self, key_id: str) -> EllipticCurvePublicKey:
        """Ask Amazon; a failure is not remembered."""
        url = f"{self._keys_url}/{quote(key_id, safe='')}"
        try:
            response = self.context.http.request("GET", url)
        except requests.RequestException as error:
            raise AuthError("fetch failed", name="TypeError") from error
        if response.status_code != 200:
            raise AuthError("there is no such key")
        try:
            return assertion.ec_key(response.text)
        except ValueError as error:
            raise AuthError("the key cannot be read") from error


def required(request: ProxyRequest, header: str) -> str:
    """A header that has to be there, if empty (AWSALB-02)."""
    if header not in request.headers:
        raise AuthenticationError(f"Missing ALB OIDC header: {header}")
    return request.headers[header]


def require_key_id(token: CompactJws) -> str:
    """The token names its key, as a plain name (AWSALB-07)."""
    key_id = assertion.key_id(token)
    if not key_id or key_id in (".", ".."):
        raise AuthenticationError("No key id was specified in header")
    return key_id


def require_issuer(token: CompactJws, issuer: str) -> None:
    """The issuer is the configured one (AWSALB-09)."""
    if token.claims.get("iss") != issuer:
        raise AuthenticationError("Issuer mismatch on JWT token")


def require_signer(token: CompactJws, signer: str | None) -> None:
    """The balancer is the configured one, if one is (AWSALB-10, SEC-PROXY-02)."""
    if signer is not None and token.header.get("signer") != signer:
        raise AuthenticationError("Signer mismatch on JWT token")


def profile_of(claims: Mapping[str, Any]) -> Profile:
    """The profile; nothing is taken from the access token, which is not verified (AWSALB-11, -13, -15)."""
    email = claims.get("email")
    if not isinstance(email, str) or not email:
        raise AuthenticationError("Missing email in the JWT token")
    name = claims.get("name") or email.partition("@")[0]
    return Profile(email=email, display_name=name, picture=claims.get("picture"))
