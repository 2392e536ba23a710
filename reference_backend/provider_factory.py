"""Builds the providers that the configuration asks for (ROUTE-08 … ROUTE-11, CFG, RES, PROXY-08)."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reference_backend import saml
from reference_backend.config.model import Config, ConfigError
from reference_backend.http.provider_routes import ProviderRoutes
from reference_backend.identity import resolvers
from reference_backend.oauth import oauth_environment, provider_cookies
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.provider import OAuthProvider, ProviderSettings
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.provider_classes import ProviderClasses
from reference_backend.provider_context import ProviderContext
from reference_backend.proxies.base import ProxyProvider, ProxySettings
from reference_backend.proxies.routes import ProxyRoutes
from reference_backend.saml import configuration as saml_settings
from reference_backend.saml.routes import SamlRoutes
from reference_backend.settings import Settings

log = logging.getLogger(__name__)

Builder = Callable[[str, Config, Settings, ProviderContext], ProviderRoutes]


@dataclass(frozen=True, slots=True)
class Providers:
    """All providers by id in lower case, since paths ignore case (GEN-14).

    Parameters:
        routes: what answers their routes.
        unconfigured: ids (as written) that are installed but absent from the configuration (ROUTE-08).
        misconfigured: ids (as written) that were skipped in development (ROUTE-11).
    """

    routes: Mapping[str, ProviderRoutes] = field(default_factory=dict)
    unconfigured: Mapping[str, str] = field(default_factory=dict)
    misconfigured: Mapping[str, str] = field(default_factory=dict)


def installed_vendors(config: Config, extra: Mapping[str, str], classes: ProviderClasses) -> dict[str, str]:
    """Vendor of each installed provider id.

    Parameters:
        config: ``authConformance.providers`` maps further ids to vendors (``ghe: github``).
        extra: the same from the command line; wins.
        classes: the providers there are.

    Raises:
        ConfigError: there is no such vendor, or the id is a vendor's own.
    """
    vendors = {vendor: vendor for vendor in classes.vendors}
    configured = config.optional_child("authConformance.providers")
    custom: dict[str, Any] = {**(configured.raw() if configured else {}), **extra}
    for provider_id, vendor in custom.items():
        if provider_id in vendors:
            raise ConfigError(f"Auth provider '{provider_id}' was already registered")  # ROUTE-12
        if vendor not in vendors:
            known = ", ".join(sorted(vendors))
            raise ConfigError(
                f"provider '{provider_id}' wants the vendor '{vendor}', which does not exist; use one of {known}"
            )
    return {**vendors, **custom}


def assemble(
    config: Config, settings: Settings, context: ProviderContext, extra: Mapping[str, str], classes: ProviderClasses
) -> Providers:
    """Build every configured provider.

    Raises:
        ConfigError: one cannot be built, outside development (ROUTE-10).
    """
    routes: dict[str, ProviderRoutes] = {}
    unconfigured: dict[str, str] = {}
    misconfigured: dict[str, str] = {}
    configured = config.optional_child("auth.providers") or Config({}, prefix="auth.providers")
    for provider_id, vendor in installed_vendors(config, extra, classes).items():
        key = provider_id.lower()
        if provider_id not in configured.keys():  # noqa: SIM118 - Config is no mapping
            unconfigured[key] = provider_id
            continue
        try:
            routes[key] = builder(vendor, classes)(provider_id, configured.entry(provider_id), settings, context)
        except ConfigError as error:
            if not settings.development:
                raise ConfigError(f"Failed to initialize {provider_id} auth provider, {error}") from error
            log.warning("Skipping %s auth provider, %s", provider_id, error)
            misconfigured[key] = provider_id
    return Providers(routes, unconfigured, misconfigured)


def builder(vendor: str, classes: ProviderClasses) -> Builder:
    """What builds the routes of a vendor's providers: one function for each kind of provider."""
    if vendor == saml.VENDOR:
        return build_saml
    if vendor in classes.proxies:
        return partial(build_proxy, classes.proxies[vendor])
    return partial(build_oauth, classes.oauth[vendor])


def build_oauth(
    provider_class: type[OAuthProvider], provider_id: str, config: Config, settings: Settings, context: ProviderContext
) -> OAuthRoutes:
    """Build all environments of an OAuth provider (ENV-01, ENV-02)."""
    environments = {}
    for name in config.keys():  # noqa: SIM118 - Config is no mapping
        own = config.entry(name)
        callback_url = oauth_environment.callback_url(own, settings.auth_base, provider_id)
        environments[name] = _build_environment(
            provider_class, ProviderSettings(provider_id, name, callback_url, own, context), settings
        )
    return OAuthRoutes(environments)


def _build_environment(
    provider_class: type[OAuthProvider], own: ProviderSettings, settings: Settings
) -> OAuthEnvironment:
    common = resolvers.COMMON if provider_class.common_resolvers else {}
    resolver = resolvers.read(own.config, {**provider_class.resolvers, **common})
    try:
        cookies = provider_cookies.settings_for(
            own.provider_id, own.callback_url, settings.app_origin, oauth_environment.session_max_age(own.config)
        )
    except ValueError as error:
        raise ConfigError(f"'{own.callback_url}' at '{own.config.full_key('callbackUrl')}' is not a URL") from error
    return OAuthEnvironment(
        id=f"{own.provider_id}/{own.environment}",
        provider=provider_class(own),
        cookies=cookies,
        additional_scopes=tuple(oauth_environment.additional_scopes(own.config)),
        resolver=resolver,
    )


def build_saml(provider_id: str, config: Config, settings: Settings, context: ProviderContext) -> SamlRoutes:
    """Build a SAML provider; its callback URL cannot be configured (providers-oauth.md §18)."""
    del context
    return SamlRoutes(saml_settings.read(config, f"{settings.auth_base}/{provider_id}/handler/frame"))


def build_proxy(
    provider_class: type[ProxyProvider], provider_id: str, config: Config, settings: Settings, context: ProviderContext
) -> ProxyRoutes:
    """Build a proxy provider; resolvers are checked before its own configuration (PROXY-08, §1.5)."""
    del settings
    available = {**provider_class.resolvers, **resolvers.COMMON}
    if provider_class.own_resolvers_win:
        available |= provider_class.resolvers
    has_fixed_resolver = provider_class.fixed_resolver is not ProxyProvider.fixed_resolver
    declared = None if has_fixed_resolver else resolvers.read(config, available)
    if declared is None and not has_fixed_resolver:
        raise ConfigError(f"No sign-in resolver configured for proxy auth provider '{provider_id}'")
    provider = provider_class(ProxySettings(provider_id, config, context))
    resolver = provider.fixed_resolver() or declared
    if resolver is None:
        raise ConfigError(f"No sign-in resolver configured for proxy auth provider '{provider_id}'")
    return ProxyRoutes(provider, resolver)
