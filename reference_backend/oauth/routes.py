"""The four routes of an OAuth provider: start, handler/frame, refresh, logout (START, FRAME, REFRESH, LOGOUT)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response

from reference_backend import errors
from reference_backend.backend import current_backend
from reference_backend.errors import AuthenticationError, AuthError, InputError
from reference_backend.http import error_response, origins, responses, web_message
from reference_backend.http.provider_routes import ProviderRoutes
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.identity.resolvers import SignInInfo
from reference_backend.oauth import (
    csrf,
    environments,
    logout_url,
    nonce,
    provider_cookies,
    redirect_flow,
    refresh_token_holders,
    scopes,
    server_session,
    state,
)
from reference_backend.oauth.oauth_environment import Environments, OAuthEnvironment
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    LogoutRequest,
    RefreshRequest,
    StartRequest,
)
from reference_backend.oauth.provider_cookies import CookieContext
from reference_backend.oauth.refresh_token_holders import RefreshTokenHolders, TokenHolder
from reference_backend.oauth.state import OAuthState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OAuthRoutes(ProviderRoutes):
    """One OAuth provider: all four routes.

    Parameters:
        environments: by name (ENV-01).
    """

    environments: Environments

    def start(self) -> Response:
        """``GET /{p}/start``: send the browser to the vendor."""
        env, environment = select(self.environments)
        backend = current_backend()
        query = request.parameters
        origin = None
        if "origin" in query:
            origin = origins.normalise_at_start(query["origin"])
            origins.require_allowed(backend.settings.allowed_origins, origin)
        if redirect_flow.is_redirect(query.get("flow")):
            require_redirect_target(query.get("redirectUrl"))
        context = cookie_context(environment, origin)
        flow_nonce = nonce.generate(backend.random_bytes)
        responses.add_cookies(provider_cookies.set_nonce(environment.cookies, context, flow_nonce))
        scope, _ = effective_scope(environment, context.received)
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
        if session is not None:
            session.save()
        return responses.to_vendor(url)

    def frame(self) -> Response:
        """``GET`` and ``POST /{p}/handler/frame``: the vendor sent the browser back.

        Every failure from here on is reported to the app, by the page or by a redirect (FRAME-02, REDIR-04).
        """
        env, environment = select(self.environments)
        # Until the state's origin is known to be allowed, the app's own origin hears what went wrong.
        target = current_backend().settings.app_origin
        flow_state: OAuthState | None = None
        try:
            flow_state = state.decode(request.parameters.get("state", ""))
            environments.require_same(env, flow_state.env)
            target = state_origin(flow_state) or target
            return complete_flow(environment, flow_state, target)
        except AuthError as error:
            return report_failure(error, flow_state, target)
        except Exception:
            log.exception("the callback failed")
            return report_failure(errors.invalid_thrown_value(), flow_state, target)

    def refresh(self) -> Response:
        """``GET`` and ``POST /{p}/refresh``: a new session from the refresh cookie.

        Every failure after the header check is a 401 (REFRESH-03).
        """
        _, environment = select(self.environments)
        csrf.require_header(request.headers.get("X-Requested-With"))
        try:
            return responses.uncached(responses.json_response(refreshed_session(environment)))
        except AuthError as error:
            raise AuthenticationError("Refresh failed", error) from error
        except Exception as error:
            raise AuthenticationError("Refresh failed", error_response.hidden(error)) from error

    def logout(self) -> Response:
        """``POST /{p}/logout``: end the session, at the vendor first (LOGOUT-09)."""
        _, environment = select(self.environments)
        csrf.require_header(request.headers.get("X-Requested-With"))
        origin = request.origin_header
        backend = current_backend()
        origins.require_allowed_for_logout(backend.settings.allowed_origins, origin)
        context = cookie_context(environment, origin)
        token, _ = received_token(environment, context)
        url = logout_url.acceptable(end_vendor_session(environment, LogoutRequest(token, origin)))
        responses.add_cookies(provider_cookies.clear_refresh_token(environment.cookies, context))
        if token:
            RefreshTokenHolders(backend.database.engine).forget(token)
        if environment.provider.scopes.persisted:
            responses.add_cookies(provider_cookies.clear_granted_scope(environment.cookies, context))
        return responses.empty(200) if url is None else responses.json_response({"logoutUrl": url})


def select(configured: Environments) -> tuple[str, OAuthEnvironment]:
    """Name and parts of the environment, before anything else is looked at (ENV-10)."""
    name = environments.requested(request.parameters)
    return name, environments.select(configured, name)


def cookie_context(environment: OAuthEnvironment, origin: str | None) -> CookieContext:
    """What this request contributes to cookies.

    Parameters:
        environment: whose cookies.
        origin: effective origin of the app (COOKIE-06); None means the app's own.
    """
    settings = environment.cookies
    same_site = provider_cookies.same_site(settings.callback, origin) if origin else settings.app_same_site
    return CookieContext(request.plain_cookies, current_backend().clock(), same_site)


def effective_scope(environment: OAuthEnvironment, received: Mapping[str, str]) -> tuple[str, list[str]]:
    """The effective scope, and what was granted before (SCOPE-02, SCOPE-04, SCOPE-09)."""
    policy = environment.provider.scopes
    granted: list[str] = []
    if policy.persisted:
        granted = scopes.split(provider_cookies.read(received, environment.cookies.granted_scope_name))
    requested = scopes.split(request.parameters.get("scope"))
    scope = scopes.effective(requested, granted, policy.required, environment.additional_scopes, policy.transform)
    return scope, granted


def state_origin(flow_state: OAuthState) -> str | None:
    """The checked origin of a state (FRAME-04, FRAME-05)."""
    if not flow_state.origin:
        return None
    origin = origins.normalise_in_state(flow_state.origin)
    origins.require_allowed(current_backend().settings.allowed_origins, origin)
    return origin


def complete_flow(environment: OAuthEnvironment, flow_state: OAuthState, target: str) -> Response:
    """Check the browser, exchange the code, sign in, set cookies, answer (order of section 11).

    Parameters:
        environment: the environment.
        flow_state: the decoded state.
        target: validated origin of the app.
    """
    backend = current_backend()
    context = cookie_context(environment, target)
    settings = environment.cookies
    sent_nonce = nonce.require_cookie(provider_cookies.read(context.received, settings.nonce_name))
    nonce.require_match(sent_nonce, flow_state.nonce)
    is_redirect = redirect_flow.is_redirect(flow_state.flow)
    if is_redirect:
        require_redirect_target(flow_state.redirect_url)
    result = authenticate(environment, flow_state)
    sign_in = run_resolver(environment, result)
    scope = granted_scope(environment, flow_state, result)
    response = session_response.session_response(
        result.profile, session_response.provider_info(result.session, scope), sign_in, backend.clock()
    )
    if environment.provider.scopes.persisted:
        responses.add_cookies(provider_cookies.set_granted_scope(settings, context, scope))
    if result.session.refresh_token:
        responses.add_cookies(provider_cookies.set_refresh_token(settings, context, result.session.refresh_token))
        holder = TokenHolder(environment.id, result.subject)
        RefreshTokenHolders(backend.database.engine).remember(
            result.session.refresh_token, holder, context.now, context.now + settings.session_max_age
        )
    responses.add_cookies(provider_cookies.clear_nonce(settings, context))
    if is_redirect:
        return to_app(redirect_flow.require_redirect_url(flow_state.redirect_url))
    return responses.web_message_page(web_message.success(response), target)


def authenticate(environment: OAuthEnvironment, flow_state: OAuthState) -> AuthenticationResult:
    """Ask the vendor; what it takes out of the session is used up, whatever the answer (SEC-STATE-09)."""
    session = server_session.received()
    try:
        return environment.provider.authenticate(
            CallbackRequest(request.parameters, request.form_fields, state.members(flow_state), session)
        )
    finally:
        if session is not None:
            session.save()


def granted_scope(environment: OAuthEnvironment, flow_state: OAuthState, result: AuthenticationResult) -> str:
    """The scope that a callback reports (SCOPE-06 … SCOPE-08)."""
    if environment.provider.scopes.persisted:
        return scopes.require_in_state(flow_state.scope)
    return scopes.reported(result.session.scope)


def run_resolver(environment: OAuthEnvironment, result: AuthenticationResult) -> session_response.SignIn | None:
    """Sign the person in, if the environment has a resolver (FRAME-14, REFRESH-09, IDENT-05)."""
    if environment.resolver is None:
        return None
    return environment.resolver(SignInInfo(result.profile, result.details), current_backend().context)


def report_failure(error: AuthError, flow_state: OAuthState | None, target: str) -> Response:
    """Tell the app what went wrong (FRAME-12, REDIR-04, REDIR-06)."""
    if flow_state is not None and redirect_flow.is_redirect(flow_state.flow):
        return to_app(redirect_flow.with_error(current_backend().settings.app_url, error.message))
    return responses.web_message_page(web_message.failure(errors.page_error(error)), target)


def require_redirect_target(redirect_url: str | None) -> None:
    """Refuse a redirect flow that does not end in the app (REDIR-07, REDIR-08, REDIR-09)."""
    allowed = current_backend().settings.allowed_origins
    redirect_flow.require_allowed_target(allowed, redirect_flow.require_redirect_url(redirect_url))


def to_app(url: str) -> Response:
    """Redirect with a short text in the form the client prefers (REDIR-11)."""
    return responses.to_app(url, accepts_html=request.prefers_html)


def refreshed_session(environment: OAuthEnvironment) -> dict[str, object]:
    """Renew at the vendor, then sign in again (order of section 15)."""
    backend = current_backend()
    origin = request.origin_header
    origins.require_allowed_for_refresh(backend.settings.allowed_origins, origin)
    context = cookie_context(environment, origin)
    token, holder = received_token(environment, context)
    if not token:
        raise InputError("Missing session cookie")  # REFRESH-02
    scope, granted = effective_scope(environment, context.received)
    persisted = environment.provider.scopes.persisted
    already_granted = scopes.already_granted(granted, scope) if persisted else None
    # Whose session it has to stay (SEC-REFR-06).
    subject = None if holder is None else holder.subject
    rotated: list[str] = []
    try:
        result = environment.provider.refresh(RefreshRequest(token, scope, already_granted, rotated.append, subject))
        scope = refreshed_scope(environment, scope, granted, result)
        if persisted:
            responses.add_cookies(provider_cookies.set_granted_scope(environment.cookies, context, scope))
        # No new one here does not undo one that was reported on the way (REFRESH-07).
        rotated += filter(None, [result.session.refresh_token])
    finally:
        # Also if the vendor failed half-way: the old token may be void already (SEC-REFR-09).
        store_rotated(environment, context, token, rotated, holder)
    sign_in = run_resolver(environment, result)
    info = session_response.provider_info(result.session, scope)
    return session_response.session_response(result.profile, info, sign_in, backend.clock())


def store_rotated(
    environment: OAuthEnvironment, context: CookieContext, old: str, rotated: list[str], holder: TokenHolder | None
) -> None:
    """Store the newest refresh token, if it is not the old one: it is the same person's (REFRESH-06, REFRESH-07)."""
    if not rotated or not is_rotated(old, rotated[-1]):
        return
    newest = rotated[-1]
    responses.add_cookies(provider_cookies.set_refresh_token(environment.cookies, context, newest))
    holders = RefreshTokenHolders(current_backend().database.engine)
    expires_at = context.now + environment.cookies.session_max_age
    holders.remember(newest, holder or TokenHolder(environment.id, None), context.now, expires_at)
    holders.forget(old)


def refreshed_scope(environment: OAuthEnvironment, scope: str, granted: list[str], result: AuthenticationResult) -> str:
    """The scope that a refresh reports (SCOPE-08, SCOPE-09, SEC-SCOPE-04)."""
    policy = environment.provider.scopes
    if not policy.persisted:
        return scopes.reported(result.session.scope)
    requested = scopes.split(request.parameters.get("scope"))
    answered = scopes.split(result.session.scope)
    known = [*granted, *policy.required, *environment.additional_scopes, *answered]
    return scopes.confirmed(scope, requested, known)


def received_token(environment: OAuthEnvironment, context: CookieContext) -> tuple[str | None, TokenHolder | None]:
    """The refresh token of the cookie and whose it is, if this environment's client may have it (SEC-ENV-05)."""
    token = provider_cookies.read(context.received, environment.cookies.refresh_token_name)
    holder = RefreshTokenHolders(current_backend().database.engine).find(token) if token else None
    if not token or not refresh_token_holders.is_of_environment(holder, environment.id):
        return None, None
    return token, holder


def is_rotated(old: str, new: str) -> bool:
    """Tell whether the vendor replaced the refresh token (REFRESH-06, REFRESH-07)."""
    return bool(new) and new != old


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
