"""Auth0: what the tenant is asked, what its ID token says, the profile of a moment ago."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from reference_backend.oauth import oauth_errors
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import CallbackRequest, LogoutRequest, StartRequest
from reference_backend.providers import auth0
from reference_backend.providers.auth0 import Auth0
from reference_backend.providers.oauth2_base import ClientAuthentication, OAuth2Provider
from reference_backend.providers.profiles import VendorProfile
from tests.defects.defect import always, defect, nothing, replace, wrap

AUTH0 = ("auth0",)
Parameters = Callable[[Auth0, StartRequest], Mapping[str, str]]


def change_parameters(change: Callable[[Auth0, dict[str, str]], Mapping[str, str]]) -> None:
    """Change the further parameters of the authorization request."""

    def parameters(original: Parameters, self: Auth0, request: StartRequest) -> Mapping[str, str]:
        return change(self, dict(original(self, request)))

    wrap(Auth0, "authorization_parameters", parameters)


@defect("AUTH0-01", providers=AUTH0)
def tenant_gets_no_nonce() -> None:
    """The authorization request has no nonce."""
    change_parameters(lambda self, found: {name: value for name, value in found.items() if name != "nonce"})


@defect("AUTH0-01", providers=AUTH0)
def tenant_gets_the_same_nonce() -> None:
    """Every start sends the same nonce."""
    change_parameters(lambda self, found: {**found, "nonce": "0" * 32})


@defect("AUTH0-02", providers=AUTH0)
def scope_added_for_the_tenant() -> None:
    """Start requests a scope that was neither requested nor configured."""

    def start(original: Callable[[Auth0, StartRequest], str], self: Auth0, request: StartRequest) -> str:
        return original(self, dataclasses.replace(request, scope=f"{request.scope} read:users".strip()))

    wrap(Auth0, "start", start)


@defect("AUTH0-03", providers=AUTH0)
def scope_of_no_connection() -> None:
    """The scope of a connection is sent without one."""
    change_parameters(
        lambda self, found: {**found, **({"connection_scope": self.connection_scope} if self.connection_scope else {})}
    )


@defect("AUTH0-04", "UP-03", providers=AUTH0)
def secret_of_the_tenant_in_the_header() -> None:
    """The client's secret travels in the header."""
    replace(OAuth2Provider, "client_authentication", always(ClientAuthentication.BASIC))


@defect("AUTH0-05", providers=AUTH0)
def tenant_needs_no_id_token() -> None:
    """Without an ID token nothing is checked."""

    def require(original: Callable[..., None], self: Auth0, text: Any, nonce: str) -> None:
        if text:
            original(self, text, nonce)

    wrap(Auth0, "require_id_token", require)


@defect("AUTH0-06", providers=AUTH0)
def any_tenant_is_good() -> None:
    """The issuer of the ID token is not compared with the tenant."""
    replace(auth0, "require_issuer", nothing)


@defect("AUTH0-06", providers=AUTH0)
def token_for_any_client_of_the_tenant() -> None:
    """The audience of the ID token is not compared."""
    replace(auth0, "require_audience", nothing)


@defect("AUTH0-06", providers=AUTH0)
def times_of_the_tenant_ignored() -> None:
    """The ID token lives for ever."""
    replace(auth0, "require_times", nothing)


@defect("AUTH0-06", providers=AUTH0)
def nonce_of_the_tenant_ignored() -> None:
    """The nonce of the ID token is not compared."""
    replace(auth0, "require_nonce", nothing)


@defect("AUTH0-06", providers=AUTH0)
def any_algorithm_of_the_tenant() -> None:
    """An unsigned ID token is accepted."""
    replace(auth0, "require_algorithm", nothing)


@defect("AUTH0-07", providers=AUTH0)
def tenant_needs_no_session() -> None:
    """A callback without the session of its start goes on without its checks."""

    def take(original: Callable[..., dict[str, str]], request: CallbackRequest) -> dict[str, str]:
        return original(request) if request.session else {"scope": "", "nonce": ""}

    wrap(auth0, "take_flow", take)


@defect("AUTH0-08", providers=AUTH0)
def picture_from_userinfo_of_the_tenant() -> None:
    """The picture of user info is used."""

    def profile(original: Callable[..., VendorProfile], self: Auth0, found: Mapping[str, Any]) -> VendorProfile:
        return dataclasses.replace(original(self, found), picture=found.get("picture"))

    wrap(Auth0, "map_profile", profile)


@defect("AUTH0-09", providers=AUTH0)
def refresh_of_nobody() -> None:
    """A refresh needs no ID token."""
    replace(auth0, "refreshed_subject", always(None))


@defect("AUTH0-10", providers=AUTH0)
def profile_asked_for_each_time() -> None:
    """Every refresh asks for the profile."""
    replace(auth0, "CACHED", 0)


@defect("AUTH0-11", providers=AUTH0)
def tenant_passes_errors_on() -> None:
    """The error of userinfo is shown in the error response."""

    def refused(original: Callable[..., ProfileError], self: Auth0, status: int, body: str) -> ProfileError:
        return ProfileError(f"{self.profile_label} - {body}", upstream_status=status)

    wrap(Auth0, "profile_refused", refused)


@defect("AUTH0-12", "UP-08", "OUT-P1", providers=AUTH0)
def denial_at_the_tenant_is_a_failure() -> None:
    """A denied consent is reported as a failure."""
    replace(oauth_errors, "rejected", oauth_errors.failed)


@defect("AUTH0-13", providers=AUTH0)
def tenant_asked_at_logout() -> None:
    """Logout takes the refresh token back."""

    def logout(original: Callable[..., str | None], self: Auth0, request: LogoutRequest) -> str | None:
        form = {"client_id": self.client_id, "client_secret": self.client_secret, "token": request.refresh_token or ""}
        self.context.http.request("POST", f"{self.base}/oauth/revoke", form=form)
        return original(self, request)

    wrap(Auth0, "logout", logout)


@defect("PROV-AUTH0-01", providers=AUTH0)
def hints_not_passed_on() -> None:
    """The parameters of start for the sign-in are dropped."""
    replace(auth0, "PASSED_ON", ())


@defect("PROV-AUTH0-02", providers=AUTH0)
def any_organization() -> None:
    """Members of any organization may be asked for."""
    replace(auth0, "require_organization", nothing)


@defect("PROV-AUTH0-03", providers=AUTH0)
def another_default_prompt() -> None:
    """Without configuration another prompt is sent."""
    replace(auth0, "DEFAULT_PROMPT", "login")


@defect("PROV-AUTH0-03", providers=AUTH0)
def prompt_of_no_prompt() -> None:
    """The word of the configuration for no prompt at all is sent as one."""
    replace(auth0, "NO_PROMPT", "")


@defect("PROV-AUTH0-03", providers=AUTH0)
def audience_not_sent() -> None:
    """The configured audience is dropped."""
    change_parameters(lambda self, found: {name: value for name, value in found.items() if name != "audience"})


@defect("PROV-AUTH0-04", "LOGOUT-11", "FE-36", providers=AUTH0)
def no_way_out_of_the_tenant() -> None:
    """Logout does not say where the tenant's session ends."""
    replace(Auth0, "logout", always(None))


@defect("PROV-AUTH0-04", providers=AUTH0)
def way_out_without_return() -> None:
    """The tenant's logout does not return to the app."""

    def logout(original: Callable[..., str | None], self: Auth0, request: LogoutRequest) -> str | None:
        return original(self, dataclasses.replace(request, origin=None))

    wrap(Auth0, "logout", logout)
