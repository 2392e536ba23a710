"""Comparisons that take what is almost right for right, and people who become almost themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as with_changes
from typing import Any

from reference_backend.authorization_server import authorization_codes, clients, code_challenge, redirect_uris
from reference_backend.authorization_server.authorization_sessions import AuthorizationSession
from reference_backend.authorization_server.clients import Client
from reference_backend.errors import AuthenticationError, AuthError, InputError, NotAllowedError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.http import origins
from reference_backend.http.origins import AllowedOrigins
from reference_backend.identity import entity_ref, resolvers, session_response, token_verifier
from reference_backend.identity.catalog import Catalog, Entity, Filter
from reference_backend.identity.resolver_context import ResolverContext, ownership
from reference_backend.identity.resolvers import EmailOptions
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.oauth import csrf, environments, nonce
from reference_backend.openid import id_token
from reference_backend.openid.openid_errors import RpError
from reference_backend.proxies import aws_alb, cf_access, gcp_iap
from tests.defects.defect import defect, nothing, replace, wrap

OPENID = ("oidc",)
OAUTH2 = ("oauth2",)
SERVER = "oidc-server"


@defect("PROFILE-01", providers=OAUTH2)
def addresses_in_lower_case() -> None:
    """The e-mail address of the profile is in lower case, whatever the vendor sent."""

    def profile_json(original: Callable[[Profile], dict[str, Any]], profile: Profile) -> dict[str, Any]:
        email = profile.email.lower() if isinstance(profile.email, str) else profile.email
        return original(with_changes(profile, email=email))

    wrap(session_response, "profile_json", profile_json)


@defect("CTX-08", "TOKEN-04", providers=OAUTH2)
def subjects_in_the_letters_of_the_catalog() -> None:
    """The subject is written as the catalog has it, with upper-case letters."""

    def sign_in_entity(self: ResolverContext, entity: Entity) -> SignIn:
        ref = f"{entity.ref.kind.lower()}:{entity.ref.namespace}/{entity.ref.name}"
        return self.issue(ref, [ref, *ownership(entity)[1:]])

    replace(ResolverContext, "sign_in_entity", sign_in_entity)


@defect("SEC-IDENT-12", "TOKEN-04", "CTX-08", "RES-21", providers=OAUTH2)
def everybody_is_of_the_usual_namespace() -> None:
    """The subject is made from the entity's name with the namespace default."""

    def sign_in_entity(self: ResolverContext, entity: Entity) -> SignIn:
        ref = entity_ref.stringify(entity_ref.user(entity.ref.name))
        return self.issue(ref, [ref, *ownership(entity)[1:]])

    replace(ResolverContext, "sign_in_entity", sign_in_entity)


@defect("SEC-IDENT-13", providers=OAUTH2)
def addresses_are_normalised() -> None:
    """An address is brought into a normal form of Unicode before the catalog is asked."""

    def query(original: Callable[..., list[Entity]], self: Catalog, filters: Sequence[Filter]) -> list[Entity]:
        folded = [{key: unicodedata.normalize("NFKC", str(value)) for key, value in one.items()} for one in filters]
        return original(self, folded)

    wrap(Catalog, "query", query)


@defect("SEC-IDENT-13", "SEC-IDENT-14", providers=OAUTH2)
def addresses_are_stripped() -> None:
    """Blanks around an address are taken away before the catalog is asked."""
    wrap(resolvers, "required_email", lambda original, profile: original(profile).strip())


@defect("SEC-IDENT-13", providers=OAUTH2)
def address_is_found_in_a_text() -> None:
    """Of a text with a name or a comment, the first address counts."""

    def required_email(original: Callable[[Profile], str], profile: Profile) -> str:
        text = original(profile)
        found = re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*", text, re.ASCII)
        return found[0] if found else text

    wrap(resolvers, "required_email", required_email)


