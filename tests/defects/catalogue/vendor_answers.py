"""What the backend makes of one vendor's own answers: profiles, and errors in the vendor's words."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from reference_backend.errors import AuthError
from reference_backend.formats import encoding
from reference_backend.oauth import oauth_errors
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import AuthenticationResult
from reference_backend.providers import bitbucket, bitbucket_server
from reference_backend.providers.bitbucket_server import BitbucketServer
from reference_backend.providers.github import GitHub
from reference_backend.providers.google import Google
from reference_backend.providers.microsoft import Microsoft
from reference_backend.providers.oauth2_base import OAuth2Provider
from reference_backend.providers.okta import Okta
from reference_backend.providers.onelogin import OneLogin
from reference_backend.providers.openshift import OpenShift
from reference_backend.providers.profiles import VendorProfile
from tests.defects.catalogue.upstream import change_token_answer, unless_it_fails, without
from tests.defects.defect import always, defect, replace, wrap

Found = Mapping[str, Any]


def change_profile(owner: type[OAuth2Provider], change: Callable[[VendorProfile, Found], VendorProfile]) -> None:
    """Let a provider make another profile of what it found."""

    def map_profile(original: Callable[..., VendorProfile], self: OAuth2Provider, found: Found) -> VendorProfile:
        return change(original(self, found), found)

    wrap(owner, "map_profile", map_profile)


def show_in_errors(read: Callable[[Any], Any]) -> None:
    """Let the texts of errors have something else of the vendor's body in them."""

    def detail(original: Callable[[str], str], body: str) -> str:
        try:
            text = read(json.loads(body))
        except (ValueError, KeyError, TypeError):
            text = None
        return f" - {text}" if text else original(body)

    wrap(oauth_errors, "detail", detail)


# --- token answers -------------------------------------------------------------------------------


@defect("GITHUB-04", providers=("github",))
def only_forms_understood() -> None:
    """A token answer in JSON is not understood."""
    replace(oauth_errors, "parse_token_answer", lambda body: dict(encoding.parse_form(body)))


@defect("UP-06", providers=("google", "okta"))
def only_json_understood() -> None:
    """A token answer that is a form is not understood."""
    replace(oauth_errors, "parse_token_answer", lambda body: json.loads(body) if body.startswith("{") else {})


@defect("GITHUB-11", "GITHUB-12", providers=("github",))
def error_with_status_200_overlooked() -> None:
    """An error response with status 200 is treated as a token response."""
    change_token_answer(lambda answer: {"access_token": "undefined", **answer})
    wrap(OAuth2Provider, "fetch_profile", unless_it_fails)


@defect("GITHUB-16", providers=("github",))
def granted_scopes_reported_as_they_come() -> None:
    """The session reports the scopes as the vendor writes them."""
    wrap(oauth_routes, "granted_scope", lambda original, *arguments: original(*arguments).replace(" ", ","))


@defect("GOOGLE-07", providers=("google",))
def id_token_swallowed() -> None:
    """The session lacks the vendor's ID token."""
    change_token_answer(lambda answer: without(answer, "id_token"))


@defect("OAUTH2-02", providers=("oauth2",))
def id_token_demanded() -> None:
    """A sign-in without ID token is refused, although nothing needs one."""

    def result(original: Callable[..., AuthenticationResult], self: OAuth2Provider, profile: Any, session: Any) -> Any:
        if not session.id_token:
            raise oauth_errors.failed("there is no ID token")
        return original(self, profile, session)

    wrap(OAuth2Provider, "result", result)


@defect("OAUTH2-03", providers=("oauth2",))
def profile_of_the_refresh_is_nobodys() -> None:
    """Without an ID token in the refresh response, every user gets the same e-mail address."""

    def result(original: Callable[..., AuthenticationResult], self: OAuth2Provider, profile: Any, session: Any) -> Any:
        made_up = VendorProfile(email="ada-quill@lumenfold.example")
        return original(self, profile if session.id_token else made_up, session)

    wrap(OAuth2Provider, "result", result)


# --- profiles ------------------------------------------------------------------------------------


@defect("GITHUB-06", providers=("github",))
def login_does_not_stand_in() -> None:
    """A user without a name is shown by the numeric id instead of the login."""
    change_profile(GitHub, lambda profile, found: dataclasses.replace(profile, username=None))


@defect("GOOGLE-05", providers=("google",))
def given_name_only() -> None:
    """The display name is the given name."""
    change_profile(Google, lambda profile, found: dataclasses.replace(profile, display_name=found.get("given_name")))


@defect("GOOGLE-06", providers=("google",))
def verification_overlooked() -> None:
    """An address that the vendor calls unverified is used all the same."""
    change_profile(Google, lambda profile, found: dataclasses.replace(profile, email_verified=None, raw={}))


@defect("OKTA-08", providers=("okta",))
def picture_from_userinfo() -> None:
    """The picture comes from userinfo, where a person can put any address."""
    change_profile(Okta, lambda profile, found: dataclasses.replace(profile, picture=found.get("picture")))


@defect("ONELOGIN-05", providers=("onelogin",))
def name_demanded() -> None:
    """A user without a name cannot sign in."""

    def demand(profile: VendorProfile, found: Found) -> VendorProfile:
        if not found.get("name"):
            raise oauth_errors.profile_unreadable()
        return profile

    change_profile(OneLogin, demand)


@defect("OPENSHIFT-03", providers=("openshift",))
def more_than_the_name() -> None:
    """The profile has an address, which the cluster does not vouch for."""
    change_profile(OpenShift, lambda profile, found: dataclasses.replace(profile, email=found.get("email")))


