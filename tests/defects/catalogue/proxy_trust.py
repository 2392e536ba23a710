"""What a backend believes of an auth proxy, and of a guest, that it must not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from reference_backend.errors import AuthenticationError
from reference_backend.http import bearer
from reference_backend.identity import resolvers
from reference_backend.identity.session_response import Profile
from reference_backend.openid import key_set
from reference_backend.proxies import assertion, aws_alb, guest, oauth2_proxy
from reference_backend.proxies.azure_easy_auth import AzureEasyAuth
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.cf_access import CloudflareAccess
from reference_backend.proxies.gcp_iap import GcpIap
from reference_backend.proxies.guest import Guest
from reference_backend.proxies.oauth2_proxy import OAuth2Proxy
from reference_backend.server import JoiningHeaderReader
from tests.defects.defect import defect, nothing, replace, wrap

OAUTH2_PROXY = ("oauth2Proxy",)
Authenticate = Callable[[Any, ProxyRequest], ProxyResult]


def without_token(provider: type[Any], believe: Callable[[ProxyRequest], ProxyResult | None]) -> None:
    """Let a provider believe unsigned headers where the token is missing."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        try:
            return original(self, asked)
        except AuthenticationError as error:
            found = believe(asked) if error.message.startswith("Missing ") else None
            if found is None:
                raise
            return found

    wrap(provider, "authenticate", authenticate)


@defect("GCPIAP-03", "PROXY-06", providers=("gcpIap",))
def iap_unsigned_email_believed() -> None:
    """Without a token the unsigned header of Identity-Aware Proxy says who it is."""

    def believe(asked: ProxyRequest) -> ProxyResult | None:
        email = asked.headers.get("x-goog-authenticated-user-email", "").rpartition(":")[2]
        details = {"email": email, "sub": asked.headers.get("x-goog-authenticated-user-id", "")}
        return ProxyResult(Profile(email=email), {}, details) if email else None

    without_token(GcpIap, believe)


@defect("CFACCESS-03", "PROXY-06", providers=("cfaccess",))
def cloudflare_unsigned_email_believed() -> None:
    """Without a token the unsigned header of Cloudflare says who it is."""

    def believe(asked: ProxyRequest) -> ProxyResult | None:
        email = asked.headers.get("cf-access-authenticated-user-email")
        return ProxyResult(Profile(email=email), {}) if email else None

    without_token(CloudflareAccess, believe)


@defect("AZUREEASYAUTH-02", "PROXY-06", providers=("azureEasyAuth",))
def easy_auth_principal_believed() -> None:
    """Without a token the header with the principal's id says who it is on App Service."""

    def believe(asked: ProxyRequest) -> ProxyResult | None:
        principal = asked.headers.get("x-ms-client-principal-id")
        return ProxyResult(Profile(), {}, {"oid": principal}) if principal else None

    without_token(AzureEasyAuth, believe)


@defect("GCPIAP-05", "GCPIAP-12", providers=("gcpIap",))
def iap_unsigned_tokens_believed() -> None:
    """A token whose header says that it is not signed is believed."""

    def require_algorithm(original: Callable[..., None], token: Any, algorithm: str) -> None:
        if token.header.get("alg") != "none":
            original(token, algorithm)

    def require_signature(original: Callable[..., None], token: Any, algorithm: str, key: Any) -> None:
        if token.header.get("alg") != "none":
            original(token, algorithm, key)

    wrap(assertion, "require_algorithm", require_algorithm)
    wrap(assertion, "require_signature", require_signature)


@defect("AWSALB-06", "SEC-PROXY-01", providers=("awsalb",))
def alb_key_of_the_token_believed() -> None:
    """The key that a token brings along verifies it."""

    def require(original: Callable[..., None], token: Any, algorithm: str, key: Any) -> None:
        own = token.header.get("jwk")
        if isinstance(own, dict) and key_set.is_signed_by(token.text, algorithm, key_set.Key(None, own)):
            return
        original(token, algorithm, key)

    wrap(assertion, "require_signature", require)


@defect("AWSALB-04", providers=("awsalb-gov",))
def alb_government_keys_looked_for_elsewhere() -> None:
    """The keys of government regions are looked for where those of all others are."""
    replace(aws_alb, "keys_url", lambda region: f"https://public-keys.auth.elb.{region}.amazonaws.com")


@defect("CFACCESS-06", providers=("cfaccess-keys",))
def cloudflare_keys_fetched_for_every_unknown_one() -> None:
    """Every unknown key id makes the backend fetch the team's keys."""
    replace(key_set, "COOL_DOWN", 0)


@defect("CFACCESS-02", providers=("cfaccess-names",))
def cloudflare_names_fixed() -> None:
    """The configured names of Cloudflare's header and cookie do not count."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        self._names = dataclasses.replace(self._names, header="cf-access-jwt-assertion", cookie="CF_Authorization")
        return original(self, asked)

    wrap(CloudflareAccess, "authenticate", authenticate)


def of_oauth2_proxy(change: Callable[[ProxyRequest, ProxyResult], ProxyResult]) -> None:
    """Let the result of oauth2-proxy be another one."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        return change(asked, original(self, asked))

    wrap(OAuth2Proxy, "authenticate", authenticate)


@defect("OAUTH2PROXY-01", providers=OAUTH2_PROXY)
def oauth2_proxy_email_made_up() -> None:
    """The e-mail address is made of the user's name, whatever oauth2-proxy forwards."""

    def change(asked: ProxyRequest, found: ProxyResult) -> ProxyResult:
        made_up = f"{asked.headers.get('x-forwarded-user')}@lumenfold.example"
        return dataclasses.replace(found, profile=dataclasses.replace(found.profile, email=made_up))

    of_oauth2_proxy(change)