@defect("SEC-IDENT-14", providers=OAUTH2)
def first_of_several_addresses() -> None:
    """Where a vendor gives a list of addresses, the first one counts."""

    def required_email(profile: Profile) -> str:
        email: Any = profile.email[0] if isinstance(profile.email, list) and profile.email else profile.email
        if not email or not isinstance(email, str):
            raise AuthError("Login failed, user profile does not contain an email")
        return email

    replace(resolvers, "required_email", required_email)


def _domain_rule(fits: Callable[[str, str], bool]) -> None:
    def require_allowed_domain(options: EmailOptions, email: str) -> None:
        domain = email.partition("@")[2]
        allowed = options.allowed_domains
        if allowed is not None and not any(fits(domain, one) for one in allowed):
            raise NotAllowedError("Sign-in user email is not from an allowed domain")

    replace(resolvers, "require_allowed_domain", require_allowed_domain)


@defect("SEC-IDENT-03", "SEC-IDENT-13", providers=OAUTH2)
def domain_by_its_end() -> None:
    """An address is of an allowed domain if it ends like one."""
    _domain_rule(lambda domain, one: domain.endswith(one))


@defect("SEC-IDENT-03", "SEC-IDENT-13", providers=OAUTH2)
def domain_by_its_beginning() -> None:
    """An address is of an allowed domain if its domain begins like one."""
    _domain_rule(lambda domain, one: domain.startswith(one))


@defect("SEC-IDENT-03", "SEC-IDENT-13", providers=OAUTH2)
def domain_by_a_pattern() -> None:
    """Allowed domains are regular expressions, in which a dot is any character."""
    _domain_rule(lambda domain, one: re.match(f"^{one}$", domain) is not None)


@defect("SEC-IDENT-03", "SEC-IDENT-13", providers=OAUTH2)
def domain_of_a_subdomain() -> None:
    """Subdomains of an allowed domain are allowed."""
    _domain_rule(lambda domain, one: domain == one or domain.endswith(f".{one}"))


def _nonce_rule(fits: Callable[[str, str], bool]) -> None:
    def require_match(cookie_nonce: str, state_nonce: str) -> None:
        if not fits(cookie_nonce, state_nonce):
            raise NotAllowedError("Invalid nonce")

    replace(nonce, "require_match", require_match)


@defect("FRAME-07", "SEC-STATE-02")
def nonce_without_case() -> None:
    """Nonces are compared without case."""
    _nonce_rule(lambda cookie, state: cookie.lower() == state.lower())


@defect("FRAME-07", "SEC-STATE-02")
def nonce_by_its_beginning() -> None:
    """A cookie that begins with the state's nonce is enough."""
    _nonce_rule(lambda cookie, state: cookie.startswith(state))


@defect("FRAME-07", "SEC-STATE-02")
def nonce_by_the_beginning_of_the_state() -> None:
    """A state's nonce that begins with the cookie is enough."""
    _nonce_rule(lambda cookie, state: state.startswith(cookie))


@defect("FRAME-07", "SEC-STATE-02")
def nonce_stripped() -> None:
    """Blanks around nonces do not count."""
    _nonce_rule(lambda cookie, state: cookie.strip() == state.strip())


@defect("FRAME-07", "SEC-STATE-02")
def nonce_without_padding() -> None:
    """Nonces are compared as far as the shorter one goes."""
    _nonce_rule(lambda cookie, state: all(one == other for one, other in zip(cookie, state, strict=False)))


@defect("SEC-ORIG-01", "SEC-ORIG-02", "SEC-ORIG-03", "LOGOUT-02", "SEC-LOGOUT-02")
def origin_by_its_beginning() -> None:
    """An origin that begins like the app's is allowed."""

    def is_allowed(original: Callable[[AllowedOrigins, str], bool], allowed: AllowedOrigins, origin: str) -> bool:
        return origin.startswith(allowed.app_origin) or original(allowed, origin)

    wrap(origins, "is_allowed", is_allowed)


