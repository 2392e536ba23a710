"""oauth2-proxy (providers-proxy.md §6).

Everything rests on the proxy: the headers are believed, the token is decoded and never verified. A client that
bypasses the proxy can be any user. That is what this proxy's contract is;
the hardened alternative is a provider that verifies, such as ``cfaccess`` or ``awsalb``.
"""

from collections.abc import Mapping
from typing import ClassVar

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats import compact_jws
from reference_backend.http import bearer
from reference_backend.identity import entity_ref
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult

TOKEN_HEADER = "x-oauth2-proxy-id-token"  # noqa: S105 - a header's name
EMAIL_HEADER = "x-forwarded-email"
USER_HEADER = "x-forwarded-user"
PREFERRED_USERNAME_HEADER = "x-forwarded-preferred-username"


def by_user(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``forwardedUserMatchingUserEntityName`` (RES-55)."""
    return _by_name(options, info.details.get("user"), "Request did not contain a user", context)


def by_preferred_username(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``forwardedPreferredUsernameMatchingUserEntityName`` (RES-55)."""
    name = info.details.get("preferred_username")
    return _by_name(options, name, "Request did not contain a preferred username", context)


def _by_name(options: Options, name: str | None, missing: str, context: ResolverContext) -> SignIn:
    if not name:
        raise AuthError(missing)
    return context.sign_in(ByRef(entity_ref.user(name)), sign_in.fallback(options, name))


class OAuth2Proxy(ProxyProvider):
    """Believes the headers of oauth2-proxy."""

    vendor: ClassVar[str] = "oauth2Proxy"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "forwardedUserMatchingUserEntityName": ResolverFactory(Options, by_user),
        "forwardedPreferredUsernameMatchingUserEntityName": ResolverFactory(Options, by_preferred_username),
    }
    own_resolvers_win: ClassVar[bool] = True

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Read the headers (§6.2, §6.3)."""
        token = bearer.extract(request.headers.get(TOKEN_HEADER)) or ""
        if token:
            require_decodable(token)
        user = request.headers.get(USER_HEADER)
        preferred = request.headers.get(PREFERRED_USERNAME_HEADER)
        return ProxyResult(
            profile=Profile(email=request.headers.get(EMAIL_HEADER), display_name=preferred or user),
            provider_info={"accessToken": token},
            details={"user": user, "preferred_username": preferred},
        )


def require_decodable(token: str) -> None:
    """Refuse a bearer value that is not a JWT (§6.4)."""
    try:
        compact_jws.decode_claims(token)
    except ValueError as error:
        cause = AuthError("Invalid JWT", name="JWTInvalid")
        raise AuthenticationError("Authentication failed", cause) from error