@defect("OAUTH2PROXY-02", providers=OAUTH2_PROXY)
def oauth2_proxy_display_name_is_the_user() -> None:
    """The display name is the user's name, although oauth2-proxy forwards a better one."""

    def change(asked: ProxyRequest, found: ProxyResult) -> ProxyResult:
        name = asked.headers.get("x-forwarded-user")
        return dataclasses.replace(found, profile=dataclasses.replace(found.profile, display_name=name))

    of_oauth2_proxy(change)


@defect("OAUTH2PROXY-03", "OAUTH2PROXY-05", "PROXY-05", providers=OAUTH2_PROXY)
def oauth2_proxy_token_with_its_scheme() -> None:
    """The access token is the whole header, scheme included."""

    def change(asked: ProxyRequest, found: ProxyResult) -> ProxyResult:
        return dataclasses.replace(
            found, provider_info={"accessToken": asked.headers.get("x-oauth2-proxy-id-token", "")}
        )

    of_oauth2_proxy(change)


@defect("OAUTH2PROXY-04", providers=OAUTH2_PROXY)
def oauth2_proxy_token_required() -> None:
    """A request without the token header of oauth2-proxy is refused."""

    def change(asked: ProxyRequest, found: ProxyResult) -> ProxyResult:
        if not (found.provider_info or {}).get("accessToken"):
            raise AuthenticationError("Missing token")
        return found

    of_oauth2_proxy(change)


@defect("OAUTH2PROXY-04", providers=OAUTH2_PROXY)
def oauth2_proxy_token_of_any_scheme() -> None:
    """A token of oauth2-proxy counts whatever the scheme, or without one."""

    def change(asked: ProxyRequest, found: ProxyResult) -> ProxyResult:
        token = asked.headers.get("x-oauth2-proxy-id-token", "").rpartition(" ")[2]
        return dataclasses.replace(found, provider_info={"accessToken": token})

    of_oauth2_proxy(change)


@defect("OAUTH2PROXY-05", providers=OAUTH2_PROXY)
def oauth2_proxy_bearer_in_one_spelling() -> None:
    """The scheme of a bearer token has to be spelt Bearer, with one space."""
    replace(bearer, "_BEARER", re.compile(r"Bearer (\S+)"))


@defect("OAUTH2PROXY-08", "PROXY-10", "RES-55", providers=("oauth2Proxy-username",))
def oauth2_proxy_resolver_of_the_configuration_ignored() -> None:
    """The user's name finds the user, although the configuration wants the preferred one."""
    replace(OAuth2Proxy.resolvers["forwardedPreferredUsernameMatchingUserEntityName"], "resolve", oauth2_proxy.by_user)


@defect("OAUTH2PROXY-11", "SEC-PROXY-10", providers=OAUTH2_PROXY)
def oauth2_proxy_last_of_two_users() -> None:
    """Of a user header that came twice, the last value counts."""

    def change(asked: ProxyRequest, found: ProxyResult) -> ProxyResult:
        user = asked.headers.get("x-forwarded-user", "").rpartition(",")[2].strip()
        return dataclasses.replace(found, details={**found.details, "user": user or None})

    of_oauth2_proxy(change)


@defect("SEC-PROXY-10", providers=OAUTH2_PROXY)
def underscores_are_hyphens() -> None:
    """A header with underscores counts as the one with hyphens: the server lets both through to the environment."""
    replace(JoiningHeaderReader, "_allow_header", lambda self, key_name: True)


@defect("RES-25", providers=("awsalb-domains", "azureEasyAuth-domains"))
def allowed_domains_of_proxies_ignored() -> None:
    """The proxy resolvers ignore allowedDomains."""
    replace(resolvers, "require_allowed_domain", nothing)


@defect("GUEST-02", "SEC-PROXY-06", providers=("guest-refused",))
def guest_open_in_production() -> None:
    """The guest provider is enabled in production without the opt-in."""
    replace(guest, "require_enabled", nothing)


@defect("GUEST-04", providers=("guest-of-catalog",))
def guest_never_looked_up() -> None:
    """The catalog is not asked about the guest."""
    replace(Guest, "_sign_in", lambda self, info, context: context.issue(self._user, self._ownership))


@defect("GUEST-09", "GUEST-04", providers=("guest-of-catalog",))
def guest_with_resolvers_refused() -> None:
    """A guest for whom resolvers are configured is not signed in."""

    def authenticate(original: Authenticate, self: Any, asked: ProxyRequest) -> ProxyResult:
        if self._user != guest.DEFAULT_USER:
            raise AuthenticationError("Sign-in resolver is not available")
        return original(self, asked)

    wrap(Guest, "authenticate", authenticate)


@defect("GUEST-05", providers=("guest-as-written",))
def guest_owns_what_it_is() -> None:
    """The configured ownership of a guest does not count."""
    replace(Guest, "_sign_in", lambda self, info, context: context.issue(self._user, [self._user]))


@defect("GUEST-06", providers=("guest-as-written",))
def guest_as_the_configuration_writes_it() -> None:
    """The guest's reference is not brought into its canonical form."""
    replace(Guest, "_sign_in", lambda self, info, context: context.issue(self._user, self._ownership))


@defect("GUEST-07", providers=("guest-without-kind",))
def guest_reference_completed() -> None:
    """A guest's reference without kind is completed."""
    replace(Guest, "_sign_in", lambda self, info, context: context.issue(f"user:default/{self._user}", self._ownership))