@defect("SEC-ORIG-01", "SEC-ORIG-02", "SEC-ORIG-03")
def origin_without_port() -> None:
    """Only scheme and host of an origin count."""

    def is_allowed(original: Callable[[AllowedOrigins, str], bool], allowed: AllowedOrigins, origin: str) -> bool:
        return original(allowed, origin) or original(
            with_changes(allowed, app_origin=_portless(allowed)), _bare(origin)
        )

    wrap(origins, "is_allowed", is_allowed)


def _bare(origin: str) -> str:
    return re.sub(r":\d+$", "", origin)


def _portless(allowed: AllowedOrigins) -> str:
    return _bare(allowed.app_origin)


@defect("SEC-LOGOUT-01", "REFRESH-01")
def header_in_any_case() -> None:
    """The value of X-Requested-With is compared without case."""

    def require_header(value: str | None) -> None:
        if (value or "").lower() != csrf.REQUIRED_VALUE.lower():
            raise AuthenticationError("Invalid X-Requested-With header")

    replace(csrf, "require_header", require_header)


@defect("SEC-LOGOUT-01")
def header_among_others() -> None:
    """The value of X-Requested-With may stand in a list."""

    def require_header(value: str | None) -> None:
        if csrf.REQUIRED_VALUE not in [part.strip() for part in (value or "").split(",")]:
            raise AuthenticationError("Invalid X-Requested-With header")

    replace(csrf, "require_header", require_header)


@defect("ENV-06", "SEC-ENV-02", providers=("github",))
def environment_in_any_case() -> None:
    """The name of an environment is looked up without case."""

    def select(original: Callable[..., Any], found: Mapping[str, Any], name: str) -> Any:
        return original(found, next((one for one in found if one.lower() == name.lower()), name))

    wrap(environments, "select", select)


@defect("ENV-06", "SEC-ENV-02", providers=("github",))
def environment_by_its_beginning() -> None:
    """The beginning of an environment's name is enough."""

    def select(original: Callable[..., Any], found: Mapping[str, Any], name: str) -> Any:
        return original(found, next((one for one in found if one.startswith(name.strip())), name))

    wrap(environments, "select", select)


@defect("SEC-IDT-04", providers=OPENID)
def id_token_issuer_without_slash() -> None:
    """A slash at the end of an ID token's issuer does not count."""

    def require_issuer(claims: Mapping[str, Any], issuer: str) -> None:
        if str(claims["iss"]).rstrip("/") != issuer.rstrip("/"):
            raise RpError("unexpected iss value")

    replace(id_token, "require_issuer", require_issuer)


@defect("SEC-IDT-04", providers=OPENID)
def id_token_issuer_in_a_list() -> None:
    """A list of issuers with the right one in it is the right one."""

    def require_issuer(claims: Mapping[str, Any], issuer: str) -> None:
        if issuer not in (claims["iss"] if isinstance(claims["iss"], list) else [claims["iss"]]):
            raise RpError("unexpected iss value")

    replace(id_token, "require_issuer", require_issuer)


@defect("SEC-IDT-05", providers=OPENID)
def id_token_audience_in_a_text() -> None:
    """The client's id has to stand somewhere in the audience."""

    def require_audience(claims: Mapping[str, Any], client_id: str) -> None:
        if client_id not in str(claims["aud"]):
            raise RpError("aud mismatch")

    replace(id_token, "require_audience", require_audience)


@defect("SEC-IDT-05", providers=OPENID)
def id_token_audience_without_case() -> None:
    """The audience of an ID token is compared without case."""

    def require_audience(claims: Mapping[str, Any], client_id: str) -> None:
        found = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if client_id.lower() not in [str(one).lower() for one in found]:
            raise RpError("aud mismatch")

    replace(id_token, "require_audience", require_audience)


