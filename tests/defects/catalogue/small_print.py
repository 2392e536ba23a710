"""The small print of the protocol: what seldom matters, and then to somebody who cannot tell why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, g

from reference_backend import errors
from reference_backend.errors import AuthError, InputError
from reference_backend.formats import encoding, query
from reference_backend.http import conditional_gzip, cookies, cors, origins, responses
from reference_backend.http import security_headers as security
from reference_backend.http.cookies import Cookie
from reference_backend.http.request import request
from reference_backend.identity import entity_ref, resolvers, token_verifier
from reference_backend.identity import resolver_context as sign_in_context
from reference_backend.identity.entity_ref import EntityRef
from reference_backend.identity.resolvers import SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import environments, oauth_errors, provider_cookies, scopes, state
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.provider_cookies import CookieContext, CookieSettings
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.user_endpoints import user_cookie
from tests.defects.defect import always, defect, nothing, replace, wrap

Members = dict[str, Any]


@defect("GEN-12")
def error_with_a_secret() -> None:
    """Errors carry along what was configured."""
    wrap(errors, "serialise", lambda original, error: {**original(error), "config": {"token": "x"}})


@defect("HTTP-07")
def endpoints_of_clients_without_cors() -> None:
    """The endpoints that are not a provider's know nothing of cross-origin requests."""

    def write(original: Callable[..., None], response: Response, *arguments: Any) -> None:
        if not request.path.startswith(("/api/auth/v1/", "/api/auth/.well-known/")):
            original(response, *arguments)

    wrap(cors, "write", write)


@defect("HTTP-09")
def weaker_content_policy() -> None:
    """The default content policy lets scripts come from anywhere."""
    replace(security, "DEFAULT_CSP", {**security.DEFAULT_CSP, "script-src": ["*"]})


@defect("HTTP-12")
def answers_always_sent_again() -> None:
    """Conditional requests get the whole answer."""
    replace(conditional_gzip, "is_not_modified", always(False))


@defect("HTTP-12")
def nothing_compressed() -> None:
    """Long answers are sent as they are."""
    replace(conditional_gzip, "accepts_gzip", always(False))


@defect("HTTP-14", "ENV-12")
def flat_query_strings() -> None:
    """Of a repeated parameter the last one counts, and brackets mean nothing."""
    replace(query, "parse", lambda text: dict(parse_qsl(text, keep_blank_values=True)))


@defect("ENV-13")
def environment_of_a_state_in_callbacks_only() -> None:
    """Only the callback looks for the environment in the state."""

    def requested(original: Callable[..., str], found: Mapping[str, str]) -> str:
        if not found.get("env") and not request.path.endswith("/handler/frame"):
            raise InputError("Must specify 'env' query to select environment")
        return original(found)

    wrap(environments, "requested", requested)


@defect("STATE-08")
def first_member_of_a_state_wins() -> None:
    """Of two members of one name in a state the first one counts."""

    def decode(original: Callable[[str], Any], text: str) -> Any:
        pairs = encoding.parse_form(encoding.lenient_hex(text).decode("utf-8", "replace"))
        first = dict(reversed(list(pairs)))
        return original(encoding.form(first.items()).encode("utf-8").hex())

    wrap(state, "decode", decode)


@defect("ORIGIN-08")
def extra_origins_for_one_environment() -> None:
    """The extra origins are allowed in one environment only."""

    def require(original: Callable[..., None], allowed: Any, origin: str) -> None:
        original(origins.AllowedOrigins(allowed.app_origin, ()) if "no-sign-in" in request.url else allowed, origin)

    wrap(origins, "require_allowed", require)


@defect("SCOPE-13", "PROV-MICROSOFT-02", providers=("microsoft",))
def scopes_combined_as_everywhere() -> None:
    """A provider's own way to put scopes together is not used."""
    wrap(scopes, "effective", lambda original, *lists: original(*lists[:4]))


@defect("PROV-OPENSHIFT-02", providers=("openshift",))
def logout_hook_without_a_session() -> None:
    """A provider whose logout hook needs a session is content without one."""

    def end(original: Callable[..., str | None], environment: OAuthEnvironment, logout_request: Any) -> str | None:
        return original(environment, logout_request) if logout_request.refresh_token else None

    wrap(oauth_routes, "end_vendor_session", end)


