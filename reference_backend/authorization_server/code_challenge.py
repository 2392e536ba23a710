"""Proof Key for Code Exchange, the server's side (RFC 7636; AUTHZ-07, CODE-10 … CODE-12)."""

import hmac

from authlib.oauth2 import rfc7636

from reference_backend.errors import AuthenticationError, InputError

METHODS = ("S256", "plain")
"""AUTHZ-07, OIDC-01; there is no default, so nobody gets ``plain`` who did not ask for it (SEC-AS-18)."""


def require_acceptable(challenge: str | None, method: str | None, *, is_public: bool) -> None:
    """Refuse a client that proves nothing although it must, and a method that proves nothing.

    Parameters:
        challenge: ``code_challenge``.
        method: ``code_challenge_method``; there is no default (AUTHZ-07).
        is_public: the client has no secret (CIMD-18, SEC-AS-06).

    Raises:
        InputError: it is refused.
    """
    if is_public and not challenge:
        raise InputError("PKCE is required for public clients. Provide a code_challenge parameter.")
    if challenge and method not in METHODS:
        raise InputError("Invalid code_challenge_method")


def require_proof(challenge: str | None, method: str | None, verifier: str | None) -> None:
    """Refuse a verifier that does not belong to the challenge (CODE-10 … CODE-12, SEC-AS-05).

    Parameters:
        challenge: of the authorization request; None without PKCE.
        method: how it was made.
        verifier: ``code_verifier``.

    Raises:
        AuthenticationError: it does not.
    """
    if challenge:
        if not verifier:
            raise AuthenticationError("Code verifier required for PKCE")
        if not proves(challenge, method, verifier):
            raise AuthenticationError("Invalid code verifier")
    elif verifier:
        # The client sent a challenge, and somebody took it out of the request (SEC-AS-22).
        raise AuthenticationError("Code verifier given for a code without code challenge")


def proves(challenge: str, method: str | None, verifier: str) -> bool:
    """Compare what the method makes of the verifier (CODE-11, RFC 7636 §4.6)."""
    if not verifier.isascii():
        return False
    expected: str = verifier if method == "plain" else rfc7636.create_s256_code_challenge(verifier)
    return hmac.compare_digest(expected.encode(), challenge.encode())
