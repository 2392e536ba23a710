"""What one vendor is asked for in its own way: addresses, scopes, credentials, further calls."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import requests

from reference_backend.errors import AuthError
from reference_backend.identity.session_response import OAuthSession
from reference_backend.oauth.provider import (
    AuthenticationResult,
    LogoutRequest,
    OAuthProvider,
    RefreshRequest,
    ScopePolicy,
    StartRequest,
)
from reference_backend.providers import bitbucket_server, github, microsoft, oauth2_base, onelogin, openshift
from reference_backend.providers.atlassian import Atlassian
from reference_backend.providers.bitbucket import Bitbucket
from reference_backend.providers.github import GitHub
from reference_backend.providers.google import REVOCATION_URL, Google
from reference_backend.providers.microsoft import Microsoft
from reference_backend.providers.oauth2 import OAuth2
from reference_backend.providers.oauth2_base import ClientAuthentication, OAuth2Provider
from reference_backend.providers.okta import Okta
from reference_backend.providers.openshift import OpenShift
from reference_backend.providers.profiles import VendorProfile
from tests.defects.defect import always, defect, nothing, replace, wrap


def change_start(change: Callable[[StartRequest], StartRequest]) -> None:
    """Let providers build the authorization URL from another request."""
    wrap(OAuth2Provider, "start", lambda original, self, request: original(self, change(request)))


def add_parameter(name: str, value: str, owner: type[OAuth2Provider] = OAuth2Provider) -> None:
    """Put one more parameter into the authorization URLs of a provider, or of all that have none of their own."""

    def add(original: Callable[..., Mapping[str, str]], self: OAuth2Provider, request: StartRequest) -> Any:
        return {**original(self, request), name: value}

    wrap(owner, "authorization_parameters", add)


def change_address(owner: type[OAuth2Provider], name: str, old: str, new: str) -> None:
    """Let a provider use another address than the one that it reads from its configuration."""

    def create(original: Callable[..., None], self: OAuth2Provider, settings: Any) -> None:
        original(self, settings)
        setattr(self, name, getattr(self, name).replace(old, new))

    wrap(owner, "__init__", create)


# --- authorization request -----------------------------------------------------------------------


@defect("GITHUB-02", "GITLAB-02", providers=("github", "gitlab"))
def scopes_of_the_vendor_joined_by_commas() -> None:
    """Scopes are joined by commas, as the documentation of some vendors has them."""
    # GitLab always gets its required scope once more, so that there is something to join.
    change_start(lambda one: dataclasses.replace(one, scope=",".join({**dict.fromkeys(one.scope.split()), "api": 0})))


@defect("GITHUB-01", providers=("github",))
def sign_up_switched_off_unasked() -> None:
    """The authorization request has a parameter that is not configured."""
    add_parameter("allow_signup", "false")


@defect("GOOGLE-01", providers=("google",))
def offline_access_not_asked_for() -> None:
    """The vendor is not asked for offline access."""
    replace(Google, "authorization_params", {"prompt": "consent", "include_granted_scopes": "true"})


@defect("GOOGLE-02", providers=("google",))
def scopes_in_their_short_spelling() -> None:
    """The scopes of the profile are asked for by their short names."""
    replace(Google, "scopes", ScopePolicy(required=("openid", "email", "profile")))


@defect("GOOGLE-03", providers=("google",))
def account_hinted_at() -> None:
    """The authorization request suggests an account."""
    add_parameter("login_hint", "ada-quill@lumenfold.example")


@defect("OAUTH2-01", providers=("oauth2",))
def own_query_of_the_address_dropped() -> None:
    """The query of the configured authorization URL gets lost."""
    replace(oauth2_base, "split_query", lambda url: (url.partition("?")[0], {}))


@defect("OKTA-03", providers=("okta",))
def configured_identity_provider_not_told() -> None:
    """The configured idp is not sent in the authorization request."""
    replace(Okta, "authorization_parameters", always({}))


@defect("ATLASSIAN-01", providers=("atlassian",))
def audience_left_out() -> None:
    """The authorization request does not say which API the token is for."""
    replace(Atlassian, "authorization_params", {"prompt": "consent"})


@defect("ONELOGIN-02", providers=("onelogin",))
def all_scopes_passed_on() -> None:
    """More than the one scope is asked for."""
    replace(onelogin, "ONLY_SCOPE", "openid profile")


@defect("PROV-MICROSOFT-02", "MICROSOFT-12", "FE-42", providers=("microsoft",))
def resources_mixed() -> None:
    """A scope of another resource is asked for beside the usual ones."""
    replace(microsoft, "effective_scopes", lambda requested, usual: usual)


@defect("PROV-MICROSOFT-01", providers=("microsoft",))
def domain_hint_not_told() -> None:
    """The configured domainHint is not sent in the authorization request."""
    replace(Microsoft, "authorization_parameters", always({}))


# --- addresses -----------------------------------------------------------------------------------


@defect("OKTA-01", providers=("okta",))
def authorization_server_ignored() -> None:
    """The organisation's own authorization server is used, whichever is configured."""
    change_address(Okta, "token_url", "/oauth2/default/", "/oauth2/")


