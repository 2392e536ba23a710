"""Providers behind an auth proxy that hand on something else than the proxy said, or find users by something else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.identity import resolvers
from reference_backend.identity.resolver_context import ByFilter, ResolverContext
from reference_backend.identity.resolvers import Options, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.openid import answers
from reference_backend.proxies import assertion, aws_alb, azure_easy_auth, gcp_iap
from reference_backend.proxies.aws_alb import AwsAlb
from reference_backend.proxies.azure_easy_auth import AzureEasyAuth
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from tests.defects.defect import always, defect, replace, wrap

IAP, ALB, CLOUDFLARE, EASY_AUTH = ("gcpIap",), ("awsalb",), ("cfaccess",), ("azureEasyAuth",)
Authenticate = Callable[[Any, ProxyRequest], ProxyResult]
Resolve = Callable[[Any, SignInInfo, ResolverContext], SignIn]


def change_profile(provider: type[Any], **changes: Any) -> None:
    """Give everybody's profile other values."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        found = original(self, asked)
        return dataclasses.replace(found, profile=dataclasses.replace(found.profile, **changes))

    wrap(provider, "authenticate", authenticate)


def change_provider_info(provider: type[Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Give everybody another provider info."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        found = original(self, asked)
        return dataclasses.replace(found, provider_info=change(dict(found.provider_info or {})))

    wrap(provider, "authenticate", authenticate)


@defect("AWSALB-12", providers=ALB, stops_cases=True)
def alb_padding_refused() -> None:
    """A token whose parts are padded is no token."""

    def decode(original: Callable[[str], Any], text: str) -> Any:
        if "=" in text:
            raise AuthError("Invalid Compact JWS", name="JWSInvalid")
        return original(text)

    wrap(assertion, "decode", decode)


@defect("AWSALB-13", providers=ALB)
def alb_nameless_without_display_name() -> None:
    """Whose token has no name gets no display name."""

    def profile(original: Callable[..., Profile], claims: Any) -> Profile:
        return dataclasses.replace(original(claims), display_name=claims.get("name"))

    wrap(aws_alb, "profile_of", profile)


@defect("AWSALB-13", providers=ALB)
def alb_picture_left_out() -> None:
    """The balancer's profile has no picture."""
    change_profile(AwsAlb, picture=None)


@defect("AWSALB-14", providers=ALB)
def alb_access_token_left_out() -> None:
    """The balancer's access token is not passed on."""
    change_provider_info(AwsAlb, lambda info: {name: info[name] for name in info if name != "accessToken"})


@defect("AWSALB-15", providers=ALB)
def alb_picture_required() -> None:
    """A load balancer token without a picture is refused."""

    def profile(original: Callable[..., Profile], claims: Any) -> Profile:
        if not claims.get("picture"):
            raise AuthenticationError("Failed to get the picture")
        return original(claims)

    wrap(aws_alb, "profile_of", profile)


@defect("AWSALB-03", providers=ALB, stops_cases=True)
def alb_keys_of_another_region() -> None:
    """The balancer's keys are looked for in the region that has the most of them."""
    original = aws_alb.keys_url
    replace(aws_alb, "keys_url", lambda region: original("us-east-1"))


@defect("AWSALB-17", "RES-53", providers=ALB)
def alb_tag_of_an_address_cut_off() -> None:
    """Behind the balancer, an address without its tag finds the user, too."""
    replace(AwsAlb, "own_resolvers_win", False)


@defect("GCPIAP-01", providers=IAP)
def iap_display_name_added() -> None:
    """The profile of Identity-Aware Proxy has a display name, which it never said."""
    change_profile(GcpIap, display_name="Somebody")


@defect("GCPIAP-10", providers=IAP)
def iap_claims_of_its_own_left_out() -> None:
    """Only the registered claims of Identity-Aware Proxy are passed on."""

    def change(info: dict[str, Any]) -> dict[str, Any]:
        registered = ("iss", "aud", "sub", "iat", "exp", "email")
        return {"iapToken": {name: info["iapToken"].get(name) for name in registered}}

    change_provider_info(GcpIap, change)


@defect("GCPIAP-04", providers=IAP)
def iap_current_key_only() -> None:
    """Of Google's keys only the first is read."""

    def parse(original: Callable[..., Any], response: Any) -> Any:
        return dict(list(original(response).items())[:1])

    wrap(gcp_iap, "parse_keys", parse)


@defect("RES-52", providers=IAP)
def iap_found_by_address_alone() -> None:
    """With Identity-Aware Proxy, no user is found by the account id."""

    def resolve(original: Resolve, options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        return gcp_iap.by_email(options, info, context)

    wrap(GcpIap.resolvers["idMatchingUserEntityAnnotation"], "resolve", resolve)


@defect("CFACCESS-11", providers=CLOUDFLARE)
def cloudflare_display_name_left_out() -> None:
    """Cloudflare's profile has no display name."""
    change_profile(CloudflareAccess, display_name=None)


@defect("CFACCESS-13", providers=CLOUDFLARE)
def cloudflare_token_left_out() -> None:
    """Cloudflare's token is not passed on."""
    change_provider_info(CloudflareAccess, lambda info: {name: info[name] for name in info if name != "token"})


@defect("CFACCESS-13", providers=CLOUDFLARE)
def cloudflare_identity_left_out() -> None:
    """The team's identity response is missing from the session."""
    change_provider_info(CloudflareAccess, lambda info: {**info, "cfIdentity": {}})


@defect("CFACCESS-11", providers=CLOUDFLARE)
def cloudflare_identity_asked_without_cookie() -> None:
    """The team's identity address gets the token as header only."""

    def send(original: Callable[..., Any], *arguments: Any, headers: Any = None, **others: Any) -> Any:
        kept = {name: value for name, value in (headers or {}).items() if name != "Cookie"}
        return original(*arguments, headers=kept, **others)

    wrap(answers, "send", send)


@defect("CFACCESS-14", providers=CLOUDFLARE)
def cloudflare_machine_without_address() -> None:
    """A machine of the team signs in without the address that is listed for it."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        found = original(self, asked)
        if found.profile.display_name != "Bot":
            return found
        return dataclasses.replace(found, profile=dataclasses.replace(found.profile, email=None))

    wrap(CloudflareAccess, "authenticate", authenticate)


@defect("CFACCESS-14", providers=CLOUDFLARE)
def cloudflare_asked_about_machines() -> None:
    """The team's identity address is asked about machines, too."""
    original = CloudflareAccess._identity

    def identity(self: CloudflareAccess, token: Any) -> Any:
        self._ask("get-identity", {"Cookie": f"{self._names.cookie}={token.text}"})
        return original(self, token)

    replace(CloudflareAccess, "_identity", identity)


def resolver_looks_for_the_name() -> None:
    """Let the common resolver compare the display name with the catalog's, and need no address."""

    def resolve(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        return context.sign_in(ByFilter([{"spec.profile.displayName": info.profile.display_name or ""}]))

    replace(resolvers.COMMON["emailMatchingUserEntityProfileEmail"], "resolve", resolve)


@defect("RES-20", providers=CLOUDFLARE)
def cloudflare_email_resolver_looks_for_the_name() -> None:
    """Behind Cloudflare, the resolver for e-mail addresses looks for the display name."""
    resolver_looks_for_the_name()


@defect("RES-20", providers=("azureEasyAuth-email",))
def easy_auth_email_resolver_looks_for_the_name() -> None:
    """On App Service, the resolver for e-mail addresses looks for the display name."""
    resolver_looks_for_the_name()


@defect("RES-50", providers=CLOUDFLARE)
def cloudflare_tag_of_an_address_kept() -> None:
    """With Cloudflare, the e-mail address without its plus tag is not tried."""
    replace(resolvers, "without_plus", always(None))


@defect("AZUREEASYAUTH-04", providers=EASY_AUTH)
def easy_auth_display_name_left_out() -> None:
    """App Service's profile has no display name."""
    change_profile(AzureEasyAuth, display_name=None)


@defect("AZUREEASYAUTH-05", providers=EASY_AUTH)
def easy_auth_empty_access_token() -> None:
    """Without an access token of App Service an empty one is passed on."""
    change_provider_info(AzureEasyAuth, lambda info: {"accessToken": info.get("accessToken", "")})


@defect("AZUREEASYAUTH-05", providers=EASY_AUTH)
def easy_auth_id_token_handed_on() -> None:
    """The ID token of App Service is passed on as access token."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        found = original(self, asked)
        token = asked.headers[azure_easy_auth.ID_TOKEN_HEADER]
        return dataclasses.replace(found, provider_info={"accessToken": token} if found.provider_info else {})

    wrap(AzureEasyAuth, "authenticate", authenticate)


@defect("RES-54", providers=EASY_AUTH)
def easy_auth_address_for_the_object_id() -> None:
    """Whose token of App Service has no object id is found by the e-mail address."""

    def resolve(original: Resolve, options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        if info.details.get("oid"):
            return original(options, info, context)
        return context.sign_in(ByFilter([{"spec.profile.email": info.profile.email or ""}]))

    wrap(AzureEasyAuth.resolvers["idMatchingUserEntityAnnotation"], "resolve", resolve)


@defect("RES-54", providers=EASY_AUTH)
def easy_auth_address_required() -> None:
    """An Easy Auth token without an e-mail address is refused."""

    def resolve(original: Resolve, options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        resolvers.required_email(info.profile)
        return original(options, info, context)

    wrap(AzureEasyAuth.resolvers["idMatchingUserEntityAnnotation"], "resolve", resolve)
