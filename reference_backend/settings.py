"""Values derived from the configuration (protocol.md §2)."""

import re
from dataclasses import dataclass, field

from reference_backend.config.model import Config, ConfigError
from reference_backend.formats import urls
from reference_backend.http.origins import AllowedOrigins
from reference_backend.identity import user_token

PLUGIN_ID = "auth"
DEFAULT_UPSTREAM_TIMEOUT = 10.0
"""Seconds after which a silent vendor counts as unreachable (SEC-ROB-12)."""
DEFAULT_PORT = 7007


@dataclass(frozen=True, slots=True)
class Settings:
    """What the whole backend depends on.

    Parameters:
        auth_base: external base URL of the plugin.
        app_url: ``app.baseUrl``.
        allowed_origins: the app's origin and the extra ones.
        token_ttl: lifetime of Backstage tokens in seconds.
        omit_ownership: leave ``ent`` out of tokens (TOKEN-07, TOKEN-08).
        algorithm: signing algorithm of generated keys (TOKEN-10).
        session_secret: ``auth.session.secret``; without it there are no server-side sessions (SESSION-01).
        upstream_timeout: seconds to wait for a vendor.
        development: NODE_ENV is ``development`` (GEN-10, ROUTE-11, GUEST-01).
    """

    auth_base: str
    app_url: str
    allowed_origins: AllowedOrigins
    token_ttl: int
    omit_ownership: bool
    algorithm: str
    session_secret: str | None = field(repr=False)
    upstream_timeout: float
    development: bool

    @property
    def app_origin(self) -> str:
        """Origin of ``app.baseUrl``."""
        return self.allowed_origins.app_origin


def read(config: Config, development: bool) -> Settings:
    """Read the settings.

    Raises:
        ConfigError: a required key is missing or malformed.
    """
    ttl = config.duration("auth.backstageTokenExpiration", user_token.DEFAULT_TTL)
    return Settings(
        auth_base=auth_base(config),
        app_url=config.string("app.baseUrl"),
        allowed_origins=AllowedOrigins(
            app_origin=_origin(config, "app.baseUrl"),
            patterns=tuple(config.strings("auth.experimentalExtraAllowedOrigins") or ()),
        ),
        token_ttl=user_token.clamp_ttl(ttl),
        omit_ownership=config.boolean("auth.omitIdentityTokenOwnershipClaim", True) is not False,
        algorithm=config.string("auth.identityTokenAlgorithm", user_token.DEFAULT_ALGORITHM),
        session_secret=config.string("auth.session.secret", None),
        upstream_timeout=config.duration("authConformance.upstreamTimeout", DEFAULT_UPSTREAM_TIMEOUT),
        development=development,
    )


def _origin(config: Config, key: str) -> str:
    text = config.string(key)
    try:
        return urls.origin(text)
    except ValueError as error:
        raise ConfigError(f"'{text}' at '{key}' is not a URL") from error


def auth_base(config: Config) -> str:
    """External base URL of the plugin, never taken from a request (GEN-02)."""
    _origin(config, "backend.baseUrl")
    targets: dict[str, str] = {}
    for endpoint in config.children("discovery.endpoints"):
        target = endpoint.get("target")
        external = target.get("external") if isinstance(target, dict) else target
        plugins = endpoint.get("plugins", [])
        for plugin in [plugins] if isinstance(plugins, str) else plugins:
            if external:
                targets[plugin] = external
    base = str(config.string("backend.baseUrl")).rstrip("/")
    pattern = targets.get(PLUGIN_ID) or targets.get("*") or f"{base}/api/{{{{pluginId}}}}"
    return re.sub(r"\{\{\s*pluginId\s*\}\}", PLUGIN_ID, pattern)


def listen_port(config: Config) -> int:
    """Port to listen on: ``backend.listen.port``, else the one in ``backend.baseUrl``, else 7007."""
    listen = config.get("backend.listen")
    if isinstance(listen, str):
        port = listen.rpartition(":")[2]
        return int(port) if port.isdigit() else DEFAULT_PORT
    configured = config.number("backend.listen.port")
    if configured is not None:
        return int(configured)
    return urls.parse(config.string("backend.baseUrl")).port or DEFAULT_PORT
