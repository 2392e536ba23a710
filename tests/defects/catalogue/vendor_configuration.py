"""What follows from a vendor's configuration and from what it refuses: addresses, scopes, profiles, logout."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import requests

from reference_backend.errors import AuthError
from reference_backend.identity import entity_ref, resolvers
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import oauth_errors
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.provider import AuthenticationResult, ScopePolicy
from reference_backend.providers.atlassian import Atlassian
from reference_backend.providers.bitbucket import Bitbucket
from reference_backend.providers.bitbucket_server import BitbucketServer
from reference_backend.providers.gitlab import GitLab
from reference_backend.providers.microsoft import Microsoft
from reference_backend.providers.oauth2 import OAuth2
from reference_backend.providers.oauth2_base import OAuth2Provider
from reference_backend.providers.okta import Okta
from reference_backend.providers.onelogin import OneLogin
from reference_backend.providers.profiles import VendorProfile
from reference_backend.proxies import aws_alb
from tests.defects.catalogue.upstream import unless_it_fails
from tests.defects.catalogue.vendor_answers import change_profile
from tests.defects.catalogue.vendor_requests import add_parameter, change_address
from tests.defects.defect import defect, replace, wrap


@defect(
    *("BITBUCKET-01", "OPENSHIFT-01", "MICROSOFT-02", "BITBUCKETSERVER-02"),
    providers=("bitbucket", "openshift", "microsoft", "bitbucketServer"),
)
def consent_demanded_each_time() -> None:
    """The authorization request demands that the person is asked once more."""
    add_parameter("prompt", "consent")
    add_parameter("prompt", "consent", Microsoft)


@defect("BITBUCKETSERVER-01", providers=("bitbucketServer",), stops_cases=True)
def token_endpoint_of_another_version() -> None:
    """Codes are sent to another version of the API than the one that the configured host has."""
    change_address(BitbucketServer, "token_url", "/latest/", "/1.0/")


@defect("ONELOGIN-01", providers=("onelogin",), stops_cases=True)
def path_of_the_issuer_dropped() -> None:
    """The token endpoint is looked for without the path of the configured issuer."""
    change_address(OneLogin, "token_url", "/oidc/2", "")


@defect("MICROSOFT-01", providers=("microsoft",))
def tenant_of_everybody_used() -> None:
    """Codes are exchanged at the common endpoint, whatever tenant is configured."""

    def create(original: Callable[..., None], self: Microsoft, settings: Any) -> None:
        original(self, settings)
        self.token_url = "https://login.microsoftonline.com/common/oauth2/v2.0/token"

    wrap(Microsoft, "__init__", create)


@defect("ATLASSIAN-02", providers=("atlassian",))
def only_the_profile_asked_for() -> None:
    """The scope is too small for a refresh and for the sites."""
    replace(Atlassian, "scopes", ScopePolicy(required=("read:me",)))


@defect("BITBUCKET-05", providers=("bitbucket",))
def scope_read_from_a_member_that_is_not_there() -> None:
    """The session reports the member scope of the token answer, which this vendor calls otherwise."""
    replace(Bitbucket, "scopes", ScopePolicy(required=("account",)))


@defect("GITLAB-05", "SCOPE-08", providers=("gitlab",))
def requested_scope_reported() -> None:
    """The session reports what was asked for, whatever was granted."""
    replace(GitLab, "scopes", ScopePolicy(required=("read_user",), persisted=True))


@defect("ATLASSIAN-04", "ONELOGIN-04", providers=("atlassian", "onelogin"))
def access_token_in_the_query_of_the_profile() -> None:
    """The profile is asked for with the access token in the address as well."""

    def ask(self: OAuth2Provider, access_token: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.context.http.request("GET", f"{self.profile_url}?token={access_token}", headers=headers)

    replace(OAuth2Provider, "request_profile", ask)


@defect("GITLAB-04", providers=("gitlab",))
def picture_left_out() -> None:
    """The profile has no picture."""
    change_profile(GitLab, lambda profile, found: dataclasses.replace(profile, picture=None))


@defect("BITBUCKET-04", "BITBUCKET-11", providers=("bitbucket",))
def address_made_up() -> None:
    """The profile has an e-mail address made from the user name."""
    change_profile(
        Bitbucket, lambda one, found: dataclasses.replace(one, email=f"{found['username']}@lumenfold.example")
    )


@defect("ATLASSIAN-08", providers=("atlassian",))
def failing_calls_overlooked() -> None:
    """A user whose profile cannot be read is signed in as a default user."""
    wrap(Atlassian, "fetch_profile", unless_it_fails)


@defect("OKTA-11", "ONELOGIN-07", "GITLAB-09", providers=("okta", "onelogin", "gitlab"))
def failing_profile_overlooked() -> None:
    """A profile endpoint that refuses makes an empty profile."""
    wrap(OAuth2Provider, "fetch_profile", unless_it_fails)


@defect("BITBUCKETSERVER-06", "BITBUCKETSERVER-07", providers=("bitbucketServer",))
def unreadable_user_without_a_name_in_the_error() -> None:
    """The error does not name which part of the profile could not be read."""

    def fetch(original: Callable[..., VendorProfile], self: BitbucketServer, token: str) -> VendorProfile:
        try:
            return original(self, token)
        except AuthError as error:
            raise oauth_errors.profile_unreadable() from error

    wrap(BitbucketServer, "fetch_profile", fetch)


@defect("PROV-MICROSOFT-03", providers=("microsoft",))
def no_second_token_for_the_profile() -> None:
    """With a token for another resource, the profile is not read."""

    def as_it_is(
        self: Microsoft, result: AuthenticationResult, refresh_token: str | None, keep: Any = None
    ) -> AuthenticationResult:
        del self, refresh_token, keep
        return result

    replace(Microsoft, "with_profile", as_it_is)


@defect("ATLASSIAN-10", "OAUTH2-07", providers=("atlassian", "oauth2"))
def user_name_guessed() -> None:
    """A missing user name is made of the address."""

    def guess(original: Callable[..., SignIn], options: Any, info: Any, context: Any) -> SignIn:
        name = (info.profile.email or "").partition("@")[0]
        return original(options, dataclasses.replace(info, details={"username": name}), context)

    for vendor in (Atlassian, OAuth2):
        wrap(vendor.resolvers["usernameMatchingUserEntityName"], "resolve", guess)


@defect("GOOGLE-11", "OPENSHIFT-09", "LOGOUT-10", providers=("google", "openshift"))
def logout_depends_on_the_vendor() -> None:
    """If the vendor does not take the token back, the person stays signed in."""

    def end(environment: Any, logout_request: Any) -> str | None:
        found: str | None = environment.provider.logout(logout_request)
        return found

    replace(oauth_routes, "end_vendor_session", end)


@defect("RES-50", providers=("bitbucketServer",))
def resolver_of_the_vendor_wins() -> None:
    """Of two resolvers with one name, the vendor's own has precedence over the common one."""
    replace(resolvers.COMMON["emailMatchingUserEntityProfileEmail"], "resolve", aws_alb.by_email)


@defect("OKTA-03", providers=("okta",))
def offline_access_not_asked_of_the_organisation() -> None:
    """The organisation is not asked for offline access."""
    replace(Okta, "scopes", ScopePolicy(required=("openid", "email", "profile")))


@defect("OKTA-03", providers=("okta",))
def identity_provider_of_no_configuration() -> None:
    """The authorization request has the parameter for an identity provider although none is configured."""
    wrap(Okta, "authorization_parameters", lambda original, self, request: {"idp": "", **original(self, request)})


@defect("OKTA-01", providers=("okta",))
def default_authorization_server_assumed() -> None:
    """Without a configured authorization server the one that the vendor calls default is used."""
    change_address(Okta, "authorization_url", "/oauth2/v1/", "/oauth2/default/v1/")


@defect("CTX-11", providers=("openshift",))
def name_at_the_cluster_completed() -> None:
    """A cluster user outside the catalog gets a namespace of the vendor."""
    wrap(entity_ref, "user", lambda original, name: dataclasses.replace(original(name), namespace="openshift"))
