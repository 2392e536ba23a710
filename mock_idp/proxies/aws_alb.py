"""AWS Application Load Balancer: a signed, padded header, and each public key at an address of its own."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import BY_EMAIL, BY_EMAIL_OF_THE_COMPANY
from mock_idp.oauth.model import Answer, Encoding, Endpoint
from mock_idp.oauth.tokens import SignedToken
from mock_idp.proxies.base import AuthProxy, Headers, ProxyHeaderSpec, SignedIn
from mock_idp.settings import COMPANY_DOMAIN

_ISSUER = f"https://login.{COMPANY_DOMAIN}/oauth2/v1"
_ACCOUNT = "210987654321"
_BALANCER = "loadbalancer/app/lumenfold-edge/4f1e2d3c4b5a6978"
_REGION = "eu-north-1"
_GOVERNMENT_REGIONS = ("us-gov-east-1", "us-gov-west-1")
_SOURCE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html"
_TOKEN_SECONDS = 120
_PEM_TYPE = "text/plain"


def _signer(region: str) -> str:
    partition = "aws-us-gov" if region in _GOVERNMENT_REGIONS else "aws"
    return f"arn:{partition}:elasticloadbalancing:{region}:{_ACCOUNT}:{_BALANCER}"


def _config(
    region: str = _REGION, *, has_signer: bool = True, resolver: Mapping[str, Any] = BY_EMAIL
) -> dict[str, Any]:
    signer = {"signer": _signer(region)} if has_signer else {}
    sign_in = {"resolvers": (resolver,)}
    return {"issuer": _ISSUER, "region": region, **signer, "signIn": sign_in}


class AwsAlb(AuthProxy):
    """A balancer whose listener authenticates people with OpenID Connect."""

    id = "awsalb"
    title = "AWS Application Load Balancer"
    icon = "LB"
    hosts: ClassVar = {
        "public-keys.auth.elb.*.amazonaws.com": "/commercial",
        **{f"s3-{region}.amazonaws.com": "/government" for region in _GOVERNMENT_REGIONS},
    }
    routes = (
        Route("GET", "/commercial/<kid>", "key", Endpoint.JWKS),
        Route("GET", "/government/aws-elb-public-keys-prod-<region>/<kid>", "key", Endpoint.JWKS),
    )
    variants: ClassVar = {
        "awsalb": _config(),
        "awsalb-any-signer": _config(has_signer=False),
        "awsalb-gov": _config(_GOVERNMENT_REGIONS[1]),
        "awsalb-domains": _config(resolver=BY_EMAIL_OF_THE_COMPANY),
    }
    opt_in = frozenset({"awsalb-domains"})
    kid_is_grant = True
    # It has no address for signing out: the application deletes the cookie.
    header_spec = ProxyHeaderSpec(
        headers=("X-Amzn-Oidc-*",),
        cookies=("AWSELBAuthSessionCookie*", "AWSALBAuthNonce"),
        session_cookie="AWSELBAuthSessionCookie-0",
    )
    quirks = (
        Quirk("padded-token", "The token's three parts keep their base64 padding, and are signed with it.", _SOURCE),
        Quirk("key-by-key", "Each key is a PEM text at an address of its own, by region and key id.", _SOURCE),
        Quirk(
            "text-booleans", "Claims come from the user info endpoint as they are; email_verified is a text.", _SOURCE
        ),
    )

    def headers(self, who: SignedIn) -> Headers:
        """The three headers of the balancer."""
        persona = who.account.persona
        region = str(self.variants[who.variant]["region"])
        expiry = int(who.now) + _TOKEN_SECONDS
        claims = {
            "sub": who.account.uuid,
            "name": persona.name,
            "given_name": persona.given_name,
            "family_name": persona.family_name,
            "email": persona.email,
            "email_verified": str(persona.email_verified).lower(),
            "picture": persona.picture,
            "iss": _ISSUER,
            "exp": expiry,
        }
        data = SignedToken(
            {name: value for name, value in claims.items() if value is not None},
            {"iss": _ISSUER, "client": "lumenfold-portal", "signer": _signer(region), "exp": expiry},
            algorithm="ES256",
            padded=True,
        )
        return [
            ("X-Amzn-Oidc-Accesstoken", f"opaque-{hashlib.sha256(who.grant_id.encode()).hexdigest()}"),
            ("X-Amzn-Oidc-Identity", who.account.uuid),
            ("X-Amzn-Oidc-Data", data),
        ]

    def key(self, request: ServiceRequest) -> Answer:
        """The public key of one key id, where its balancer is."""
        region = str(self.variants[self.variant(request.service.id)]["region"])
        asked = request.path_parameters.get("region") or next(iter(request.host_parts), region)
        if request.grant is None or asked != region:
            return self.not_found(request)
        return Answer(200, request.service.keys.pair("ES256").public_pem, Encoding.TEXT, content_type=_PEM_TYPE)

    def not_found(self, request: ServiceRequest) -> Answer:
        """What S3, which is behind the address, says about an object that is not there."""
        body = "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>AccessDenied</Code></Error>\n"
        return Answer(403, body, Encoding.TEXT, content_type="application/xml")
