"""The endpoints all OAuth vendors share: authorization, token, revocation, and who a bearer is.

They obey the vendor's policy and ask its hooks; a vendor's name never occurs here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mock_idp.oauth import authorization, redemption, refreshing
from mock_idp.oauth.client_authentication import AssertionRules, ClientAuthentication, authenticate
from mock_idp.oauth.model import (
    Answer,
    AuthorizationRequest,
    Client,
    Encoding,
    FaultOrder,
    Grant,
    IssuedToken,
    Page,
    Reason,
    Refusal,
    TokenKind,
    joined,
)
from mock_idp.oauth.policy import BearerPlace, Pkce, Policy
from mock_idp.personas import Face

if TYPE_CHECKING:
    from mock_idp.vendors.base import Exchange

FORM_TYPE = "application/x-www-form-urlencoded"
NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))  # RFC 6749 section 5.1
GRANT_HEADER = "Mock-Idp-Grant"
_ID_LENGTH = 22


# --- authorization --------------------------------------------------------------------------------


def authorize(exchange: "Exchange") -> Answer:
    """Check an authorization request and show the consent page, or decide at once (RFC 6749 section 4.1.1).

    Raises:
        Refusal: something is wrong with the request.
    """
    service, query = exchange.service, exchange.query
    client, redirect_uri = authorization.identify(service.clients.by_id, query)
    scopes = authorization.check(service.policy(client), query, exchange.repeated)
    exchange.vendor.check_authorization(exchange, client)
    return ask(exchange, client, redirect_uri, exchange.vendor.grantable_scopes(client, scopes), query.get("state"))


def ask(
    exchange: "Exchange",
    client: Client,
    redirect_uri: str,
    scopes: tuple[str, ...],
    state: str | None,
    kept: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Show the consent page for a checked request, or decide at once.

    Parameters:
        exchange: the request.
        client: who asks.
        redirect_uri: where the answer goes.
        scopes: what can be granted.
        state: the client's opaque value, or None.
        kept: what is kept of the request beside its parameters.
    """
    service = exchange.service
    request = AuthorizationRequest(
        request_id=service.randomness.text(_ID_LENGTH),
        client=client,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=state,
        parameters={**exchange.query, **kept},
        received_at=service.clock.now(),
        base_url=exchange.base_url,
    )
    persona = service.settings.auto_login
    if persona is not None:
        return allow(exchange, request, persona, request.scopes, ())[1]
    service.ledger.add_request(request)
    return Answer(200, Page("consent", {"service": service, "request": request}), Encoding.HTML)


def allow(
    exchange: "Exchange",
    request: AuthorizationRequest,
    persona: str,
    scopes: tuple[str, ...],
    faults: tuple[FaultOrder, ...],
) -> tuple[Grant, Answer]:
    """Let a persona consent: make a grant and what the client gets for it (RFC 6749 section 4.1.2).

    Parameters:
        exchange: the authorization request (:meth:`~mock_idp.vendors.base.Exchange.of_request`).
        request: the same, checked.
        persona: who consents.
        scopes: what is granted, out of what was asked for.
        faults: misbehaviour the grant carries along.

    Returns:
        The grant, and the way back to the client.
    """
    grant = _grant(exchange, request, persona, scopes, faults, revoked=False)
    return grant, _to_client(exchange, grant, exchange.vendor.consented(exchange, grant))


def deny(
    exchange: "Exchange", request: AuthorizationRequest, persona: str, faults: tuple[FaultOrder, ...]
) -> tuple[Grant, Answer]:
    """Let a persona refuse (RFC 6749 section 4.1.2.1).

    Returns:
        A grant that is revoked from the start, so that the journal can be asked for it; and the way back.
    """
    grant = _grant(exchange, request, persona, (), faults, revoked=True)
    return grant, _to_client(exchange, grant, exchange.vendor.callback_parameters(Reason.ACCESS_DENIED))


def _grant(
    exchange: "Exchange",
    request: AuthorizationRequest,
    persona: str,
    scopes: tuple[str, ...],
    faults: tuple[FaultOrder, ...],
    *,
    revoked: bool,
) -> Grant:
    service = exchange.service
    grant_id = service.randomness.text(_ID_LENGTH)
    grant = Grant(grant_id, request, persona, scopes, faults, service.clock.now(), revoked)
    service.ledger.add_grant(grant)
    return grant


def _to_client(exchange: "Exchange", grant: Grant, parameters: Mapping[str, str]) -> Answer:
    answer = exchange.vendor.callback(exchange, grant, grant.request.redirect_uri, parameters)
    no_store = () if isinstance(answer.body, Page) else NO_STORE  # pages are never stored anyway
    return replace(answer, headers=(*answer.headers, (GRANT_HEADER, grant.grant_id), *no_store))


def trusted_redirect_uri(exchange: "Exchange") -> str | None:
    """The redirect URI of an authorization request if it belongs to the client, else None."""
    try:
        return authorization.identify(exchange.service.clients.by_id, exchange.query)[1]
    except Refusal:
        return None