@defect("GITLAB-01", providers=("gitlab",))
def user_read_at_gitlab_com() -> None:
    """The user is read at the vendor's public instance, whatever instance is configured."""

    def ask(self: OAuth2Provider, access_token: str) -> requests.Response:
        del access_token
        raise requests.ConnectionError

    replace(OAuth2Provider, "request_profile", ask)


@defect("BITBUCKETSERVER-08", providers=("bitbucketServer",))
def user_name_not_encoded() -> None:
    """The user name is not encoded in the URL."""
    replace(bitbucket_server, "quote", lambda *arguments, **named: arguments[0])


@defect("OPENSHIFT-08", providers=("openshift",))
def token_deleted_under_its_own_name() -> None:
    """Logout sends the access token instead of its hashed name to the cluster."""
    replace(openshift, "token_name", lambda token: token)


# --- credentials ---------------------------------------------------------------------------------


@defect(
    *("GITHUB-03", "GOOGLE-04", "GITLAB-03", "MICROSOFT-03", "ATLASSIAN-03", "ONELOGIN-03", "OPENSHIFT-02"),
    "BITBUCKETSERVER-03",
    providers=("github", "google", "gitlab", "microsoft", "atlassian", "onelogin", "openshift", "bitbucketServer"),
    stops_cases=True,
)
def secret_left_to_a_header() -> None:
    """The client's secret is in a header, where these vendors do not look for it."""
    replace(OAuth2Provider, "client_authentication", always(ClientAuthentication.BASIC))


@defect("UP-04", "OAUTH2-04", providers=("oauth2",))
def basic_header_not_sent() -> None:
    """The configured Basic header is not sent."""
    replace(OAuth2, "client_authentication", always(ClientAuthentication.BODY))


@defect("OKTA-04", "OKTA-05", providers=("okta",), stops_cases=True)
def secret_in_the_body_of_the_code_exchange() -> None:
    """The code is exchanged with the secret in the form."""
    replace(Okta, "client_authentication", always(ClientAuthentication.BODY))


@defect("OKTA-06", providers=("okta",))
def secret_in_a_header_of_the_refresh() -> None:
    """The refresh token is redeemed with the secret in a header."""
    replace(Okta, "client_authentication", always(ClientAuthentication.BASIC))


@defect("BITBUCKET-02", providers=("bitbucket",), stops_cases=True)
def secret_in_the_body_only() -> None:
    """The secret is in the form, but not in the header that the vendor demands."""
    replace(Bitbucket, "client_authentication", always(ClientAuthentication.BODY))


@defect("BITBUCKET-03", providers=("bitbucket",))
def secret_in_the_header_only() -> None:
    """The secret is in the header, but not in the form."""
    replace(Bitbucket, "client_authentication", always(ClientAuthentication.BASIC))


