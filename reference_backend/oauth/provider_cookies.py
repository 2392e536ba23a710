"""The cookies of a provider: names, attributes, chunks, and what is written to set or clear one (COOKIE)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reference_backend.formats import urls
from reference_backend.formats.urls import Url
from reference_backend.http.cookies import Cookie, SameSite

NONCE_MAX_AGE = 600
"""Seconds that a flow may take (START-08)."""
DEFAULT_SESSION_MAX_AGE = 1000 * 24 * 60 * 60
"""Seconds that refresh token and granted scopes are kept by default (COOKIE-14)."""
MAX_VALUE_LENGTH = 4000
"""Characters of a value, before encoding, that go into one cookie (COOKIE-15)."""
MAX_CHUNKS = 20
"""Chunks that are read and deleted at most; a flood of them is not answered in kind (SEC-ROB-09)."""
NONCE_PATH_SUFFIX = "/handler"
CALLBACK_SUFFIX = "/handler/frame"


@dataclass(frozen=True, slots=True)
class CookieSettings:
    """What the cookies of one environment of a provider look like; see :func:`settings_for`.

    Parameters:
        nonce_name: name of the nonce cookie.
        refresh_token_name: name of the refresh token cookie.
        granted_scope_name: name of the granted scope cookie.
        callback: redirect URI, which decides path, host and Secure.
        path: path of refresh token and granted scope.
        nonce_path: path of the nonce.
        secure: ``Secure``.
        legacy_domain: ``Domain`` of the cookies of earlier backends; None if they can have none.
        app_same_site: ``SameSite`` for the origin of ``app.baseUrl``.
        session_max_age: seconds that refresh token and granted scope live (COOKIE-14).
    """

    nonce_name: str
    refresh_token_name: str
    granted_scope_name: str
    callback: Url
    path: str
    nonce_path: str
    secure: bool
    legacy_domain: str | None
    app_same_site: SameSite
    session_max_age: int


def settings_for(provider_id: str, callback_url: str, app_origin: str, session_max_age: int) -> CookieSettings:
    """Everything that follows from the configuration.

    Parameters:
        provider_id: id of the provider, not of its vendor.
        callback_url: redirect URI.
        app_origin: origin of ``app.baseUrl``.
        session_max_age: seconds that refresh token and granted scope live.

    Raises:
        ValueError: the redirect URI is no URL.
    """
    callback = urls.parse(callback_url)
    return CookieSettings(
        nonce_name(provider_id),
        refresh_token_name(provider_id),
        granted_scope_name(provider_id),
        callback,
        path(callback, provider_id),
        nonce_path(callback, provider_id),
        is_secure(callback),
        legacy_domain(callback),
        same_site(callback, app_origin),
        session_max_age,
    )


@dataclass(frozen=True, slots=True)
class CookieContext:
    """What one request contributes.

    Parameters:
        received: cookies of the request.
        now: seconds since the epoch.
        same_site: ``SameSite`` for the effective origin of the app (COOKIE-06).
    """

    received: Mapping[str, str]
    now: float
    same_site: SameSite


def nonce_name(provider_id: str) -> str:
    """Name of the nonce cookie (COOKIE-01)."""
    return f"{provider_id}-nonce"


def refresh_token_name(provider_id: str) -> str:
    """Name of the refresh token cookie (COOKIE-01)."""
    return f"{provider_id}-refresh-token"


def granted_scope_name(provider_id: str) -> str:
    """Name of the granted scope cookie (COOKIE-01)."""
    return f"{provider_id}-granted-scope"


def is_secure(callback: Url) -> bool:
    """``Secure`` follows the scheme of the callback URL (COOKIE-04)."""
    return callback.scheme == "https"


def same_site(callback: Url, app_origin: str) -> SameSite:
    """``None`` for an https callback on another host than the app, ``Lax`` otherwise (COOKIE-05)."""
    try:
        app_hostname = urls.parse(app_origin).hostname
    except ValueError:
        app_hostname = ""  # An ``Origin: null`` header must not break a refresh (REFRESH-13).
    return "None" if app_hostname != callback.hostname and is_secure(callback) else "Lax"


def path(callback: Url, provider_id: str) -> str:
    """Path of refresh token and granted scope (COOKIE-07, COOKIE-08)."""
    if callback.path.endswith(f"{provider_id}{CALLBACK_SUFFIX}"):
        return callback.path.removesuffix(CALLBACK_SUFFIX)
    return f"{callback.path}/{provider_id}"


def nonce_path(callback: Url, provider_id: str) -> str:
    """Path of the nonce: only the callback needs it (COOKIE-07)."""
    return path(callback, provider_id) + NONCE_PATH_SUFFIX


def legacy_domain(callback: Url) -> str | None:
    """``Domain`` that earlier backends used; only deletions still carry it (COOKIE-12).

    None for an IPv6 literal: no Domain attribute can hold it, so there is nothing to delete (COOKIE-21).
    """
    return None if callback.hostname.startswith("[") else callback.hostname


def chunks(value: str) -> list[str]:
    """Cut a value into pieces that fit (COOKIE-15)."""
    return [value[start : start + MAX_VALUE_LENGTH] for start in range(0, len(value), MAX_VALUE_LENGTH)]


def needs_chunks(value: str) -> bool:
    """Tell whether a value is too long for one cookie (COOKIE-15)."""
    return len(value) > MAX_VALUE_LENGTH


def count_chunks(found: Mapping[str, str], name: str) -> int:
    """Number of consecutive, non-empty chunks ``{name}-0``, ``{name}-1`` … of a request (COOKIE-15, COOKIE-16)."""
    count = 0
    while count < MAX_CHUNKS and found.get(f"{name}-{count}"):
        count += 1
    return count


def read(found: Mapping[str, str], name: str) -> str | None:
    """Value of a cookie: its chunks, if there are any, else the plain one (COOKIE-16)."""
    count = count_chunks(found, name)
    if count:
        return "".join(found[f"{name}-{index}"] for index in range(count))
    return found.get(name)


def set_nonce(settings: CookieSettings, context: CookieContext, nonce: str) -> list[Cookie]:
    """Store the nonce of a flow (START-08)."""
    return _set(settings, context, settings.nonce_name, nonce, NONCE_MAX_AGE, settings.nonce_path)


def clear_nonce(settings: CookieSettings, context: CookieContext) -> list[Cookie]:
    """Delete a nonce that has served; what was used once is not accepted twice (FRAME-19)."""
    return [_cookie(settings, context, settings.nonce_name, "", 0, settings.nonce_path)]


def set_refresh_token(settings: CookieSettings, context: CookieContext, token: str) -> list[Cookie]:
    """Store the vendor's refresh token (FRAME-16, REFRESH-06)."""
    return _set(settings, context, settings.refresh_token_name, token, settings.session_max_age, settings.path)


