"""Where a backend finds a service of the mock, and by which of its addresses it does."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class Reach(StrEnum):
    """How the backend reaches a vendor."""

    BY_NAME = "by its own host names, over TLS"
    """The host names are hard-coded in the backend."""
    BY_PATH = "below the mock's plain address"
    """The backend is configured with an address."""
    BY_TLS_PATH = "below the mock's TLS address"
    """The backend is configured with a host to which it adds ``https://`` itself."""
    BY_NAME_UNLESS_CUSTOM = "by its own host names, under a custom id by path"
    """The host names are the default; a provider id of another name gets its own URL (a self-hosted one)."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a backend finds one service; what a provider's configuration is made from.

    Parameters:
        service: id of the service, which by name stands in for ``*`` in a host pattern.
        http: base URL over plain HTTP, by path, without trailing slash.
        tls: base URL over TLS, by path, without trailing slash.
        name: base URL by the service's own first host name; empty if it has none.
        is_by_name: True if this backend is to use the own name.
    """

    service: str
    http: str
    tls: str
    name: str = ""
    is_by_name: bool = False

    @property
    def tls_host(self) -> str:
        """The TLS address without ``https://``, for backends that put it before by themselves."""
        return self.tls.removeprefix("https://")


def with_loopback_name(url: str, loopback_name: str | None) -> str:
    """The URL with the loopback interface under another of its names; any other URL as it is.

    Parameters:
        url: base URL of a listener.
        loopback_name: ``localhost`` or ``127.0.0.1``; None leaves the URL alone.
    """
    parts = urlsplit(url)
    if loopback_name is None or parts.hostname not in ("127.0.0.1", "localhost"):
        return url
    return url.replace(f"//{parts.hostname}", f"//{loopback_name}", 1)
