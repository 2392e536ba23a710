"""What vendors and auth proxies have in common: addresses, requests to them, and how Backstage is told of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from mock_idp.oauth.model import Answer, AuthorizationRequest, Encoding, Endpoint, Grant, Refusal

if TYPE_CHECKING:
    from mock_idp.personas import Face
    from mock_idp.service import Service
    from mock_idp.vendors.base import Vendor


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a vendor or auth proxy.

    Parameters:
        method: HTTP method.
        path: below the service, in werkzeug rule syntax (``/api/v4/users/<int:id>``).
        handler: name of the method that answers; it takes an :class:`Exchange`, returns an Answer.
        endpoint: what the address is for.
    """

    method: str
    path: str
    handler: str
    endpoint: Endpoint = Endpoint.OTHER


@dataclass(frozen=True, slots=True)
class Quirk:
    """A place where a vendor differs from the specification or from the others, for people to read.

    Parameters:
        name: short, in kebab-case.
        says: one sentence.
        source: where the fact comes from.
    """

    name: str
    says: str
    source: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request to a vendor or auth proxy, as plain data.

    Parameters:
        service: the service that is asked: keys, ledger, clients, clock, journal.
        base_url: address of this service as the client sees it, without trailing slash; everything a vendor
            says about itself is built from it. By name it is ``https://`` and the vendor's first host.
        method: HTTP method, upper case.
        path: below the service.
        query: query parameters; the first of a repeated name counts.
        form: form fields of the body, empty if the body is no form.
        headers: header fields with lower-case names; repeated ones joined by ``", "``.
        body: the raw body.
        path_parameters: what the route's rule captured.
        endpoint: what the address is for.
        repeated: names of query and form parameters that came more than once.
        host: the host name asked for, lower case, without port.
        query_text: the query as it came, for what is signed as it travels.
        host_parts: by name, what each ``*`` of the host's pattern stood for (a region, a tenant); else empty.
    """

    service: "Service"
    base_url: str
    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    endpoint: Endpoint = Endpoint.OTHER
    repeated: frozenset[str] = frozenset()
    host: str = ""
    host_parts: tuple[str, ...] = ()
    query_text: str = ""

    @classmethod
    def of_request(cls, service: "Service", request: AuthorizationRequest) -> "Exchange":
        """The exchange of a checked authorization request once more, for what is decided about it later."""
        return cls(service, request.base_url, "GET", "", request.parameters, {}, {}, endpoint=Endpoint.AUTHORIZATION)

    @property
    def vendor(self) -> "Vendor":
        """The vendor whose service is asked."""
        return self.service.vendor


class Reach(StrEnum):
    """How the backend reaches a vendor."""

    BY_NAME = "by its own host names, over TLS"
    """The host names are hard-coded in the backend."""
    BY_PATH = "below the mock's plain address"
    """The backend is configured with an address."""
    BY_TLS_PATH = "below the mock's TLS address"
    """The backend is configured with a host to which it adds ``https://`` itself."""
    BY_NAME_UNLESS_CUSTOM = "by its own host names, under a custom id by path"
    """The host names are the default; a provider id of another name gets an address (GitHub Enterprise)."""


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


def addresses(source: "Source", service: str, idp_url: str, tls_url: str, *, is_by_name: bool) -> Addresses:
    """Work out where a backend finds a service.

    Parameters:
        source: what the service is one of.
        service: its id.
        idp_url: base URL of the mock's plain listener.
        tls_url: base URL of the mock's TLS listener.
        is_by_name: True if this backend is to use the own name.
    """
    own = next(iter(source.hosts), "")
    return Addresses(
        service,
        http=f"{_called(idp_url, source.loopback_name)}/{service}",
        tls=f"{_called(tls_url, source.loopback_name)}/{service}",
        name=f"https://{own.replace('*', service)}" if own else "",
        is_by_name=is_by_name,
    )


def _called(url: str, loopback_name: str | None) -> str:
    """The URL with the loopback interface under another of its names."""
    parts = urlsplit(url)
    if loopback_name is None or parts.hostname not in ("127.0.0.1", "localhost"):
        return url
    return url.replace(f"//{parts.hostname}", f"//{loopback_name}", 1)


class Source:
    """What a session can come from: a vendor or an auth proxy. Subclass one of those two.

    Class attributes (all data):
        id: its id, which is also the file's name and the Backstage provider id it serves.
        title: the name people know.
        icon: one or two letters; not every browser has emoji.
        kind: which protocol the provider speaks: ``oauth``, ``saml``, or ``proxy`` for an auth proxy.
        hosts: host name pattern -> path below the service that this host's root stands for. The first one
            is the service's own name (its issuer). ``*`` stands for whole labels; if they are the id of a
            service, that service is meant.
        routes: every address.
        loopback_name: ``localhost`` or ``127.0.0.1``, if backends must know the mock by that one by path:
            some keep one session for each host name, so two vendors on the same would share it.
        quirks: what users should know.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str] = "◆"
    kind: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]] = MappingProxyType({})
    routes: ClassVar[tuple[Route, ...]] = ()
    loopback_name: ClassVar[str | None] = None
    quirks: ClassVar[tuple[Quirk, ...]] = ()

    @property
    def provider_ids(self) -> tuple[str, ...]:
        """The provider ids under which this source is configured unless somebody asks for others."""
        return (self.id,)

    def key_owner(self, service_id: str) -> str:
        """Whose keys a service signs with; its own, unless all services publish theirs at one address."""
        return service_id

    def grant_id(self, exchange: Exchange) -> str | None:
        """The id of the grant a request belongs to, if the request itself tells it (a key id, for instance)."""
        return None

    def find_grant(self, exchange: Exchange) -> Grant | None:
        """The grant a request belongs to; its faults strike and the journal names it."""
        grant_id = self.grant_id(exchange)
        return exchange.service.ledger.grant(grant_id) if grant_id else None

    def refuse(self, exchange: Exchange, refusal: Refusal) -> Answer:
        """Turn a refusal into this source's answer."""
        return Answer(400, f"{refusal}\n", Encoding.TEXT)

    def not_found(self, exchange: Exchange) -> Answer:
        """The answer at an address that is not there."""
        return Answer(404, {"message": "Not Found"})

    def method_not_allowed(self, exchange: Exchange) -> Answer:
        """The answer to a method that the address does not take (RFC 9110 section 15.5.6).

        Parameters:
            exchange: the request; its path parameter ``allowed`` lists the methods that it does take.
        """
        allowed = ", ".join(exchange.path_parameters["allowed"])
        return Answer(405, {"message": "Method Not Allowed"}, headers=(("Allow", allowed),))

    def catalog_annotations(self, face: "Face") -> dict[str, str]:
        """Annotations of the persona's User entity, by which this source's own resolvers find it."""
        return {}
