"""Writes the app-config as text, with comments for the person who reads it."""

import textwrap
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from mock_idp import __version__
from mock_idp.app_config import ProviderSetup, environment_config, provider_setups
from mock_idp.proxies.base import AuthProxy
from mock_idp.settings import CONTROL_PREFIX, KIT_NAME, Settings

SESSION_SECRET = "session-secret-of-the-conformance-kit"  # noqa: S105 - made up, and printed on purpose
EXTRA_ALLOWED_ORIGIN = "https://*.allowed.example"


def app_config_text(settings: Settings, idp_url: str) -> str:
    """Write the app-config.

    Parameters:
        settings: backend and app URLs, providers and profile.
        idp_url: base URL of the mock's plain listener, without trailing slash.

    Raises:
        SetupError: a provider or the profile does not exist.
    """
    setups = provider_setups(settings)
    header = (
        f"Written by mock-idp {__version__} ({KIT_NAME}), profile {settings.profile!r}, for the mock IdP at "
        f"{idp_url}. For tests only: everybody can sign in as anybody."
    )
    return (
        "\n".join([_comment(header), _base(settings, idp_url), _auth(setups, idp_url), _ours(setups)]).rstrip() + "\n"
    )


def _base(settings: Settings, idp_url: str) -> str:
    backend_url = settings.backend_urls[0]
    parts = urlsplit(backend_url)
    default_port = 443 if parts.scheme == "https" else 80
    backend = {
        "baseUrl": backend_url,
        "listen": {"port": parts.port or default_port},
        "cors": {
            "origin": settings.app_url,
            "methods": ["GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"],
            "credentials": True,
        },
        # The catalog below is read over plain HTTP from the mock.
        "reading": {"allow": [{"host": urlsplit(idp_url).netloc}]},
    }
    catalog = {
        "processingInterval": {"seconds": 10},
        "locations": [
            {
                "type": "url",
                "target": f"{idp_url}{CONTROL_PREFIX}/catalog.yaml",
                "rules": [{"allow": ["User", "Group"]}],
            }
        ],
    }
    return "\n".join(
        [
            _dump({"app": {"title": "Conformance", "baseUrl": settings.app_url}, "backend": backend}),
            _comment("The personas as users; processed quickly, so that they are there when tests start."),
            _dump({"catalog": catalog}),
        ]
    )


def _auth(setups: tuple[ProviderSetup, ...], idp_url: str) -> str:
    auth = {
        "environment": "development",
        "session": {"secret": SESSION_SECRET},
        "experimentalExtraAllowedOrigins": [EXTRA_ALLOWED_ORIGIN],
    }
    providers = "\n".join(_provider(setup, idp_url) for setup in setups)
    return _dump({"auth": auth}) + _indent("providers:\n" + _indent(providers))


def _provider(setup: ProviderSetup, idp_url: str) -> str:
    if isinstance(setup.source, AuthProxy):
        return (
            _comment(f"{setup.source.title}: no environments.")
            + "\n"
            + _dump({setup.id: setup.source.backstage_config})
        )
    reached = "by its own host names, over TLS" if setup.by_name else "below the mock's plain address"
    blocks = [
        _comment(environment.kind.says)
        + "\n"
        + _dump({environment.kind.name: environment_config(setup, environment, idp_url)})
        for environment in setup.environments
    ]
    return _comment(f"{setup.source.title}, {reached}.") + f"\n{setup.id}:\n" + _indent("".join(blocks))


def _ours(setups: tuple[ProviderSetup, ...]) -> str:
    custom = {setup.id: setup.source.id for setup in setups if setup.id != setup.source.id}
    if not custom:
        return ""
    comment = "Backstage ignores this: which vendor is behind a provider id of another name."
    return f"{_comment(comment)}\n{_dump({'authConformance': {'providers': custom}})}"


def _dump(data: dict[str, Any]) -> str:
    return yaml.safe_dump(_plain(data), sort_keys=False, allow_unicode=True, width=10_000)


def _plain(value: Any) -> Any:
    """Turn read-only mappings and tuples into what YAML can represent."""
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list | tuple) else value


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, 100))


def _indent(text: str) -> str:
    return textwrap.indent(text, "  ")
