"""A set of services, clients and people for one test, at a mock that others may use at the same time."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from mock_idp.oauth.model import Endpoint
from mock_idp.settings import ANSWER_SECONDS
from mock_idp.testing.browser import Browser, Decision, SignIn
from mock_idp.testing.control import Control, IdpError

_DECISIONS = ("allow", "deny")
_SUFFIX_BYTES = 4
_USUAL_PERSON = "plain"
"""The kit's persona without anything special, for tests that do not care who signs in."""


@dataclass(frozen=True, slots=True)
class Client:
    """An application that is registered at a vendor, and where it finds that vendor.

    Parameters:
        id: client id.
        secret: client secret; empty if it is public.
        vendor: id of the vendor.
        redirect_uris: where the vendor may send people back to.
        url: base URL of the vendor for this test, to which paths of its API are added.
        endpoints: what an address is for -> the address: ``authorization``, ``token``, ``profile``, ``jwks``,
            ``discovery``, ``revocation``, ``logout`` and so on, as far as the vendor has them.
    """

    id: str
    secret: str
    vendor: str
    redirect_uris: tuple[str, ...]
    url: str
    endpoints: Mapping[str, str]

    @property
    def redirect_uri(self) -> str:
        """The first address the vendor may send people back to."""
        return self.redirect_uris[0]

    @property
    def authorization_endpoint(self) -> str:
        """Where people sign in."""
        return self._endpoint("authorization")

    @property
    def token_endpoint(self) -> str:
        """Where codes become tokens."""
        return self._endpoint("token")

    @property
    def profile_endpoint(self) -> str:
        """Where the application asks who signed in: the vendor's UserInfo endpoint, or its API's."""
        return self._endpoint("profile")

    @property
    def discovery_url(self) -> str:
        """The vendor's metadata document, for OpenID Connect."""
        return self._endpoint("discovery")

    @property
    def issuer(self) -> str:
        """The issuer, as the vendor's metadata says it.

        Raises:
            IdpError: the vendor has no metadata, because it does not speak OpenID Connect.
        """
        with requests.Session() as session:
            session.trust_env = False
            return str(session.get(self.discovery_url, timeout=ANSWER_SECONDS).json()["issuer"])

    def _endpoint(self, name: str) -> str:
        if name not in self.endpoints:
            raise IdpError(f"{self.vendor} has no {name} endpoint; it has {', '.join(self.endpoints)}.")
        return self.endpoints[name]


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can sign in during one test.

    Parameters:
        id: unique at the mock; what the sign-in page's controls are called after.
        name: display name.
        email: e-mail address, or None.
        login: user name at vendors that have one.
        groups: groups that vendors tell.
    """

    id: str
    name: str
    email: str | None
    login: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What the application asked a vendor.

    Parameters:
        endpoint: what the address is for: ``authorization``, ``token``, ``refresh``, ``profile`` and so on.
        vendor: id of the vendor.
        method: HTTP method.
        path: below the vendor's base URL.
        query: query parameters; of a repeated one the first value.
        form: form fields of the body, likewise.
        headers: header fields with lower-case names.
        status: what was answered.
        client_id: the client, if it said who it is.
        grant: id of the grant that it is about, or None.
        refusal: why the vendor said no, one sentence, or None.
        faults: names of the faults that struck.
        data: the whole entry of the mock's journal.
    """

    endpoint: str
    vendor: str
    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    status: int
    client_id: str | None
    grant: str | None
    refusal: str | None
    faults: tuple[str, ...]
    data: Mapping[str, Any]


