"""What a vendor is: data, and the few methods in which real services differ.

A vendor file subclasses :class:`Vendor`, fills in the data and overrides only what it must. It knows
neither Flask nor sockets: it turns an :class:`Exchange` into an :class:`~mock_idp.oauth.model.Answer`.
The shared endpoints (authorization, token, revocation) are in ``mock_idp.vendors.endpoints``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from mock_idp.oauth.model import Answer, Client, Encoding, Grant, Reason, Refusal

if TYPE_CHECKING:
    from mock_idp.service import Service


class Endpoint(StrEnum):
    """What an address of a vendor is for. Faults name the endpoint at which they strike."""

    AUTHORIZATION = "authorization"
    TOKEN = "token"
    REFRESH = "refresh"  # the token endpoint, asked with grant_type=refresh_token
    PROFILE = "profile"
    FOLLOW_UP = "follow-up"  # photo, e-mail list, accessible resources …
    REVOCATION = "revocation"
    DISCOVERY = "discovery"
    JWKS = "jwks"
    LOGOUT = "logout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a vendor.

    Parameters:
        method: HTTP method.
        path: below the service, in werkzeug rule syntax (``/api/v4/users/<int:id>``).
        handler: name of the vendor's method that answers; it takes an :class:`Exchange`, returns an Answer.
        endpoint: what the address is for.
    """

    method: str
    path: str
    handler: str
    endpoint: Endpoint = Endpoint.OTHER


class ClientAuthentication(StrEnum):
    """Where a client may put its credentials at the token endpoint (RFC 6749 section 2.3.1)."""

    BODY = "client_secret_post"
    BASIC = "client_secret_basic"


class Pkce(StrEnum):
    """What a vendor does with a code challenge (RFC 7636)."""

    REQUIRED = "required"
    SUPPORTED = "supported"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers and rules of a vendor that the shared endpoints obey.

    Parameters:
        client_authentication: accepted places of the client's credentials.
        required_authorization_parameters: parameters without which the authorization endpoint refuses.
        scope_separators: characters that separate scopes in a request.
        answered_scope_separator: what separates them in a token answer.
        known_scopes: scopes this vendor knows, or None if any text is one.
        code_seconds: lifetime of a code.
        access_token_seconds: lifetime of an access token, or None if it does not expire.
        refresh_token_seconds: lifetime of a refresh token, or None.
        rotates_refresh_token: True if each refresh answers a new refresh token and spends the old one.
        pkce: what happens to a code challenge.
    """

    client_authentication: frozenset[ClientAuthentication] = frozenset({ClientAuthentication.BODY})
    required_authorization_parameters: tuple[str, ...] = ("client_id", "redirect_uri", "response_type")
    scope_separators: str = " "
    answered_scope_separator: str = " "
    known_scopes: frozenset[str] | None = None
    code_seconds: float = 600
    access_token_seconds: float | None = 3600
    refresh_token_seconds: float | None = None
    rotates_refresh_token: bool = False
    pkce: Pkce = Pkce.IGNORED


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
    """One HTTP request to a vendor, as plain data.

    Parameters:
        service: the service that is asked: keys, ledger, clients, clock, journal.
        base_url: address of this service as the client sees it, without trailing slash; everything a vendor
            says about itself is built from it. By name it is ``https://accounts.google.com``.
        method: HTTP method, upper case.
        path: below the service.
        query: query parameters; the first of a repeated name counts.
        form: form fields of the body, empty if the body is no form.
        headers: header fields with lower-case names; repeated ones joined by ``", "``.
        body: the raw body.
        path_parameters: what the route's rule captured.
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


class Vendor:
    """A service that people sign in with. Subclass it in a file of its own in ``mock_idp/vendors``.

    Class attributes (all data):
        id: the vendor's id, which is also the file's name and the Backstage provider id it serves.
        title: the name people know.
        hosts: host name pattern -> path below the service that this host's root stands for.
        routes: every address besides those of the shared endpoints.
        policy: see :class:`Policy`.
        refusals: reason -> answer, for those in which this vendor differs from RFC 6749 section 5.2.
        quirks: what users should know.
        icon: one emoji or letter for the login page.
        accent: CSS colour of the login page.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]] = {}
    routes: ClassVar[tuple[Route, ...]] = ()
    policy: ClassVar[Policy] = Policy()
    refusals: ClassVar[Mapping[Reason, Answer]] = {}
    quirks: ClassVar[tuple[Quirk, ...]] = ()
    icon: ClassVar[str] = "◆"
    accent: ClassVar[str] = "#334155"

    # --- what a vendor may say differently -------------------------------------------------------

    def check_authorization(self, exchange: Exchange, client: Client) -> None:
        """Check parameters only this vendor has, after the shared checks passed.

        Raises:
            Refusal: the real service would refuse this request.
        """

    def token_members(self, exchange: Exchange, grant: Grant, *, refreshing: bool) -> dict[str, Any]:
        """Members of the token answer beside those every vendor has (``id_token``, ``hd`` …)."""
        return {}

    def issues_refresh_token(self, grant: Grant) -> bool:
        """Say whether this grant comes with a refresh token."""
        return True

    def token_encoding(self, exchange: Exchange) -> Encoding:
        """How the token endpoint writes its answer to this request."""
        return Encoding.JSON

    def refuse(self, exchange: Exchange, refusal: Refusal) -> Answer:
        """Turn a refusal into this vendor's answer; by default from ``refusals``, else RFC 6749."""
        from mock_idp.vendors.refusals import default_answer  # noqa: PLC0415 - the default needs Answer tables

        return self.refusals.get(refusal.reason) or default_answer(refusal)

    # --- what Backstage must be told to use this vendor ------------------------------------------

    def backstage_config(self, base_url: str) -> dict[str, Any]:
        """Provider-specific keys of ``auth.providers.<id>.<env>``, beside clientId and clientSecret.

        Parameters:
            base_url: the service's address by path. Empty answer: the module has its hosts hard-coded.
        """
        return {}

    sign_in_resolvers: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """The vendor's own resolvers, each of which gets an environment of its own in the app-config."""
