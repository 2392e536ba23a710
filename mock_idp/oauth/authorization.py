"""Checks of an authorization request (RFC 6749 section 4.1.1).

They come in two parts because of what a refusal may do: as long as client and redirect URI are not known
to belong together nothing may be sent to that URI (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11).
"""

import re
from collections.abc import Collection, Mapping

from mock_idp.oauth.model import Client, Reason, Refusal, split_scopes
from mock_idp.oauth.policy import Pkce, Policy, ResponseMode
from mock_idp.oauth.redirect_uris import RedirectMatching, effective_redirect_uri

_CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")  # RFC 7636 section 4.2


def identify(
    clients: Mapping[str, Client], query: Mapping[str, str], matching: Collection[RedirectMatching] = ()
) -> tuple[Client, str]:
    """Find the client and check that the redirect URI is one of its own.

    Parameters:
        clients: the registered clients by client id.
        query: the request's parameters.
        matching: what is taken for a registered redirect URI, beside that URI itself (RFC 9700 section 2.1).

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
    asked = query.get("redirect_uri")
    redirect_uri = effective_redirect_uri(client.redirect_uris, asked, matching)
    if redirect_uri is None:
        registered = ", ".join(sorted(client.redirect_uris)) or "none"
        came = repr(asked) if asked else "no redirect_uri"
        detail = f"Client {client.client_id} has registered: {registered}. The request has {came}."
        raise Refusal(Reason.UNREGISTERED_REDIRECT_URI, detail)
    return client, redirect_uri


def check(
    policy: Policy, query: Mapping[str, str], repeated: Collection[str], registered_scopes: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Check the rest of a request whose redirect URI is known to be good.

    Parameters:
        policy: what the vendor demands of this client.
        query: the request's parameters.
        repeated: names of parameters that came more than once.
        registered_scopes: what the client is registered to get if it asks for no scopes.

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
    if response_type(query) not in policy.response_types:
        supported = ", ".join(map(repr, policy.response_types))
        detail = f"response_type is {query.get('response_type')!r}, supported is {supported}."
        raise Refusal(Reason.UNSUPPORTED_RESPONSE_TYPE, detail)
    _check_response_mode(policy, query)
    _check_prompt(policy, query)
    _check_challenge(policy, query)
    scopes = _checked_scopes(policy, query.get("scope", ""))
    return scopes if query.get("scope") else registered_scopes or policy.default_scopes


def response_type(query: Mapping[str, str]) -> str:
    """What is asked for, its words in alphabetical order, which means the same in any (OAuth 2.0 Multiple Types)."""
    return " ".join(sorted(query.get("response_type", "code").split(" ")))


def response_mode(policy: Policy, query: Mapping[str, str]) -> ResponseMode:
    """How the answer to a request travels; by the query where a request says nothing that is understood."""
    asked = query.get("response_mode", "")
    if asked in policy.response_modes:
        return policy.response_modes[asked]
    # OAuth 2.0 Multiple Response Type Encoding Practices section 5: tokens never travel in the query.
    is_token = response_type(query) != "code" and response_type(query) in policy.response_types
    return ResponseMode.FRAGMENT if is_token else ResponseMode.QUERY


def is_silent(policy: Policy, query: Mapping[str, str]) -> bool:
    """Whether no page may be shown (OIDC Core section 3.1.2.1)."""
    return "none" in _known_prompts(policy, query) and query.get("prompt") == "none"


def _known_prompts(policy: Policy, query: Mapping[str, str]) -> tuple[str, ...]:
    """The values that ``prompt`` can have in a request; empty if it means nothing there."""
    is_openid = "openid" in split_scopes(query.get("scope", ""), policy.scope_separators)
    return () if policy.prompts_need_openid and not is_openid else policy.prompts


def _check_response_mode(policy: Policy, query: Mapping[str, str]) -> None:
    has_token = response_type(query) != "code"
    if has_token and not query.get("nonce"):
        raise Refusal(Reason.MISSING_PARAMETER, "The parameter nonce is missing (OIDC Core section 3.2.2.1).")
    mode = query.get("response_mode")
    if mode is None or not policy.response_modes:
        return
    if mode not in policy.response_modes or (has_token and mode == ResponseMode.QUERY):
        known = ", ".join(policy.response_modes)
        raise Refusal(Reason.INVALID_PARAMETER, f"response_mode is {mode!r}; supported is {known}, query for a code.")


def _check_prompt(policy: Policy, query: Mapping[str, str]) -> None:
    prompts, known = query.get("prompt", "").split(), _known_prompts(policy, query)
    unknown = [prompt for prompt in prompts if prompt not in known]
    if known and unknown:
        raise Refusal(Reason.INVALID_PARAMETER, f"prompt is {unknown[0]!r}, which is none of {', '.join(known)}.")
    if "none" in known and "none" in prompts and len(prompts) > 1:
        raise Refusal(Reason.INVALID_PARAMETER, "prompt=none excludes other values (OIDC Core section 3.1.2.1).")


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
    if method not in policy.pkce_methods:
        known = " or ".join(policy.pkce_methods)
        raise Refusal(Reason.INVALID_PARAMETER, f"code_challenge_method is {method!r}, not {known}.")
    if not _CHALLENGE.fullmatch(challenge):
        raise Refusal(Reason.INVALID_PARAMETER, "code_challenge is not 43 to 128 unreserved characters.")
