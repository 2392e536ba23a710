"""Checks of an authorization request (RFC 6749 section 4.1.1).

They come in two parts because of what a refusal may do: as long as client and redirect URI are not known
to belong together nothing may be sent to that URI (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11).
"""

import re
from collections.abc import Collection, Mapping

from mock_idp.oauth.model import Client, Reason, Refusal, split_scopes
from mock_idp.oauth.policy import Pkce, Policy

_CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")  # RFC 7636 section 4.2
_CHALLENGE_METHODS = ("S256", "plain")


def identify(clients: Mapping[str, Client], query: Mapping[str, str]) -> tuple[Client, str]:
    """Find the client and check that the redirect URI is one of its own.

    Parameters:
        clients: the registered clients by client id.
        query: the request's parameters.

    Returns:
        The client and the redirect URI.

    Raises:
        Refusal: UNKNOWN_CLIENT or UNREGISTERED_REDIRECT_URI. Nothing may be redirected then.
    """
    client_id = query.get("client_id", "")
    client = clients.get(client_id)
    if client is None:
        known = ", ".join(sorted(clients)) or "none"
        said = f"client_id {client_id!r}" if client_id else "no client_id"
        raise Refusal(Reason.UNKNOWN_CLIENT, f"The request has {said}. Registered clients: {known}.")
    redirect_uri = query.get("redirect_uri", "")
    # Exact comparison of strings, no prefixes and no patterns (RFC 9700 section 2.1).
    if redirect_uri not in client.redirect_uris:
        registered = ", ".join(sorted(client.redirect_uris)) or "none"
        came = repr(redirect_uri) if redirect_uri else "no redirect_uri"
        detail = f"Client {client.client_id} has registered: {registered}. The request has {came}."
        raise Refusal(Reason.UNREGISTERED_REDIRECT_URI, detail)
    return client, redirect_uri


def check(policy: Policy, query: Mapping[str, str], repeated: Collection[str]) -> tuple[str, ...]:
    """Check the rest of a request whose redirect URI is known to be good.

    Parameters:
        policy: what the vendor demands.
        query: the request's parameters.
        repeated: names of parameters that came more than once.

    Returns:
        The scopes asked for, in order, without duplicates.

    Raises:
        Refusal: with the first thing that is wrong.
    """
    if repeated and not policy.allows_repeated_parameters:
        # RFC 6749 section 3.1: parameters must not be included more than once.
        raise Refusal(Reason.INVALID_PARAMETER, f"Sent more than once: {', '.join(sorted(repeated))}.")
    for name in policy.required_authorization_parameters:
        if not query.get(name):
            raise Refusal(Reason.MISSING_PARAMETER, f"The parameter {name} is missing.")
    response_type = query.get("response_type", "code")
    if response_type != "code":
        detail = f"response_type is {response_type!r}, supported is 'code'."
        raise Refusal(Reason.UNSUPPORTED_RESPONSE_TYPE, detail)
    _check_challenge(policy, query)
    return _checked_scopes(policy, query.get("scope", ""))


def _checked_scopes(policy: Policy, text: str) -> tuple[str, ...]:
    scopes = split_scopes(text, policy.scope_separators)
    if policy.known_scopes is None:
        return scopes
    unknown = [scope for scope in scopes if scope not in policy.known_scopes]
    if unknown and not policy.drops_unknown_scopes:
        raise Refusal(Reason.INVALID_SCOPE, f"Not scopes of this vendor: {' '.join(unknown)}.")
    return tuple(scope for scope in scopes if scope not in unknown)


def _check_challenge(policy: Policy, query: Mapping[str, str]) -> None:
    """Check what RFC 7636 section 4.3 says about the request."""
    challenge = query.get("code_challenge", "")
    if policy.pkce is Pkce.REQUIRED and not challenge:
        raise Refusal(Reason.MISSING_PARAMETER, "The parameter code_challenge is missing (RFC 7636).")
    if not challenge or policy.pkce is Pkce.IGNORED:
        return
    method = query.get("code_challenge_method", "plain")
    if method not in _CHALLENGE_METHODS:
        raise Refusal(Reason.INVALID_PARAMETER, f"code_challenge_method is {method!r}, not S256 or plain.")
    if not _CHALLENGE.fullmatch(challenge):
        raise Refusal(Reason.INVALID_PARAMETER, "code_challenge is not 43 to 128 unreserved characters.")
