"""The four routes of an OAuth provider: start, handler/frame, refresh, logout (START, FRAME, REFRESH, LOGOUT)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request

from reference_backend.protocol import (
    cookie_jar,
    cookies,
    csrf,
    environments,
    errors,
    logout_url,
    nonce,
    origins,
    redirect_flow,
    scopes,
    session_response,
    state,
    web_message,
)
from reference_backend.protocol.cookie_jar import CookieSettings, Exchange
from reference_backend.protocol.errors import AuthenticationError, AuthError, InputError
from reference_backend.protocol.state import OAuthState
from reference_backend.providers.base import (
    AuthenticationResult,
    CallbackRequest,
    LogoutRequest,
    OAuthProvider,
    RefreshRequest,
    StartRequest,
)
from reference_backend.sign_in.resolvers import Resolver, SignInInfo
from reference_backend.store import TokenHolder
from reference_backend.web import backend, envelope, incoming, outgoing, refresh_tokens, server_session
from reference_backend.web.entry import Entry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OAuthEnvironment:
    """One environment of one OAuth provider, ready to serve.

    Parameters:
        provider: talks to the vendor.
        cookies: what its cookies look like.
        additional_scopes: scopes the operator adds (SCOPE-03).
        resolver: signs people in; None means that there is no sign-in (IDENT-05).
    """

    provider: OAuthProvider
    cookies: CookieSettings
    additional_scopes: tuple[str, ...]
    resolver: Resolver | None

    @property
    def id(self) -> str:
        """Names it among the environments of all providers."""
        return f"{self.provider.settings.provider_id}/{self.provider.settings.environment}"


Environments = Mapping[str, OAuthEnvironment]


@dataclass(frozen=True, slots=True)
class OAuthEntry(Entry):
    """One OAuth provider: all four routes.

    Parameters:
        environments: by name (ENV-01).
    """

    environments: Environments

    def start(self) -> Response:
        """See :func:`start`."""
        return start(self.environments)

    def frame(self) -> Response:
        """See :func:`frame`."""
        return frame(self.environments)

    def refresh(self) -> Response:
        """See :func:`refresh`."""
        return refresh(self.environments)

    def logout(self) -> Response:
        """See :func:`logout`."""
        return logout(self.environments)


def select(configured: Environments) -> tuple[str, OAuthEnvironment]:
    """Name and parts of the environment, before anything else is looked at (ENV-10)."""
    name = environments.requested(incoming.parameters())
    return name, environments.select(configured, name)


def start(configured: Environments) -> Response:
    """``GET /{p}/start``: send the browser to the vendor."""
    env, environment = select(configured)
    own = backend.current()
    query = incoming.parameters()
    origin = None
    if "origin" in query:
        origin = origins.normalise_at_start(query["origin"])
        own.require_allowed_origin(origin)
    exchange = incoming.exchange(origin)
    flow_nonce = nonce.generate(own.random_bytes)
    outgoing.add_cookies(cookie_jar.set_nonce(environment.cookies, exchange, flow_nonce))
    scope, _ = effective_scope(environment, query, exchange.received)
    provider = environment.provider
    flow_state = OAuthState(
        nonce=flow_nonce,
        env=env,
        origin=origin,
        redirect_url=query.get("redirectUrl"),
        flow=query.get("flow"),
        scope=scope if provider.scopes.persisted else None,
        extra=provider.state_members(query),
    )
    session = server_session.received()
    url = provider.start(StartRequest(scope, state.encode(flow_state), query, session))
    server_session.save(session)
    return outgoing.to_vendor(url)


def effective_scope(
    environment: OAuthEnvironment, query: Mapping[str, str], received: Mapping[str, str]
) -> tuple[str, list[str]]:
    """The effective scope, and what was granted before (SCOPE-02, SCOPE-04, SCOPE-09)."""
    policy = environment.provider.scopes
    granted: list[str] = []
    if policy.persisted:
        name = cookies.granted_scope_name(environment.cookies.provider_id)
        granted = scopes.split(cookies.read(received, name))
    requested = scopes.split(query.get("scope"))
    scope = scopes.effective(requested, granted, policy.required, environment.additional_scopes, policy.transform)
    return scope, granted


def frame(configured: Environments) -> Response:
    """``GET`` and ``POST /{p}/handler/frame``: the vendor sent the browser back.

    Every failure from here on is reported to the app, by the page or by a redirect (FRAME-02, REDIR-04).
    """
    env, environment = select(configured)
    own = backend.current()
    # Until the state's origin is known to be allowed, the app's own origin hears what went wrong.
    target = own.settings.app_origin
    flow_state: OAuthState | None = None
    try:
        flow_state = state.decode(incoming.parameters().get("state", ""))
        environments.require_same(env, flow_state.env)
        target = state_origin(flow_state) or target
        return complete_flow(environment, flow_state, target)
    except AuthError as error:
        return report_failure(error, flow_state, target)
    except Exception:
        log.exception("the callback failed")
        return report_failure(errors.invalid_thrown_value(), flow_state, target)


def state_origin(flow_state: OAuthState) -> str | None:
    """The checked origin of a state (FRAME-04, FRAME-05)."""
    if not flow_state.origin:
        return None
    origin = origins.normalise_in_state(flow_state.origin)
    backend.current().require_allowed_origin(origin)
    return origin


def complete_flow(environment: OAuthEnvironment, flow_state: OAuthState, target: str) -> Response:
    """Check the browser, exchange the code, sign in, set cookies, answer (order of section 11).

    Parameters:
        environment: the environment.
        flow_state: the decoded state.
        target: validated origin of the app.
    """
    own = backend.current()
    exchange = incoming.exchange(target)
    provider_id = environment.cookies.provider_id
    sent_nonce = nonce.require_cookie(cookies.read(exchange.received, cookies.nonce_name(provider_id)))
    nonce.require_match(sent_nonce, flow_state.nonce)
    if redirect_flow.is_redirect(flow_state) and flow_state.redirect_url:
        redirect_flow.require_allowed_target(own.allowed_origins, flow_state.redirect_url)
    result = authenticate(environment, flow_state)
    sign_in = run_resolver(environment, result)
    scope = granted_scope(environment, flow_state, result)
    response = session_response.session_response(
        result.profile, session_response.provider_info(result.session, scope), sign_in, own.clock()
    )
    if environment.provider.scopes.persisted:
        outgoing.add_cookies(cookie_jar.set_granted_scope(environment.cookies, exchange, scope))
    if result.session.refresh_token:
        outgoing.add_cookies(cookie_jar.set_refresh_token(environment.cookies, exchange, result.session.refresh_token))
        holder = TokenHolder(environment.id, result.subject)
        refresh_tokens.remember(environment.cookies, result.session.refresh_token, holder)
    outgoing.add_cookies(cookie_jar.clear_nonce(environment.cookies, exchange))
    if redirect_flow.is_redirect(flow_state):
        return to_app(redirect_flow.require_redirect_url(flow_state))
    return outgoing.web_message_page(web_message.success(response), target)


def authenticate(environment: OAuthEnvironment, flow_state: OAuthState) -> AuthenticationResult:
    """Ask the vendor; what it takes out of the session is used up, whatever the answer (SEC-STATE-09)."""
    session = server_session.received()
    try:
        return environment.provider.authenticate(
            CallbackRequest(incoming.parameters(), incoming.form(), state.members(flow_state), session)
        )
    finally:
        server_session.save(session)


def granted_scope(environment: OAuthEnvironment, flow_state: OAuthState, result: AuthenticationResult) -> str:
    """The scope that a callback reports (SCOPE-06 … SCOPE-08)."""
    if environment.provider.scopes.persisted:
        return scopes.require_in_state(flow_state.scope)
    return scopes.reported(result.session.scope)


def run_resolver(environment: OAuthEnvironment, result: AuthenticationResult) -> session_response.SignIn | None:
    """Sign the person in, if the environment has a resolver (FRAME-14, REFRESH-09, IDENT-05)."""
    if environment.resolver is None:
        return None
    return environment.resolver(SignInInfo(result.profile, result.details), backend.current().context)


def report_failure(error: AuthError, flow_state: OAuthState | None, target: str) -> Response:
    """Tell the app what went wrong (FRAME-12, REDIR-04, REDIR-06)."""
    allowed = backend.current().allowed_origins
    if flow_state is not None and redirect_flow.may_receive_errors(allowed, flow_state):
        url = redirect_flow.require_redirect_url(flow_state)
        return to_app(redirect_flow.with_error(url, error.message))
    return outgoing.web_message_page(web_message.failure(errors.page_error(error)), target)


def to_app(url: str) -> Response:
    """Redirect with a short text in the form the client prefers (REDIR-11)."""
    preferred = request.accept_mimetypes.best_match(["text/plain", "text/html"], "text/plain")
    return outgoing.to_app(url, accepts_html=preferred == "text/html")


def refresh(configured: Environments) -> Response:
    """``GET`` and ``POST /{p}/refresh``: a new session from the refresh cookie.

    Every failure after the header check is a 401 (REFRESH-03).
    """
    _, environment = select(configured)
    csrf.require_header(request.headers.get("X-Requested-With"))
    try:
        return outgoing.uncached(outgoing.json_response(refreshed_session(environment)))
    except AuthError as error:
        raise AuthenticationError("Refresh failed", error) from error
    except Exception as error:
        raise AuthenticationError("Refresh failed", envelope.hidden(error)) from error


def refreshed_session(environment: OAuthEnvironment) -> dict[str, object]:
    """Renew at the vendor, then sign in again (order of section 15)."""
    own = backend.current()
    origin = incoming.origin_header()
    origins.require_allowed_for_refresh(own.allowed_origins, origin)
    exchange = incoming.exchange(origin)
    token = require_session(received_token(environment, exchange))
    scope, granted = effective_scope(environment, incoming.parameters(), exchange.received)
    persisted = environment.provider.scopes.persisted
    already_granted = scopes.already_granted(granted, scope) if persisted else None
    rotated: list[str] = []
    try:
        result = environment.provider.refresh(
            RefreshRequest(token, scope, already_granted, rotated.append, subject_of(token))
        )
        scope = refreshed_scope(environment, scope, granted, result)
        if persisted:
            outgoing.add_cookies(cookie_jar.set_granted_scope(environment.cookies, exchange, scope))
        # No new one here does not undo one that was reported on the way (REFRESH-07).
        rotated += filter(None, [result.session.refresh_token])
    finally:
        # Also if the vendor failed half-way: the old token may be void already (SEC-REFR-09).
        store_rotated(environment, exchange, token, rotated)
    sign_in = run_resolver(environment, result)
    info = session_response.provider_info(result.session, scope)
    return session_response.session_response(result.profile, info, sign_in, own.clock())


def store_rotated(environment: OAuthEnvironment, exchange: Exchange, old: str, rotated: list[str]) -> None:
    """Store the newest refresh token, if it is not the old one (REFRESH-06, REFRESH-07)."""
    newest = rotated[-1] if rotated else None
    if newest is not None and is_rotated(old, newest):
        outgoing.add_cookies(cookie_jar.set_refresh_token(environment.cookies, exchange, newest))
        refresh_tokens.pass_on(environment.cookies, old, newest, environment.id)


def refreshed_scope(environment: OAuthEnvironment, scope: str, granted: list[str], result: AuthenticationResult) -> str:
    """The scope that a refresh reports (SCOPE-08, SCOPE-09, SEC-SCOPE-04)."""
    policy = environment.provider.scopes
    if not policy.persisted:
        return scopes.reported(result.session.scope)
    requested = scopes.split(incoming.parameters().get("scope"))
    answered = scopes.split(result.session.scope)
    known = [*granted, *policy.required, *environment.additional_scopes, *answered]
    return scopes.confirmed(scope, requested, known)


def received_token(environment: OAuthEnvironment, exchange: Exchange) -> str | None:
    """The refresh token of the cookie, if this environment's client may have it (SEC-ENV-05)."""
    token = cookies.read(exchange.received, cookies.refresh_token_name(environment.cookies.provider_id))
    return refresh_tokens.of_environment(token, environment.id)


