"""Whether a browser runs an inline script under a Content-Security-Policy (CSP Level 3, section 4.2.3)."""

import base64
import hashlib
from typing import Final

DIGESTS: Final = ("sha256", "sha384", "sha512")

GOVERNING: Final = ("script-src-elem", "script-src", "default-src")
"""The first of these directives that a policy has decides about script elements."""


def source_hash(script: str, digest: str = "sha256") -> str:
    """A script's hash as a CSP source, without quotes: ``sha256-…``."""
    return f"{digest}-{base64.b64encode(hashlib.new(digest, script.encode()).digest()).decode()}"


def allows_script(header: str | None, script: str, nonce: str | None = None) -> bool:
    """Say whether every policy in the header lets the inline script run.

    Parameters:
        header: value of ``Content-Security-Policy``; several policies are separated by commas.
        script: text of the script element.
        nonce: its ``nonce`` attribute.
    """
    return all(_policy_allows(policy, script, nonce) for policy in (header or "").split(","))


def _policy_allows(policy: str, script: str, nonce: str | None) -> bool:
    directives: dict[str, list[str]] = {}
    for directive in policy.split(";"):
        words = directive.split()
        if words:
            directives.setdefault(words[0].lower(), words[1:])
    sources = next((directives[name] for name in GOVERNING if name in directives), None)
    if sources is None:
        return True
    if nonce and f"'nonce-{nonce}'" in sources:
        return True
    if any(f"'{source_hash(script, digest)}'" in sources for digest in DIGESTS):
        return True
    # A hash or nonce anywhere in the list switches 'unsafe-inline' off.
    strict = ("'nonce-", "'strict-dynamic'", *(f"'{digest}-" for digest in DIGESTS))
    lower = [source.lower() for source in sources]
    return "'unsafe-inline'" in lower and not any(source.startswith(strict) for source in lower)
