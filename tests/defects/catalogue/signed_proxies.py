"""Providers behind an auth proxy that signs its header, and the platform that does not have to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from reference_backend.errors import AuthError
from reference_backend.identity.resolver_context import ResolverContext
from reference_backend.identity.resolvers import Options, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.openid.key_set import KeySet
from reference_backend.proxies import assertion, aws_alb, azure_easy_auth, cf_access, gcp_iap
from reference_backend.proxies.aws_alb import AwsAlb
from reference_backend.proxies.azure_easy_auth import AzureEasyAuth
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from tests.defects.defect import always, defect, nothing, replace, wrap

IAP, ALB, CLOUDFLARE = ("gcpIap",), ("awsalb",), ("cfaccess",)
Authenticate = Callable[[Any, ProxyRequest], ProxyResult]
Resolve = Callable[[Options, SignInInfo, ResolverContext], SignIn]


@defect("AWSALB-06", "SEC-PROXY-01", providers=ALB)
def alb_token_only_decoded() -> None:
    """The signature of a load balancer token is not verified."""
    replace(assertion, "require_signature", nothing)
    replace(assertion, "require_algorithm", nothing)


@defect("GCPIAP-05", providers=IAP)
def iap_token_only_decoded() -> None:
    """The signature of an Identity-Aware Proxy token is not verified."""
    replace(assertion, "require_signature", nothing)
    replace(assertion, "require_algorithm", nothing)


@defect("CFACCESS-07", providers=CLOUDFLARE)
def cloudflare_token_only_decoded() -> None:
    """The signature of a Cloudflare token is not verified."""
    replace(assertion, "require_algorithm", nothing)
    replace(KeySet, "verify", always(True))


@defect("AWSALB-08", "SEC-PROXY-03", providers=ALB)
def alb_times_ignored() -> None:
    """A token of the balancer counts for ever."""
    replace(assertion, "require_times", nothing)


@defect("CFACCESS-09", "SEC-PROXY-03", providers=CLOUDFLARE)
def cloudflare_times_ignored() -> None:
    """A token of Cloudflare counts for ever."""
    replace(assertion, "require_times", nothing)
    replace(cf_access, "lifetime", always(86400))


@defect("GCPIAP-06", "GCPIAP-07", "SEC-PROXY-03", providers=IAP)
def iap_times_ignored() -> None:
    """A token of Identity-Aware Proxy counts for ever."""
    replace(gcp_iap, "require_times", nothing)


@defect("GCPIAP-07", providers=IAP)
def iap_without_tolerance() -> None:
    """Identity-Aware Proxy's clock has to be ours."""
    replace(gcp_iap, "TOLERANCE", 0)


@defect("GCPIAP-06", providers=IAP)
def iap_expiry_at_any_time() -> None:
    """The expiry of a token of Identity-Aware Proxy may lie far ahead."""
    replace(gcp_iap, "LONGEST_LIFE", math.inf)


@defect("GCPIAP-08", "SEC-PROXY-04", providers=IAP)
def iap_audience_ignored() -> None:
    """A token for another Google project signs in."""
    replace(gcp_iap, "require_audience", nothing)


@defect("GCPIAP-08", "SEC-PROXY-04", providers=IAP)
def iap_issuer_ignored() -> None:
    """A token of another issuer at Google signs in."""
    replace(gcp_iap, "require_issuer", nothing)


@defect("GCPIAP-14", providers=IAP)
def iap_refusal_repeats_the_claims() -> None:
    """The error contains the claims of the token."""

    def require(original: Callable[..., None], claims: Any, now: float) -> None:
        try:
            original(claims, now)
        except AuthError as error:
            raise AuthError(f"{error.message}: {dict(claims)}") from error

    wrap(gcp_iap, "require_times", require)


@defect("RES-52", providers=IAP)
def iap_account_id_with_prefix() -> None:
    """The whole subject of Identity-Aware Proxy is taken for the account's id."""
    replace(gcp_iap, "account_id", lambda subject: subject)