def subject_of(token: str) -> str | None:
    """Whose session a refresh has to stay (SEC-REFR-06)."""
    holder = refresh_tokens.recall(token)
    return None if holder is None else holder.subject


def require_session(token: str | None) -> str:
    """The refresh cookie (REFRESH-02)."""
    if not token:
        raise InputError("Missing session cookie")
    return token


def is_rotated(old: str, new: str | None) -> bool:
    """Tell whether the vendor replaced the refresh token (REFRESH-06, REFRESH-07)."""
    return bool(new) and new != old


def logout(configured: Environments) -> Response:
    """``POST /{p}/logout``: end the session, at the vendor first (LOGOUT-09)."""
    _, environment = select(configured)
    own = backend.current()
    csrf.require_header(request.headers.get("X-Requested-With"))
    origin = incoming.origin_header()
    origins.require_allowed_for_logout(own.allowed_origins, origin)
    exchange = incoming.exchange(origin)
    token = received_token(environment, exchange)
    url = logout_url.acceptable(end_vendor_session(environment, LogoutRequest(token or None, origin)))
    outgoing.add_cookies(cookie_jar.clear_refresh_token(environment.cookies, exchange))
    refresh_tokens.forget(token)
    if environment.provider.scopes.persisted:
        outgoing.add_cookies(cookie_jar.clear_granted_scope(environment.cookies, exchange))
    return outgoing.empty(200) if url is None else outgoing.json_response({"logoutUrl": url})


def end_vendor_session(environment: OAuthEnvironment, logout_request: LogoutRequest) -> str | None:
    """Call the vendor's hook; whatever comes of it, the person is logged out here (LOGOUT-10).

    Raises:
        AuthError: the vendor's hook needs a session, and there is none to end (PROV-OPENSHIFT-02).
    """
    try:
        return environment.provider.logout(logout_request)
    except AuthError as error:
        if logout_request.refresh_token is None:
            raise
        log.warning("the session at the vendor could not be ended: %s", error.message)
        return None
