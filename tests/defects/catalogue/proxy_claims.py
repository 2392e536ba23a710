"""Providers behind an auth proxy that skip one of the checks of what a token says, for one proxy at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.identity.session_response import Profile
from reference_backend.proxies import assertion, aws_alb, cf_access, gcp_iap
from reference_backend.proxies.aws_alb import AwsAlb
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from tests.defects.defect import defect, replace, wrap

IAP, ALB, CLOUDFLARE = ("gcpIap",), ("awsalb",), ("cfaccess",)
Authenticate = Callable[[Any, ProxyRequest], ProxyResult]
Check = Callable[..., None]


def not_before_ignored() -> None:
    """Let a token count before its time."""

    def require(original: Check, claims: Any, now: float) -> None:
        original({name: value for name, value in claims.items() if name != "nbf"}, now)

    wrap(assertion, "require_times", require)


@defect("AWSALB-08", providers=ALB)
def alb_not_before_ignored() -> None:
    """A token of the balancer counts before its time."""
    not_before_ignored()


@defect("CFACCESS-09", providers=CLOUDFLARE)
def cloudflare_not_before_ignored() -> None:
    """A token of Cloudflare counts before its time."""
    not_before_ignored()


def some_tolerance() -> None:
    """Let the other clock be a minute late."""

    def require(original: Check, claims: Any, now: float) -> None:
        expiry = claims.get("exp")
        original({**claims, "exp": expiry + 60} if isinstance(expiry, int) else claims, now)

    wrap(assertion, "require_times", require)


@defect("AWSALB-08", "SEC-PROXY-03", providers=ALB)
def alb_expiry_with_tolerance() -> None:
    """A token of the balancer counts for a minute after its expiry."""
    some_tolerance()


@defect("CFACCESS-09", providers=CLOUDFLARE)
def cloudflare_expiry_with_tolerance() -> None:
    """A token of Cloudflare counts for a minute after its expiry."""
    some_tolerance()


@defect("AWSALB-16", providers=ALB)
def alb_expiry_not_required() -> None:
    """A token of the balancer without expiry counts for ever."""

    def require(original: Check, claims: Any, now: float) -> None:
        if "exp" in claims:
            original(claims, now)

    wrap(assertion, "require_times", require)


@defect("GCPIAP-06", providers=IAP)
def iap_issue_time_not_required() -> None:
    """A token of Identity-Aware Proxy need not say when it was issued."""
    wrap(gcp_iap, "require_times", lambda original, claims, now: original({"iat": now, **claims}, now))


@defect("GCPIAP-07", providers=IAP)
def iap_issue_time_ignored() -> None:
    """A token of Identity-Aware Proxy counts before it is issued."""

    def require(original: Check, claims: Any, now: float) -> None:
        issued = claims.get("iat")
        original({**claims, "iat": min(now, issued)} if isinstance(issued, int) else claims, now)

    wrap(gcp_iap, "require_times", require)


@defect("GCPIAP-08", providers=IAP)
def iap_audience_in_a_list() -> None:
    """A token of Identity-Aware Proxy for several audiences counts if ours is among them."""

    def require(original: Check, claims: Any, audience: str) -> None:
        found = claims.get("aud")
        if not isinstance(found, list) or audience not in found:
            original(claims, audience)

    wrap(gcp_iap, "require_audience", require)


def missing_is_right(module: Any, name: str, claim: str) -> None:
    """Let a claim be compared only if it is there."""

    def require(original: Check, claims: Any, *expected: Any) -> None:
        if claims.get(claim) is not None:
            original(claims, *expected)

    wrap(module, name, require)


@defect("GCPIAP-08", "SEC-PROXY-04", providers=IAP)
def iap_token_without_audience() -> None:
    """An Identity-Aware Proxy token without an audience is accepted."""
    missing_is_right(gcp_iap, "require_audience", "aud")


@defect("CFACCESS-08", "SEC-PROXY-05", providers=CLOUDFLARE)
def cloudflare_token_without_audience() -> None:
    """A token of Cloudflare that is for no application is for every one."""
    missing_is_right(cf_access, "require_audience", "aud")


@defect("CFACCESS-08", "SEC-PROXY-05", providers=CLOUDFLARE)
def cloudflare_token_without_issuer() -> None:
    """A Cloudflare token without an issuer is accepted."""
    missing_is_right(cf_access, "require_issuer", "iss")


@defect("CFACCESS-08", providers=CLOUDFLARE)
def cloudflare_audience_only_in_a_list() -> None:
    """The audience of a token of Cloudflare has to be a list."""

    def require(original: Check, claims: Any, audience: str) -> None:
        original({**claims, "aud": claims["aud"] if isinstance(claims.get("aud"), list) else None}, audience)

    wrap(cf_access, "require_audience", require)


@defect("AWSALB-09", providers=ALB)
def alb_token_without_issuer() -> None:
    """A load balancer token without an issuer is accepted."""

    def require(original: Check, token: Any, issuer: str) -> None:
        if token.claims.get("iss") is not None:
            original(token, issuer)

    wrap(aws_alb, "require_issuer", require)


@defect("AWSALB-10", "SEC-PROXY-02", providers=ALB)
def alb_token_without_signer() -> None:
    """A load balancer token without a signer is accepted."""

    def require(original: Check, token: Any, signer: str | None) -> None:
        if token.header.get("signer") is not None:
            original(token, signer)

    wrap(aws_alb, "require_signer", require)


@defect("AWSALB-10", "SEC-PROXY-02", providers=ALB)
def alb_signer_of_the_claims() -> None:
    """The balancer is looked for among the claims, too."""

    def require(original: Check, token: Any, signer: str | None) -> None:
        named = token.header.get("signer") or token.claims.get("signer")
        original(dataclasses.replace(token, header={**token.header, "signer": named}), signer)

    wrap(aws_alb, "require_signer", require)


@defect("AWSALB-01", providers=("awsalb-any-signer",))
def alb_first_signer_counts() -> None:
    """Without a configured balancer, the first one that signs is the only one."""
    first: list[Any] = []

    def require(original: Check, token: Any, signer: str | None) -> None:
        first.append(token.header.get("signer"))
        original(token, signer or first[0])

    wrap(aws_alb, "require_signer", require)


@defect("AWSALB-01", providers=("awsalb-any-signer",))
def alb_first_client_counts() -> None:
    """A token for another client of the identity provider than the first one's is refused."""
    clients: list[Any] = []

    def require(original: Check, token: Any, signer: str | None) -> None:
        clients.append(token.header.get("client"))
        if clients[-1] != clients[0]:
            raise AuthenticationError("Client mismatch on JWT token")
        original(token, signer)

    wrap(aws_alb, "require_signer", require)