# --- token ----------------------------------------------------------------------------------------


def token(exchange: "Exchange") -> Answer:
    """Exchange a code or a refresh token (RFC 6749 sections 4.1.3 and 6).

    Raises:
        Refusal: something is wrong with the request.
    """
    _check_form(exchange)
    client = authenticated_client(exchange)
    _check_repetition(exchange, exchange.service.policy(client))
    name = exchange.form.get("grant_type", "")
    if not name:
        raise Refusal(Reason.MISSING_PARAMETER, "The parameter grant_type is missing.")
    grant_type = exchange.vendor.grant_types.get(name)
    if grant_type is None:
        supported = ", ".join(exchange.vendor.grant_types)
        raise Refusal(Reason.UNSUPPORTED_GRANT_TYPE, f"grant_type is {name!r}, supported are {supported}.")
    if not exchange.form.get(grant_type.credential):
        raise Refusal(Reason.MISSING_PARAMETER, f"The parameter {grant_type.credential} is missing.")
    answer: Answer = getattr(exchange.vendor, grant_type.handler)(exchange, client)
    return answer


def authenticated_client(exchange: "Exchange") -> Client:
    """The client that sent a request to the token or revocation endpoint.

    Raises:
        Refusal: it did not prove who it is.
    """
    service, vendor = exchange.service, exchange.vendor
    grant_type = exchange.form.get("grant_type", "")

    def accepted(client: Client | None) -> frozenset[ClientAuthentication]:
        policy = service.policy(client) if client else vendor.policy
        return policy.accepted_authentication(grant_type)

    rules = AssertionRules(vendor.assertion_audiences(exchange), service.clock.now(), service.ledger.first_use)
    return authenticate(service.clients.by_id, accepted, exchange.headers, exchange.form, rules)


def _check_form(exchange: "Exchange") -> None:
    content_type = exchange.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        detail = f"Content-Type is {content_type!r}, expected {FORM_TYPE} (RFC 6749 section 4.1.3)."
        raise Refusal(Reason.WRONG_CONTENT_TYPE, detail)


def _check_repetition(exchange: "Exchange", policy: Policy) -> None:
    if exchange.repeated and not policy.allows_repeated_parameters:
        names = ", ".join(sorted(exchange.repeated))
        raise Refusal(Reason.INVALID_PARAMETER, f"Sent more than once: {names} (RFC 6749 section 3.2).")


def redeem(exchange: "Exchange", client: Client) -> Answer:
    """Exchange a code (RFC 6749 section 4.1.3).

    Raises:
        Refusal: the code is not good.
    """
    service = exchange.service
    checks_pkce = service.policy(client).pkce is not Pkce.IGNORED
    grant = redemption.redeem(service.ledger, client, exchange.form, service.clock.now(), pkce_checked=checks_pkce)
    policy = service.policy(client, grant)
    first = service.ledger.first_consent(client.client_id, grant.persona)
    wanted = exchange.vendor.issues_refresh_token(exchange, grant, first_consent=first)
    refresh_token = (
        issue(exchange, grant, TokenKind.REFRESH, grant.scopes, policy.refresh_token_seconds)
        if wanted and policy.issues_refresh_tokens
        else None
    )
    return token_answer(exchange, grant, grant.scopes, refresh_token, refreshing=False)


def refresh(exchange: "Exchange", client: Client) -> Answer:
    """Exchange a refresh token (RFC 6749 section 6).

    Raises:
        Refusal: the refresh token is not good, or more scopes are asked for than were granted.
    """
    service = exchange.service
    old, grant = refreshing.check_refresh(service.ledger, client, exchange.form, service.clock.now())
    policy = service.policy(client, grant)
    scopes = exchange.vendor.refreshed_scopes(exchange, grant, policy)
    refresh_token = None
    if policy.rotates_refresh_token:
        if policy.spends_replaced_refresh_token:
            refreshing.replace_refresh_token(service.ledger, old)
        refresh_token = issue(exchange, grant, TokenKind.REFRESH, grant.scopes, policy.refresh_token_seconds)
    return token_answer(exchange, grant, scopes, refresh_token, refreshing=True)


def issue_code(exchange: "Exchange", grant: Grant) -> str:
    """Make a code for what a grant allows."""
    seconds = exchange.service.policy(grant.request.client, grant).code_seconds
    return issue(exchange, grant, TokenKind.CODE, grant.scopes, seconds)


def issue(exchange: "Exchange", grant: Grant, kind: TokenKind, scopes: tuple[str, ...], seconds: float | None) -> str:
    """Make a credential and remember it.

    Parameters:
        exchange: the request that asks for it.
        grant: the grant it descends from.
        kind: what it is.
        scopes: what it allows.
        seconds: its lifetime, or None if it does not expire.

    Returns:
        Its text.
    """
    service = exchange.service
    now = service.clock.now()
    value = exchange.vendor.token_value(exchange, grant, kind)
    expires_at = None if seconds is None else now + seconds
    service.ledger.add_token(IssuedToken(kind, value, grant.grant_id, scopes, now, expires_at))
    return value


