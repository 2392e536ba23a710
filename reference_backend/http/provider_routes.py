"""The four routes of one provider id, whatever kind of provider it is (ROUTE)."""

from typing import ClassVar

from flask import Response
from werkzeug.exceptions import NotFound


class ProviderRoutes:
    """One provider, ready to serve. A kind of provider overrides the routes that it has.

    A route that is not overridden is not there: its answer is that of an unknown path (ROUTE-14, PROXY-02).
    Each method answers the request that is being handled.
    """

    __slots__ = ()

    ROUTES: ClassVar[tuple[str, ...]] = ("start", "frame", "refresh", "logout")

    def start(self) -> Response:
        """``GET /{p}/start``."""
        raise NotFound

    def frame(self) -> Response:
        """``GET`` and ``POST /{p}/handler/frame``."""
        raise NotFound

    def refresh(self) -> Response:
        """``GET`` and ``POST /{p}/refresh``."""
        raise NotFound

    def logout(self) -> Response:
        """``POST /{p}/logout``."""
        raise NotFound

    def has(self, route: str) -> bool:
        """Tell whether this kind of provider has a route, one of :data:`ROUTES`."""
        return route in self.ROUTES and getattr(type(self), route) is not getattr(ProviderRoutes, route)