@defect("START-13")
def start_takes_an_answer() -> None:
    """Start stumbles over the parameters of a vendor's answer."""

    def scope(original: Callable[..., Any], environment: Any, found: Mapping[str, str], *rest: Any) -> Any:
        if request.path.endswith("/start") and {"code", "error"} & request.parameters.keys():
            raise AuthError("Authentication failed, Failed to obtain access token")
        return original(environment, found, *rest)

    wrap(oauth_routes, "effective_scope", scope)


@defect("FRAME-22")
def body_of_the_vendor_in_the_page() -> None:
    """The page repeats whatever the vendor's token endpoint answered."""
    replace(oauth_errors, "detail", lambda body: f" - {body}")


@defect("REDIR-11")
def redirect_text_always_as_html() -> None:
    """The body of the redirect to the app is always HTML."""
    wrap(responses, "to_app", lambda original, url, accepts_html: original(url, accepts_html=True))


@defect("COOKIE-13")
def legacy_deletion_by_the_requests_origin() -> None:
    """The deletion of an older cookie goes by the origin of the request."""

    def delete(settings: CookieSettings, context: CookieContext, name: str, domain: str | None = None) -> Cookie:
        return provider_cookies._cookie(settings, context, name, "", 0, settings.path, domain)

    replace(provider_cookies, "_default_origin_deletion", delete)


@defect("COOKIE-21", crashes=True)
def ipv6_callback_crashes() -> None:
    """A callback URL with an IPv6 host causes a server error."""

    def deletions(original: Callable[..., list[Cookie]], settings: CookieSettings, *arguments: Any) -> list[Cookie]:
        if "[" in settings.callback.hostname:
            raise TypeError("option domain is invalid")
        return original(settings, *arguments)

    wrap(provider_cookies, "legacy_deletions", deletions)


@defect("COOKIE-22")
def last_cookie_wins() -> None:
    """Of several cookies with one name the last one counts."""

    def parse(original: Callable[[str | None], dict[str, str]], text: str | None) -> dict[str, str]:
        return original(";".join(reversed((text or "").split(";"))))

    wrap(cookies, "parse_header", parse)


@defect("COOKIE-24")
def quotation_marks_stay() -> None:
    """Quotation marks around the value of a cookie are taken for a part of it."""
    replace(cookies, "_decode", encoding.decode_component)


@defect("COOKIE-23")
def signed_cookies_like_others() -> None:
    """A cookie in the form of a signed cookie is accepted."""
    replace(cookies, "without_signed", lambda found: {**found})


@defect("REFRESH-10", providers=("gitlab",))
def unknown_user_keeps_the_session() -> None:
    """If the resolver no longer finds the user, refresh returns a session without identity."""

    def resolve(original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: Any) -> SignIn | None:
        try:
            return original(environment, result)
        except AuthError:
            if request.path.endswith("/refresh"):
                return None
            raise

    wrap(oauth_routes, "run_resolver", resolve)


@defect("REFRESH-11", providers=("gitlab",))
def rotation_lost_with_the_user() -> None:
    """If the resolver finds no user at a refresh, the rotated refresh token is lost."""

    def resolve(original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: Any) -> SignIn | None:
        try:
            return original(environment, result)
        except AuthError:
            g.pop("cookies", None)
            raise

    wrap(oauth_routes, "run_resolver", resolve)


@defect("REFRESH-13", providers=("google",))
def rotation_lost_with_the_origin() -> None:
    """An Origin header that is no URL is noticed when the old refresh token is spent already."""
    replace(origins, "require_allowed_for_refresh", nothing)

    def store(original: Callable[..., None], *arguments: Any) -> None:
        if request.headers.get("Origin") == "null":
            raise AuthError("Invalid URL")
        original(*arguments)

    wrap(oauth_routes, "store_rotated", store)


@defect("LOGOUT-10", providers=("google",))
def logout_fails_with_the_vendor() -> None:
    """Logout fails if the vendor is unavailable, and the session continues."""
    replace(
        oauth_routes,
        "end_vendor_session",
        lambda environment, logout_request: environment.provider.logout(logout_request),
    )


