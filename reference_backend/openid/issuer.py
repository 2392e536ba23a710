"""What an issuer says about itself: discovery, read when needed and kept (OIDCPROV-01, OIDCPROV-16)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reference_backend.formats import urls
from reference_backend.openid import answers, openid_errors
from reference_backend.provider_context import ProviderContext

WELL_KNOWN = "/.well-known/"
DOCUMENT = "openid-configuration"


def document_url(configured: str) -> str:
    """URL of the discovery document: as configured, or below the configured issuer (OIDCPROV-01, Discovery §4)."""
    parts = urlsplit(configured)
    if WELL_KNOWN in parts.path:
        return configured
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + WELL_KNOWN + DOCUMENT))


def issuer_of(url: str) -> str:
    """The issuer that a discovery document has to name, without a final slash.

    Discovery §4 appends the well-known path to the issuer, RFC 8414 §3 puts it in before the issuer's path.
    """
    parts = urlsplit(url)
    before, _, after = parts.path.partition(WELL_KNOWN)
    path = before + "/" + after.partition("/")[2]
    return urlunsplit(parts._replace(path=path.rstrip("/"), query="", fragment=""))


class Issuer:
    """One issuer.

    Parameters:
        configured: URL of its discovery document, or the issuer itself.
        context: HTTP client and clock.
        timeout: seconds for one request.
        max_age: seconds after which the document is read again; None keeps it without expiry.
    """

    def __init__(self, configured: str, context: ProviderContext, timeout: float, max_age: float | None = None) -> None:
        self._url = document_url(configured)
        self._context = context
        self._timeout = timeout
        self._max_age = max_age
        self._document: Mapping[str, Any] | None = None
        self._read_at = 0.0

    def metadata(self) -> Mapping[str, Any]:
        """The discovery document. A failure is not remembered: the next request tries again (SEC-ROB-05).

        Raises:
            AuthError: it cannot be had, or is about another issuer.
        """
        now = self._context.clock()
        # Two requests may read at once, which does no harm; a lock would let all wait for a vendor that hangs.
        if self._document is None or (self._max_age is not None and now >= self._read_at + self._max_age):
            self._document = self._read()
            self._read_at = now
        return self._document

    def _read(self) -> Mapping[str, Any]:
        http = self._context.http
        response = answers.send(http, "GET", self._url, self._timeout, headers=answers.JSON_ONLY)
        found = answers.members(response)
        name = found.get("issuer")
        expected = issuer_of(self._url)
        final_slash = isinstance(name, str) and name.endswith("/")
        openid_errors.require_issuer(expected + "/" if final_slash else expected, name)
        return found

    @property
    def name(self) -> str:
        """``issuer``: what ``iss`` of ID tokens has to be."""
        return str(self.metadata()["issuer"])

    @property
    def host(self) -> str:
        """Host name of the issuer, without port (§14.3)."""
        return urls.parse(self.name).hostname

    def endpoint(self, member: str) -> str:
        """An address of the metadata.

        Raises:
            AuthError: it is missing.
        """
        address = self.metadata().get(member)
        if not isinstance(address, str) or not address:
            raise openid_errors.not_in_metadata(member)
        return address

    def optional_endpoint(self, member: str) -> str | None:
        """An address of the metadata; None if there is none."""
        return self.endpoint(member) if self.metadata().get(member) else None