@defect("GITHUB-05", providers=("github",))
def another_scheme_for_the_access_token() -> None:
    """The access token travels under the vendor's older scheme."""

    def ask(self: OAuth2Provider, access_token: str) -> requests.Response:
        return self.context.http.request("GET", self.profile_url, headers={"Authorization": f"token {access_token}"})

    replace(OAuth2Provider, "request_profile", ask)


@defect("OKTA-07", providers=("okta",), stops_cases=True)
def userinfo_read_by_get() -> None:
    """Userinfo is read with the usual method instead of the one that the vendor has."""
    replace(Okta, "request_profile", OAuth2Provider.request_profile)


# --- calls too many or too few -------------------------------------------------------------------


@defect("GITHUB-07", providers=("github",))
def hidden_addresses_looked_up() -> None:
    """All e-mail addresses of the user are looked up."""

    def fetch(original: Callable[..., VendorProfile], self: OAuth2Provider, token: str) -> VendorProfile:
        headers = {"Authorization": f"Bearer {token}"}
        self.context.http.request("GET", f"{self.profile_url}/emails", headers=headers)
        return original(self, token)

    wrap(OAuth2Provider, "fetch_profile", fetch)


@defect("OAUTH2-05", providers=("oauth2",))
def third_address_called() -> None:
    """The profile is requested from a URL that is not configured."""

    def fetch(self: OAuth2Provider, token: str) -> VendorProfile:
        address = self.token_url.replace("/token", "/userinfo")
        self.context.http.request("GET", address, headers={"Authorization": f"Bearer {token}"})
        return VendorProfile()

    replace(OAuth2, "fetch_profile", fetch)


@defect("ATLASSIAN-05", providers=("atlassian",))
def sites_not_read() -> None:
    """The accessible sites are not requested."""
    replace(Atlassian, "require_resources", nothing)


@defect("GITHUB-10", providers=("github",))
def stored_access_token_redeemed() -> None:
    """A stored access token is sent to the token endpoint."""

    def refresh(original: Callable[..., AuthenticationResult], self: GitHub, request: RefreshRequest) -> Any:
        if request.refresh_token.startswith(github.ACCESS_TOKEN_PREFIX):
            with contextlib.suppress(AuthError):
                self.exchange_refresh_token(
                    request.refresh_token.removeprefix(github.ACCESS_TOKEN_PREFIX), request.scope
                )
        return original(self, request)

    wrap(GitHub, "refresh", refresh)


@defect("GITHUB-09", providers=("github",))
def expiring_access_token_stored() -> None:
    """An access token that will expire is kept as if it never did."""

    def authenticate(original: Callable[..., AuthenticationResult], self: GitHub, request: Any) -> Any:
        result = original(self, request)
        kept = result.session.refresh_token or github.ACCESS_TOKEN_PREFIX + result.session.access_token
        return dataclasses.replace(result, session=dataclasses.replace(result.session, refresh_token=kept))

    wrap(GitHub, "authenticate", authenticate)


@defect(
    *("GITHUB-08", "GITLAB-06", "ATLASSIAN-06", "BITBUCKETSERVER-09", "MICROSOFT-06"),
    providers=("github", "gitlab", "atlassian", "bitbucketServer", "microsoft"),
)
def rotated_refresh_token_forgotten() -> None:
    """The new refresh token in the answer to a refresh is not kept."""

    def context(original: Callable[..., OAuthSession], self: OAuth2Provider, *arguments: str) -> OAuthSession:
        return dataclasses.replace(original(self, *arguments), refresh_token=None)

    wrap(OAuth2Provider, "exchange_refresh_token", context)


@defect("GOOGLE-08", "UP-14", providers=("google",))
def profile_of_a_refresh_from_the_id_token() -> None:
    """A refresh takes the profile from the ID token instead of asking the vendor."""

    def refresh(self: OAuth2Provider, request: RefreshRequest) -> AuthenticationResult:
        session = self.exchange_refresh_token(request.refresh_token, request.scope)
        return self.result(VendorProfile(), session)

    replace(OAuth2Provider, "refresh", refresh)