def set_granted_scope(settings: CookieSettings, context: CookieContext, scope: str) -> list[Cookie]:
    """Store the granted scopes (SCOPE-06, SCOPE-09), even if there are none (SCOPE-11)."""
    return _set(settings, context, settings.granted_scope_name, scope, settings.session_max_age, settings.path)


def clear_refresh_token(settings: CookieSettings, context: CookieContext) -> list[Cookie]:
    """Delete the refresh token that came with the request (LOGOUT-06)."""
    return _clear(settings, context, settings.refresh_token_name)


def clear_granted_scope(settings: CookieSettings, context: CookieContext) -> list[Cookie]:
    """Delete the granted scopes that came with the request (LOGOUT-07)."""
    return _clear(settings, context, settings.granted_scope_name)


def _set(
    settings: CookieSettings, context: CookieContext, name: str, value: str, max_age: int, path: str
) -> list[Cookie]:
    present = count_chunks(context.received, name)
    written = legacy_deletions(settings, context, name, present)
    written += chunk_deletions(settings, context, name, present)
    if not needs_chunks(value):
        return [*written, _cookie(settings, context, name, value, max_age, path)]
    if context.received.get(name):
        written.append(_default_origin_deletion(settings, context, name))  # COOKIE-17
    return written + [
        _cookie(settings, context, f"{name}-{index}", chunk, max_age, path) for index, chunk in enumerate(chunks(value))
    ]


def _clear(settings: CookieSettings, context: CookieContext, name: str) -> list[Cookie]:
    """Delete what came with the request, and only that (COOKIE-19)."""
    names = [name] if context.received.get(name) else []
    names += [f"{name}-{index}" for index in range(count_chunks(context.received, name))]
    return [_cookie(settings, context, one, "", 0, settings.path) for one in names]


def legacy_deletions(settings: CookieSettings, context: CookieContext, name: str, chunk_count: int) -> list[Cookie]:
    """Deletions of the domain-scoped cookies of earlier backends (COOKIE-12, COOKIE-13)."""
    if settings.legacy_domain is None:
        return []
    names = [name, *(f"{name}-{index}" for index in range(chunk_count))]
    return [_default_origin_deletion(settings, context, one, domain=settings.legacy_domain) for one in names]


def chunk_deletions(settings: CookieSettings, context: CookieContext, name: str, chunk_count: int) -> list[Cookie]:
    """Deletions of the chunks that the request carried, before new ones are written (COOKIE-18)."""
    return [_default_origin_deletion(settings, context, f"{name}-{index}") for index in range(chunk_count)]


def _default_origin_deletion(
    settings: CookieSettings, context: CookieContext, name: str, domain: str | None = None
) -> Cookie:
    default = replace(context, same_site=settings.app_same_site)
    return _cookie(settings, default, name, "", 0, settings.path, domain)


def _cookie(
    settings: CookieSettings,
    context: CookieContext,
    name: str,
    value: str,
    max_age: int,
    path: str,
    domain: str | None = None,
) -> Cookie:
    """One cookie, host-only unless it is an old one to be deleted (COOKIE-09).

    A deletion is an empty value that expires at once (COOKIE-20).
    """
    expires_at = context.now + max_age
    return Cookie(name, value, path, expires_at, max_age, settings.secure, context.same_site, domain)
