"""What a vendor is: data, and the few methods in which real services differ.

A vendor file subclasses :class:`Vendor`, fills in the data and overrides only what it must. It knows
neither Flask nor sockets: it turns an :class:`Exchange` into an :class:`~mock_idp.oauth.model.Answer`.
The shared endpoints (authorization, token, revocation) are in ``mock_idp.vendors.endpoints``.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

from mock_idp.environments import EnvironmentKind, ServiceSpec
from mock_idp.oauth import refreshing
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.grant_types import GRANT_TYPES, GrantType
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
from mock_idp.source import Addresses, Exchange, Quirk, Reach, Route, Source
from mock_idp.vendors import callbacks, credentials, endpoints, refusals

__all__ = [
    "Addresses",
    "Answer",
    "BearerPlace",
    "Client",
    "ClientAuthentication",
    "Encoding",
    "Endpoint",
    "EnvironmentKind",
    "Exchange",
    "Grant",
    "GrantType",
    "Pkce",
    "Policy",
    "Quirk",
    "Reach",
    "Reason",
    "Refusal",
    "Route",
    "ServiceSpec",
    "SignedToken",
    "TokenKind",
    "TokenShape",
    "Vendor",
]


class Vendor(Source):
    """A service that people sign in with. Subclass it in a file of its own in ``mock_idp/vendors``.

    Among the routes' handlers, ``authorize``, ``token`` and ``revoke`` are the shared endpoints'.

    Class attributes (all data) beside those of :class:`~mock_idp.source.Source`:
        grant_types: value of ``grant_type`` -> what answers it and which credential it carries.
        policy: see :class:`Policy`.
        token_type: how the token answer calls the access token.
        scope_member: name of the token answer's member with the granted scopes.
        token_shapes: what codes, access and refresh tokens look like.
        refusals: reason -> answer to a machine, where this vendor differs from RFC 6749 section 5.2.
        callbacks: reason -> parameters sent to the redirect URI, where it differs from section 4.1.2.1.
        page_statuses: reason -> status of the error page for people.
        accent: CSS colour of the login page.
        extra_scopes: four scopes this vendor knows and Backstage does not ask for by itself.
        sign_in_resolvers: the vendor's own resolvers; each gets an environment of its own in the app-config.
        common_sign_in_resolvers: False if the two common resolvers are not offered for this vendor, or of no use.
        environments: further environments; one with a service of its own is what a scenario needs whose
            fault cannot belong to a grant (discovery, keys, issuer).
        reached: how the backend reaches this vendor.
        custom_ids: further provider ids that are configured by default (``ghe``).
        serves_each_id: True if each of these has a service of its own, named like it, rather than the vendor's.
        variants: provider id -> keys of its own, for a vendor whose providers have no environments. The first one
            is the vendor's own id.
    """

    kind: ClassVar[str] = "oauth"
    grant_types: ClassVar[Mapping[str, GrantType]] = GRANT_TYPES
    policy: ClassVar[Policy] = Policy()
    token_type: ClassVar[str] = "Bearer"  # noqa: S105 - not a secret
    scope_member: ClassVar[str] = "scope"
    token_shapes: ClassVar[Mapping[TokenKind, TokenShape]] = MappingProxyType({})
    refusals: ClassVar[Mapping[Reason, Answer]] = MappingProxyType({})
    callbacks: ClassVar[Mapping[Reason, Mapping[str, str]]] = MappingProxyType({})
    page_statuses: ClassVar[Mapping[Reason, int]] = MappingProxyType({})
    accent: ClassVar[str] = "#334155"
    extra_scopes: ClassVar[tuple[str, str, str, str]] = ("extra1", "extra2", "extra3", "extra4")
    sign_in_resolvers: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    common_sign_in_resolvers: ClassVar[bool] = True
    environments: ClassVar[tuple[EnvironmentKind, ...]] = ()
    reached: ClassVar[Reach] = Reach.BY_PATH
    custom_ids: ClassVar[tuple[str, ...]] = ()
    serves_each_id: ClassVar[bool] = False
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})

    @property
    def provider_ids(self) -> tuple[str, ...]:
        """The ids of its variants, or the vendor's id and its custom ids."""
        return tuple(self.variants) or (self.id, *self.custom_ids)

    def variant(self, provider_id: str) -> str:
        """The variant behind a provider id; ids of other names are the first variant."""
        return provider_id if provider_id in self.variants else self.provider_ids[0]

    def service_of(self, provider_id: str) -> str:
        """Id of the service behind a provider id, where an environment has none for itself."""
        return provider_id if self.serves_each_id else self.id

    def is_by_name(self, provider_id: str) -> bool:
        """Whether the backend reaches this vendor by its own host names, under a provider id."""
        return self.reached is Reach.BY_NAME or (self.reached is Reach.BY_NAME_UNLESS_CUSTOM and provider_id == self.id)

    def client_id(self, provider_id: str, environment: str) -> str:
        """The id of the client of a provider's environment; override it where clients of a kind look alike."""
        return f"mock-{provider_id}-{environment}"

    # --- the shared endpoints; a vendor may put something around them -----------------------------

    def authorize(self, exchange: Exchange) -> Answer:
        """Answer an authorization request: with the consent page, or at once if sign-in is automatic.

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.authorize(exchange)

    def token(self, exchange: Exchange) -> Answer:
        """Answer a token request by the handler of its grant type.

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.token(exchange)

    def redeem(self, exchange: Exchange, client: Client) -> Answer:
        """Exchange a code (RFC 6749 section 4.1.3); a handler of ``grant_types``.

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.redeem(exchange, client)

    def refresh(self, exchange: Exchange, client: Client) -> Answer:
        """Exchange a refresh token (RFC 6749 section 6); a handler of ``grant_types``.

        Raises:
            Refusal: something is wrong with the request.
        """
        return endpoints.refresh(exchange, client)

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

    def find_grant(self, exchange: Exchange) -> Grant | None:
        """The grant of the credential in a request, or the one that the request itself tells."""
        return credentials.find_grant(exchange) or super().find_grant(exchange)

    def assertion_audiences(self, exchange: Exchange) -> frozenset[str]:
        """The names a client's assertion may be addressed to (RFC 7523 section 3); by default issuer and address."""
        return frozenset({exchange.base_url, f"{exchange.base_url}{exchange.path}"})

    def check_authorization(self, exchange: Exchange, client: Client) -> None:
        """Check parameters only this vendor has, after the shared checks passed.

        Raises:
            Refusal: the real service would refuse this request.
        """

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Say which of the requested scopes this client can be granted at all."""
        return scopes

    def refreshed_scopes(self, exchange: Exchange, grant: Grant, policy: Policy) -> tuple[str, ...]:
        """Say which scopes a refreshed access token has; by default what is asked for, within what was granted.

        Raises:
            Refusal: more is asked for than may be (RFC 6749 section 6).
        """
        requested = exchange.form.get("scope", "") if policy.checks_refreshed_scopes else ""
        return refreshing.narrowed_scopes(grant, requested, policy.scope_separators)

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
        if exchange.endpoint in credentials.TOKEN_ENDPOINTS and answer.encoding is Encoding.JSON:
            return replace(answer, encoding=self.token_encoding(exchange))
        return answer

    def refuse_authorization(self, exchange: Exchange, refusal: Refusal) -> Answer:
        """Turn a refused authorization request into an answer: an error page, or a redirect to the client."""
        redirect_uri = endpoints.trusted_redirect_uri(exchange)
        if redirect_uri is None or refusal.reason in self.page_statuses:
            return self.error_page(refusal)
        return self.callback(exchange, None, redirect_uri, self.callback_parameters(refusal.reason))

    def consented(self, exchange: Exchange, grant: Grant) -> dict[str, str]:
        """What the client is told after consent: a code (RFC 6749 section 4.1.2)."""
        return {"code": endpoints.issue_code(exchange, grant)}

    def callback(
        self, exchange: Exchange, grant: Grant | None, redirect_uri: str, parameters: Mapping[str, str]
    ) -> Answer:
        """Send the browser back to the client: after consent, after its refusal, or after a refused request.

        Parameters:
            exchange: the authorization request.
            grant: what was decided, or None if the vendor refused before anybody was asked.
            redirect_uri: where to; it belongs to the client.
            parameters: ``code``, or ``error`` and its companions; ``state`` is added here.

        Returns:
            A redirect, or what this vendor does instead (:func:`mock_idp.vendors.callbacks.form_post`).
        """
        return callbacks.redirect(redirect_uri, parameters, exchange.query.get("state"))

    def callback_parameters(self, reason: Reason) -> dict[str, str]:
        """The error parameters that the redirect URI is told."""
        return dict(self.callbacks.get(reason) or refusals.callback_parameters(reason))

    def error_page(self, refusal: Refusal) -> Answer:
        """The page a person sees when nothing may be sent to the redirect URI."""
        status = self.page_statuses.get(refusal.reason, refusals.page_status(refusal.reason))
        values = {"vendor": self, "reason": refusal.reason, "detail": refusal.detail, "status": status}
        return Answer(status, Page("refused", values), Encoding.HTML)

    # --- what Backstage must be told to use this vendor -------------------------------------------

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """Provider-specific keys of ``auth.providers.<id>.<env>``, beside clientId and clientSecret.

        Parameters:
            where: the addresses of the service behind this environment, and by which of them it is reached.
        """
        return {}

    def direct_config(self, where: Addresses, client: Client) -> dict[str, Any]:
        """Everything below ``auth.providers.<id>``, for a vendor with ``variants``.

        Parameters:
            where: the addresses of the vendor's service.
            client: the provider's registration.
        """
        return {}
