"""One request at the front, before it is passed on: pure questions about it."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import h11

from mock_idp.front import rules
from mock_idp.server.http_stream import Fields


def origin_of(address: str) -> str:
    """Scheme, host and port of an address (RFC 6454 section 6.2); empty if it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request header.

    Parameters:
        method: HTTP method.
        target: as it stands in the request line.
        fields: header fields.
    """

    method: str
    target: str
    fields: Fields

    @classmethod
    def of(cls, request: h11.Request) -> "Visit":
        """Read what came."""
        return cls(request.method.decode("ascii"), request.target.decode("latin-1"), request.headers.raw_items())

    @property
    def path(self) -> str:
        """The path of the target."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's parameters in order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def parameter(self, name: str) -> str:
        """A query parameter; empty if it is not there."""
        return dict(self.query).get(name, "")

    @property
    def host(self) -> str:
        """The ``Host`` field."""
        return ", ".join(rules.values(self.fields, "host"))

    @property
    def host_name(self) -> str:
        """The host of that, lower case, without port; empty if it is malformed."""
        try:
            return urlsplit(f"//{self.host}").hostname or ""
        except ValueError:
            return ""

    @property
    def wants_page(self) -> bool:
        """True if a person looks at the answer: a navigation of a browser."""
        accepted = ", ".join(rules.values(self.fields, "accept"))
        mode = rules.values(self.fields, "sec-fetch-mode")
        return self.method in {"GET", "HEAD"} and "text/html" in accepted and mode in ([], ["navigate"])

    @property
    def is_preflight(self) -> bool:
        """True for a browser's question whether it may ask (Fetch standard, CORS-preflight): it has no cookies."""
        return self.method == "OPTIONS" and bool(rules.values(self.fields, "access-control-request-method"))

    @property
    def origin(self) -> str:
        """The origin of the page whose script asks; empty if it is unknown."""
        return ", ".join(rules.values(self.fields, "origin"))

    @property
    def has_bearer_token(self) -> bool:
        """True if it carries a token of the backend's, which the backend checks itself."""
        return any(value.lower().startswith("bearer ") for value in rules.values(self.fields, "authorization"))

    def local(self, address: str) -> str:
        """The path and query of an address on this host, or ``/`` if it is elsewhere (no open redirect)."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return "/"
        is_here = parts.scheme in {"", "http", "https"} and parts.netloc in {"", self.host}
        path = parts.path
        # Browsers read a backslash as a slash, and two slashes as the beginning of a host.
        if not is_here or not path.startswith("/") or path[1:2] in {"/", "\\"} or not address.isprintable():
            return "/"
        return f"{path}?{parts.query}" if parts.query else path

    def without(self, parameter: str) -> str:
        """The target without a query parameter."""
        rest = [pair for pair in self.query if pair[0] != parameter]
        return self.local(f"{self.path}?{urlencode(rest)}" if rest else self.path)
