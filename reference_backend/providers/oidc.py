"""Any OpenID provider, found by discovery (providers-oauth.md §14)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reference_backend.config.model import Config, ConfigError
from reference_backend.formats import js_text
from reference_backend.oauth.provider import ProviderSettings, ScopePolicy, StartRequest
from reference_backend.openid import key_set
from reference_backend.openid.client import Client, ClientAuthentication
from reference_backend.openid.issuer import Issuer
from reference_backend.providers.openid_base import OpenIdProvider

DEFAULT_TIMEOUT = 10.0
"""Seconds (UP-32)."""
DEFAULT_ALGORITHM = "RS256"
DEFAULT_PROMPT = "none"
NO_PROMPT = "auto"


class Oidc(OpenIdProvider):
    """The OpenID provider at ``metadataUrl``."""

    vendor: ClassVar[str] = "oidc"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("openid", "profile", "email"), persisted=True)

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the configuration (§14.1); nothing is fetched yet, so a vendor may start later (SEC-ROB-05)."""
        super().__init__(settings)
        config = settings.config
        client_id, client_secret = config.string("clientId"), config.string("clientSecret")
        timeout = config.duration("timeout", DEFAULT_TIMEOUT)
        issuer = Issuer(config.string("metadataUrl"), settings.context, timeout)
        algorithm = read_algorithm(config)
        self.client = Client(issuer, client_id, client_secret, algorithm, settings.context, timeout)
        self._authentication = read_authentication(config)
        self._prompt: str = config.string("prompt", DEFAULT_PROMPT)
        self._search_params = read_search_params(config)
        refuse_scope(config)

    def client_authentication(self) -> ClientAuthentication:
        """As configured (OIDCPROV-05)."""
        return self._authentication

    def authorization_parameters(self, request: StartRequest) -> Mapping[str, str]:
        """What the operator adds, and the prompt (UP-22, UP-23, OIDCPROV-04)."""
        del request
        prompt = {} if self._prompt == NO_PROMPT else {"prompt": self._prompt}
        return {**self._search_params, **prompt}


def refuse_scope(config: Config) -> None:
    """The key was retired (UP-31)."""
    if config.has("scope"):
        raise ConfigError(
            'The oidc provider no longer supports the "scope" configuration option. '
            'Please use the "additionalScopes" option instead.'
        )


def read_algorithm(config: Config) -> str:
    """The one algorithm of ID tokens (SEC-IDT-12); "none" is not one (SEC-IDT-02)."""
    known = (*key_set.KEY_TYPES, *key_set.HMAC_ALGORITHMS)
    return _one_of(config, "tokenSignedResponseAlg", DEFAULT_ALGORITHM, known)


def read_authentication(config: Config) -> ClientAuthentication:
    """Where credentials travel (OIDCPROV-05)."""
    known = tuple(ClientAuthentication)
    return ClientAuthentication(_one_of(config, "tokenEndpointAuthMethod", ClientAuthentication.BASIC, known))


def _one_of(config: Config, key: str, default: str, known: tuple[str, ...]) -> str:
    value = str(config.string(key, default))
    if value not in known:
        raise ConfigError(f"'{value}' at '{config.full_key(key)}' is not supported; use one of {', '.join(known)}")
    return value


def read_search_params(config: Config) -> dict[str, str]:
    """Further parameters of the authorization URL: an object of simple values (UP-23)."""
    found: Any = config.get("startUrlSearchParams") or {}
    if not isinstance(found, Mapping) or any(isinstance(value, (Mapping, list)) for value in found.values()):
        raise ConfigError(f"'{config.full_key('startUrlSearchParams')}' has to be an object of strings")
    return {str(name): js_text.text(value) for name, value in found.items() if value is not None}