@defect("OPENSHIFT-06", "OPENSHIFT-07", providers=("openshift",))
def unreadable_user_is_somebody() -> None:
    """A user whose profile cannot be read signs in without a name."""
    wrap(OAuth2Provider, "read_profile", unless_it_fails)
    wrap(OpenShift, "read_profile", unless_it_fails)


@defect("MICROSOFT-04", providers=("microsoft",))
def principal_name_not_used() -> None:
    """A user without a mailbox has no e-mail address."""
    change_profile(Microsoft, lambda profile, found: dataclasses.replace(profile, email=found.get("mail")))


@defect("MICROSOFT-08", providers=("microsoft",))
def photo_left_out() -> None:
    """The photo is not part of the profile."""
    replace(Microsoft, "fetch_photo", always(None))


@defect("MICROSOFT-09", providers=("microsoft",))
def photo_demanded() -> None:
    """A user without a photo cannot sign in."""

    def fetch(original: Callable[..., str | None], self: Microsoft, token: str) -> str:
        photo = original(self, token)
        if not photo:
            raise oauth_errors.profile_refused(404, "")
        return photo

    wrap(Microsoft, "fetch_photo", fetch)


@defect("BITBUCKET-09", providers=("bitbucket",))
def user_without_page_signed_in() -> None:
    """A user whose answer is not complete signs in."""
    replace(bitbucket, "has_page", always(True))


@defect("BITBUCKETSERVER-05", providers=("bitbucketServer",), stops_cases=True)
def name_looked_for_elsewhere() -> None:
    """The user's name is looked for in another header."""
    replace(bitbucket_server, "NAME_HEADER", "X-Username")


@defect("BITBUCKETSERVER-05", providers=("bitbucketServer",))
def address_of_the_picture_incomplete() -> None:
    """The picture's address lacks the host."""
    change_profile(BitbucketServer, lambda one, found: dataclasses.replace(one, picture=found.get("avatarUrl")))


@defect("OUT-P8", providers=("google",))
def null_is_an_empty_profile() -> None:
    """The answer null in place of a profile signs in a person without qualities."""
    wrap(OAuth2Provider, "read_profile", unless_it_fails)


# --- errors --------------------------------------------------------------------------------------


@defect("GITHUB-13", "OUT-P2", providers=("github",))
def every_callback_error_is_a_rejection() -> None:
    """What the vendor itself refuses is reported as if the person had said no."""
    replace(oauth_errors, "callback_error", lambda query: oauth_errors.rejected(query.get("error_description", "")))


@defect("GITHUB-14", "GITHUB-15", "OUT-P4", providers=("github",))
def message_of_the_vendor_left_out() -> None:
    """An error does not say what the vendor said."""
    replace(oauth_errors, "detail", always(""))


@defect("GITLAB-09", providers=("gitlab",))
def description_of_an_api_error_shown() -> None:
    """An error of the user API shows a description that is not meant for people."""
    show_in_errors(lambda body: body["error_description"])


@defect("BITBUCKET-08", providers=("bitbucket",))
def nested_message_shown() -> None:
    """An error of the user API shows the message that is nested in it."""
    show_in_errors(lambda body: body["error"]["message"])


@defect("MICROSOFT-11", providers=("microsoft",))
def nested_message_of_graph_shown() -> None:
    """An error of Graph shows the message that is nested in it."""
    show_in_errors(lambda body: body["error"]["message"])


@defect("GOOGLE-13", providers=("google",))
def missing_description_is_undefined() -> None:
    """A denial without a description is reported as undefined."""
    wrap(oauth_errors, "rejected", lambda original, description: original(description or "undefined"))


@defect(
    *("GOOGLE-14", "GITLAB-07", "ONELOGIN-06", "BITBUCKET-06", "OKTA-09", "MICROSOFT-10"),
    providers=("google", "gitlab", "onelogin", "bitbucket", "okta", "microsoft"),
)
def refused_code_in_words_of_our_own() -> None:
    """A refused code is reported without the vendor's description."""
    replace(oauth_errors, "token_refused", lambda body: oauth_errors.no_token())


@defect("GOOGLE-15", providers=("google",))
def own_shapes_of_errors_not_known() -> None:
    """The vendor's own shapes of errors are reported without their texts."""
    replace(Google, "profile_refused", OAuth2Provider.profile_refused)


@defect("GOOGLE-09", "OKTA-10", providers=("google", "okta"))
def refused_refresh_in_the_words_of_the_vendor() -> None:
    """A refused refresh token is reported by the vendor's error code."""
    replace(oauth_errors, "refresh_refused", lambda: AuthError("invalid_grant"))


@defect("OUT-R3", providers=("google",))
def unreachable_vendor_reported_bare() -> None:
    """The error for a refresh with an unreachable vendor lacks its prefix."""
    replace(oauth_errors, "refresh_failed", AuthError)


@defect("OUT-R4", providers=("github",))
def refresh_shows_the_profile_error() -> None:
    """A refresh whose profile call fails shows what the vendor answered."""

    def refused(original: Callable[..., ProfileError], self: GitHub, status: int, body: str) -> ProfileError:
        error = original(self, status, body)
        return ProfileError(error.message + body, name=error.name, upstream_status=status)

    wrap(OAuth2Provider, "profile_refused", refused)


@defect("OPENSHIFT-05", providers=("openshift",))
def status_of_the_cluster_not_told() -> None:
    """The error lacks the status of the cluster's response."""
    replace(OpenShift, "profile_refused", OAuth2Provider.profile_refused)
