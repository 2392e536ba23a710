"""What a vendor is: data, and the few methods in which real services differ.

A vendor file subclasses :class:`Vendor`, fills in the data and overrides only what it must. It knows
neither Flask nor sockets: it turns an :class:`Exchange` into an :class:`~mock_idp.oauth.model.Answer`.
The shared endpoints (authorization, token, revocation) are in ``mock_idp.vendors.endpoints``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import (
    Answer,
    Client,
    Encoding,
    Endpoint,
    Grant,
    Page,
    Reason,
    Refusal,
    TokenKind,
)
from mock_idp.oauth.policy import BearerPlace, Pkce, Policy
from mock_idp.oauth.tokens import SignedToken, TokenShape
from mock_idp.vendors import endpoints, refusals

__all__ = [
    "Answer",
    "BearerPlace",
    "Client",
    "ClientAuthentication",
    "Encoding",
    "Endpoint",
    "Exchange",
    "Grant",
    "Pkce",
    "Policy",
    "Quirk",
    "Reason",
    "Refusal",
    "Route",
    "SignedToken",
    "TokenKind",
    "TokenShape",
    "Vendor",
]

if TYPE_CHECKING:
    from mock_idp.personas import Face
    from mock_idp.service import Service


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

    @property
    def vendor(self) -> "Vendor":
        """The vendor whose service is asked."""
        return self.service.vendor


class Vendor:
    """A service that people sign in with. Subclass it in a file of its own in ``mock_idp/vendors``.

    Class attributes (all data):
        id: the vendor's id, which is also the file's name and the Backstage provider id it serves.
        title: the name people know.
        hosts: host name pattern -> path below the service that this host's root stands for. The first one
            is the service's own name (its issuer).
        routes: every address; ``authorize``, ``token`` and ``revoke`` are the shared endpoints' handlers.
        policy: see :class:`Policy`.
        token_type: how the token answer calls the access token.
        scope_member: name of the token answer's member with the granted scopes.
        token_shapes: what codes, access and refresh tokens look like.
        refusals: reason -> answer to a machine, where this vendor differs from RFC 6749 section 5.2.
        callbacks: reason -> parameters sent to the redirect URI, where it differs from section 4.1.2.1.
        page_statuses: reason -> status of the error page for people.
        quirks: what users should know.
        icon: one or two letters for the login page; not every browser has emoji.
        accent: CSS colour of the login page.
        extra_scopes: four scopes this vendor knows and Backstage does not ask for by itself.
        sign_in_resolvers: the vendor's own resolvers; each gets an environment of its own in the app-config.
        common_sign_in_resolvers: False if Backstage offers the two common resolvers not for this vendor.
        environments: further environments, name -> keys of the provider's configuration.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]] = MappingProxyType({})
    routes: ClassVar[tuple[Route, ...]] = ()
    policy: ClassVar[Policy] = Policy()
    token_type: ClassVar[str] = "Bearer"  # noqa: S105 - not a secret
    scope_member: ClassVar[str] = "scope"
    token_shapes: ClassVar[Mapping[TokenKind, TokenShape]] = MappingProxyType({})
    refusals: ClassVar[Mapping[Reason, Answer]] = MappingProxyType({})
    callbacks: ClassVar[Mapping[Reason, Mapping[str, str]]] = MappingProxyType({})
    page_statuses: ClassVar[Mapping[Reason, int]] = MappingProxyType({})
    quirks: ClassVar[tuple[Quirk, ...]] = ()
    icon: ClassVar[str] = "◆"
    accent: ClassVar[str] = "#334155"
    extra_scopes: ClassVar[tuple[str, str, str, str]] = ("extra1", "extra2", "extra3", "extra4")
    sign_in_resolvers: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    common_sign_in_resolvers: ClassVar[bool] = True
    environments: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})

    # --- the shared endpoints; a vendor may put something around them -----------------------------

    def authorize(self, exchange: Exchange) -> Answer:
        """Answer an authorization request: with the consent page, or at once if sign-in is automatic.

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.authorize(exchange)

    def token(self, exchange: Exchange) -> Answer:
        """Answer a token request, code or refresh.

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.token(exchange)

    def revoke(self, exchange: Exchange) -> Answer:
        """Answer a revocation request (RFC 7009).

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.revoke(exchange)

    # --- what a vendor may say differently --------------------------------------------------------

    def policy_for(self, client: Client) -> Policy:
        """The policy towards one client, for vendors that treat their clients differently."""
        return self.policy

    def check_authorization(self, exchange: Exchange, client: Client) -> None:
        """Check parameters only this vendor has, after the shared checks passed.

        Raises:
            Refusal: the real service would refuse this request.
        """

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Say which of the requested scopes this client can be granted at all."""
        return scopes

    def token_value(self, exchange: Exchange, grant: Grant, kind: TokenKind) -> str:
        """Make the text of a credential; override it for tokens that mean something (JWT)."""
        padding = exchange.service.persona(grant).padding if kind is TokenKind.REFRESH else 0
        shape = self.token_shapes.get(kind, TokenShape())
        return shape.mint(exchange.service.randomness.text, padding)

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """Members of the token answer beside those every vendor has (``id_token``, ``hd`` …).

        A member of the same name as a usual one replaces it. An ID token is a
        :class:`~mock_idp.oauth.tokens.SignedToken`.
        """
        return {}

    def issues_refresh_token(self, exchange: Exchange, grant: Grant, *, first_consent: bool) -> bool:
        """Say whether a code exchange answers a refresh token, if the policy allows one at all.

        Parameters:
            exchange: the token request.
            grant: what the code stands for.
            first_consent: True if the persona had never consented to this client before.
        """
        return True

    def token_encoding(self, exchange: Exchange) -> Encoding:
        """How the token endpoint writes its answer to this request."""
        return Encoding.JSON

    def refuse(self, exchange: Exchange, refusal: Refusal) -> Answer:
        """Turn a refusal into this vendor's answer; by default from the tables, else RFC 6749."""
        if exchange.endpoint is Endpoint.AUTHORIZATION:
            return self.refuse_authorization(exchange, refusal)
        known = self.refusals.get(refusal.reason)
        answer = known or refusals.default_answer(refusal, exchange.base_url)
        if exchange.endpoint in (Endpoint.TOKEN, Endpoint.REFRESH) and answer.encoding is Encoding.JSON:
            return replace(answer, encoding=self.token_encoding(exchange))
        return answer

    def refuse_authorization(self, exchange: Exchange, refusal: Refusal) -> Answer:
        """Turn a refused authorization request into an answer: an error page, or a redirect to the client."""
        redirect_uri = endpoints.trusted_redirect_uri(exchange)
        if redirect_uri is None or refusal.reason in self.page_statuses:
            return self.error_page(refusal)
        parameters = self.callback_parameters(refusal.reason)
        return endpoints.redirect(redirect_uri, parameters, exchange.query.get("state"))

    def callback_parameters(self, reason: Reason) -> dict[str, str]:
        """The error parameters that the redirect URI is told."""
        return dict(self.callbacks.get(reason) or refusals.callback_parameters(reason))

    def error_page(self, refusal: Refusal) -> Answer:
        """The page a person sees when nothing may be sent to the redirect URI."""
        status = self.page_statuses.get(refusal.reason, refusals.page_status(refusal.reason))
        values = {"vendor": self, "reason": refusal.reason, "detail": refusal.detail, "status": status}
        return Answer(status, Page("refused", values), Encoding.HTML)

    def not_found(self, exchange: Exchange) -> Answer:
        """The answer at an address this vendor does not have."""
        return Answer(404, {"message": "Not Found"})

    def method_not_allowed(self, exchange: Exchange) -> Answer:
        """The answer to a method that the address does not take (RFC 9110 section 15.5.6).

        Parameters:
            exchange: the request; its path parameter ``allowed`` lists the methods that it does take.
        """
        allowed = ", ".join(exchange.path_parameters["allowed"])
        return Answer(405, {"message": "Method Not Allowed"}, headers=(("Allow", allowed),))

    # --- what Backstage must be told to use this vendor -------------------------------------------

    def backstage_config(self, base_url: str) -> dict[str, Any]:
        """Provider-specific keys of ``auth.providers.<id>.<env>``, beside clientId and clientSecret.

        Parameters:
            base_url: the service's address by path. Empty answer: the module has its hosts hard-coded.
        """
        return {}

    def catalog_annotations(self, face: "Face") -> dict[str, str]:
        """Annotations of the persona's User entity, by which this vendor's own resolvers find it."""
        return {}