class Clock:
    """What time it is at the services of one test; all other services keep theirs."""

    def __init__(self, idp: "Idp") -> None:
        self._idp = idp
        self.advanced = 0.0
        """Seconds by which it was moved."""

    def advance(self, by: float | timedelta) -> None:
        """Let time pass at once, so that codes, tokens and sessions of the vendors grow old.

        Parameters:
            by: seconds, or a timedelta; not negative.

        Raises:
            IdpError: it cannot be that much.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else float(by)
        self._idp.advance_services(seconds)
        self.advanced += seconds


class Idp:
    """What one test has at a mock: vendors, clients and people that no other test sees.

    Use it as a context manager, or call :meth:`close`; the fixture ``idp`` does so by itself.

    Parameters:
        control: the mock's control API.
        urls: addresses of its listeners.
        hosts: host name patterns that it serves.
        ca_file: its certificate authority.
        environment: variables for processes that are to reach it.
    """

    def __init__(
        self,
        control: Control,
        urls: Mapping[str, str],
        hosts: Sequence[str],
        ca_file: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._control = control
        self._urls, self._hosts, self._ca_file = urls, hosts, ca_file
        self._name = secrets.token_hex(_SUFFIX_BYTES)
        self._services: dict[str, Mapping[str, Any]] = {}
        self._clients: dict[str, str] = {}
        self._people: list[Person] = []
        self._since = int(control.get("journal", grant="none")["latest"])
        self.clock = Clock(self)
        """The time at this test's services."""
        self.environment = dict(environment)
        """Variables for a child process: ``MOCK_IDP_URL``, and those that send calls to the vendors' real host names,
        such as ``github.com``, to the mock."""

    @property
    def url(self) -> str:
        """Base URL of the mock."""
        return self._control.url

    def client(
        self, vendor: str, *, redirect_uri: str | Sequence[str], by_name: bool = False, **members: Any
    ) -> Client:
        """Register an application at a vendor.

        Parameters:
            vendor: id of the vendor, such as ``github``; ``mock-idp vendors`` lists them.
            redirect_uri: where the vendor may send people back to; one or several.
            by_name: True if the application calls the vendor by its real host names, with :attr:`environment`. The
                client is then at the vendor's service for all tests, whose time cannot be moved by one test.
            members: other members of a client, as in ``mock-idp.yaml``: ``client_id``, ``client_secret``, ``public``,
                ``scopes``, ``token_endpoint_auth_method`` …

        Raises:
            IdpError: there is no such vendor, or it cannot have such a client.
        """
        service = self._control.get("services", vendor) if by_name else self._service(vendor)
        uris = [redirect_uri] if isinstance(redirect_uri, str) else list(redirect_uri)
        # One of the test's own, so that two tests can tell theirs apart even at the same service.
        said = {"client_id": f"{vendor}-{self._name}-{len(self._clients) + 1}", **members}
        made = self._control.post("clients", vendor=vendor, service=service["id"], redirect_uris=uris, **said)
        self._clients[made["client_id"]] = service["id"]
        return Client(
            id=made["client_id"],
            secret=made["client_secret"],
            vendor=vendor,
            redirect_uris=tuple(uris),
            url=self.url + service["path"],
            endpoints={name: self.url + path for name, path in service["endpoints"].items()},
        )

    def url_of(self, vendor: str) -> str:
        """Base URL of a vendor for this test; what is asked there is in :meth:`requests`.

        Parameters:
            vendor: id of the vendor.

        Raises:
            IdpError: there is no such vendor.
        """
        return self.url + str(self._service(vendor)["path"])

    def person(
        self, login: str | None = None, *, email: str | None = None, groups: Sequence[str] = (), **members: Any
    ) -> Person:
        """Add a person who can sign in.

        Parameters:
            login: user name; made of the e-mail address if left out.
            email: e-mail address.
            groups: groups that vendors tell.
            members: other members of a person, as in ``mock-idp.yaml``: ``name``, ``claims``, ``email_verified``,
                ``organisations``, ``ids`` …

        Raises:
            IdpError: a person cannot have these members.
        """
        login = login or (email or "").partition("@")[0] or "somebody"
        person_id = f"{''.join(filter(_is_plain, login)) or 'somebody'}-{self._name}-{len(self._people) + 1}"
        usual = {"login": login, "name": login.replace(".", " ").title(), "groups": list(groups)}
        given = {"email": email} if email else {}
        made = self._control.post("people", **{**usual, **given, "id": person_id, **members})
        person = Person(made["id"], made["name"], made.get("email"), made["login"], tuple(made["groups"]))
        self._people.append(person)
        return person

    def sign_in(
        self,
        url: str,
        *,
        as_: Person | str | None = None,
        faults: Sequence[Any] = (),
        decision: str = "allow",
        scopes: Sequence[str] | None = None,
        app: Any = None,
    ) -> SignIn:
        """Play the browser: from the application's address to the vendor, decide there, and back to the last page.

        Parameters:
            url: the application's address that begins a sign-in; a path will do with ``app``.
            as_: who signs in; the person that this test added last, or a persona, by default.
            faults: how this sign-in goes wrong: names, or names with parameters, as ``mock-idp faults`` lists them.
            decision: ``allow`` or ``deny``.
            scopes: what is allowed; all that the application asked for by default.
            app: the test client of Flask, Django, Starlette or FastAPI, or a callable (method, URL, form fields) ->
                response; without it the application is reached over HTTP.

        Raises:
            SignInError: the vendor showed no sign-in page; the message says why.
        """
        if decision not in _DECISIONS:
            raise IdpError(f"decision is allow or deny, not {decision!r}.")
        chosen = Decision(self._id_of(as_), decision == "allow", faults, scopes)
        browser = Browser(self._urls, self._hosts, self._ca_file, app)
        try:
            return browser.sign_in(url, chosen)
        finally:
            browser.close()

    def requests(self, endpoint: str | None = None, *, vendor: str | None = None) -> list[Request]:
        """What this test's vendors were asked, in order.

        Parameters:
            endpoint: only what was asked there: ``authorization``, ``token``, ``refresh``, ``profile`` …
            vendor: only what was asked of this vendor.

        Raises:
            IdpError: there is no such endpoint.
        """
        if endpoint is not None and endpoint not in list(Endpoint):
            raise IdpError(f"There is no endpoint {endpoint!r}; there are {', '.join(Endpoint)}.")
        services = {*self._clients.values(), *(service["id"] for service in self._services.values())}
        wanted = {"since": self._since} | ({"endpoint": endpoint} if endpoint else {})
        entries = [
            entry
            for service in services
            for entry in self._control.get("journal", service=service, **wanted)["entries"]
            if self._is_ours(entry) and vendor in (None, entry["vendor"])
        ]
        return [_request(entry) for entry in sorted(entries, key=lambda entry: int(entry["sequence"]))]

    def revoke(self, sign_in: SignIn) -> None:
        """Revoke at the vendor what a person granted, as people do on the vendor's pages.

        Parameters:
            sign_in: the sign-in at which it was granted.
        """
        self._control.patch("grants", sign_in.grant, revoked=True)

    def set_faults(self, vendor: str, faults: Sequence[Any]) -> None:
        """Let a vendor misbehave towards this test from now on, at its metadata and keys as well.

        Parameters:
            vendor: id of the vendor.
            faults: names, or names with parameters; none ends it.
        """
        self._control.patch("services", self._service(vendor)["id"], faults=list(faults))

    def advance_services(self, seconds: float) -> None:
        """Let time pass at all services of this test; :attr:`clock` is the way there.

        Raises:
            IdpError: a client is at a service that is shared.
        """
        if set(self._clients.values()) - {service["id"] for service in self._services.values()}:
            raise IdpError("Time cannot be moved for a client that was made with by_name=True: others use its vendor.")
        for service in self._services.values():
            self._control.patch("services", service["id"], advance=seconds)

    def close(self) -> None:
        """Take everything of this test out of the mock; once is enough."""
        for client_id, service in self._clients.items():
            if service not in {own["id"] for own in self._services.values()}:
                self._control.delete("clients", client_id)
        for own in self._services.values():
            self._control.delete("services", own["id"])
        for person in self._people:
            self._control.delete("people", person.id)
        self._clients, self._services, self._people = {}, {}, []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _service(self, vendor: str) -> Mapping[str, Any]:
        if vendor not in self._services:
            service_id = f"{vendor}-{self._name}".lower()
            made = self._control.post("services", id=service_id, vendor=vendor)
            self._services[vendor] = made
            if self.clock.advanced:
                self._control.patch("services", service_id, advance=self.clock.advanced)
        return self._services[vendor]

    def _id_of(self, who: Person | str | None) -> str:
        if isinstance(who, Person):
            return who.id
        return who or (self._people[-1].id if self._people else _USUAL_PERSON)

    def _is_ours(self, entry: Mapping[str, Any]) -> bool:
        own = {service["id"] for service in self._services.values()}
        return entry["service"] in own or entry["client_id"] in self._clients


def _is_plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "_-")


def _request(entry: Mapping[str, Any]) -> Request:
    refusal = entry["refusal"]
    return Request(
        endpoint=entry["endpoint"],
        vendor=entry["vendor"],
        method=entry["method"],
        path=entry["path"],
        query={name: values[0] for name, values in entry["query"].items()},
        form={name: values[0] for name, values in entry["form"].items()},
        headers=entry["headers"],
        status=entry["status"],
        client_id=entry["client_id"],
        grant=entry["grant"],
        refusal=f"{refusal['reason']}: {refusal['detail']}" if refusal else None,
        faults=tuple(entry["faults"]),
        data=entry,
    )
