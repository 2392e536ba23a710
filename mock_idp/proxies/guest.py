"""The guest provider: no proxy, no headers, only configuration."""

from types import MappingProxyType

from mock_idp.proxies.base import AuthProxy


class Guest(AuthProxy):
    """Everybody is the guest."""

    id = "guest"
    title = "Guest"
    icon = "—"
    variants = MappingProxyType({"guest": MappingProxyType({"dangerouslyAllowOutsideDevelopment": True})})
