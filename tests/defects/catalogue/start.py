"""The redirect to the vendor."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from flask import Response, g

from reference_backend import routing
from reference_backend.errors import NotFoundError
from reference_backend.http import paths, responses
from reference_backend.http.request import request
from reference_backend.oauth import csrf
from reference_backend.oauth.provider import OAuthProvider, StartRequest
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.providers.google import Google
from reference_backend.providers.oauth2_base import OAuth2Provider
from tests.defects.defect import defect, replace, wrap

StartMethod = Callable[[OAuthProvider, StartRequest], str]


@defect("START-01")
def redirect_with_a_body() -> None:
    """The redirect to the vendor has a text for people without redirects."""

    def to_vendor(original: Callable[[str], Response], url: str) -> Response:
        response = original(url)
        response.set_data("Found. Redirecting …")
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return response

    wrap(responses, "to_vendor", to_vendor)


@defect("START-01")
def start_in_a_page() -> None:
    """Start answers with a page that goes to the vendor by itself, not with a redirect."""
    replace(
        responses, "to_vendor", lambda url: responses.text_page(f'<meta http-equiv="refresh" content="0;{url}">', 200)
    )


@defect("START-11", "SEC-TOKX-01")
def query_forwarded_to_the_vendor() -> None:
    """Whatever start is asked with goes on to the vendor and wins, redirect_uri and all."""

    def start(original: StartMethod, self: OAuthProvider, start_request: StartRequest) -> str:
        address, _, query = original(self, start_request).partition("?")
        asked = {**start_request.query, "scope": start_request.scope}
        return f"{address}?{urlencode({**dict(parse_qsl(query)), **asked})}"

    wrap(OAuth2Provider, "start", start)


@defect("GEN-02", "SEC-REDIR-05", "FE-01")
def callback_address_from_request_headers() -> None:
    """The redirect_uri names the host that a header of the request names."""

    def start(original: StartMethod, self: OAuthProvider, start_request: StartRequest) -> str:
        host = request.headers.get("X-Forwarded-Host", "localhost")
        return original(self, start_request).replace("http%3A%2F%2Flocalhost", f"http%3A%2F%2F{host}")

    wrap(OAuth2Provider, "start", start)


@defect("SEC-TOKX-02", "SEC-ERR-02")
def client_secret_in_the_authorization_request() -> None:
    """The authorization request carries the client's secret."""

    def start(original: StartMethod, self: OAuth2Provider, start_request: StartRequest) -> str:
        return original(self, start_request) + "&" + urlencode({"client_secret": self.client_secret})

    wrap(OAuth2Provider, "start", start)


@defect("UP-02", "SEC-TOKX-01")
def redirect_uri_left_out() -> None:
    """The authorization request has no redirect_uri and relies on the registered one."""

    def start(original: StartMethod, self: OAuthProvider, start_request: StartRequest) -> str:
        parts = original(self, start_request).split("&")
        return "&".join(part for part in parts if not part.startswith("redirect_uri="))

    wrap(OAuth2Provider, "start", start)


@defect("UP-02")
def custom_callback_url_ignored() -> None:
    """The redirect_uri has the default path, whichever callbackUrl is configured."""

    def start(original: StartMethod, self: OAuthProvider, start_request: StartRequest) -> str:
        path = f"%2Fapi%2Fauth%2F{self.settings.provider_id}%2Fhandler%2Fframe"
        return original(self, start_request).replace("%2Fcustom%2Fpath", path)

    wrap(OAuth2Provider, "start", start)


@defect("START-01", "UP-01")
def implicit_flow() -> None:
    """The vendor is asked for a token in the address instead of for a code."""

    def start(original: StartMethod, self: OAuthProvider, start_request: StartRequest) -> str:
        return original(self, start_request).replace("response_type=code", "response_type=token")

    wrap(OAuth2Provider, "start", start)


@defect("UP-01", providers=("google",))
def google_not_asked_for_offline_access() -> None:
    """Google is not asked for a refresh token."""
    replace(Google, "authorization_params", {})


@defect("START-12")
def start_needs_the_csrf_header() -> None:
    """Start refuses a plain navigation, which cannot send X-Requested-With."""

    def start(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        csrf.require_header(request.headers.get("X-Requested-With"))
        return original(routes)

    wrap(OAuthRoutes, "start", start)


@defect("GEN-15")
def head_not_routed() -> None:
    """HEAD is refused where GET is answered."""

    def serve(original: Callable[[str, str], Response], provider: str, route: str) -> Response:
        if route == "start" and request.method == "HEAD":
            raise NotFoundError("Unknown auth provider")
        return original(provider, route)

    wrap(routing, "serve", serve)


@defect("GEN-14")
def paths_in_exact_spelling() -> None:
    """Paths match in lower case only."""
    replace(paths, "canonical", lambda path: path)


@defect("FE-10", "START-08")
def start_without_nonce_cookie() -> None:
    """Start sets no nonce cookie."""

    def start(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        g.cookies = []
        return response

    wrap(OAuthRoutes, "start", start)
