"""What an auth proxy is: something in front of a backend that signs people in and adds headers.

A proxy file subclasses :class:`AuthProxy`, fills in the data and mints headers. Like a vendor it knows neither
Flask nor sockets, and like a vendor it may have addresses (``hosts``, ``routes``), where it publishes its keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Emulation, Service, ServiceRequest
from mock_idp.oauth.model import AuthorizationRequest, Client, FaultSpec, Grant, IssuedToken, TokenKind
from mock_idp.oauth.tokens import Forgery, SignedToken
from mock_idp.people import Account, Person

Headers = list[tuple[str, str | SignedToken]]

_ID_LENGTH = 22


class MintError(ValueError):
    """Headers that cannot be minted; the message is one sentence with what is allowed."""


@dataclass(frozen=True, slots=True)
class MintSpec:
    """Which headers are wanted.

    Parameters:
        persona: who signed in at the proxy.
        remove: names of headers to leave out.
        replace: name -> value of headers to change or add; they come after the proxy's own.
        repeat: names of headers to send twice.
        forgery: what is wrong with signed headers.
        faults: misbehaviour that the grant carries to the addresses of the proxy.
    """

    persona: Person
    remove: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict)
    repeat: tuple[str, ...] = ()
    forgery: Forgery = field(default_factory=Forgery)
    faults: tuple[FaultSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who signed in at a proxy.

    Parameters:
        account: what the proxy knows about the persona.
        now: seconds since the epoch.
        variant: which variant of the proxy; its issuer, team or signer may be named after it.
        grant_id: identifies this sign-in.
    """

    account: Account
    now: float
    variant: str
    grant_id: str


@dataclass(frozen=True, slots=True)
class ProxyHeaderSpec:
    """What the proxy does with requests that pass through it, beside adding headers.

    A name that ends with ``*`` stands for all names that begin so. Names are compared without regard to case.

    Parameters:
        headers: names of all headers that a backend believes because only the proxy can have set them.
        cookies: names of all cookies that are the proxy's own.
        session_cookie: the one of them that keeps a user signed in; empty if there is no sign-in.
        sign_out_path: where people sign out; empty if there is no such address.
        sign_out_query: name and value of a query parameter that signs out at every address; empty if there is none.
        return_to: query parameter of the sign-out's address with the address to go to afterwards.
    """

    headers: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    session_cookie: str = ""
    sign_out_path: str = ""
    sign_out_query: tuple[str, str] = ("", "")
    return_to: str = ""


class AuthProxy(Emulation):
    """An auth proxy. Subclass it in a file of its own in ``mock_idp/proxies``.

    Class attributes (all data) beside those of :class:`~mock_idp.emulation.Emulation`:
        variants: provider id -> everything below ``auth.providers.<id>``. The first one is the proxy's own id;
            each is a service of its own (keys, store, faults), found by its id in the hosts' ``*``.
        opt_in: provider ids out of ``variants`` that only scenarios use which name them: they change the
            variant's service (its key set) while they run, or no user is signed in without more.
        kid_is_grant: True if each sign-in gets a key id of its own, its grant's id, so that a request for the
            key tells the grant. Only for proxies whose keys are fetched one by one: a client that knows a key
            set by heart would not ask again for every new id.
        environ: environment variables that a backend behind this proxy finds, and wants to find at its start.
        header_spec: what it does with requests that pass through it.
    """

    icon: ClassVar[str] = "⇥"
    kind: ClassVar[str] = "proxy"
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    opt_in: ClassVar[frozenset[str]] = frozenset()
    kid_is_grant: ClassVar[bool] = False
    environ: ClassVar[Mapping[str, str]] = {}
    header_spec: ClassVar[ProxyHeaderSpec] = ProxyHeaderSpec()

    @property
    def provider_ids(self) -> tuple[str, ...]:
        """The ids of its variants."""
        return tuple(self.variants) or (self.id,)

    def variant(self, provider_id: str) -> str:
        """The variant behind a provider id; ids of other names are the first variant."""
        return provider_id if provider_id in self.provider_ids else self.provider_ids[0]

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """Everything below ``auth.providers.<id>``.

        Parameters:
            where: the addresses of the variant's service; ``where.service`` is the variant.
        """
        return dict(self.variants.get(where.service, {}))

    def headers(self, who: SignedIn) -> Headers:
        """The headers the real proxy adds to a request of this person, in spec."""
        return []

    def grant_id(self, request: ServiceRequest) -> str | None:
        """The key id in the address, if key ids are grants."""
        return request.path_parameters.get("kid") if self.kid_is_grant else None

    def presented_token(self, request: ServiceRequest) -> str:
        """The minted token that a request brings back, without prefix; empty if it brings none."""
        return ""

    def find_grant(self, request: ServiceRequest) -> Grant | None:
        """The grant of the token or the key id in a request."""
        token = self.presented_token(request)
        found = request.service.store.grant_of(TokenKind.ACCESS, token) if token else None
        return found or super().find_grant(request)

    def mint(self, service: Service, provider_id: str, spec: MintSpec) -> tuple[Grant, list[tuple[str, str]]]:
        """Sign a persona in at the proxy.

        Parameters:
            service: the service of the variant; it signs and remembers the grant.
            provider_id: the provider that the headers are for.
            spec: which headers.

        Returns:
            The grant, and names and values ready for the wire.

        Raises:
            MintError: it names a header this proxy does not add.
        """
        now = service.clock.now()
        grant = _grant(service, provider_id, spec)
        genuine = self.headers(SignedIn(service.account(grant), now, service.id, grant.grant_id))
        _check_names((*spec.remove, *spec.repeat), [name for name, _ in genuine], self.id)
        service.store.add_grant(grant)
        gone = {name.lower() for name in (*spec.remove, *spec.replace)}
        kept = [(name, value) for name, value in genuine if name.lower() not in gone]
        written = [(name, self._on_the_wire(service, grant, spec.forgery, value)) for name, value in kept]
        twice = {name.lower() for name in spec.repeat}
        minted = [pair for pair in written for _ in range(2 if pair[0].lower() in twice else 1)]
        return grant, [*minted, *spec.replace.items()]

    def _on_the_wire(self, service: Service, grant: Grant, forgery: Forgery, value: str | SignedToken) -> str:
        if isinstance(value, str):
            return value
        if self.kid_is_grant:
            value = replace(value, headers={"kid": grant.grant_id, **value.headers})
        text = service.sign(forgery.apply(value), grant)
        compact = text.removeprefix(value.prefix)
        issued = IssuedToken(TokenKind.ACCESS, compact, grant.grant_id, (), grant.granted_at, None)
        service.store.add_token(issued)
        return text


def _grant(service: Service, provider_id: str, spec: MintSpec) -> Grant:
    """The grant of a sign-in at a proxy: there was no consent page, so its request is empty."""
    now = service.clock.now()
    client = Client(f"mock-{provider_id}", "", service.id, provider_id, "", frozenset())
    request = AuthorizationRequest("", client, "", (), None, {}, now)
    return Grant(service.randomness.text(_ID_LENGTH), request, spec.persona.id, (), spec.faults, now)


def _check_names(names: Sequence[str], known: Sequence[str], proxy: str) -> None:
    lower = {name.lower() for name in known}
    for name in names:
        if name.lower() not in lower:
            added = ", ".join(known) or "none"
            raise MintError(f"{proxy} adds no header {name!r:.80}; it adds {added}.")
