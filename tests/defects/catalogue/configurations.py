"""What shows in another configuration only: keys from files, a backend with little in it, one in development."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from reference_backend import errors
from reference_backend.config.model import Config, ConfigError
from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats import glob
from reference_backend.http import bearer, cors, error_response, paths, responses
from reference_backend.http import security_headers as security
from reference_backend.http.request import request
from reference_backend.identity import resolvers, token_verifier, user_token
from reference_backend.identity.key_store import MemoryKeyStore
from reference_backend.identity.token_issuer import StaticKeys
from reference_backend.proxies import gcp_iap
from reference_backend.proxies.base import ProxySettings
from reference_backend.proxies.gcp_iap import GcpIap
from reference_backend.proxies.guest import Guest
from tests.defects.defect import defect, nothing, replace, wrap

STATIC_KEYS = "static-keys"
BARE = "bare"
DEVELOPMENT = "development"
OF_STATIC_KEYS = ("github", "oauth2")
OF_BARE = ("github", "oauth2", "oidc")
OF_KEYS = ("gcpIap-keys",)


@defect("KEY-09", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def only_the_signing_key_published() -> None:
    """Of several keys from files only the first is published."""
    wrap(StaticKeys, "public_keys", lambda original, self: original(self)[:1])


@defect("JWKS-03", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def static_keys_without_use() -> None:
    """Keys from files do not say what they are for."""

    def public_keys(original: Callable[..., list[dict[str, Any]]], self: StaticKeys) -> list[dict[str, Any]]:
        return [{name: value for name, value in key.items() if name != "use"} for key in original(self)]

    wrap(StaticKeys, "public_keys", public_keys)


def unclamped(seconds: float) -> int:
    """Whole seconds, however many."""
    return round(seconds)


@defect("TOKEN-13", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def token_of_any_length() -> None:
    """A token is issued, however long it is."""
    replace(user_token, "require_reasonable_length", nothing)


@defect("TOKEN-06", "IDENT-07", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def tokens_as_short_as_configured() -> None:
    """Tokens live for the configured five minutes."""
    replace(user_token, "clamp_ttl", unclamped)


@defect("TOKEN-06", "IDENT-07", profile=BARE, providers=OF_BARE)
def tokens_as_long_as_configured() -> None:
    """Tokens live for the configured two days."""
    replace(user_token, "clamp_ttl", unclamped)


@defect("TOKEN-08", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def ownership_only_of_oneself() -> None:
    """Ownership in the token is the user alone."""

    def claims(original: Callable[..., Any], issuer: str, subject: str, ownership: Any, *rest: Any) -> Any:
        return original(issuer, subject, [subject], *rest)

    wrap(user_token, "claims", claims)


@defect("VERIFY-03", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def expired_tokens_for_a_minute() -> None:
    """A token is accepted for a minute after its expiry."""
    replace(token_verifier, "LEEWAY", 60)


@defect("VERIFY-03", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def claims_of_tokens_not_required() -> None:
    """A user token without time claims is accepted."""

    def require(original: Callable[..., None], kind: Any, claims: dict[str, Any]) -> None:
        original("legacy-user", claims)

    wrap(token_verifier, "require_claims", require)


@defect("VERIFY-04", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def issuer_and_audience_not_compared() -> None:
    """A token of another backend, or for another audience, is taken."""
    replace(token_verifier, "require_issuer_and_audience", nothing)


@defect("VERIFY-02", "VERIFY-05", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def tokens_without_type_refused() -> None:
    """A token without a type is refused, whatever its audience."""

    def classify(original: Callable[[Any], Any], token: Any) -> Any:
        kind = original(token)
        if kind == "legacy-user":
            raise errors.AuthenticationError("Illegal token")
        return kind

    wrap(token_verifier, "classify", classify)


@defect("USERINFO-05", profile=STATIC_KEYS, providers=OF_STATIC_KEYS)
def no_user_info_as_json() -> None:
    """Missing user info is an error like any other."""

    def text_page(original: Callable[..., Any], text: str, status: int) -> Any:
        return error_response.render(errors.NotFoundError(text)) if status == 404 else original(text, status)

    wrap(responses, "text_page", text_page)


@defect("ROUTE-08", profile=BARE, providers=OF_BARE)
def unconfigured_like_unknown() -> None:
    """A provider without configuration is as unknown as any."""
    replace(paths, "not_registered", lambda provider_id: paths.unknown_provider(f"/{provider_id}"))


@defect("ROUTE-09", profile=BARE, providers=OF_BARE)
def unknown_provider_in_other_words() -> None:
    """A provider whose module is missing has a text of its own."""
    replace(paths, "unknown_provider", lambda relative_path: errors.NotFoundError("There is no such provider"))


@defect("CFG-02", "ENV-11", profile=BARE, providers=OF_BARE)
def environments_like_providers() -> None:
    """The error for an environment without configuration is that for a provider without configuration."""

    def envelope_of(original: Callable[..., Any], error: errors.AuthError, *arguments: Any) -> Any:
        return original(errors.InputError("No such environment") if is_of_environment(error) else error, *arguments)

    wrap(errors, "status_of", lambda original, error: 400 if is_of_environment(error) else original(error))
    wrap(errors, "envelope", envelope_of)


def is_of_environment(error: errors.AuthError) -> bool:
    """Whether an error is about an environment."""
    return error.message.startswith("No configuration available")


@defect("UP-20", "START-14", profile=BARE, providers=OF_BARE)
def failed_start_without_prefix() -> None:
    """The error of a failed start lacks its prefix."""

    def serialise(original: Callable[..., dict[str, Any]], error: errors.AuthError) -> dict[str, Any]:
        members = original(error)
        return {**members, "message": str(members["message"]).removeprefix("Authentication failed, ")}

    wrap(errors, "serialise", serialise)


@defect("START-10", profile=BARE, providers=OF_BARE)
def failed_start_without_cookie() -> None:
    """A start that fails sets no nonce cookie."""

    def write(original: Callable[..., None], response: Any) -> None:
        if response.status_code < 500:
            original(response)

    wrap(responses, "write_cookies", write)


@defect("HTTP-01", profile=BARE, providers=OF_BARE)
def any_origin_without_configuration() -> None:
    """Without a word about origins every origin may read."""
    wrap(cors, "read", lambda original, config: original(config) or cors.CorsPolicy(None))


@defect("ORIGIN-03", profile=BARE, providers=OF_BARE)
def star_crosses_slashes() -> None:
    """A lone star allows every origin."""
    wrap(glob, "matches", lambda original, pattern, candidate: pattern == "*" or original(pattern, candidate))


@defect("ORIGIN-05", profile=BARE, providers=OF_BARE)
def braces_are_text() -> None:
    """Braces in a pattern mean themselves."""
    replace(glob, "expand_braces", lambda pattern: [pattern])


@defect("ORIGIN-05", "ORIGIN-09", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def negation_ignored() -> None:
    """The exclamation mark before a pattern means nothing."""
    wrap(glob, "matches", lambda original, pattern, candidate: original(pattern.lstrip("!"), candidate))


@defect("HTTP-09", profile=BARE, providers=OF_BARE)
def content_policy_not_configurable() -> None:
    """The configured content policy (backend.csp) is not read."""
    wrap(security, "content_security_policy", lambda original, overrides: original(None))


@defect("KEY-06", profile=BARE, providers=OF_BARE)
def keys_in_memory_not_published() -> None:
    """Keys that are kept in memory are not published."""
    replace(MemoryKeyStore, "list_keys", lambda self: [])


@defect("HTTP-15", profile=BARE, providers=OF_BARE)
def open_without_the_default_policy() -> None:
    """Without the default policy user info wants no token."""
    wrap(bearer, "require", lambda original, header: original(header or "Bearer x"))


@defect("GEN-10", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def no_stack_for_developers() -> None:
    """In development errors show no more than elsewhere."""
    replace(error_response, "render", rendered_without_stack)


def rendered_without_stack(error: errors.AuthError) -> Any:
    """An error without its stack."""
    return responses.json_response(errors.envelope(error, "GET", request.relative_url), errors.status_of(error))


@defect("ROUTE-11", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def misconfigured_like_unconfigured() -> None:
    """A misconfigured provider is reported as one that is not configured."""
    replace(paths, "misconfigured", paths.not_registered)


@defect("RES-03", "RES-04", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def resolvers_are_not_checked_at_the_start() -> None:
    """A provider starts although its resolver is unknown or has a wrong option."""

    def create(original: Callable[..., Any], entry: Config, available: Mapping[str, Any]) -> Any:
        try:
            return original(entry, available)
        except ConfigError:
            return next(iter(available.values())).create({})

    wrap(resolvers, "_create", create)


@defect("HTTP-02", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def origins_of_cors_are_texts() -> None:
    """The origins of backend.cors are compared as they are."""

    def allowed(original: Callable[..., str | None], policy: Any, origin: str | None) -> str | None:
        return origin if origin in (policy.origins or ()) else None

    wrap(cors, "allowed_origin", allowed)


@defect("HTTP-06", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def headers_of_cors_reflected() -> None:
    """A preflight allows whatever headers were asked for."""

    def preflight(original: Callable[..., Any], policy: Any, request: Any) -> Any:
        answer = original(policy, request)
        if answer is not None:
            answer.headers["Access-Control-Allow-Headers"] = request.headers["Access-Control-Request-Headers"]
        return answer

    wrap(cors, "preflight", preflight)


@defect("TOKEN-10", "JWKS-02", profile=DEVELOPMENT, providers=OF_STATIC_KEYS)
def configured_algorithm_ignored() -> None:
    """Backstage tokens are signed with the default algorithm, whatever is configured."""

    def string(original: Callable[..., Any], self: Config, key: str, *default: Any) -> Any:
        found = original(self, key, *default)
        return user_token.DEFAULT_ALGORITHM if key == "auth.identityTokenAlgorithm" else found

    wrap(Config, "string", string)


@defect("GUEST-01", profile=DEVELOPMENT, providers=("github", "oauth2", "guest", "guest-refused"))
def guests_need_the_option_in_development() -> None:
    """In development, too, guests are refused unless they are configured."""

    def build(original: Callable[..., None], self: Guest, settings: ProxySettings) -> None:
        context = dataclasses.replace(settings.context, development=False)
        original(self, dataclasses.replace(settings, context=context))

    wrap(Guest, "__init__", build)


@defect("GCPIAP-04", profile=BARE, providers=OF_KEYS)
def keys_of_google_whatever_they_look_like() -> None:
    """An answer of Google's key address counts whatever its status and media type say."""
    replace(gcp_iap, "parse_keys", lambda response: dict(gcp_iap.usable_keys(response.json())))


@defect("GCPIAP-11", profile=BARE, providers=OF_KEYS)
def no_keys_of_google_is_our_mistake() -> None:
    """While Google's key address fails, the answer is that of a broken backend."""

    def read(original: Callable[..., Any], self: GcpIap) -> Any:
        try:
            return original(self)
        except AuthenticationError as error:
            raise AuthError("no keys") from error

    wrap(GcpIap, "_read_keys", read)
    replace(gcp_iap, "refused", lambda cause: cause)