@defect("GCPIAP-13", providers=IAP)
def iap_subject_without_account_is_somebody() -> None:
    """An Identity-Aware Proxy subject without an account id signs in a user."""

    def resolve(original: Resolve, options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        if ":" not in info.details["sub"]:
            return context.issue("user:default/ada-quill", [])
        return original(options, info, context)

    wrap(GcpIap.resolvers["idMatchingUserEntityAnnotation"], "resolve", resolve)


@defect("AWSALB-09", providers=ALB)
def alb_issuer_ignored() -> None:
    """The balancer's token may come from any issuer."""
    replace(aws_alb, "require_issuer", nothing)


@defect("AWSALB-10", "SEC-PROXY-02", providers=ALB)
def alb_signer_ignored() -> None:
    """A token of another load balancer is accepted."""
    replace(aws_alb, "require_signer", nothing)


@defect("AWSALB-05", providers=ALB)
def alb_keys_not_kept() -> None:
    """The balancer's key is fetched for every request."""
    replace(aws_alb, "KEY_KEPT", -1)


@defect("AWSALB-02", providers=ALB)
def alb_access_token_not_required() -> None:
    """The balancer's access token may be missing."""
    replace(aws_alb, "required", lambda request, header: request.headers.get(header, ""))


@defect("AWSALB-13", providers=ALB)
def alb_display_name_missing() -> None:
    """The balancer's profile has no display name."""

    def authenticate(original: Authenticate, self: AwsAlb, asked: ProxyRequest) -> ProxyResult:
        found = original(self, asked)
        return dataclasses.replace(found, profile=dataclasses.replace(found.profile, display_name=None))

    wrap(AwsAlb, "authenticate", authenticate)


@defect("CFACCESS-08", "SEC-PROXY-05", providers=CLOUDFLARE)
def cloudflare_audience_ignored() -> None:
    """A token for another application of the team signs in."""
    replace(cf_access, "require_audience", nothing)


@defect("CFACCESS-08", "SEC-PROXY-05", providers=CLOUDFLARE)
def cloudflare_issuer_ignored() -> None:
    """A token of another team signs in."""
    replace(cf_access, "require_issuer", nothing)


@defect("CFACCESS-15", "SEC-PROXY-07", providers=CLOUDFLARE)
def cloudflare_any_service_token() -> None:
    """Every machine of the team signs in as the one that is listed."""

    def identity(claims: Any, listed: Any) -> dict[str, Any]:
        return {"id": claims.get("common_name"), "name": "Bot", "email": next(iter(listed.values())), "groups": []}

    replace(cf_access, "service_identity", identity)


@defect("CFACCESS-11", "CFACCESS-12", providers=CLOUDFLARE)
def cloudflare_identity_from_the_token() -> None:
    """The team's identity address is not asked; the token's own claims will do."""
    original = CloudflareAccess._identity

    def identity(self: CloudflareAccess, token: Any) -> Any:
        return {"email": token.claims.get("email")} if token.claims.get("sub") else original(self, token)

    replace(CloudflareAccess, "_identity", identity)


@defect("CFACCESS-01", providers=CLOUDFLARE)
def cloudflare_header_only() -> None:
    """Cloudflare's cookie does not count."""

    def find(original: Callable[..., str], request: ProxyRequest, names: Any) -> str:
        return original(dataclasses.replace(request, cookies={}), names)

    wrap(cf_access, "find_token", find)


@defect("AZUREEASYAUTH-03", providers=("azureEasyAuth",))
def easy_auth_any_version() -> None:
    """Tokens of another version count on App Service."""
    replace(azure_easy_auth, "require_version", nothing)


@defect("AZUREEASYAUTH-06", providers=("azureEasyAuth",))
def easy_auth_takes_any_text() -> None:
    """A text that is no token signs a guest in on App Service."""
    claims = {"ver": azure_easy_auth.VERSION, "oid": "x", "name": "Guest"}

    def read(original: Callable[[str], Any], token: str) -> Any:
        try:
            return original(token)
        except AuthError:
            return claims

    wrap(azure_easy_auth, "read", read)
    replace(
        AzureEasyAuth.resolvers["idMatchingUserEntityAnnotation"],
        "resolve",
        lambda options, info, context: context.issue("user:default/guest", []),
    )
