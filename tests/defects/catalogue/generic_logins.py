"""Sign-in with a server that has no module of its own, where everything depends on the ID token and on patience."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import requests
from flask import Response, g

from reference_backend.errors import AuthError, NotAllowedError
from reference_backend.http import client
from reference_backend.http.client import BoundedAdapter, HttpClient
from reference_backend.identity import entity_ref, resolvers
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import EmailOptions, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import scopes
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.providers import profiles
from tests.defects.defect import defect, replace, wrap

on_generic = functools.partial(defect, providers=("oauth2",))
"""A defect that shows where nothing but the ID token says who signs in."""


# --- the ID token --------------------------------------------------------------------------------


@on_generic("SEC-IDENT-01")
def unverified_claim_counts() -> None:
    """An e-mail address is accepted although the ID token marks it as unverified."""
    replace(profiles, "verified_email", lambda claims: claims.get("email"))


@on_generic("PROFILE-07")
def unreadable_id_token_is_an_empty_one() -> None:
    """An ID token that cannot be read has no claims."""

    def decode(original: Callable[[str], dict[str, Any]], text: str) -> dict[str, Any]:
        try:
            return original(text)
        except AuthError:
            return {}

    wrap(profiles, "decode_id_token", decode)


# --- the address ---------------------------------------------------------------------------------


def allow_domain(is_allowed: Callable[[str, str], bool]) -> None:
    """Compare addresses with the allowed domains in another way.

    Parameters:
        is_allowed: takes the address and one of the domains.
    """

    def require(options: EmailOptions, email: str) -> None:
        allowed = options.allowed_domains
        if allowed is not None and not any(is_allowed(email, domain) for domain in allowed):
            raise NotAllowedError("Sign-in user email is not from an allowed domain")

    replace(resolvers, "require_allowed_domain", require)


@on_generic("SEC-IDENT-03")
def domain_behind_the_last_at_sign() -> None:
    """Of an address with two at signs, the domain is read behind the last and the name before the first."""
    allow_domain(lambda email, domain: email.rpartition("@")[2] == domain)


@on_generic("SEC-IDENT-03")
def domain_compared_from_the_end() -> None:
    """A domain is allowed if it ends with one that is."""
    allow_domain(lambda email, domain: email.endswith(domain))


@on_generic("SEC-IDENT-03")
def domain_compared_from_the_start() -> None:
    """A domain is allowed if it begins with one that is."""
    allow_domain(lambda email, domain: email.partition("@")[2].startswith(domain))


@on_generic("SEC-IDENT-09")
def local_part_may_be_a_reference() -> None:
    """The local part of an address may name kind and namespace."""

    def resolve(options: EmailOptions, info: SignInInfo, context: ResolverContext) -> SignIn:
        local_part = resolvers.required_email(info.profile).partition("@")[0]
        return context.sign_in(ByRef(entity_ref.parse(local_part, entity_ref.DEFAULT_USER_KIND)))

    replace(resolvers.COMMON["emailLocalPartMatchingUserEntityName"], "resolve", resolve)


# --- the scopes ----------------------------------------------------------------------------------


@on_generic("SCOPE-02", "SCOPE-12")
def openid_asked_for_unasked() -> None:
    """Where nothing is required, the scope of OpenID Connect is."""

    def combine(original: Callable[..., list[str]], requested: Any, granted: Any, required: Any, more: Any) -> Any:
        return original(requested, granted, required or ["openid"], more)

    wrap(scopes, "combine", combine)


@on_generic("SCOPE-02")
def scopes_sorted() -> None:
    """Scopes are asked for in the order of the alphabet."""
    replace(scopes, "join_unique", lambda found: " ".join(sorted(set(found))))


# --- the waiting ---------------------------------------------------------------------------------


@on_generic("UP-03")
def vendors_have_half_a_second() -> None:
    """A vendor that does not respond within half a second is reported as unavailable."""
    wrap(HttpClient, "__init__", lambda original, self, timeout, **named: original(self, 0.5, **named))


@on_generic("UP-03")
def first_piece_is_the_answer() -> None:
    """What the first packet holds is taken for the whole answer."""
    replace(client, "read_bounded", lambda response, limit: response.raw.read1(8, decode_content=True))


@on_generic("SEC-ROB-12")
def silence_is_a_gateway_timeout() -> None:
    """A vendor that does not respond ends the callback with a server error page instead of the message page."""

    def send(original: Callable[..., requests.Response], *arguments: Any, **named: Any) -> requests.Response:
        try:
            return original(*arguments, **named)
        except requests.ReadTimeout:
            g.waited = True
            raise

    def frame(original: Callable[[OAuthRoutes], Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        if g.get("waited"):
            raise AuthError("Gateway timeout", status=504)
        return response

    wrap(BoundedAdapter, "send", send)
    wrap(OAuthRoutes, "frame", frame)
