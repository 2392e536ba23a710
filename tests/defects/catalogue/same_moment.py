"""What is kept where somebody else's request writes as well, and what is asked of a vendor beside what is needed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace as changed
from typing import Any

from reference_backend.authorization_server.authorization_store import AuthorizationStore, Redemption
from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.http.client import HttpClient
from reference_backend.http.request import request
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.provider import AuthenticationResult, LogoutRequest
from reference_backend.oauth.server_session import ServerSession
from reference_backend.oauth.state import OAuthState
from reference_backend.providers.google import Google
from reference_backend.providers.oauth2_base import OAuth2Provider
from reference_backend.providers.openid_base import OpenIdProvider
from tests.defects.defect import always, defect, replace, wrap

Session = dict[str, object]
_MEETING = threading.Barrier(2)


def _wait_for_another() -> None:
    """Let two requests that have looked write after one another, so that chance has no part in what they show."""
    with contextlib.suppress(threading.BrokenBarrierError):
        _MEETING.wait(0.3)
    if _MEETING.broken:
        _MEETING.reset()


@defect("SEC-CONC-01")
def tokens_of_the_latest_login() -> None:
    """A session gets the tokens of another user's concurrent sign-in."""
    latest: dict[int, str] = {}

    def fetch(original: Callable[..., Any], provider: OAuth2Provider, access_token: str) -> Any:
        latest[id(provider)] = access_token
        return original(provider, access_token)

    def put_together(
        original: Callable[..., AuthenticationResult], provider: OAuth2Provider, profile: Any, session: Any
    ) -> AuthenticationResult:
        token = latest.get(id(provider), session.access_token)
        return original(provider, profile, changed(session, access_token=token))

    wrap(OAuth2Provider, "fetch_profile", fetch)
    wrap(OAuth2Provider, "result", put_together)


@defect("SEC-CONC-01")
def environment_of_the_latest_callback() -> None:
    """The profile is mapped with the environment of another user's concurrent callback."""
    latest: list[OAuthEnvironment] = []

    def authenticate(
        original: Callable[..., AuthenticationResult], environment: OAuthEnvironment, state: OAuthState
    ) -> AuthenticationResult:
        latest[:] = [environment]
        return original(environment, state)

    def resolve(
        original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: AuthenticationResult
    ) -> SignIn | None:
        used = latest[0] if latest and latest[0].id.split("/")[0] == environment.id.split("/")[0] else environment
        return original(used, result)

    wrap(oauth_routes, "authenticate", authenticate)
    wrap(oauth_routes, "run_resolver", resolve)


@defect("SEC-CONC-01")
def refresh_shared_by_an_environment() -> None:
    """Concurrent refreshes in one environment share one response."""
    under_way: dict[str, Future[Session]] = {}
    lock = threading.Lock()

    def refreshed(original: Callable[[OAuthEnvironment], Session], environment: OAuthEnvironment) -> Session:
        with lock:
            found = under_way.get(environment.id)
            mine: Future[Session] = under_way.setdefault(environment.id, Future())
        if found is not None:
            return found.result(timeout=10)
        try:
            outcome = original(environment)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with lock:
                del under_way[environment.id]
        mine.set_result(outcome)
        return outcome

    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("SEC-CONC-02", "SEC-CONC-01", providers=("github", "google", "gitlab"))
def profile_kept_for_a_provider() -> None:
    """The profile of one user's refresh is cached for the next refresh of any user."""
    kept: dict[int, Any] = {}

    def fetch(original: Callable[..., Any], provider: OAuth2Provider, access_token: str) -> Any:
        if request.path.endswith("/refresh") and id(provider) in kept:
            return kept[id(provider)]
        kept[id(provider)] = original(provider, access_token)
        return kept[id(provider)]

    wrap(OAuth2Provider, "fetch_profile", fetch)


@defect("SEC-CONC-03", providers=("oidc",))
def pending_login_used_up_at_the_end() -> None:
    """The pending sign-in can be used again until its code is redeemed."""

    def take_out(session: ServerSession, key: str) -> None:
        del session._members[key]

    replace(ServerSession, "__delitem__", take_out)


@defect("SEC-CONC-04", providers=("oidc", "pinniped"))
def one_place_for_all_pending_logins() -> None:
    """A login that is begun at one OpenID provider takes the place of the one at another."""
    replace(OpenIdProvider, "session_key", always("oidc"))


@defect("SEC-TOKX-09", providers=("github", "google", "oidc"))
def browser_headers_passed_to_the_vendor() -> None:
    """Where the browser came from is passed on to the vendor."""

    def send(original: Callable[..., Any], client: HttpClient, method: str, url: str, **options: Any) -> Any:
        passed_on = {name: request.headers[name] for name in ("Referer",) if name in request.headers}
        return original(client, method, url, **{**options, "headers": {**(options.get("headers") or {}), **passed_on}})

    wrap(HttpClient, "request", send)


@defect("SEC-TOKX-09", providers=("github", "google"))
def state_sent_with_the_code() -> None:
    """The code is redeemed together with the state of the login, nonce included."""

    def ask(
        original: Callable[..., Mapping[str, Any]], provider: OAuth2Provider, grant_type: str, **parameters: str
    ) -> Mapping[str, Any]:
        return original(provider, grant_type, **parameters, state=request.parameters.get("state", ""))

    wrap(OAuth2Provider, "_token_request", ask)


@defect("SEC-TOKX-09", providers=("github", "google"))
def profile_asked_for_with_the_secret() -> None:
    """The client's secret goes along with the access token to the profile."""

    def send(original: Callable[..., Any], client: HttpClient, method: str, url: str, **options: Any) -> Any:
        if method == "GET" and "Authorization" in (options.get("headers") or {}) and known:
            options = {**options, "headers": {**options["headers"], "X-Client-Secret": known[-1]}}
        return original(client, method, url, **options)

    def fetch(original: Callable[..., Any], provider: OAuth2Provider, access_token: str) -> Any:
        known.append(provider.client_secret)
        return original(provider, access_token)

    known: list[str] = []
    wrap(HttpClient, "request", send)
    wrap(OAuth2Provider, "fetch_profile", fetch)


@defect("SEC-TOKX-09", providers=("google",))
def profile_asked_for_at_logout() -> None:
    """Logout requests the profile with the refresh token in place of the access token."""

    def end(original: Callable[..., Any], provider: Google, logout_request: LogoutRequest) -> Any:
        if logout_request.refresh_token:
            provider.request_profile(logout_request.refresh_token)
        return original(provider, logout_request)

    wrap(Google, "logout", end)


@defect("SEC-CONC-03", providers=("github",), profile="oidc-server")
def code_looked_at_before_it_is_used_up() -> None:
    """A code counts if it was not used when the request came, whatever has become of it since."""

    def redeem(
        original: Callable[..., Redemption], store: AuthorizationStore, digest: str, more: Callable[..., None] | None
    ) -> Redemption:
        _wait_for_another()
        return changed(original(store, digest, more), won=True)

    wrap(AuthorizationStore, "redeem", redeem)


@defect("SEC-CONC-03", providers=("github",), profile="oidc-server")
def rotation_looked_at_before_it_is_made() -> None:
    """A refresh token counts if it was the current one when the request came, whatever has taken its place since."""

    def rotate(original: Callable[..., bool], *arguments: Any) -> bool:
        _wait_for_another()
        return original(*arguments) or True

    wrap(OfflineStore, "rotate", rotate)
