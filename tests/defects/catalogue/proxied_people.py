"""Auth proxies whose people are all refused: what a scenario about refusals alone would not notice."""

from __future__ import annotations

from typing import Any

from reference_backend.errors import AuthenticationError
from reference_backend.proxies.aws_alb import AwsAlb
from reference_backend.proxies.azure_easy_auth import AzureEasyAuth
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from reference_backend.proxies.oauth2_proxy import OAuth2Proxy
from tests.defects.defect import defect, replace


def refuse_everybody(provider: type[Any]) -> None:
    """Let a provider take no token at all."""

    def authenticate(self: Any, request: ProxyRequest) -> ProxyResult:
        raise AuthenticationError("Not today")

    replace(provider, "authenticate", authenticate)


@defect("GCPIAP-01", "GCPIAP-02", "GCPIAP-10", "RES-52", providers=("gcpIap", "gcpIap-header"), stops_cases=True)
def iap_refuses_everybody() -> None:
    """The Identity-Aware Proxy provider refuses every token."""
    refuse_everybody(GcpIap)


@defect("AWSALB-01", "AWSALB-17", "RES-53", providers=("awsalb", "awsalb-any-signer"), stops_cases=True)
def load_balancer_refuses_everybody() -> None:
    """The load balancer provider refuses every token."""
    refuse_everybody(AwsAlb)


@defect("CFACCESS-07", "CFACCESS-13", "RES-50", providers=("cfaccess",), stops_cases=True)
def cloudflare_refuses_everybody() -> None:
    """The Cloudflare Access provider refuses every token."""
    refuse_everybody(CloudflareAccess)


@defect(
    "AZUREEASYAUTH-02",
    "AZUREEASYAUTH-04",
    "RES-20",
    "RES-54",
    providers=("azureEasyAuth", "azureEasyAuth-email"),
    stops_cases=True,
)
def easy_auth_refuses_everybody() -> None:
    """The Easy Auth provider refuses every token."""
    refuse_everybody(AzureEasyAuth)


@defect("OAUTH2PROXY-01", providers=("oauth2Proxy",), stops_cases=True)
def oauth2_proxy_refuses_everybody() -> None:
    """The OAuth2 Proxy provider refuses every request."""
    refuse_everybody(OAuth2Proxy)
