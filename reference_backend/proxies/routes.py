"""The routes of a proxy provider (PROXY)."""

from dataclasses import dataclass

from flask import Response

from reference_backend.backend import current_backend
from reference_backend.errors import NotImplementedYetError
from reference_backend.http import responses
from reference_backend.http.provider_routes import ProviderRoutes
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.identity.resolvers import Resolver, SignInInfo
from reference_backend.proxies.base import ProxyProvider, ProxyRequest


@dataclass(frozen=True, slots=True)
class ProxyRoutes(ProviderRoutes):
    """One proxy provider; it has no logout (PROXY-02).

    Parameters:
        provider: reads what the proxy says.
        resolver: signs people in.
    """

    provider: ProxyProvider
    resolver: Resolver

    def start(self) -> Response:
        """Not implemented, and said so (PROXY-01)."""
        raise NotImplementedYetError("Not implemented")

    def frame(self) -> Response:
        """Not implemented, and said so (PROXY-01)."""
        raise NotImplementedYetError("Not implemented")

    def refresh(self) -> Response:
        """``GET`` and ``POST /{p}/refresh``: sign in whom the proxy vouches for (PROXY-03 … PROXY-07)."""
        backend = current_backend()
        headers = {name.lower(): value for name, value in request.headers.items()}
        result = self.provider.authenticate(ProxyRequest(headers, request.plain_cookies))
        sign_in = self.resolver(SignInInfo(result.profile, result.details), backend.context)
        body = session_response.session_response(result.profile, result.provider_info, sign_in, backend.clock())
        return responses.uncached(responses.json_response(body))