@defect("AWSALB-02", providers=ALB)
def alb_token_of_the_access_token_header() -> None:
    """Without its own header the balancer's token is looked for in that of the access token."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        token = asked.headers.get(aws_alb.ACCESS_TOKEN_HEADER, "")
        return original(self, dataclasses.replace(asked, headers={aws_alb.DATA_HEADER: token, **asked.headers}))

    wrap(AwsAlb, "authenticate", authenticate)


@defect("AWSALB-11", providers=ALB)
def alb_address_not_required() -> None:
    """A token of the balancer without e-mail address gets as far as the resolvers."""

    def profile(original: Callable[..., Profile], claims: Any) -> Profile:
        return original(claims) if claims.get("email") else Profile(display_name=claims.get("name"))

    wrap(aws_alb, "profile_of", profile)


@defect("GCPIAP-02", providers=("gcpIap-header",))
def iap_usual_header_counts_too() -> None:
    """Where another header is configured for Identity-Aware Proxy, the usual one counts as well."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        usual = asked.headers.get(gcp_iap.HEADER)
        headers = asked.headers if usual is None else {self._header: usual, **asked.headers}
        return original(self, dataclasses.replace(asked, headers=headers))

    wrap(GcpIap, "authenticate", authenticate)


@defect("GCPIAP-14", providers=IAP)
def iap_refusal_repeats_the_token() -> None:
    """The error for an Identity-Aware Proxy token with an invalid signature repeats the token."""

    def require(original: Check, token: Any, algorithm: str, key: Any) -> None:
        try:
            original(token, algorithm, key)
        except AuthError as error:
            raise AuthError(f"{error.message}: {token.text}") from error

    wrap(assertion, "require_signature", require)


