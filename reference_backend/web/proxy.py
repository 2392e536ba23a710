"""The routes of a proxy provider (PROXY)."""

from dataclasses import dataclass

from flask import Response, request

from reference_backend.protocol import session_response
from reference_backend.protocol.errors import NotImplementedYetError
from reference_backend.proxies.base import ProxyProvider, ProxyRequest
from reference_backend.sign_in.resolvers import Resolver, SignInInfo
from reference_backend.web import backend, incoming, outgoing
from reference_backend.web.entry import Entry


@dataclass(frozen=True, slots=True)
class ProxyEntry(Entry):
    """One proxy provider; it has no logout (PROXY-02).

    Parameters:
        provider: reads what the proxy says.
        resolver: signs people in.
    """

    provider: ProxyProvider
    resolver: Resolver

    def start(self) -> Response:
        """Not implemented, and said so (PROXY-01)."""
        raise not_implemented()

    def frame(self) -> Response:
        """Not implemented, and said so (PROXY-01)."""
        raise not_implemented()

    def refresh(self) -> Response:
        """See :func:`refresh`."""
        return refresh(self)


def not_implemented() -> NotImplementedYetError:
    """The answer of ``start`` and ``handler/frame`` (PROXY-01)."""
    return NotImplementedYetError("Not implemented")


def refresh(entry: ProxyEntry) -> Response:
    """``GET`` and ``POST /{p}/refresh``: sign in whom the proxy vouches for (PROXY-03 … PROXY-07)."""
    own = backend.current()
    result = entry.provider.authenticate(
        ProxyRequest(incoming.lower_case_headers(request), incoming.received_cookies())
    )
    sign_in = entry.resolver(SignInInfo(result.profile, result.details), own.context)
    body = session_response.session_response(result.profile, result.provider_info, sign_in, own.clock())
    return outgoing.uncached(outgoing.json_response(body))
