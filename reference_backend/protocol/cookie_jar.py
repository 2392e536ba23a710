"""What is written when a provider sets or clears a cookie (COOKIE-12 … COOKIE-20)."""

from collections.abc import Mapping
from dataclasses import dataclass

from reference_backend.protocol import cookies
from reference_backend.protocol.cookies import Cookie


@dataclass(frozen=True, slots=True)
class CookieSettings:
    """What the cookies of one environment of a provider depend on.

    Parameters:
        provider_id: id of the provider, not of its vendor.
        callback_url: redirect URI; decides path, host and Secure.
        app_origin: origin of ``app.baseUrl``.
        session_max_age: seconds that refresh token and granted scope live (COOKIE-14).
    """

    provider_id: str
    callback_url: str
    app_origin: str
    session_max_age: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one request contributes.

    Parameters:
        received: cookies of the request.
        now: seconds since the epoch.
        origin: effective app origin (COOKIE-06); None means the app's own.
    """

    received: Mapping[str, str]
    now: float
    origin: str | None


def set_nonce(settings: CookieSettings, exchange: Exchange, nonce: str) -> list[Cookie]:
    """Store the nonce of a flow (START-08)."""
    name = cookies.nonce_name(settings.provider_id)
    path = cookies.nonce_path(settings.callback_url, settings.provider_id)
    return _set(settings, exchange, name, nonce, cookies.NONCE_MAX_AGE, path)


def clear_nonce(settings: CookieSettings, exchange: Exchange) -> list[Cookie]:
    """Delete a nonce that has served; what was used once is not accepted twice (FRAME-19)."""
    name = cookies.nonce_name(settings.provider_id)
    path = cookies.nonce_path(settings.callback_url, settings.provider_id)
    return [_deletion(settings, exchange, name, path=path)]


def set_refresh_token(settings: CookieSettings, exchange: Exchange, token: str) -> list[Cookie]:
    """Store the vendor's refresh token (FRAME-16, REFRESH-06)."""
    name = cookies.refresh_token_name(settings.provider_id)
    return _set(settings, exchange, name, token, settings.session_max_age)


def set_granted_scope(settings: CookieSettings, exchange: Exchange, scope: str) -> list[Cookie]:
    """Store the granted scopes (SCOPE-06, SCOPE-09), even if there are none (SCOPE-11)."""
    name = cookies.granted_scope_name(settings.provider_id)
    return _set(settings, exchange, name, scope, settings.session_max_age)


def clear_refresh_token(settings: CookieSettings, exchange: Exchange) -> list[Cookie]:
    """Delete the refresh token that came with the request (LOGOUT-06)."""
    return _clear(settings, exchange, cookies.refresh_token_name(settings.provider_id))


def clear_granted_scope(settings: CookieSettings, exchange: Exchange) -> list[Cookie]:
    """Delete the granted scopes that came with the request (LOGOUT-07)."""
    return _clear(settings, exchange, cookies.granted_scope_name(settings.provider_id))


def _set(
    settings: CookieSettings,
    exchange: Exchange,
    name: str,
    value: str,
    max_age: int,
    path: str | None = None,
) -> list[Cookie]:
    present = cookies.count_chunks(exchange.received, name)
    written = legacy_deletions(settings, exchange, name, present)
    written += chunk_deletions(settings, exchange, name, present)
    if not cookies.needs_chunks(value):
        return [*written, _cookie(settings, exchange, name, value, max_age, path)]
    if exchange.received.get(name):
        written.append(_default_origin_deletion(settings, exchange, name))  # COOKIE-17
    return written + [
        _cookie(settings, exchange, cookies.chunk_name(name, index), chunk, max_age, path)
        for index, chunk in enumerate(cookies.chunks(value))
    ]


def _clear(settings: CookieSettings, exchange: Exchange, name: str) -> list[Cookie]:
    """Delete what came with the request, and only that (COOKIE-19)."""
    names = [name] if exchange.received.get(name) else []
    names += [cookies.chunk_name(name, index) for index in range(cookies.count_chunks(exchange.received, name))]
    return [_deletion(settings, exchange, one) for one in names]


def legacy_deletions(settings: CookieSettings, exchange: Exchange, name: str, chunk_count: int) -> list[Cookie]:
    """Deletions of the domain-scoped cookies of earlier backends (COOKIE-12, COOKIE-13)."""
    names = [name, *(cookies.chunk_name(name, index) for index in range(chunk_count))]
    legacy_domain = cookies.legacy_domain(settings.callback_url)
    if legacy_domain is None:
        return []
    return [_default_origin_deletion(settings, exchange, one, domain=legacy_domain) for one in names]


def chunk_deletions(settings: CookieSettings, exchange: Exchange, name: str, chunk_count: int) -> list[Cookie]:
    """Deletions of the chunks that the request carried, before new ones are written (COOKIE-18)."""
    return [
        _default_origin_deletion(settings, exchange, cookies.chunk_name(name, index)) for index in range(chunk_count)
    ]


def _default_origin_deletion(
    settings: CookieSettings, exchange: Exchange, name: str, domain: str | None = None
) -> Cookie:
    own = Exchange(exchange.received, exchange.now, None)
    return _deletion(settings, own, name, domain=domain)


def _deletion(
    settings: CookieSettings,
    exchange: Exchange,
    name: str,
    *,
    domain: str | None = None,
    path: str | None = None,
) -> Cookie:
    """An empty value that expires at once (COOKIE-20)."""
    return _cookie(settings, exchange, name, "", 0, path, domain)


def _cookie(
    settings: CookieSettings,
    exchange: Exchange,
    name: str,
    value: str,
    max_age: int,
    path: str | None,
    domain: str | None = None,
) -> Cookie:
    callback_url = settings.callback_url
    return Cookie(
        name=name,
        value=value,
        path=path or cookies.path(callback_url, settings.provider_id),
        expires_at=exchange.now + max_age,
        max_age=max_age,
        domain=domain or cookies.domain(callback_url),
        secure=cookies.is_secure(callback_url),
        same_site=cookies.same_site(callback_url, exchange.origin or settings.app_origin),
    )