@defect("GCPIAP-09", "SEC-PROXY-04", providers=IAP)
def iap_subject_not_required() -> None:
    """A token of Identity-Aware Proxy without subject signs in by its address."""
    wrap(GcpIap, "_verified", lambda original, self, token: {"sub": "unknown", **original(self, token)})


@defect("GCPIAP-09", "SEC-PROXY-04", providers=IAP)
def iap_address_not_required() -> None:
    """A token of Identity-Aware Proxy without address gets as far as the resolvers."""
    wrap(gcp_iap, "require_person", lambda original, claims: original({**claims, "email": claims["email"] or "x"}))
    wrap(GcpIap, "_verified", lambda original, self, token: {"email": None, **original(self, token)})


@defect("CFACCESS-15", providers=CLOUDFLARE)
def cloudflare_machine_without_name() -> None:
    """A Cloudflare token without a subject and name is accepted as a listed service token."""

    def identity(original: Callable[..., Any], claims: Any, listed: Any) -> Any:
        return original({"common_name": next(iter(listed)), **claims}, listed)

    wrap(cf_access, "service_identity", identity)


@defect("CFACCESS-16", providers=CLOUDFLARE)
def cloudflare_person_may_be_a_machine() -> None:
    """A user's Cloudflare token whose subject is a listed name is accepted as a service token."""
    original = CloudflareAccess._identity

    def identity(self: CloudflareAccess, token: Any) -> Any:
        subject = token.claims.get("sub")
        if subject in self._service_tokens:
            return cf_access.service_identity({"common_name": subject}, self._service_tokens)
        return original(self, token)

    replace(CloudflareAccess, "_identity", identity)


@defect("CFACCESS-17", providers=CLOUDFLARE)
def cloudflare_answer_kept_by_subject() -> None:
    """A second Cloudflare token of the same subject gets the cached response to the first one."""
    kept: dict[str, ProxyResult] = {}

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        found = original(self, asked)
        return kept.setdefault((found.provider_info or {})["claims"].get("sub", ""), found)

    wrap(CloudflareAccess, "authenticate", authenticate)


@defect("CFACCESS-12", providers=CLOUDFLARE)
def cloudflare_claims_while_the_team_is_silent() -> None:
    """While the team does not say who it is, the claims of the token will do."""

    def identity(original: Callable[..., Any], self: Any, token: Any) -> Any:
        try:
            return original(self, token)
        except AuthenticationError as error:
            if not error.message.startswith("Failed to populate"):
                raise
            return {"email": token.claims.get("email")}

    wrap(CloudflareAccess, "_identity", identity)


@defect("AWSALB-19", providers=ALB)
def alb_key_id_leads_away() -> None:
    """A key id that is a step in a path is asked for all the same."""
    replace(aws_alb, "require_key_id", assertion.key_id)


@defect("GCPIAP-13", providers=("gcpIap-header",))
def iap_subject_without_id_ends_the_search() -> None:
    """A subject without an id is an error of its own, so that no other resolver is asked."""

    def account_id(original: Callable[[str], str], subject: str) -> str:
        if not subject.partition(":")[2]:
            raise AuthError("The subject has no id")
        return original(subject)

    wrap(gcp_iap, "account_id", account_id)


@defect("AWSALB-21", providers=ALB)
def alb_gives_no_reason() -> None:
    """Whatever is wrong with the balancer's token, the answer says the same."""
    wrap(assertion, "require_times", _vaguely)


@defect("CFACCESS-19", providers=CLOUDFLARE)
def cloudflare_gives_no_reason() -> None:
    """Whatever is wrong with the times of Cloudflare's token, the answer says the same."""
    wrap(assertion, "require_times", _vaguely)


@defect("GCPIAP-16", providers=IAP)
def iap_gives_no_reason() -> None:
    """Whatever is wrong with the times of a token of Identity-Aware Proxy, the answer says the same."""
    wrap(gcp_iap, "require_times", _vaguely)


def _vaguely(original: Callable[..., None], claims: Mapping[str, Any], now: float) -> None:
    try:
        original(claims, now)
    except AuthError as error:
        raise AuthError("something is wrong") from error
