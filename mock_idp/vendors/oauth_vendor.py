"""A vendor that speaks OAuth 2.0: its authorization, token and revocation endpoints, and who a bearer is.

All obey the vendor's :class:`~mock_idp.oauth.policy.Policy`, as the faults of a service and of a grant override it;
it is worked out once for a request and passed on.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from mock_idp.emulation import Route, Service, ServiceRequest
from mock_idp.faults.catalogue import FAULTS
from mock_idp.grants import rules
from mock_idp.oauth import authorization
from mock_idp.oauth.client_authentication import AssertionRules, authenticate, read_credentials
from mock_idp.oauth.model import (
    NO_STORE,
    WEB_MESSAGE,
    Answer,
    AuthorizationRequest,
    Client,
    Encoding,
    Endpoint,
    FaultSpec,
    Grant,
    IssuedToken,
    Page,
    Reason,
    Refusal,
    TokenKind,
    joined,
)
from mock_idp.oauth.policy import (
    GRANT_TYPES,
    BearerPlace,
    Cors,
    GrantType,
    LogoutRules,
    Pkce,
    Policy,
    RequestFormat,
    ResponseMode,
)
from mock_idp.oauth.tokens import TokenShape, seal, unverified_audience
from mock_idp.people import Account, Person
from mock_idp.vendors.base import Vendor, redirect, with_state
from mock_idp.vendors.browser_session import clear_cookie, session_of, set_cookie

FORM_TYPE = "application/x-www-form-urlencoded"
_SESSION_LENGTH = 22
TOKEN_ENDPOINTS = frozenset({Endpoint.TOKEN, Endpoint.REFRESH, Endpoint.EXCHANGE})
"""What the token endpoint is called, depending on what it is asked for."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose access token a request carries.

    Parameters:
        token: the token.
        grant: the grant it descends from.
        account: what the service knows about the persona.
    """

    token: IssuedToken
    grant: Grant
    account: Account


class OAuthVendor(Vendor):
    """An OAuth 2.0 service. Subclass it in a file of its own in ``mock_idp/vendors``.

    Among the routes' handlers, ``authorize``, ``token`` and ``revoke`` are the shared endpoints.

    Class attributes (all data) beside those of :class:`~mock_idp.vendors.base.Vendor`:
        policy: see :class:`~mock_idp.oauth.policy.Policy`.
        grant_types: value of ``grant_type`` -> what answers it and which credential it carries.
        token_type: how the token answer calls the access token.
        scope_member: name of the token answer's member with the granted scopes.
        token_shapes: what codes, access and refresh tokens look like.
        sources: what of the policy is written down where (a page, a captured document, an SDK's source, a bug report):
            name of the :class:`~mock_idp.oauth.policy.Policy`'s member -> the place. What is missing has no source.
    """

    kind: ClassVar[str] = "oauth"
    policy: ClassVar[Policy] = Policy()
    grant_types: ClassVar[Mapping[str, GrantType]] = GRANT_TYPES
    token_type: ClassVar[str] = "Bearer"  # noqa: S105 - not a secret
    scope_member: ClassVar[str] = "scope"
    token_shapes: ClassVar[Mapping[TokenKind, TokenShape]] = {}
    sources: ClassVar[Mapping[str, str]] = {}

    # --- policy -----------------------------------------------------------------------------------

    def policy_for(self, client: Client) -> Policy:
        """The policy towards one client, for vendors that treat their clients differently."""
        return self.policy

    def effective_policy(self, service: Service, client: Client, grant: Grant | None = None) -> Policy:
        """The policy towards a client, overridden by the faults of the service and of a grant.

        Parameters:
            service: the service that is asked.
            client: who asks.
            grant: the grant that the request belongs to, or None.
        """
        policy = self.policy_for(client).towards(client)
        return FAULTS.overridden(policy, (*service.faults, *(grant.faults if grant else ())))

    # --- authorization endpoint -------------------------------------------------------------------

    def authorize(self, request: ServiceRequest) -> Answer:
        """Check an authorization request and show the consent page, or decide at once (RFC 6749 section 4.1.1).

        Raises:
            Refusal: something is wrong with the request.
        """
        service, query = request.service, request.query
        client, redirect_uri = self.identified(request)
        policy = self.effective_policy(service, client)
        asked = authorization.check(policy, query, request.repeated, client.scopes)
        self.check_authorization(request, client)
        scopes = self.grantable_scopes(client, asked)
        signed_in = self._signed_in(request, client, scopes) if authorization.is_silent(policy, query) else None
        return self.ask(request, client, redirect_uri, scopes, query.get("state"), signed_in=signed_in)

    def identified(self, request: ServiceRequest) -> tuple[Client, str]:
        """The client of an authorization request, and the redirect URI, as leniently as this vendor compares it.

        Raises:
            Refusal: UNKNOWN_CLIENT or UNREGISTERED_REDIRECT_URI.
        """
        return authorization.identify(request.service.clients.by_id, request.query, self.policy.redirect_matching)

    def proposed_persona(self, request: ServiceRequest) -> str | None:
        """Whom the login hint means: an e-mail address or a login (OIDC Core section 3.1.2.1)."""
        name = self.policy.login_hint
        wanted = request.query.get(name, "").strip().lower() if name else ""
        shown = request.service.people.shown.values()
        accounts = (person.account(self.id).persona for person in shown)
        return next((person.id for person in accounts if wanted in _names(person)), None) if wanted else None

    def _signed_in(self, request: ServiceRequest, client: Client, scopes: tuple[str, ...]) -> str | None:
        """Who consented to a client before, where no page may be shown (OIDC Core section 3.1.2.6)."""
        if request.service.settings.auto_login is not None:
            return None
        before = request.service.store.consent_of(session_of(request), client.client_id)
        if before is None:
            raise Refusal(Reason.LOGIN_REQUIRED, f"prompt is none, but no user is signed in at {self.title}.")
        missing = [scope for scope in scopes if scope not in before.scopes]
        if missing:
            raise Refusal(Reason.CONSENT_REQUIRED, f"prompt is none, but no consent was given to {' '.join(missing)}.")
        return before.persona

    def allow(
        self,
        request: ServiceRequest,
        asked: AuthorizationRequest,
        persona: str,
        scopes: tuple[str, ...],
        faults: tuple[FaultSpec, ...],
    ) -> tuple[Grant, Answer]:
        """Let a persona consent, and the browser remember it where the vendor has sessions."""
        grant, answer = super().allow(request, asked, persona, scopes, faults)
        if not self.policy.remembers_sessions:
            return grant, answer
        store, session = request.service.store, session_of(request)
        if not store.knows_session(session):
            session = request.service.randomness.text(_SESSION_LENGTH)
        store.remember_consent(session, grant)
        return grant, replace(answer, headers=(*answer.headers, set_cookie(request, session)))

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check parameters only this vendor has, after the shared checks passed.

        Raises:
            Refusal: the real service would refuse this request.
        """

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Say which of the requested scopes this client can be granted at all."""
        return scopes

    def consented(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """What the client is told after consent: a code, if it asked for one (RFC 6749 section 4.1.2)."""
        if "code" not in authorization.response_type(request.query).split():
            return {}
        policy = self.effective_policy(request.service, grant.request.client, grant)
        return {"code": self.issue(request, grant, TokenKind.CODE, grant.scopes, policy.code_seconds)}

    def callback(
        self, request: ServiceRequest, grant: Grant | None, redirect_uri: str, parameters: Mapping[str, Any]
    ) -> Answer:
        """Send the browser back to the client in the way that it asked for (``response_mode``)."""
        mode, state = authorization.response_mode(self.policy, request.query), request.query.get("state")
        if mode is ResponseMode.FORM_POST:
            return self.form_post(redirect_uri, parameters, state)
        if mode in (ResponseMode.WEB_MESSAGE, ResponseMode.BARE_MESSAGE):
            return _message(mode, redirect_uri, with_state(parameters, state))
        signed = seal(parameters, lambda token: request.service.sign(token, grant))
        if mode is ResponseMode.FRAGMENT:
            fragment = urlencode(with_state(signed, state))
            return redirect(urlunsplit(urlsplit(redirect_uri)._replace(fragment=fragment)))
        return super().callback(request, grant, redirect_uri, signed)

    # --- token endpoint ---------------------------------------------------------------------------

    def token(self, request: ServiceRequest) -> Answer:
        """Answer a token request by the handler of its grant type (RFC 6749 section 3.2).

        Raises:
            Refusal: something is wrong with the request.
        """
        content_type = request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
            detail = f"Content-Type is {content_type!r}, expected {FORM_TYPE} (RFC 6749 section 4.1.3)."
            raise Refusal(Reason.WRONG_CONTENT_TYPE, detail)
        client, policy = self.authenticated_client(request)
        if request.repeated and not policy.allows_repeated_parameters:
            names = ", ".join(sorted(request.repeated))
            raise Refusal(Reason.INVALID_PARAMETER, f"Sent more than once: {names} (RFC 6749 section 3.2).")
        name = request.form.get("grant_type", policy.default_grant_type)
        if not name:
            raise Refusal(Reason.MISSING_PARAMETER, "The parameter grant_type is missing.")
        grant_type = self.grant_types.get(name)
        if grant_type is None:
            supported = ", ".join(self.grant_types)
            raise Refusal(Reason.UNSUPPORTED_GRANT_TYPE, f"grant_type is {name!r}, supported are {supported}.")
        if not request.form.get(grant_type.credential):
            raise Refusal(Reason.MISSING_PARAMETER, f"The parameter {grant_type.credential} is missing.")
        answer: Answer = getattr(self, grant_type.handler)(request, client, policy)
        return answer

    def authenticated_client(self, request: ServiceRequest) -> tuple[Client, Policy]:
        """The client that sent a request to the token or revocation endpoint, and the policy towards it.

        Raises:
            Refusal: it did not prove who it is.
        """
        service = request.service
        encoded = self.policy.basic_is_form_encoded
        credentials = read_credentials(request.headers, request.form, basic_is_form_encoded=encoded)
        client = service.clients.by_id.get(credentials.client_id)
        policy = self.effective_policy(service, client, request.grant) if client else self.policy
        if client and client.is_public and request.endpoint in policy.bare_basic_at:
            credentials = credentials.without_empty_secret()
        accepted = policy.accepted_authentication(request.form.get("grant_type", ""))
        assertions = AssertionRules(self.assertion_audiences(request), service.clock.now(), service.store.first_use)
        return authenticate(client, credentials, accepted, assertions), policy

    def assertion_audiences(self, request: ServiceRequest) -> frozenset[str]:
        """The names a client's assertion may be addressed to (RFC 7523 section 3); by default issuer and address."""
        return frozenset({request.base_url, f"{request.base_url}{request.path}"})

    def redeem(self, request: ServiceRequest, client: Client, policy: Policy) -> Answer:
        """Exchange a code (RFC 6749 section 4.1.3); a handler of ``grant_types``.

        Raises:
            Refusal: the code is not good.
        """
        store, now = request.service.store, request.service.clock.now()
        grant = rules.redeem(
            store,
            client,
            request.form,
            now,
            pkce_checked=policy.pkce is not Pkce.IGNORED,
            needs_redirect_uri=policy.needs_redirect_uri_again,
        )
        first = store.first_consent(client.client_id, grant.persona)
        refresh_token = None
        is_in_scope = policy.refresh_token_scope in (None, *grant.scopes)
        if policy.issues_refresh_tokens and is_in_scope and self.issues_refresh_token(grant, first_consent=first):
            refresh_token = self.issue(request, grant, TokenKind.REFRESH, grant.scopes, policy.refresh_token_seconds)
        return self.token_answer(request, grant, policy, grant.scopes, refresh_token, refreshing=False)

    def refresh(self, request: ServiceRequest, client: Client, policy: Policy) -> Answer:
        """Exchange a refresh token (RFC 6749 section 6); a handler of ``grant_types``.

        Raises:
            Refusal: the refresh token is not good, or more scopes are asked for than were granted.
        """
        store = request.service.store
        old, grant = rules.check_refresh(store, client, request.form, request.service.clock.now())
        scopes = self.refreshed_scopes(request, grant, policy)
        refresh_token = None
        if policy.rotates_refresh_token:
            if policy.spends_replaced_refresh_token:
                rules.replace_refresh_token(store, old)
            refresh_token = self.issue(request, grant, TokenKind.REFRESH, grant.scopes, policy.refresh_token_seconds)
        return self.token_answer(request, grant, policy, scopes, refresh_token, refreshing=True)

    def refreshed_scopes(self, request: ServiceRequest, grant: Grant, policy: Policy) -> tuple[str, ...]:
        """Say which scopes a refreshed access token has; by default what is asked for, within what was granted.

        Raises:
            Refusal: more is asked for than may be (RFC 6749 section 6).
        """
        requested = request.form.get("scope", "") if policy.checks_refreshed_scopes else ""
        return rules.narrowed_scopes(grant, requested, policy.scope_separators)

    def issues_refresh_token(self, grant: Grant, *, first_consent: bool) -> bool:
        """Say whether a code exchange answers a refresh token, if the policy allows one at all.

        Parameters:
            grant: what the code stands for.
            first_consent: True if the persona had never consented to this client before.
        """
        return True

    def token_answer(
        self,
        request: ServiceRequest,
        grant: Grant,
        policy: Policy,
        scopes: tuple[str, ...],
        refresh_token: str | None,
        *,
        refreshing: bool,
    ) -> Answer:
        """Issue an access token and make the answer of RFC 6749 section 5.1.

        Parameters:
            request: the token request.
            grant: the grant it is about.
            policy: the effective policy.
            scopes: what the access token allows.
            refresh_token: the refresh token to hand out, or None.
            refreshing: False if this is the first answer of the grant.
        """
        access_token = self.issue(request, grant, TokenKind.ACCESS, scopes, policy.access_token_seconds)
        body: dict[str, Any] = {"access_token": access_token}
        if policy.access_token_seconds is not None:
            body["expires_in"] = int(policy.access_token_seconds)
        if refresh_token is not None:
            body["refresh_token"] = refresh_token
        body[self.scope_member] = joined(scopes, policy.answered_scope_separator)
        body["token_type"] = self.token_type
        body.update(self.token_members(request, grant, access_token, refreshing=refreshing))
        return Answer(200, body, self.token_encoding(request), headers=NO_STORE)

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """Members of the token answer beside those every vendor has (``id_token``, ``hd`` …).

        A member of the same name as a usual one replaces it. An ID token is a
        :class:`~mock_idp.oauth.tokens.SignedToken`.
        """
        return {}

    def token_encoding(self, request: ServiceRequest) -> Encoding:
        """How the token endpoint writes its answer to this request."""
        return Encoding.JSON

    def issue(
        self, request: ServiceRequest, grant: Grant, kind: TokenKind, scopes: tuple[str, ...], seconds: float | None
    ) -> str:
        """Make a credential and remember it.

        Parameters:
            request: the request that asks for it.
            grant: the grant it descends from.
            kind: what it is.
            scopes: what it allows.
            seconds: its lifetime, or None if it does not expire.

        Returns:
            Its text.
        """
        now = request.service.clock.now()
        value = self.token_value(request, grant, kind)
        expires_at = None if seconds is None else now + seconds
        request.service.store.add_token(IssuedToken(kind, value, grant.grant_id, scopes, now, expires_at))
        return value

    def token_value(self, request: ServiceRequest, grant: Grant, kind: TokenKind) -> str:
        """Make the text of a credential; override it for tokens that mean something (JWT)."""
        padding = request.service.persona(grant).padding if kind is TokenKind.REFRESH else 0
        shape = self.token_shapes.get(kind, TokenShape())
        return shape.mint(request.service.randomness.text, padding)

    # --- revocation, introspection, the end of a session ------------------------------------------

    def revoke(self, request: ServiceRequest) -> Answer:
        """Revoke the token in the form or, for vendors that read it there, in the query (RFC 7009 section 2.1).

        Raises:
            Refusal: there is no token, none that is good, or a client that did not prove who it is.
        """
        if self.policy.revocation_needs_client:
            self.authenticated_client(request)
        value = self.token_to_revoke(request)
        if not value:
            raise Refusal(Reason.MISSING_PARAMETER, "The parameter token is missing.")
        rules.revoke(request.service.store, value, request.service.clock.now())
        return Answer(200, {})

    def token_to_revoke(self, request: ServiceRequest) -> str:
        """The token that a revocation request names; empty if it names none."""
        in_query = RequestFormat.QUERY in self.policy.revocation_formats
        return request.form.get("token") or (request.query.get("token", "") if in_query else "")

    def introspect(self, request: ServiceRequest) -> Answer:
        """Tell a client about a token of its own (RFC 7662 section 2).

        Raises:
            Refusal: the client did not prove who it is, or there is no token.
        """
        client, _ = self.authenticated_client(request)
        value = self.token_to_introspect(request)
        if not value:
            raise Refusal(Reason.MISSING_PARAMETER, "The parameter token is missing.")
        found = rules.active_token(request.service.store, client, value, request.service.clock.now())
        if found is None:
            return Answer(200, {"active": False}, headers=NO_STORE)
        return Answer(200, {"active": True, **self.introspection_members(request, *found)}, headers=NO_STORE)

    def token_to_introspect(self, request: ServiceRequest) -> str:
        """The token that an introspection request is about; empty if it names none."""
        return request.form.get("token", "")

    def introspection_members(self, request: ServiceRequest, token: IssuedToken, grant: Grant) -> dict[str, Any]:
        """What is told about a token that is good; by default what RFC 7662 section 2.2 names."""
        members: dict[str, Any] = {
            "scope": joined(token.scopes),
            "client_id": grant.request.client.client_id,
            "username": request.service.persona(grant).login,
            "iat": int(token.issued_at),
            "iss": grant.request.base_url,
        }
        if token.kind is TokenKind.ACCESS:
            members["token_type"] = self.token_type
        if token.expires_at is not None:
            members["exp"] = int(token.expires_at)
        return members

    def end_session(self, request: ServiceRequest) -> Answer:
        """Sign a browser out and let it return (OpenID Connect RP-Initiated Logout section 2).

        Raises:
            Refusal: the address to return to is not registered, or the hint is not good.
        """
        logout = self.policy.logout or LogoutRules()
        sent = {**request.query, **request.form}
        client = self._client_that_signs_out(request, sent, logout)
        back = sent.get(logout.return_parameter) or self.usual_return(client)
        registered = self.return_addresses(request, client)
        request.service.store.end_session(session_of(request))
        if back is None:
            return self.signed_out(request)
        if back not in registered:
            there = ", ".join(sorted(registered)) or "none"
            detail = f"Registered are {there}; {logout.return_parameter} is {back!r:.200}."
            raise Refusal(Reason.UNREGISTERED_LOGOUT_URI, detail)
        parts = urlsplit(back)
        query = "&".join(part for part in (parts.query, urlencode(with_state({}, sent.get("state")))) if part)
        answer = redirect(urlunsplit(parts._replace(query=query)))
        return replace(answer, headers=(*answer.headers, clear_cookie(request)))

    def return_addresses(self, request: ServiceRequest, client: Client | None) -> frozenset[str]:
        """Where a browser may go after it was signed out.

        Parameters:
            request: the request.
            client: whose session it is, or None if it is unknown.
        """
        logout, service = self.policy.logout or LogoutRules(), request.service
        clients = [client] if client else []
        if client is None and logout.session_names_client:
            named = service.store.clients_of_session(session_of(request))
            clients = [found for found in map(service.clients.by_id.get, named) if found]
        kinds = [known.logout_uris for known in clients]
        if logout.redirect_uris_count:
            kinds += [known.redirect_uris for known in clients]
        return frozenset[str]().union(*kinds)

    def usual_return(self, client: Client | None) -> str | None:
        """Where a browser goes whose client does not say; by default nowhere."""
        return None

    def signed_out(self, request: ServiceRequest) -> Answer:
        """The page for a browser that is signed out and has nowhere to return to."""
        return Answer(200, Page("signed_out", {"vendor": self}), Encoding.HTML, headers=(clear_cookie(request),))

    def _client_that_signs_out(
        self, request: ServiceRequest, sent: Mapping[str, str], logout: LogoutRules
    ) -> Client | None:
        """The client that an ID token or a parameter names; expired tokens count, forged ones do not."""
        clients, hint = request.service.clients.by_id, sent.get("id_token_hint")
        named = clients.get(sent.get("client_id", ""))
        if hint is None:
            if logout.needs_hint and logout.return_parameter in sent:
                raise Refusal(Reason.MISSING_PARAMETER, "The parameter id_token_hint is missing.")
            return named
        audience = unverified_audience(hint)
        client = clients.get(audience)
        if client is None or request.service.keys.verified(hint, client.client_secret) is None:
            raise Refusal(Reason.INVALID_PARAMETER, "id_token_hint is no ID token of this issuer for its client.")
        if named not in (None, client):
            raise Refusal(Reason.INVALID_PARAMETER, "client_id is another one than that of id_token_hint.")
        return client

    # --- bearers ----------------------------------------------------------------------------------

    def bearer(self, request: ServiceRequest, *scopes: str) -> Bearer:
        """Find out who asks (RFC 6750).

        Parameters:
            request: a request to a protected resource.
            scopes: scopes of which the token must have at least one, if any are named.

        Raises:
            Refusal: the token is missing, unknown, expired or revoked, or has none of the scopes.
        """
        value = self.bearer_value(request)
        if not value:
            raise Refusal(Reason.MISSING_BEARER, "The request has no access token where this vendor reads it.")
        return self.holder(request, value, *scopes)

    def holder(self, request: ServiceRequest, value: str, *scopes: str) -> Bearer:
        """Find out whose access token a text is, wherever it came from (``subject_token`` of RFC 8693).

        Parameters:
            request: the request.
            value: the text.
            scopes: scopes of which the token must have at least one, if any are named.

        Raises:
            Refusal: the token is unknown, expired or revoked, or has none of the scopes.
        """
        service = request.service
        token, grant = rules.check_access(service.store, value, service.clock.now(), scopes)
        return Bearer(token, grant, service.account(grant))

    def bearer_value(self, request: ServiceRequest) -> str:
        """The text of the access token, looked for where this vendor looks; empty if it is not there."""
        service = request.service
        for place, scheme, value in _offered_bearers(request):
            grant = service.store.grant_of(TokenKind.ACCESS, value)
            policy = self.effective_policy(service, grant.request.client, grant) if grant else self.policy
            if place in policy.bearer_places and (scheme is None or scheme in policy.bearer_schemes):
                return value
        return ""

    # --- which grant a request belongs to ---------------------------------------------------------

    def endpoint_of(self, route: Route, form: Mapping[str, str]) -> Endpoint:
        """The token endpoint is called differently, depending on what it is asked for."""
        if route.endpoint is not Endpoint.TOKEN:
            return route.endpoint
        return self._token_endpoint(form)

    def _token_endpoint(self, form: Mapping[str, str]) -> Endpoint:
        grant_type = self.grant_types.get(form.get("grant_type", ""))
        return grant_type.endpoint if grant_type else Endpoint.TOKEN

    def normalized(self, request: ServiceRequest) -> ServiceRequest:
        """A token or revocation request may be no form (``token_formats``, ``revocation_formats``)."""
        if request.endpoint in TOKEN_ENDPOINTS:
            read = _as_form(request, self.policy.token_formats)
            return replace(read, endpoint=self._token_endpoint(read.form))
        if request.endpoint is Endpoint.REVOCATION:
            return _as_form(request, self.policy.revocation_formats)
        return request

    def cors(self, endpoint: Endpoint) -> Cors | None:
        """What an endpoint tells browsers; the token endpoint is one, whatever it is asked for."""
        return self.policy.cors.get(Endpoint.TOKEN if endpoint in TOKEN_ENDPOINTS else endpoint)

    def find_grant(self, request: ServiceRequest) -> Grant | None:
        """The grant of the credential in a request, or the one that the request itself tells."""
        for kind, value in self._credentials(request):
            grant = request.service.store.grant_of(kind, value) if value else None
            if grant:
                return grant
        return super().find_grant(request)

    def _credentials(self, request: ServiceRequest) -> list[tuple[TokenKind, str]]:
        """The texts in a request that may be a credential, and of which kind."""
        if request.endpoint in TOKEN_ENDPOINTS:
            named = self.grant_types.get(request.form.get("grant_type", ""))
            # Without a grant type that is known, whatever is there belongs to the request. Who offers an access
            # token for another one is refused, and yet no stranger to the journal.
            offered = [named] if named else self.grant_types.values()
            values = [(entry.kind, request.form.get(entry.credential, "")) for entry in offered]
            return [*values, *[(TokenKind.ACCESS, value) for _, value in values]]
        if request.endpoint is Endpoint.REVOCATION:
            revoked = self.token_to_revoke(request)
            # Where the token is no parameter, it is the one that the request is made with.
            bearer = self.bearer_value(request)
            return [(TokenKind.REFRESH, revoked), (TokenKind.ACCESS, revoked), (TokenKind.ACCESS, bearer)]
        if request.endpoint is Endpoint.INTROSPECTION:
            asked = self.token_to_introspect(request)
            return [(TokenKind.ACCESS, asked), (TokenKind.REFRESH, asked)]
        if request.endpoint is Endpoint.AUTHORIZATION:
            return []
        return [(TokenKind.ACCESS, self.bearer_value(request))]

    # --- refusals ---------------------------------------------------------------------------------

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Turn a refusal into this vendor's answer, which the token endpoint writes as it writes its tokens."""
        answer = super().refuse(request, refusal)
        if request.endpoint in TOKEN_ENDPOINTS and answer.encoding is Encoding.JSON:
            return replace(answer, encoding=self.token_encoding(request))
        return answer


def _names(persona: Person) -> tuple[str, str]:
    """By what a login hint can mean a persona."""
    return (persona.email or "").lower(), persona.login.lower()


def _message(mode: ResponseMode, redirect_uri: str, parameters: Mapping[str, Any]) -> Answer:
    """A page that sends the answer to the page around it, or that opened it, of the redirect URI's origin."""
    parts = urlsplit(redirect_uri)
    wrapped = {"type": "authorization_response", "response": parameters}
    message = wrapped if mode is ResponseMode.WEB_MESSAGE else parameters
    return Answer(
        200, Page(WEB_MESSAGE, {"origin": f"{parts.scheme}://{parts.netloc}", "message": message}), Encoding.HTML
    )


def _as_form(request: ServiceRequest, formats: Collection[RequestFormat]) -> ServiceRequest:
    """A request in one of the formats that are no form, as if it had come as one."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if RequestFormat.JSON in formats and media_type.endswith(("/json", "+json")):
        return json_as_form(request)
    if RequestFormat.QUERY in formats and request.query and not request.body:
        return replace(request, form=request.query, headers={**request.headers, "content-type": FORM_TYPE})
    return request


def json_as_form(request: ServiceRequest) -> ServiceRequest:
    """The same request with the texts among its JSON members as form fields; as it is if its body is no JSON object."""
    try:
        members = json.loads(request.body)
    except (ValueError, RecursionError):
        return request
    if not isinstance(members, dict):
        return request
    form = {name: value for name, value in members.items() if isinstance(value, str)}
    return replace(request, form=form, headers={**request.headers, "content-type": FORM_TYPE})


def _offered_bearers(request: ServiceRequest) -> Iterator[tuple[BearerPlace, str | None, str]]:
    """Places, schemes and texts of what could be an access token, in the order in which they count."""
    scheme, _, value = request.headers.get("authorization", "").strip().partition(" ")
    if value:
        yield BearerPlace.HEADER, scheme.lower(), value.strip()
    if "access_token" in request.query:
        yield BearerPlace.QUERY, None, request.query["access_token"]
    if "access_token" in request.form:
        yield BearerPlace.FORM, None, request.form["access_token"]
