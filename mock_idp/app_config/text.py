"""Writes the app-config as text, with comments for the person who reads it."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import yaml

import mock_idp
from mock_idp.addresses import Reach
from mock_idp.app_config.providers import (
    ProviderSetup,
    SetupError,
    direct_config,
    environment_config,
    provider_setups,
)
from mock_idp.profiles import merged, profiles
from mock_idp.proxies.base import AuthProxy
from mock_idp.settings import CONTROL_PREFIX, KIT_NAME, PATIENCE_SECONDS, Settings

SESSION_SECRET = "session-secret-of-the-conformance-kit"  # noqa: S105 - made up, and printed on purpose
EXTRA_ALLOWED_ORIGIN = "https://*.allowed.example"


def app_config_text(
    settings: Settings, idp_url: str, tls_url: str | None = None, environments: Sequence[str] = ()
) -> str:
    """Write the app-config that the suite needs.

    Parameters:
        settings: backend and app URLs, providers and profile.
        idp_url: base URL of the mock's plain listener, without trailing slash.
        tls_url: base URL of its TLS listener; by default the settings' port on the same host.
        environments: names of the only environments that it has; all if none is named.

    Raises:
        SetupError: a provider, an environment or the profile does not exist.
    """
    setups = _with_only(provider_setups(settings), environments)
    overlay = profiles()[settings.profile].overlay
    tls_url = tls_url or default_tls_url(settings, idp_url)
    header = f"{written_by(idp_url)}. Profile {settings.profile!r}. For tests only: anyone can sign in as any user."
    base, catalog = (merged(part, _only(overlay, part)) for part in _base(settings, idp_url))
    auth = merged(_auth(settings), {key: value for key, value in overlay.get("auth", {}).items() if key != "providers"})
    by_provider = overlay.get("auth", {}).get("providers", {})
    providers = [_provider(setup, idp_url, tls_url, by_provider.get(setup.id, {})) for setup in setups]
    own = {setup.id for setup in setups}
    providers += [dump({id_: config}) for id_, config in by_provider.items() if id_ not in own]
    parts = [
        comment(header),
        dump(base),
        comment("The personas as users; processed quickly, so that they are there when tests start."),
        dump(catalog),
        dump({"auth": auth}) + indent("providers:\n" + indent("\n".join(providers))),
        _ours(setups),
    ]
    return "\n".join(parts).rstrip() + "\n"


def written_by(idp_url: str) -> str:
    """How the first line begins, by which the kit knows its own files again (:data:`~.reading.MARKER`)."""
    return f"Written by mock-idp {mock_idp.__version__} ({KIT_NAME}) for the mock IdP at {idp_url}"


def _with_only(setups: Sequence[ProviderSetup], wanted: Sequence[str]) -> tuple[ProviderSetup, ...]:
    """The same providers with some of their environments.

    Raises:
        SetupError: an environment is none of any provider.
    """
    if not wanted:
        return tuple(setups)
    known = dict.fromkeys(environment.kind.name for setup in setups for environment in setup.environments)
    for name in wanted:
        if name not in known:
            raise SetupError(f"No provider here has an environment {name!r}; there are {', '.join(known)}.")
    return tuple(
        replace(setup, environments=tuple(one for one in setup.environments if one.kind.name in wanted))
        for setup in setups
        # One without environments has none to lose.
        if not setup.environments or any(one.kind.name in wanted for one in setup.environments)
    )


def default_tls_url(settings: Settings, idp_url: str) -> str:
    """Where the TLS listener is by default: on the same host, at the port of the settings."""
    host = urlsplit(idp_url).hostname or ""
    return f"https://{f'[{host}]' if ':' in host else host}:{settings.tls_port}"


def _only(overlay: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in overlay.items() if key in part}


def _base(settings: Settings, idp_url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    backend_url = settings.backend_urls[0]
    parts = urlsplit(backend_url)
    default_port = 443 if parts.scheme == "https" else 80
    backend = {
        "baseUrl": profiles()[settings.profile].public_url or backend_url,
        "listen": {"port": parts.port or default_port},
        "cors": {
            "origin": settings.app_urls[0] if len(settings.app_urls) == 1 else list(settings.app_urls),
            "methods": ["GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"],
            "credentials": True,
        },
        # The catalog below is read over plain HTTP from the mock.
        "reading": {"allow": [{"host": urlsplit(idp_url).netloc}]},
    }
    catalog = {
        "processingInterval": {"seconds": 10},
        # One second by default, which every restart of a backend would wait for its users.
        "stitchingStrategy": {"mode": "deferred", "pollingInterval": {"milliseconds": 100}},
        "locations": [
            {
                "type": "url",
                "target": f"{idp_url}{CONTROL_PREFIX}/catalog.yaml",
                "rules": [{"allow": ["User", "Group"]}],
            }
        ],
    }
    return {"app": {"title": "Conformance", "baseUrl": settings.app_urls[0]}, "backend": backend}, {"catalog": catalog}


def _auth(settings: Settings) -> dict[str, Any]:
    return {
        "environment": "development",
        "session": {"secret": SESSION_SECRET},
        "experimentalExtraAllowedOrigins": [EXTRA_ALLOWED_ORIGIN, *settings.app_urls[1:]],
    }


def _provider(setup: ProviderSetup, idp_url: str, tls_url: str, overlay: Mapping[str, Any]) -> str:
    emulation = setup.emulation
    if isinstance(emulation, AuthProxy) or not setup.environments:
        config = merged(direct_config(setup, idp_url, tls_url), overlay)
        return comment(f"{emulation.title}: no environments.") + "\n" + dump({setup.id: config})
    blocks = [
        comment(environment.kind.description)
        + "\n"
        + dump(
            {
                environment.kind.name: merged(
                    environment_config(setup, environment, idp_url, tls_url), overlay.get(environment.kind.name, {})
                )
            }
        )
        for environment in setup.environments
    ]
    reached = Reach.BY_NAME if emulation.is_by_name(setup.id) else Reach.BY_PATH
    if emulation.reached is Reach.BY_TLS_PATH:
        reached = emulation.reached
    return comment(f"{emulation.title}, {reached}.") + f"\n{setup.id}:\n" + indent("".join(blocks))


def _ours(setups: tuple[ProviderSetup, ...]) -> str:
    custom = custom_ids(setups)
    known = {"providers": custom} if custom else {}
    text = (
        "Backstage ignores this: which vendor is behind a provider id of another name, and how long a vendor may take."
    )
    own = {**known, "upstreamTimeout": {"seconds": PATIENCE_SECONDS}}
    return f"{comment(text)}\n{dump({'authConformance': own})}"


def custom_ids(setups: Sequence[ProviderSetup]) -> dict[str, str]:
    """Provider ids that say nothing about the vendor behind them: id -> vendor."""
    return {setup.id: setup.emulation.id for setup in setups if setup.id != setup.emulation.id}


def dump(data: dict[str, Any]) -> str:
    """Write a part of an app-config."""
    return yaml.safe_dump(_plain(data), sort_keys=False, allow_unicode=True, width=10_000)


def _plain(value: Any) -> Any:
    """Turn read-only mappings and tuples into what YAML can represent."""
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list | tuple) else value


def comment(text: str) -> str:
    """Write a comment, wrapped."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, 100))


def indent(text: str) -> str:
    """Write a part one level deeper."""
    return textwrap.indent(text, "  ")