@defect("SEC-IDT-06", providers=OPENID)
def id_token_expiry_as_text() -> None:
    """The expiry of an ID token may be the digits of a number."""

    def require_unexpired(claims: Mapping[str, Any], now: int) -> None:
        try:
            expired = float(claims["exp"]) <= now
        except (TypeError, ValueError) as error:
            raise RpError("JWT exp claim must be a JSON numeric value") from error
        if expired:
            raise RpError("JWT expired")

    replace(id_token, "require_unexpired", require_unexpired)


@defect("SEC-IDT-06", providers=OPENID)
def id_token_expiry_of_zero_is_none() -> None:
    """An expiry of zero is taken for none, and what does not expire counts for ever."""

    def require_unexpired(
        original: Callable[[Mapping[str, Any], int], None], claims: Mapping[str, Any], now: int
    ) -> None:
        if claims["exp"]:
            original(claims, now)

    wrap(id_token, "require_unexpired", require_unexpired)


@defect("VERIFY-02", "VERIFY-06", providers=("google",))
def user_token_with_more_parts() -> None:
    """Of a token with more than three parts, the first three count."""

    def verify(original: Callable[..., Any], self: Any, token: str, *, allow_limited: bool) -> Any:
        return original(self, ".".join(token.split(".")[:3]), allow_limited=allow_limited)

    wrap(token_verifier.TokenVerifier, "verify", verify)


@defect("VERIFY-04", profile="static-keys", providers=OAUTH2)
def user_token_issuer_by_its_beginning() -> None:
    """The issuer of a user token only has to begin like ours."""

    def require_issuer_and_audience(
        original: Callable[..., None], kind: token_verifier.Kind, claims: Mapping[str, Any], issuer: str
    ) -> None:
        found = claims.get("iss")
        same = isinstance(found, str) and found.startswith(issuer)
        original(kind, {**claims, "iss": issuer} if same else claims, issuer)

    wrap(token_verifier, "require_issuer_and_audience", require_issuer_and_audience)


@defect("VERIFY-04", profile="static-keys", providers=OAUTH2)
def user_token_audience_in_a_list() -> None:
    """Whatever contains the word backstage is our audience."""

    def require_issuer_and_audience(
        original: Callable[..., None], kind: token_verifier.Kind, claims: Mapping[str, Any], issuer: str
    ) -> None:
        original(kind, {**claims, "aud": "backstage"} if "backstage" in str(claims.get("aud")) else claims, issuer)

    wrap(token_verifier, "require_issuer_and_audience", require_issuer_and_audience)


@defect("CODE-09", "SEC-AS-02", profile=SERVER, providers=("google",))
def redirect_address_of_a_code_without_case() -> None:
    """The redirect URI at the token endpoint is compared without case."""

    def require_same_redirect_uri(session: AuthorizationSession, redirect_uri: str) -> None:
        if session.redirect_uri.lower() != redirect_uri.lower():
            raise AuthenticationError("Redirect URI mismatch")

    replace(authorization_codes, "require_same_redirect_uri", require_same_redirect_uri)


def _registered_rule(fits: Callable[[str, str], bool]) -> None:
    def require_registered(redirect_uri: str, registered: Sequence[str]) -> None:
        if not any(fits(redirect_uri, one) for one in registered):
            raise InputError(f"Invalid redirect_uri '{redirect_uri}'")

    replace(redirect_uris, "require_registered", require_registered)


@defect("AUTHZ-06", "SEC-AS-02", profile=SERVER, providers=("google",))
def redirect_address_without_fragment() -> None:
    """The fragment of a redirect URI does not count."""
    _registered_rule(lambda asked, one: asked.partition("#")[0] == one)


@defect("AUTHZ-06", "SEC-AS-02", profile=SERVER, providers=("google",))
def redirect_address_below_the_registered_one() -> None:
    """A redirect URI below the registered one is taken, too."""
    _registered_rule(lambda asked, one: asked == one or asked.startswith(f"{one}/"))


