"""Defects that show only where the public address is not http://localhost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from reference_backend.formats import urls
from reference_backend.http.cookies import Cookie
from reference_backend.http.request import request
from reference_backend.oauth import provider_cookies
from reference_backend.oauth.provider import OAuthProvider, StartRequest
from reference_backend.providers.oauth2_base import OAuth2Provider
from reference_backend.user_endpoints import user_cookie
from tests.defects.catalogue.openid import change_session_cookie
from tests.defects.catalogue.start import StartMethod
from tests.defects.defect import always, defect, replace, wrap

BEHIND_TLS = "behind-tls"
PLAIN_HTTP = "plain-http"

PROVIDERS = ("github", "oauth2", "oidc", "guest")


def secure_by_header() -> None:
    """Let Secure of a provider's cookies follow a header of the request."""

    def cookie(original: Callable[..., Cookie], *arguments: Any) -> Cookie:
        return dataclasses.replace(original(*arguments), secure=request.headers.get("X-Forwarded-Proto") == "https")

    wrap(provider_cookies, "_cookie", cookie)


@defect("SEC-COOK-02", profile=BEHIND_TLS, providers=PROVIDERS)
def cookies_follow_the_request() -> None:
    """Cookies are Secure only if the request says that it came by https."""
    secure_by_header()


@defect("COOKIE-04", "COOKIE-05", "SEC-COOK-02", "SEC-COOK-03", profile=BEHIND_TLS, providers=PROVIDERS)
def cookies_of_http_behind_tls() -> None:
    """Cookies are those of an http backend although its address is https."""
    replace(provider_cookies, "is_secure", always(False))


@defect("SESSION-04", "SESSION-05", "SEC-COOK-09", profile=BEHIND_TLS, providers=PROVIDERS)
def session_cookie_over_http() -> None:
    """The session cookie of a login is sent over http, too."""
    change_session_cookie(secure=False)


@defect("LIM-06", profile=BEHIND_TLS, providers=PROVIDERS)
def user_cookie_secure_on_localhost_only() -> None:
    """The user cookie is Secure on localhost only, which needs it least."""
    replace(user_cookie, "is_secure", lambda url: url.hostname == "localhost")


@defect("LIM-06", profile=BEHIND_TLS, providers=PROVIDERS)
def user_cookie_for_the_same_site_only() -> None:
    """The user cookie never reaches an app on another site."""
    replace(user_cookie, "same_site", always("Lax"))


@defect("LIM-06", profile=PLAIN_HTTP, providers=PROVIDERS)
def user_cookie_that_browsers_drop() -> None:
    """The user cookie is Secure over http, so that browsers drop it."""
    replace(user_cookie, "is_secure", always(True))


@defect("COOKIE-04", profile=PLAIN_HTTP, providers=PROVIDERS)
def forwarded_scheme_makes_cookies_secure() -> None:
    """A forwarded header makes the cookies of an http backend Secure."""
    secure_by_header()


@defect("UP-02", profile=PLAIN_HTTP, providers=PROVIDERS)
def address_from_the_request() -> None:
    """People are sent back to whichever host the request names."""

    def start(original: StartMethod, self: OAuthProvider, start_request: StartRequest) -> str:
        own = urls.parse(self.settings.callback_url).hostname
        return original(self, start_request).replace(own, request.headers.get("X-Forwarded-Host", own))

    wrap(OAuth2Provider, "start", start)
