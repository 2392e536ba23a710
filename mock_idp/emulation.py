"""What a vendor or an auth proxy does (an emulation), one running instance of it (a service), and a request to one.

The three refer to each other, so they stand together. What several services have in common is in
:mod:`mock_idp.services`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mock_idp.addresses import Addresses, with_loopback_name
from mock_idp.clients import Clients
from mock_idp.clock import AdjustableClock
from mock_idp.grants.store import GrantStore
from mock_idp.keys import Keys
from mock_idp.oauth.model import Answer, AuthorizationRequest, Encoding, Endpoint, FaultSpec, Grant, Refusal
from mock_idp.oauth.policy import Cors
from mock_idp.oauth.tokens import OWN_KEY, SignedToken, Unsigned
from mock_idp.people import Account, People, Person
from mock_idp.randomness import Randomness
from mock_idp.saml import signing
from mock_idp.saml.response import SamlResponse
from mock_idp.settings import Settings


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a vendor or auth proxy.

    Parameters:
        method: HTTP method.
        path: below the service, in werkzeug rule syntax (``/api/v4/users/<int:id>``).
        handler: name of the method that answers; it takes a :class:`ServiceRequest`, returns an Answer.
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
        description: one sentence.
        source: where the fact comes from.
    """

    name: str
    description: str
    source: str


@dataclass(frozen=True, slots=True)
class Service:
    """One running instance of a vendor or auth proxy, with an issuer, keys, clients and memory of its own.

    Parameters:
        id: first segment of its path; the own service of a vendor or proxy has its id.
        emulation: what it behaves like.
        settings: the mock's settings.
        clock: what time it is here; it goes with the mock's, and can be moved for this service alone.
        randomness: source of all random texts.
        people: who can sign in.
        store: what it remembers.
        keys: what it signs with.
        clients: who may ask.
        faults: faults for every user, beside what single grants carry.
        is_permanent: True if it was there from the start, so that it cannot be removed.
    """

    id: str
    emulation: "Emulation"
    settings: Settings
    clock: AdjustableClock
    randomness: Randomness
    people: People
    store: GrantStore
    keys: Keys
    clients: Clients = field(default_factory=Clients)
    faults: tuple[FaultSpec, ...] = ()
    is_permanent: bool = False

    def sign(self, token: Unsigned, grant: Grant | None = None) -> str:
        """Bring a token into its compact form, or an answer into the form that travels; nothing may change it then.

        Parameters:
            token: what to sign; its relative times start now.
            grant: the grant it belongs to, whose client's secret is the key of ``HS256``.

        Raises:
            TypeError: there is no way to sign this.
        """
        if isinstance(token, SamlResponse):
            key = signing.private_key() if token.key == OWN_KEY else self.keys.rsa_key(token.key)
            return signing.sign(token, self.clock.now(), key)
        if not isinstance(token, SignedToken):
            raise TypeError(f"{type(token).__name__} cannot be signed")
        secret = grant.request.client.client_secret if grant else ""
        return self.keys.sign(token.at(self.clock.now()), secret)

    def persona(self, grant: Grant) -> Person:
        """The person who gave a grant, as of now."""
        return self.people.ever(grant.persona)

    def account(self, grant: Grant) -> Account:
        """What this service knows about the persona that gave a grant."""
        return self.persona(grant).account(self.emulation.id)


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """One HTTP request to a vendor or auth proxy, as plain data.

    Parameters:
        service: the service that is asked: keys, store, clients, clock.
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
        host_parts: by name, what each ``*`` of the host's pattern stood for (a region, a tenant); else empty.
        query_text: the query as it came, for what is signed as it travels.
        grant: the grant behind the credential in the request, whether or not it is still good; None if there is none.
    """

    service: Service
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
    grant: Grant | None = None

    @classmethod
    def of_authorization(
        cls, service: Service, asked: AuthorizationRequest, headers: Mapping[str, str] | None = None
    ) -> "ServiceRequest":
        """A checked authorization request once more, for what is decided about it later.

        Parameters:
            service: the service that was asked.
            asked: the request.
            headers: header fields of the request that brings the decision, with lower-case names.
        """
        endpoint = Endpoint.AUTHORIZATION
        return cls(
            service,
            asked.base_url,
            "GET",
            asked.path,
            asked.parameters,
            {},
            headers or {},
            path_parameters=asked.path_parameters,
            endpoint=endpoint,
        )


_IN_MANY_PLACES = frozenset({Endpoint.FOLLOW_UP, Endpoint.OTHER})


