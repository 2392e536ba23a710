"""Azure App Service authentication (providers-proxy.md §3).

The platform has verified the token and overwrites the header; a client that bypasses it can be any user.
That is what this proxy's contract is, so the provider works on the platform only (AZUREEASYAUTH-01).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from reference_backend.config.model import ConfigError
from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats import compact_jws
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult, ProxySettings

ID_TOKEN_HEADER = "x-ms-token-aad-id-token"  # noqa: S105 - a header's name
ACCESS_TOKEN_HEADER = "x-ms-token-aad-access-token"  # noqa: S105 - a header's name
VERSION = "2.0"


def by_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``idMatchingUserEntityAnnotation`` (RES-54)."""
    user_id = info.details.get("oid")
    if not user_id:
        raise AuthError("User profile contained no id")
    return context.sign_in(ByAnnotations({"graph.microsoft.com/user-id": user_id}), sign_in.fallback(options, user_id))


class AzureEasyAuth(ProxyProvider):
    """Signs in whom the platform names."""

    vendor: ClassVar[str] = "azureEasyAuth"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "idMatchingUserEntityAnnotation": ResolverFactory(Options, by_id),
    }

    def __init__(self, settings: ProxySettings) -> None:
        """See that this is the platform."""
        super().__init__(settings)
        require_platform(self.context.environ)

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Read the token; the platform has verified it (AZUREEASYAUTH-02 … AZUREEASYAUTH-07)."""
        token = request.headers.get(ID_TOKEN_HEADER)
        if token is None:
            raise AuthenticationError(f"Missing {ID_TOKEN_HEADER} header")
        claims = read(token)
        require_version(claims)
        access_token = request.headers.get(ACCESS_TOKEN_HEADER)
        info = {} if access_token is None else {"accessToken": access_token}
        profile = Profile(email=text(claims, "email"), display_name=text(claims, "name"))
        return ProxyResult(profile, info, {"oid": text(claims, "oid")})


def require_platform(environ: Mapping[str, str]) -> None:
    """The variables by which App Service marks its processes (AZUREEASYAUTH-01).

    Raises:
        ConfigError: one is missing or says something else.
    """
    if "WEBSITE_SKU" not in environ:
        raise ConfigError("Backstage is not running on Azure App Services")
    wanted = (
        ("WEBSITE_AUTH_ENABLED", "true", "Azure App Services does not have authentication enabled"),
        ("WEBSITE_AUTH_DEFAULT_PROVIDER", "azureactivedirectory", "Authentication provider is not Entra ID"),
        ("WEBSITE_AUTH_TOKEN_STORE", "true", "Token Store is not enabled"),
    )
    for name, value, message in wanted:
        if environ.get(name, "").lower() != value:
            raise ConfigError(message)


def read(token: str) -> Mapping[str, Any]:
    """The claims of the token (AZUREEASYAUTH-06)."""
    try:
        return compact_jws.decode(token).claims
    except ValueError as error:
        cause = AuthError("Invalid JWT", name="JWTInvalid")
        raise AuthenticationError("Authentication failed", cause) from error


def require_version(claims: Mapping[str, Any]) -> None:
    """Only tokens of version 2.0 have the claims that count (AZUREEASYAUTH-03)."""
    if claims.get("ver") != VERSION:
        raise AuthenticationError("id_token is not version 2.0 ")


def text(claims: Mapping[str, Any], name: str) -> str | None:
    """A claim that is a text; any other value counts as missing."""
    value = claims.get(name)
    return value if isinstance(value, str) else None
