"""What the routes look at in a request, each part read once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import flask
from flask import Request, current_app
from werkzeug.utils import cached_property

from reference_backend.formats import query
from reference_backend.http import bodies, cookies, paths

RAW_URL = "reference_backend.raw_url"
SIGNED_COOKIES = "SIGNED_COOKIES"
"""Key of the application's configuration: signed cookies are told from plain ones (COOKIE-23)."""


class BackendRequest(Request):
    """A request with the parts that the protocol knows.

    Attributes:
        body: the body, JSON or form (OIDC-06); an empty object for any other. Read before the route is called.
    """

    body: Any = MappingProxyType({})

    @cached_property
    def raw_url(self) -> str:
        """Path and query as the client sent them."""
        raw = str(self.environ.get(RAW_URL) or self.path)
        # WSGI hands bytes over as Latin-1 (PEP 3333); what is not percent-encoded is UTF-8.
        return raw.encode("latin-1", "replace").decode("utf-8", "replace")

    @cached_property
    def relative_url(self) -> str:
        """The raw URL below the plugin's mount (GEN-05)."""
        return paths.relative_url(self.raw_url)

    def path_segment(self, index: int) -> str:
        """A segment of the path below the mount, as it was sent."""
        return paths.segment(self.relative_url.partition("?")[0], index)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Query parameters (HTTP-14)."""
        return query.parse(self.raw_url.partition("?")[2])

    @cached_property
    def parameter_members(self) -> dict[str, Any]:
        """Query parameters that are not taken for texts if they are lists or objects (AUTHZ-02)."""
        return query.members(self.raw_url.partition("?")[2])

    @cached_property
    def form_fields(self) -> Mapping[str, str]:
        """Fields of a form body (HTTP-10); empty for any other body. Of a repeated field the first counts."""
        if self.mimetype != bodies.FORM:
            return {}
        return {name: value[0] if isinstance(value, list) else value for name, value in self.body.items()}

    @cached_property
    def all_cookies(self) -> Mapping[str, str]:
        """Cookies of the request (COOKIE-22)."""
        return cookies.parse_header(self.headers.get("Cookie"))

    @cached_property
    def plain_cookies(self) -> Mapping[str, str]:
        """Cookies without those that look like signed ones, if there are any signed ones (COOKIE-23)."""
        return cookies.without_signed(self.all_cookies) if current_app.config[SIGNED_COOKIES] else self.all_cookies

    @property
    def origin_header(self) -> str | None:
        """The raw ``Origin`` header."""
        return self.headers.get("Origin") or None

    @property
    def prefers_html(self) -> bool:
        """Whether a short text is to be HTML (REDIR-11)."""
        return self.accept_mimetypes.best_match(["text/plain", "text/html"], "text/plain") == "text/html"


request = cast(BackendRequest, flask.request)
"""The request that is being handled."""
