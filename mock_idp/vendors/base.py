"""What a vendor is: data, and the few methods in which real services differ.

A vendor file subclasses :class:`~mock_idp.vendors.oauth_vendor.OAuthVendor`, or
:class:`~mock_idp.vendors.openid_vendor.OpenIdVendor` if it issues ID tokens, fills in the data and overrides only
what it must. It knows neither Flask nor sockets: it turns a :class:`~mock_idp.emulation.ServiceRequest` into an
:class:`~mock_idp.oauth.model.Answer`. Here stands what does not depend on OAuth: a person decides at a consent page,
the browser goes back to the client, and Backstage is told how to find the vendor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from mock_idp.addresses import Addresses, Reach
from mock_idp.emulation import Emulation, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth import authorization
from mock_idp.oauth.model import (
    FORM_POST,
    NO_STORE,
    Answer,
    AuthorizationRequest,
    Client,
    Encoding,
    Endpoint,
    FaultSpec,
    Grant,
    Page,
    Reason,
    Refusal,
)
from mock_idp.vendors import refusals

GRANT_HEADER = "Mock-Idp-Grant"
_ID_LENGTH = 22


class Vendor(Emulation):
    """A service that people sign in with, by whatever protocol.

    Class attributes (all data) beside those of :class:`~mock_idp.emulation.Emulation`:
        refusals: reason -> answer to a machine, where this vendor differs from RFC 6749 section 5.2.
        callbacks: reason -> parameters sent to the redirect URI, where it differs from section 4.1.2.1.
        page_statuses: reason -> status of the error page for people.
        accent: CSS colour of the login page.
        usual_scopes: what an application that only signs people in asks for.
        extra_scopes: four scopes this vendor knows and Backstage does not ask for by itself.
        sign_in_resolvers: the vendor's own resolvers; each gets an environment of its own in the app-config.
        common_sign_in_resolvers: False if the two common resolvers are not offered for this vendor, or of no use.
        environments: further environments; one with a service of its own is what a scenario needs whose
            fault cannot belong to a grant (discovery, keys, issuer).
        reached: how the backend reaches this vendor.
        custom_ids: further provider ids that are configured by default.
        serves_each_id: True if each of these has a service of its own, named like it, rather than the vendor's.
        tenant_key: configuration key whose value is the first segment of its paths, if there is one.
        tenants: what can stand there by itself.
        variants: provider id -> keys of its own, for a vendor whose providers have no environments. The first one
            is the vendor's own id.
    """

    refusals: ClassVar[Mapping[Reason, Answer]] = {}
    callbacks: ClassVar[Mapping[Reason, Mapping[str, str]]] = {}
    page_statuses: ClassVar[Mapping[Reason, int]] = {}
    accent: ClassVar[str] = "#334155"
    usual_scopes: ClassVar[tuple[str, ...]] = ()
    extra_scopes: ClassVar[tuple[str, str, str, str]] = ("extra1", "extra2", "extra3", "extra4")
    sign_in_resolvers: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    common_sign_in_resolvers: ClassVar[bool] = True
    environments: ClassVar[tuple[EnvironmentKind, ...]] = ()
    reached: ClassVar[Reach] = Reach.BY_PATH
    custom_ids: ClassVar[tuple[str, ...]] = ()
    serves_each_id: ClassVar[bool] = False
    tenant_key: ClassVar[str] = ""
    tenants: ClassVar[frozenset[str]] = frozenset()
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    # --- somebody decides -------------------------------------------------------------------------

    def ask(
        self,
        request: ServiceRequest,
        client: Client,
        redirect_uri: str,
        scopes: tuple[str, ...],
        state: str | None,
        kept: Mapping[str, str] | None = None,
        *,
        signed_in: str | None = None,
    ) -> Answer:
        """Show the consent page for a checked request, or decide at once if it is known who signs in.

        Parameters:
            request: the authorization request.
            client: who asks.
            redirect_uri: where the answer goes.
            scopes: what can be granted.
            state: the client's opaque value, or None.
            kept: what is kept of the request beside its parameters.
            signed_in: the persona who consents without being asked, or None.
        """
        service = request.service
        asked = AuthorizationRequest(
            request_id=service.randomness.text(_ID_LENGTH),
            client=client,
            redirect_uri=redirect_uri,
            scopes=scopes,
            state=state,
            parameters={**request.query, **(kept or {})},
            received_at=service.clock.now(),
            base_url=request.base_url,
            path=request.path,
            path_parameters=request.path_parameters,
        )
        persona = signed_in or service.settings.auto_login
        # Somebody of the owner's may be gone since the mock was started.
        if persona is not None and persona in service.people.by_id:
            return self.allow(request, asked, persona, asked.scopes, ())[1]
        service.store.add_request(asked)
        return Answer(
            200,
            Page("consent", {"vendor": self, "request": asked, "chosen": self.proposed_persona(request)}),
            Encoding.HTML,
        )

    def proposed_persona(self, request: ServiceRequest) -> str | None:
        """The persona whom the consent page proposes, or None if the request names none."""
        return None

    def allow(
        self,
        request: ServiceRequest,
        asked: AuthorizationRequest,
        persona: str,
        scopes: tuple[str, ...],
        faults: tuple[FaultSpec, ...],
    ) -> tuple[Grant, Answer]:
        """Let a persona consent: make a grant and what the client gets for it (RFC 6749 section 4.1.2).

        Parameters:
            request: the authorization request (:meth:`~mock_idp.emulation.ServiceRequest.of_authorization`).
            asked: the same, checked.
            persona: who consents.
            scopes: what is granted, out of what was asked for.
            faults: misbehaviour the grant carries along.

        Returns:
            The grant, and the way back to the client.
        """
        grant = self._add_grant(request, asked, persona, scopes, faults, revoked=False)
        return grant, self._to_client(request, grant, self.consented(request, grant))

    def deny(
        self, request: ServiceRequest, asked: AuthorizationRequest, persona: str, faults: tuple[FaultSpec, ...]
    ) -> tuple[Grant, Answer]:
        """Let a persona refuse (RFC 6749 section 4.1.2.1).

        Returns:
            A grant that is revoked from the start, so that the journal can be asked for it; and the way back.
        """
        grant = self._add_grant(request, asked, persona, (), faults, revoked=True)
        return grant, self._to_client(request, grant, self.callback_parameters(Reason.ACCESS_DENIED))

    def _add_grant(
        self,
        request: ServiceRequest,
        asked: AuthorizationRequest,
        persona: str,
        scopes: tuple[str, ...],
        faults: tuple[FaultSpec, ...],
        *,
        revoked: bool,
    ) -> Grant:
        service = request.service
        grant_id = service.randomness.text(_ID_LENGTH)
        grant = Grant(grant_id, asked, persona, scopes, faults, service.clock.now(), revoked)
        service.store.add_grant(grant)
        return grant

    def consented(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """What the client is told after consent, beside the usual (``state``).

        A :class:`~mock_idp.oauth.tokens.SignedToken` among the values is signed last.
        """
        return {}

    # --- the way back to the client ---------------------------------------------------------------

    def _to_client(self, request: ServiceRequest, grant: Grant, parameters: Mapping[str, Any]) -> Answer:
        answer = self.callback(request, grant, grant.request.redirect_uri, parameters)
        no_store = () if isinstance(answer.body, Page) else NO_STORE  # pages are never stored anyway
        return replace(answer, headers=(*answer.headers, (GRANT_HEADER, grant.grant_id), *no_store))

    def callback(
        self, request: ServiceRequest, grant: Grant | None, redirect_uri: str, parameters: Mapping[str, Any]
    ) -> Answer:
        """Send the browser back to the client: after consent, after its refusal, or after a refused request.

        Parameters:
            request: the authorization request.
            grant: what was decided, or None if the vendor refused before the consent page.
            redirect_uri: where to; it belongs to the client. A query it has is kept (RFC 6749 section 3.1.2).
            parameters: ``code``, or ``error`` and its companions; ``state`` is added here.

        Returns:
            A redirect, or what this vendor does instead (:meth:`form_post`).
        """
        parts = urlsplit(redirect_uri)
        added = urlencode(with_state(parameters, request.query.get("state")))
        query = "&".join(part for part in (parts.query, added) if part)
        return redirect(urlunsplit(parts._replace(query=query)))

    def form_post(self, action: str, parameters: Mapping[str, Any], state: str | None = None) -> Answer:
        """Send the browser to the client with a form that submits itself (OAuth 2.0 Form Post Response Mode).

        Parameters:
            action: where the form goes.
            parameters: its fields, in order; a :class:`~mock_idp.oauth.tokens.SignedToken` is signed last.
            state: the client's opaque value, or None.
        """
        fields = with_state(parameters, state)
        return Answer(200, Page(FORM_POST, {"action": action, "parameters": fields}), Encoding.HTML)

    # --- refusals ---------------------------------------------------------------------------------

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Turn a refusal into this vendor's answer; by default from the tables, else RFC 6749."""
        if request.endpoint is Endpoint.AUTHORIZATION:
            return self.refuse_authorization(request, refusal)
        if request.endpoint is Endpoint.LOGOUT:  # a browser comes there, so that a person reads why it goes no further
            return self.error_page(refusal)
        return self.refusals.get(refusal.reason) or refusals.default_answer(refusal, request.base_url)

    def refuse_authorization(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Turn a refused authorization request into an answer: an error page, or a redirect to the client."""
        redirect_uri = self._trusted_redirect_uri(request)
        if redirect_uri is None or refusal.reason in self.page_statuses:
            return self.error_page(refusal)
        return self.callback(request, None, redirect_uri, self.callback_parameters(refusal.reason))

    def identified(self, request: ServiceRequest) -> tuple[Client, str]:
        """The client of an authorization request, and the redirect URI that belongs to it.

        Raises:
            Refusal: UNKNOWN_CLIENT or UNREGISTERED_REDIRECT_URI.
        """
        return authorization.identify(request.service.clients.by_id, request.query)

    def _trusted_redirect_uri(self, request: ServiceRequest) -> str | None:
        """The redirect URI of an authorization request if it belongs to the client, else None."""
        try:
            return self.identified(request)[1]
        except Refusal:
            return None

    def callback_parameters(self, reason: Reason) -> dict[str, str]:
        """The error parameters that the redirect URI is told."""
        return dict(self.callbacks.get(reason) or refusals.callback_parameters(reason))

    def error_page(self, refusal: Refusal) -> Answer:
        """The page a person sees when nothing may be sent to the redirect URI."""
        status = self.page_statuses.get(refusal.reason, refusals.page_status(refusal.reason))
        values = {"vendor": self, "reason": refusal.reason, "detail": refusal.detail, "status": status}
        return Answer(status, Page("refused", values), Encoding.HTML)

    # --- what Backstage must be told to use this vendor -------------------------------------------

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

    def make_client(self, service: str, provider: str, environment: str, redirect_uris: Sequence[str]) -> Client:
        """Make the client of a provider's environment; id and secret follow from the names.

        The secret is a text that occurs nowhere else, because answers are searched for it.
        """
        client_id = self.client_id(provider, environment)
        secret = f"secret-of-{client_id}-never-shown"
        return Client(client_id, secret, service, provider, environment, frozenset(redirect_uris))

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


def redirect(location: str) -> Answer:
    """Send the browser to an address."""
    return Answer(302, None, Encoding.EMPTY, headers=(("Location", location),))


def with_state(parameters: Mapping[str, Any], state: str | None) -> Mapping[str, Any]:
    """The parameters of an answer with the client's opaque value, if it sent one."""
    return parameters if state is None else {**parameters, "state": state}
