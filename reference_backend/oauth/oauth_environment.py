"""One environment of one OAuth provider, and what its configuration says besides the vendor's own keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from reference_backend.config.model import Config
from reference_backend.identity.resolvers import Resolver
from reference_backend.oauth import provider_cookies, scopes
from reference_backend.oauth.provider import OAuthProvider
from reference_backend.oauth.provider_cookies import CookieSettings


@dataclass(frozen=True, slots=True)
class OAuthEnvironment:
    """One environment, ready to serve.

    Parameters:
        id: names it among the environments of all providers.
        provider: talks to the vendor.
        cookies: what its cookies look like.
        additional_scopes: scopes the operator adds (SCOPE-03).
        resolver: signs people in; None means that there is no sign-in (IDENT-05).
    """

    id: str
    provider: OAuthProvider
    cookies: CookieSettings
    additional_scopes: tuple[str, ...]
    resolver: Resolver | None


Environments = Mapping[str, OAuthEnvironment]


def callback_url(config: Config, base: str, provider_id: str) -> str:
    """Redirect URI of one environment (protocol.md §2, UP-02)."""
    return str(config.string("callbackUrl", f"{base}/{provider_id}/handler/frame"))


def session_max_age(config: Config) -> int:
    """Seconds that the session cookies of one environment live (COOKIE-14)."""
    return int(config.duration("sessionDuration", provider_cookies.DEFAULT_SESSION_MAX_AGE))


def additional_scopes(config: Config) -> list[str]:
    """Scopes that the operator adds: a string is split, a list is taken as it is (SCOPE-03)."""
    value = config.get("additionalScopes")
    if isinstance(value, str):
        return scopes.split(value)
    return config.strings("additionalScopes") or []