def token_answer(
    exchange: "Exchange", grant: Grant, scopes: tuple[str, ...], refresh_token: str | None, *, refreshing: bool
) -> Answer:
    """Issue an access token and make the answer of RFC 6749 section 5.1.

    Parameters:
        exchange: the token request.
        grant: the grant it is about.
        scopes: what the access token allows.
        refresh_token: the refresh token to hand out, or None.
        refreshing: False if this is the first answer of the grant.
    """
    vendor = exchange.vendor
    policy = exchange.service.policy(grant.request.client, grant)
    access = issue(exchange, grant, TokenKind.ACCESS, scopes, policy.access_token_seconds)
    body: dict[str, Any] = {"access_token": access}
    if policy.access_token_seconds is not None:
        body["expires_in"] = int(policy.access_token_seconds)
    if refresh_token is not None:
        body["refresh_token"] = refresh_token
    body[vendor.scope_member] = joined(scopes, policy.answered_scope_separator)
    body["token_type"] = vendor.token_type
    body.update(vendor.token_members(exchange, grant, access, refreshing=refreshing))
    return Answer(200, body, vendor.token_encoding(exchange), headers=NO_STORE)


# --- revocation and bearers -----------------------------------------------------------------------


def revoke(exchange: "Exchange") -> Answer:
    """Revoke the token in the form or, for vendors that read it there, in the query (RFC 7009 section 2.1).

    Raises:
        Refusal: there is no token, or none that is good.
    """
    value = exchange.form.get("token") or exchange.query.get("token", "")
    if not value:
        raise Refusal(Reason.MISSING_PARAMETER, "The parameter token is missing.")
    refreshing.revoke(exchange.service.ledger, value, exchange.service.clock.now())
    return Answer(200, {})


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose access token a request carries.

    Parameters:
        token: the token.
        grant: the grant it descends from.
        face: what the service knows about the persona.
    """

    token: IssuedToken
    grant: Grant
    face: Face


def bearer(exchange: "Exchange", *scopes: str) -> Bearer:
    """Find out who asks (RFC 6750).

    Parameters:
        exchange: a request to a protected resource.
        scopes: scopes of which the token must have at least one, if any are named.

    Raises:
        Refusal: the token is missing, unknown, expired or revoked, or has none of the scopes.
    """
    value = bearer_value(exchange)
    if not value:
        raise Refusal(Reason.MISSING_BEARER, "The request has no access token where this vendor reads it.")
    return holder(exchange, value, *scopes)


def holder(exchange: "Exchange", value: str, *scopes: str) -> Bearer:
    """Find out whose access token a text is, wherever it came from (the ``subject_token`` of RFC 8693, for instance).

    Parameters:
        exchange: the request.
        value: the text.
        scopes: scopes of which the token must have at least one, if any are named.

    Raises:
        Refusal: the token is unknown, expired or revoked, or has none of the scopes.
    """
    service = exchange.service
    found = service.ledger.token(TokenKind.ACCESS, value)
    grant = service.ledger.grant(found.grant_id) if found else None
    if found is None or grant is None:
        raise Refusal(Reason.UNKNOWN_BEARER, "This access token was never issued.")
    if grant.revoked or found.spent:
        raise Refusal(Reason.REVOKED_BEARER, "The access token was revoked.", grant.grant_id)
    if found.expires_at is not None and service.clock.now() >= found.expires_at:
        raise Refusal(Reason.EXPIRED_BEARER, "The access token is expired.", grant.grant_id)
    if scopes and not set(scopes) & set(found.scopes):
        detail = f"The token has {' '.join(found.scopes) or 'no scopes'}, needed is {' or '.join(scopes)}."
        raise Refusal(Reason.INSUFFICIENT_SCOPE, detail, grant.grant_id)
    return Bearer(found, grant, service.face(grant))


def bearer_value(exchange: "Exchange") -> str:
    """The text of the access token, looked for where this vendor looks; empty if it is not there."""
    service = exchange.service
    for place, scheme, value in _offered_bearers(exchange):
        grant = service.ledger.grant_of(TokenKind.ACCESS, value)
        policy = service.policy(grant.request.client, grant) if grant else exchange.vendor.policy
        if place in policy.bearer_places and (scheme is None or scheme in policy.bearer_schemes):
            return value
    return ""


def _offered_bearers(exchange: "Exchange") -> Iterator[tuple[BearerPlace, str | None, str]]:
    """Places, schemes and texts of what could be an access token, in the order in which they count."""
    scheme, _, value = exchange.headers.get("authorization", "").strip().partition(" ")
    if value:
        yield BearerPlace.HEADER, scheme.lower(), value.strip()
    if "access_token" in exchange.query:
        yield BearerPlace.QUERY, None, exchange.query["access_token"]
    if "access_token" in exchange.form:
        yield BearerPlace.FORM, None, exchange.form["access_token"]