@defect("OPENSHIFT-04", "PROV-OPENSHIFT-01", "OPENSHIFT-05", providers=("openshift",))
def stored_access_token_trusted() -> None:
    """A refresh does not ask whether the stored access token still works."""

    def refresh(self: OpenShift, request: RefreshRequest) -> AuthenticationResult:
        session = OAuthSession(request.refresh_token, request.scope, refresh_token=request.refresh_token)
        return self.result(VendorProfile(display_name="ada-quill"), session)

    replace(OpenShift, "refresh", refresh)


@defect("MICROSOFT-05", providers=("microsoft",))
def graph_asked_with_any_token() -> None:
    """The profile is asked for with a token that is for something else, to see whether it works."""

    def fetch(original: Callable[..., VendorProfile], self: Microsoft, token: str) -> VendorProfile:
        if not microsoft.is_for_graph(token):
            self.request_profile(token)
        return original(self, token)

    wrap(Microsoft, "fetch_profile", fetch)


@defect("MICROSOFT-07", providers=("microsoft",))
def profile_read_although_it_should_be_skipped() -> None:
    """The configuration that spares the profile call is ignored."""

    def create(original: Callable[..., None], self: Microsoft, settings: Any) -> None:
        original(self, settings)
        self.skips_profile = False

    wrap(Microsoft, "__init__", create)


@defect("GOOGLE-10", "LOGOUT-09", providers=("google",))
def refresh_token_not_revoked() -> None:
    """Logout leaves the refresh token valid."""
    replace(Google, "logout", always(None))


@defect("GOOGLE-12", providers=("google",))
def last_session_revoked_again() -> None:
    """A logout without a session revokes the token of the session before."""
    last: list[str] = []

    def logout(self: Google, request: LogoutRequest) -> None:
        last.extend([request.refresh_token] if request.refresh_token else [])
        self.context.http.request("POST", REVOCATION_URL, params={"token": last[-1]})

    replace(Google, "logout", logout)


@defect(
    *("GITHUB-18", "GITLAB-10", "MICROSOFT-13", "ATLASSIAN-09", "BITBUCKET-10", "BITBUCKETSERVER-10", "OKTA-12"),
    *("ONELOGIN-08", "OAUTH2-06"),
    providers=(
        *("github", "gitlab", "microsoft", "atlassian", "bitbucket", "bitbucketServer", "okta", "onelogin", "oauth2"),
    ),
)
def vendor_asked_at_logout() -> None:
    """Logout sends the refresh token to the vendor, which has no use for it."""

    def logout(self: OAuthProvider, request: LogoutRequest) -> None:
        if isinstance(self, OAuth2Provider) and request.refresh_token:
            token = request.refresh_token.removeprefix(github.ACCESS_TOKEN_PREFIX)
            form = {"grant_type": "refresh_token", "refresh_token": token}
            headers = {"Authorization": f"Bearer {token}"}
            self.context.http.request("POST", self.token_url, form=form)
            self.context.http.request("GET", getattr(self, "profile_url", self.token_url), headers=headers)

    replace(OAuthProvider, "logout", logout)


@defect("GITLAB-08", "ATLASSIAN-07", "BITBUCKET-07", providers=("gitlab", "atlassian", "bitbucket"))
def refused_refresh_counts_as_success() -> None:
    """A refresh token that the vendor refuses renews the session with an empty token."""

    def context(original: Callable[..., OAuthSession], self: OAuth2Provider, *arguments: str) -> OAuthSession:
        try:
            return original(self, *arguments)
        except AuthError:
            return OAuthSession("", None)

    wrap(OAuth2Provider, "exchange_refresh_token", context)
    wrap(
        OAuth2Provider,
        "fetch_profile",
        lambda original, self, token: original(self, token) if token else VendorProfile(),
    )