@defect("CODE-14", "SEC-AS-08", "OFFLINE-10", "REVOKE-04", profile=SERVER, providers=("google",))
def secret_stripped_of_blanks() -> None:
    """Blanks around a client's secret do not count, and nothing behind a null byte."""

    def has_secret(original: Callable[[Client, str], bool], client: Client, secret: str) -> bool:
        return original(client, secret.strip().partition("\0")[0].strip('"'))

    wrap(clients, "has_secret", has_secret)


@defect("CODE-10", "CODE-11", "SEC-AS-05", profile=SERVER, providers=("google",))
def verifier_with_something_behind_it() -> None:
    """Only the first characters of a code verifier count, as many as the client's own has."""

    def proves(original: Callable[..., bool], challenge: str, method: str | None, verifier: str) -> bool:
        return any(original(challenge, method, verifier[: len(verifier) - more]) for more in range(3))

    wrap(code_challenge, "proves", proves)


@defect("CFACCESS-08", "SEC-PROXY-05", providers=("cfaccess",))
def cloudflare_issuer_by_its_beginning() -> None:
    """The issuer of a token of Cloudflare only has to begin with the team's address."""

    def require_issuer(original: Callable[..., None], claims: Mapping[str, Any], issuer: str) -> None:
        found = claims.get("iss")
        original({"iss": issuer} if isinstance(found, str) and found.startswith(issuer) else claims, issuer)

    wrap(cf_access, "require_issuer", require_issuer)


@defect("CFACCESS-08", "SEC-PROXY-05", providers=("cfaccess",))
def cloudflare_audience_in_a_text() -> None:
    """The audience of a token of Cloudflare has to contain the application's."""

    def require_audience(original: Callable[..., None], claims: Mapping[str, Any], audience: str) -> None:
        original({"aud": audience} if audience in str(claims.get("aud")) else claims, audience)

    wrap(cf_access, "require_audience", require_audience)


@defect("CFACCESS-15", "SEC-PROXY-07", providers=("cfaccess",))
def machines_without_case() -> None:
    """The name of a machine is compared without case."""

    def service_identity(
        original: Callable[..., Mapping[str, Any]], claims: Mapping[str, Any], listed: Mapping[str, str]
    ) -> Mapping[str, Any]:
        name = claims.get("common_name")
        return original({"common_name": name.lower()} if isinstance(name, str) else claims, listed)

    wrap(cf_access, "service_identity", service_identity)


@defect("GCPIAP-08", "SEC-PROXY-04", providers=("gcpIap",))
def iap_audience_by_its_beginning() -> None:
    """The audience of a token of IAP only has to begin like ours."""

    def require_audience(original: Callable[..., None], claims: Mapping[str, Any], audience: str) -> None:
        found = claims.get("aud")
        original({"aud": audience} if isinstance(found, str) and found.startswith(audience) else claims, audience)

    wrap(gcp_iap, "require_audience", require_audience)


@defect("AWSALB-10", "SEC-PROXY-02", providers=("awsalb",))
def signer_by_its_end() -> None:
    """The balancer's name only has to contain the configured one."""

    def require_signer(original: Callable[..., None], token: CompactJws, signer: str | None) -> None:
        found = token.header.get("signer")
        original(token, found if signer and isinstance(found, str) and signer in found else signer)

    wrap(aws_alb, "require_signer", require_signer)


@defect("AWSALB-09", providers=("awsalb",))
def balancer_issuer_without_slash() -> None:
    """A slash at the end of the balancer's issuer does not count."""

    def require_issuer(token: CompactJws, issuer: str) -> None:
        if str(token.claims.get("iss")).rstrip("/") != issuer:
            raise AuthenticationError("Issuer mismatch on JWT token")

    replace(aws_alb, "require_issuer", require_issuer)


@defect("VERIFY-09", profile="static-keys", providers=OAUTH2)
def user_tokens_before_their_time() -> None:
    """A user token is taken before the time that it names."""
    replace(token_verifier, "require_active", nothing)
