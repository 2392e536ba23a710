"""Proof Key for Code Exchange (RFC 7636; OIDCPROV-02, OIDCPROV-03)."""

import hashlib
from collections.abc import Callable
from typing import Literal

from reference_backend.errors import AuthError
from reference_backend.formats import encoding

VERIFIER_BYTES = 32
"""Gives 43 characters, the least that RFC 7636 §4.1 allows and as much entropy as it asks for."""

Method = Literal["S256", "plain"]


def generate_verifier(random_bytes: Callable[[int], bytes]) -> str:
    """A new code verifier."""
    return encoding.b64url(random_bytes(VERIFIER_BYTES))


def select_method(supported: object) -> Method:
    """The method for a vendor that lists these (OIDCPROV-03).

    Parameters:
        supported: ``code_challenge_methods_supported`` of the metadata; None if absent.

    Raises:
        AuthError: none of ours is among them.
    """
    if not isinstance(supported, list) or "S256" in supported:
        return "S256"
    if "plain" in supported:
        return "plain"
    raise AuthError("neither code_challenge_method supported by the client is supported by the issuer")


def challenge(verifier: str, method: Method) -> dict[str, str]:
    """Parameters of the authorization request; ``plain`` is the default method and goes without saying (§14.3)."""
    if method == "plain":
        return {"code_challenge": verifier}
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return {"code_challenge": encoding.b64url(digest), "code_challenge_method": method}