class Emulation:
    """What a vendor or an auth proxy does, and what can be said about it. Subclass one of those two.

    Class attributes (all data):
        id: its id, which is also the file's name and the Backstage provider id it serves.
        title: its usual name.
        icon: one or two letters; not every browser has emoji.
        kind: which protocol the provider speaks: ``oauth``, ``saml``, or ``proxy`` for an auth proxy.
        hosts: host name pattern -> path below the service that this host's root stands for. The first one
            is the service's own name (its issuer). ``*`` stands for whole labels; if they are the id of a
            service, that service is meant.
        routes: every address.
        usual_path_parameters: parameter of a route -> value that clients usually have there.
        loopback_name: ``localhost`` or ``127.0.0.1``, if backends must know the mock by that one by path:
            some keep one session for each host name, so two vendors on the same would share it.
        quirks: what users should know.
        login_annotations: annotations of a catalog's users that have their user name here.
        id_annotations: those that have their id here.
        email_annotations: those that have an address, for a user whose profile has none.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str] = "◆"
    kind: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]] = {}
    routes: ClassVar[tuple[Route, ...]] = ()
    usual_path_parameters: ClassVar[Mapping[str, str]] = {}
    loopback_name: ClassVar[str | None] = None
    quirks: ClassVar[tuple[Quirk, ...]] = ()
    login_annotations: ClassVar[tuple[str, ...]] = ()
    id_annotations: ClassVar[tuple[str, ...]] = ()
    email_annotations: ClassVar[tuple[str, ...]] = ()

    @property
    def provider_ids(self) -> tuple[str, ...]:
        """The provider ids under which it is configured by default."""
        return (self.id,)

    def usual_paths(self) -> dict[str, str]:
        """Endpoint -> the path below a service that a client of today uses; those in one place only."""
        paths: dict[str, str] = {}
        for route in self.routes:
            path = re.sub(r"<(\w+)>", lambda found: self.usual_path_parameters.get(found[1], found[0]), route.path)
            if "<" not in path and route.endpoint not in _IN_MANY_PLACES:
                paths.setdefault(str(route.endpoint), path)
        return paths

    def addresses(self, service: str, idp_url: str, tls_url: str, *, is_by_name: bool) -> Addresses:
        """Work out where a backend finds a service of this kind.

        Parameters:
            service: its id.
            idp_url: base URL of the mock's plain listener.
            tls_url: base URL of the mock's TLS listener.
            is_by_name: True if this backend is to use the own name.
        """
        own = next(iter(self.hosts), "")
        return Addresses(
            service,
            http=f"{with_loopback_name(idp_url, self.loopback_name)}/{service}",
            tls=f"{with_loopback_name(tls_url, self.loopback_name)}/{service}",
            name=f"https://{own.replace('*', service)}" if own else "",
            is_by_name=is_by_name,
        )

    def key_owner(self, service_id: str) -> str:
        """Whose keys a service signs with; its own, unless all services publish theirs at one address."""
        return service_id

    def endpoint_of(self, route: Route, form: Mapping[str, str]) -> Endpoint:
        """The name under which faults and journal know a request.

        Parameters:
            route: the address that was asked.
            form: form fields of the body.
        """
        return route.endpoint

    def normalized(self, request: ServiceRequest) -> ServiceRequest:
        """The request as the handlers take it, for emulations that read another form of it as well."""
        return request

    def cors(self, endpoint: Endpoint) -> Cors | None:
        """What an endpoint tells browsers about pages of other origins, or None if it tells them nothing."""
        return None

    def grant_id(self, request: ServiceRequest) -> str | None:
        """The id of the grant a request belongs to, if the request itself tells it (a key id, for instance)."""
        return None

    def find_grant(self, request: ServiceRequest) -> Grant | None:
        """The grant a request belongs to; its faults are applied and the journal names it."""
        grant_id = self.grant_id(request)
        return request.service.store.grant(grant_id) if grant_id else None

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Turn a refusal into the answer of this vendor or auth proxy."""
        return Answer(400, f"{refusal}\n", Encoding.TEXT)

    def not_found(self, request: ServiceRequest) -> Answer:
        """The answer at an address that is not there."""
        return Answer(404, {"message": "Not Found"})

    def method_not_allowed(self, request: ServiceRequest) -> Answer:
        """The answer to a method that the address does not take (RFC 9110 section 15.5.6).

        Parameters:
            request: the request; its path parameter ``allowed`` lists the methods that it does take.
        """
        allowed = ", ".join(request.path_parameters["allowed"])
        return Answer(405, {"message": "Method Not Allowed"}, headers=(("Allow", allowed),))

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """Annotations of the persona's User entity, by which its own resolvers find it."""
        return {}
