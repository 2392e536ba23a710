"""Attributes of the cookies, and how long values are cut into several."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from reference_backend.formats import encoding
from reference_backend.http import cookies
from reference_backend.http.cookies import Cookie
from reference_backend.oauth import oauth_environment, provider_cookies
from reference_backend.oauth.provider_cookies import CookieContext, CookieSettings
from tests.defects.defect import always, defect, replace, wrap

Clear = Callable[[CookieSettings, CookieContext], list[Cookie]]
SetText = Callable[[CookieSettings, CookieContext, str], list[Cookie]]


@defect("COOKIE-07", "SEC-COOK-04", "FE-105")
def cookie_path_too_wide() -> None:
    """Cookies are sent to every path of the host."""
    replace(provider_cookies, "path", always("/"))
    replace(provider_cookies, "nonce_path", always("/"))


@defect("COOKIE-07")
def nonce_sent_to_every_route_of_the_provider() -> None:
    """The nonce cookie has the path of the provider, not of the callback."""
    replace(provider_cookies, "nonce_path", provider_cookies.path)


@defect("COOKIE-08")
def cookie_path_ignores_the_callback_url() -> None:
    """A custom callback URL does not move the cookies."""
    replace(provider_cookies, "path", lambda callback_url, provider_id: f"/api/auth/{provider_id}")


@defect("COOKIE-03", "SEC-COOK-01")
def cookie_not_http_only() -> None:
    """Scripts can read the cookies."""
    replace(cookies, "HTTP_ONLY", "")


@defect("COOKIE-04", "SEC-COOK-02", "COOKIE-05", "SEC-COOK-03")
def cookie_not_secure() -> None:
    """Cookies of an https deployment travel over http as well."""
    replace(provider_cookies, "is_secure", always(False))


@defect("COOKIE-05", "SEC-COOK-03")
def same_site_always_lax() -> None:
    """A backend on another host than its app cannot be reached with cookies."""
    replace(provider_cookies, "same_site", always("Lax"))


@defect("COOKIE-05", "SEC-COOK-03", stops_cases=True)
def same_site_strict() -> None:
    """Cookies stay at home when the vendor sends the browser to the callback, so that there is no nonce."""
    replace(provider_cookies, "same_site", always("Strict"))


@defect("COOKIE-09", "SEC-COOK-05")
def cookie_shared_with_sibling_hosts() -> None:
    """Cookies carry a Domain, so that all hosts below it receive them."""

    def cookie(original: Callable[..., Cookie], settings: CookieSettings, *arguments: Any) -> Cookie:
        made = original(settings, *arguments)
        return dataclasses.replace(made, domain=made.domain or settings.legacy_domain)

    wrap(provider_cookies, "_cookie", cookie)


@defect("COOKIE-01")
def cookie_named_otherwise() -> None:
    """The granted-scope cookie has another name."""
    replace(provider_cookies, "granted_scope_name", lambda provider_id: f"{provider_id}-scope")


@defect("COOKIE-02")
def cookie_value_not_encoded() -> None:
    """Values stand in the cookies as they are."""

    def header(original: Callable[[Cookie], str], cookie: Cookie) -> str:
        encoded = encoding.component(cookie.value)
        return original(cookie).replace(f"={encoded};", f"={cookie.value};", 1)

    wrap(cookies, "header", header)


@defect("COOKIE-10")
def expires_contradicts_max_age() -> None:
    """The Expires attribute is far in the future, whatever Max-Age is."""
    replace(cookies, "http_date", always("Fri, 01 Jan 2100 00:00:00 GMT"))


@defect("COOKIE-11")
def cookie_attributes_in_another_order() -> None:
    """The attributes of a cookie come in reverse order."""

    def header(original: Callable[[Cookie], str], cookie: Cookie) -> str:
        pair, *attributes = original(cookie).split("; ")
        return "; ".join([pair, *reversed(attributes)])

    wrap(cookies, "header", header)


@defect("COOKIE-12")
def legacy_cookies_not_deleted() -> None:
    """Cookies that an earlier release set with a Domain stay and get in the way."""
    replace(provider_cookies, "legacy_deletions", always([]))


@defect("COOKIE-20")
def deletions_carry_a_value() -> None:
    """A cookie is deleted by a value that is not empty."""

    def header(original: Callable[[Cookie], str], cookie: Cookie) -> str:
        return original(dataclasses.replace(cookie, value="deleted") if cookie.max_age == 0 else cookie)

    wrap(cookies, "header", header)


@defect("COOKIE-14")
def session_duration_ignored() -> None:
    """The refresh cookie lives a thousand days, whatever sessionDuration is."""
    replace(oauth_environment, "session_max_age", always(provider_cookies.DEFAULT_SESSION_MAX_AGE))


@defect("COOKIE-14")
def session_duration_shortens_the_nonce() -> None:
    """The nonce cookie lives as long as the session."""

    def set_nonce(original: SetText, settings: CookieSettings, context: CookieContext, text: str) -> list[Cookie]:
        made = original(settings, context, text)
        return [*made[:-1], dataclasses.replace(made[-1], max_age=settings.session_max_age)]

    wrap(provider_cookies, "set_nonce", set_nonce)


@defect("COOKIE-14", "REFRESH-08", providers=("github",))
def granted_scopes_forgotten_after_an_hour() -> None:
    """The cookie of the granted scopes lives for an hour only."""

    def set_scope(original: SetText, settings: CookieSettings, context: CookieContext, text: str) -> list[Cookie]:
        return original(dataclasses.replace(settings, session_max_age=3600), context, text)

    wrap(provider_cookies, "set_granted_scope", set_scope)


@defect("COOKIE-15", "SEC-COOK-07", providers=("google",))
def long_values_not_chunked() -> None:
    """A refresh token too long for a cookie is put into one, and browsers drop it."""
    replace(provider_cookies, "needs_chunks", always(False))


@defect("COOKIE-15", "SEC-COOK-07", providers=("google",))
def chunks_too_long() -> None:
    """Chunks have eight thousand characters, more than browsers keep."""
    replace(provider_cookies, "MAX_VALUE_LENGTH", 8000)


@defect("COOKIE-15", "SEC-COOK-07", "COOKIE-16", providers=("google",))
def long_values_cut() -> None:
    """A refresh token too long for one cookie is truncated."""
    wrap(provider_cookies, "chunks", lambda original, value: original(value)[:1])


@defect("COOKIE-16", providers=("google",))
def a_chunk_alone_ignored() -> None:
    """A refresh token in one chunk is taken for missing."""

    def count(original: Callable[..., int], found: Mapping[str, str], name: str) -> int:
        number = original(found, name)
        return 0 if number == 1 else number

    wrap(provider_cookies, "count_chunks", count)


@defect("COOKIE-16", providers=("google",))
def only_the_first_chunk_read() -> None:
    """A refresh token in several cookies is read from the first one alone."""

    def read(found: Mapping[str, str], name: str) -> str | None:
        return found.get(f"{name}-0") or found.get(name)

    replace(provider_cookies, "read", read)


@defect("COOKIE-18", "SEC-COOK-08", providers=("google",))
def chunks_left_beside_a_shorter_value() -> None:
    """Chunks of an earlier, longer refresh token stay when a shorter one is stored, and win over it."""
    replace(provider_cookies, "chunk_deletions", always([]))


@defect("COOKIE-17", providers=("google",))
def plain_cookie_left_beside_chunks() -> None:
    """An earlier refresh token stays in its own cookie when a longer one is stored in chunks."""

    def set_token(original: SetText, settings: CookieSettings, context: CookieContext, text: str) -> list[Cookie]:
        name = settings.refresh_token_name
        others = {key: value for key, value in context.received.items() if key != name}
        return original(settings, dataclasses.replace(context, received=others), text)

    wrap(provider_cookies, "set_refresh_token", set_token)


@defect("LOGOUT-06", "SEC-LOGOUT-04", providers=("google",))
def chunks_survive_logout() -> None:
    """Logout deletes the plain refresh cookie and leaves the chunks."""

    def clear(original: Clear, settings: CookieSettings, context: CookieContext) -> list[Cookie]:
        return [one for one in original(settings, context) if not one.name[-1].isdigit()]

    wrap(provider_cookies, "clear_refresh_token", clear)


@defect("COOKIE-19", "LOGOUT-05")
def logout_deletes_what_is_not_there() -> None:
    """Logout answers with deletions of cookies that the browser does not have."""

    def clear(original: Clear, settings: CookieSettings, context: CookieContext) -> list[Cookie]:
        name = settings.refresh_token_name
        return original(settings, dataclasses.replace(context, received={name: "x", **context.received}))

    wrap(provider_cookies, "clear_refresh_token", clear)


@defect("LOGOUT-08")
def logout_deletes_legacy_cookies() -> None:
    """Logout answers with deletions for the whole domain as well."""

    def clear(original: Clear, settings: CookieSettings, context: CookieContext) -> list[Cookie]:
        name = settings.refresh_token_name
        return original(settings, context) + provider_cookies.legacy_deletions(settings, context, name, 0)

    wrap(provider_cookies, "clear_refresh_token", clear)


@defect("COOKIE-15", providers=("google",))
def longest_value_in_pieces() -> None:
    """A value that just fits into one cookie is cut up."""
    replace(provider_cookies, "needs_chunks", lambda value: len(value) >= provider_cookies.MAX_VALUE_LENGTH)