@defect("RES-25")
def email_resolver_for_every_domain() -> None:
    """The e-mail resolver ignores allowedDomains."""

    def by_email(original: Callable[..., SignIn], options: Any, info: SignInInfo, context: Any) -> SignIn:
        return original(options.model_copy(update={"allowed_domains": None}), info, context)

    wrap(resolvers.COMMON["emailMatchingUserEntityProfileEmail"], "resolve", by_email)


@defect("RES-33")
def name_only_from_the_catalog() -> None:
    """The local-part resolver finds no user outside the catalog, whatever its options are."""

    def by_name(original: Callable[..., SignIn], options: Any, info: SignInInfo, context: Any) -> SignIn:
        return original(options.model_copy(update={"without_catalog": False}), info, context)

    wrap(resolvers.COMMON["emailLocalPartMatchingUserEntityName"], "resolve", by_name)


@defect("RES-33", "CTX-11", providers=("oauth2",))
def lower_case_for_ascii_only() -> None:
    """Capital letters that are not ASCII stay capital in the names of people outside the catalog."""

    def fold(text: str) -> str:
        return "".join(char.lower() if char.isascii() else char for char in text)

    replace(entity_ref, "fold", fold)


@defect("SEC-IDENT-11", providers=("oauth2",))
def look_alikes_are_the_same_letter() -> None:
    """Whatever has an ASCII letter for its lower case is that letter."""
    replace(entity_ref, "fold", str.lower)


@defect("GUEST-05", "GUEST-06", providers=("guest-as-written",))
def namespace_of_users_ignored() -> None:
    """Every user is looked up in the default namespace."""

    def build(original: Callable[..., EntityRef], kind: str, _: str, *name: str, **shown: str) -> EntityRef:
        return original(kind, None, *name, **shown)

    wrap(entity_ref, "build", build)


@defect("RES-34", providers=("oauth2",))
def empty_name_signed_in() -> None:
    """An e-mail address with an empty local part signs in a user."""

    def by_name(original: Callable[..., SignIn], options: Any, info: SignInInfo, context: Any) -> SignIn:
        if (info.profile.email or "").startswith("@"):
            return sign_in_context.ResolverContext.issue(context, "user:default/somebody", [])
        return original(options, info, context)

    wrap(resolvers.COMMON["emailLocalPartMatchingUserEntityName"], "resolve", by_name)


@defect("CTX-03", "CTX-04")
def lookups_find_any_kind() -> None:
    """A lookup takes groups for users, and has the first of several."""
    replace(sign_in_context, "USER_KIND", "group")


@defect("LIM-08")
def user_cookie_always_new() -> None:
    """Each request for the user cookie sets one."""
    replace(user_cookie, "is_fresh", always(False))


@defect("VERIFY-08")
def limited_token_for_everything() -> None:
    """A limited user token is accepted like a full one."""
    replace(token_verifier, "require_full_token", nothing)


@defect("CLIENT-01", "CLIENT-02")
def start_forgets_the_frontend() -> None:
    """Start knows neither the popup's nor the redirect flow's parameters."""

    def encode(original: Callable[[Any], str], flow_state: Any) -> str:
        return original(state.OAuthState(flow_state.nonce, flow_state.env, scope=flow_state.scope))

    wrap(state, "encode", encode)


@defect("CLIENT-03", "FE-20")
def refresh_without_optional() -> None:
    """Refresh refuses the bare parameter that the frontend sends."""

    def refreshed(original: Callable[..., Members], environment: OAuthEnvironment) -> Members:
        if "optional" in request.args:
            raise InputError("Unknown parameter optional")
        return original(environment)

    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("CLIENT-05")
def failed_refresh_with_status_200() -> None:
    """A refresh that fails answers with status 200."""
    wrap(errors, "status_of", lambda original, error: 200 if request.path.endswith("/refresh") else original(error))


@defect("CLIENT-04")
def logout_with_a_body_only() -> None:
    """Logout wants a body, which the frontend does not send."""

    def logout(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        if not request.get_data():
            raise InputError("Missing body")
        return original(routes)

    wrap(OAuthRoutes, "logout", logout)
