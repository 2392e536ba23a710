"""Pinniped Supervisor (providers-oauth.md §16)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from reference_backend.config.model import ConfigError
from reference_backend.errors import AuthError
from reference_backend.identity.session_response import OAuthSession
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.provider import CallbackRequest, ProviderSettings, ScopePolicy
from reference_backend.openid import openid_errors
from reference_backend.openid.client import Client, ClientAuthentication
from reference_backend.openid.issuer import Issuer
from reference_backend.providers.openid_base import OpenIdProvider

TIMEOUT = 3.5
"""Seconds (§16.2)."""
METADATA_LIFETIME = 3600
"""Seconds for which the discovery document is kept (§16.2)."""
ALGORITHM = "ES256"
"""The one algorithm of ID tokens (PINNIPED-03)."""
AUDIENCE = "audience"
AUTH_METHODS = "token_endpoint_auth_methods_supported"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant type
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"


class Pinniped(OpenIdProvider):
    """A federation domain: credentials for clusters, no profile and so no user to sign in (PROV-PINNIPED-01)."""

    vendor: ClassVar[str] = "pinniped"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(
        required=("openid", "pinniped:request-audience", "username", "offline_access")
    )
    sends_nonce: ClassVar[bool] = False
    asks_userinfo: ClassVar[bool] = False
    revokes: ClassVar[bool] = False

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the configuration (§16.1); nothing is fetched yet (PINNIPED-08)."""
        super().__init__(settings)
        config = settings.config
        if config.has("scope"):
            raise ConfigError(
                'The pinniped provider no longer supports the "scope" configuration option. '
                'Please use the "additionalScopes" option instead.'
            )
        client_id, client_secret = config.string("clientId"), config.string("clientSecret")
        issuer = Issuer(config.string("federationDomain"), self.context, TIMEOUT, METADATA_LIFETIME)
        self.client = Client(issuer, client_id, client_secret, ALGORITHM, self.context, TIMEOUT)

    def client_authentication(self) -> ClientAuthentication:
        """The header, or the body if the Supervisor wants nothing else (PINNIPED-02)."""
        listed = self.client.issuer.metadata().get(AUTH_METHODS)
        methods = listed if isinstance(listed, list) else []
        only_post = ClientAuthentication.POST in methods and ClientAuthentication.BASIC not in methods
        return ClientAuthentication.POST if only_post else ClientAuthentication.BASIC

    def state_members(self, query: Mapping[str, str]) -> Mapping[str, str]:
        """The cluster travels in the state (PROV-PINNIPED-02, PINNIPED-01)."""
        return {AUDIENCE: query[AUDIENCE]} if query.get(AUDIENCE) else {}

    def in_callback(self, error: AuthError) -> AuthError:
        """Rejections as everywhere, other failures as they are (§16.10)."""
        return oauth_errors.rejected(error.message) if openid_errors.is_rejection(error) else error

    def session_from(self, tokens: Mapping[str, Any]) -> OAuthSession:
        """No lifetime is reported (§16.4)."""
        return replace(super().session_from(tokens), expires_in=None)

    def finish(self, session: OAuthSession, request: CallbackRequest) -> OAuthSession:
        """Get the ID token that the cluster takes, if the start named one (PINNIPED-04, PINNIPED-05)."""
        audience = request.state.get(AUDIENCE)
        if not audience:
            return session
        try:
            return replace(session, id_token=self.exchange(session.access_token, audience))
        except AuthError as error:
            raise AuthError(
                f'Failed to get cluster specific ID token for "{audience}": Error: RFC8693 token exchange failed '
                f"with error: {error.name}: {error.message}"
            ) from error

    def exchange(self, access_token: str, audience: str) -> str:
        """Exchange an access token for a cluster's ID token (RFC 8693 §2).

        Raises:
            AuthError: the Supervisor refuses, or answers no token.
        """
        answer = self.client.request_token(
            self.client_authentication(),
            grant_type=TOKEN_EXCHANGE,
            subject_token=access_token,
            audience=audience,
            subject_token_type=ACCESS_TOKEN_TYPE,
            requested_token_type=JWT_TYPE,
        )
        found = answer.get("access_token")
        if not isinstance(found, str) or not found:
            raise openid_errors.RpError("access_token not present in TokenSet")
        return found
