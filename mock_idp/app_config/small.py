"""A small app-config for an existing app: one environment per provider, laid over what the app has already."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mock_idp.app_config.providers import (
    EnvironmentSetup,
    ProviderSetup,
    SetupError,
    default_providers,
    direct_config,
    environment_config,
    provider_setups,
)
from mock_idp.app_config.reading import AppConfig
from mock_idp.app_config.text import (
    SESSION_SECRET,
    comment,
    custom_ids,
    default_tls_url,
    dump,
    indent,
    written_by,
)
from mock_idp.environments import BY_LOCAL_PART
from mock_idp.profiles import merged
from mock_idp.settings import CONTROL_PREFIX, Settings

DEFAULT_ENVIRONMENT = "development"
"""What ``auth.environment`` is in a created app, and in one that does not say it."""


def small_app_config_text(
    settings: Settings,
    idp_url: str,
    tls_url: str | None = None,
    *,
    environments: Sequence[str] = (),
    onto: AppConfig | None = None,
) -> str:
    """Write what a developer needs for the providers of an app, and nothing of what the suite needs.

    Parameters:
        settings: backend and app URLs, and providers.
        idp_url: base URL of the mock's plain listener, without trailing slash.
        tls_url: base URL of its TLS listener; by default the settings' port on the same host.
        environments: names of the environments; ``development`` if none is named.
        onto: the app's own configuration, which stays what it is where this says nothing. Backstage replaces lists
            and does not merge them, so what stands in one there is repeated here.

    Raises:
        SetupError: no provider is named, or a provider or an environment does not exist.
    """
    if not settings.providers:
        raise SetupError(
            "Name the providers that your app has, for instance --provider google --provider github (there are "
            f"{', '.join(default_providers())}); --conformance prints all of them as the suite needs them."
        )
    onto = onto or AppConfig({})
    wanted = tuple(environments) or (DEFAULT_ENVIRONMENT,)
    setups = provider_setups(settings)
    tls_url = tls_url or default_tls_url(settings, idp_url)
    layer = f", to be laid over {' and '.join(map(str, onto.files))}" if onto.files else ""
    providers = [_provider(setup, wanted, idp_url, tls_url) for setup in setups]
    own = custom_ids(setups)
    addresses = _addresses(settings, onto)
    parts = [
        comment(f"{written_by(idp_url)}{layer}."),
        dump(merged({key: addresses[key] for key in addresses if key != "auth"}, _catalog(idp_url, onto))),
        dump({"auth": {**_auth(wanted, onto), **addresses.get("auth", {})}})
        + indent("providers:\n" + indent("".join(providers))),
        dump({"authConformance": {"providers": own}}) if own else None,
    ]
    return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts if part)


def _addresses(settings: Settings, onto: AppConfig) -> dict[str, Any]:
    """Where app and backend are, unless the app says it."""
    said: dict[str, Any] = {}
    app_url, backend_url = settings.app_urls[0], settings.backend_urls[0]
    if onto.get("app", "baseUrl") is None:
        said["app"] = {"baseUrl": app_url}
    if onto.get("backend", "baseUrl") is None:
        parts = urlsplit(backend_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        cors = {"origin": app_url, "methods": ["GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"], "credentials": True}
        said["backend"] = {"baseUrl": backend_url, "listen": {"port": port}, "cors": cors}
    if len(settings.app_urls) > 1:
        # Further frontends of the same backend may call it, and may be signed in to.
        said = merged(said, {"backend": {"cors": {"origin": list(settings.app_urls), "credentials": True}}})
        said["auth"] = {"experimentalExtraAllowedOrigins": list(settings.app_urls[1:])}
    return said


def _catalog(idp_url: str, onto: AppConfig) -> dict[str, Any]:
    location = {
        "type": "url",
        "target": f"{idp_url}{CONTROL_PREFIX}/people.yaml",
        "rules": [{"allow": ["User", "Group"]}],
    }
    # Backstage asks no host that is not named here, not even this machine.
    host = {"host": urlsplit(idp_url).netloc}
    kept = [known for known in onto.items("backend", "reading", "allow") if known != host]
    known_locations = [known for known in onto.items("catalog", "locations") if known != location]
    return {
        "backend": {"reading": {"allow": [*kept, host]}},
        "catalog": {"locations": [*known_locations, location]},
    }


def _auth(environments: Sequence[str], onto: AppConfig) -> dict[str, Any]:
    # The frontend says this one when it asks for a sign-in.
    auth: dict[str, Any] = {"environment": environments[0]}
    if onto.get("auth", "session", "secret") is None:
        auth["session"] = {"secret": SESSION_SECRET}
    return auth


def _provider(setup: ProviderSetup, wanted: Sequence[str], idp_url: str, tls_url: str) -> str:
    if not setup.environments:
        return dump({setup.id: direct_config(setup, idp_url, tls_url)})
    by_name = {environment.kind.name: environment for environment in setup.environments}
    config = {}
    for name in wanted:
        if name not in by_name:
            raise SetupError(f"{setup.id} has no environment {name!r} here; there are {', '.join(by_name)}.")
        config[name] = _for_people(environment_config(setup, by_name[name], idp_url, tls_url), by_name[name])
    return dump({setup.id: config})


def _for_people(config: Mapping[str, Any], environment: EnvironmentSetup) -> dict[str, Any]:
    """Without the resolver that only the suite's company needs, if there is another one."""
    resolvers = [dict(resolver) for resolver in environment.resolvers if resolver != BY_LOCAL_PART]
    return {**config, "signIn": {"resolvers": resolvers}} if resolvers else dict(config)
