"""Headers that every answer carries (HTTP-08, HTTP-09)."""

import re

from flask import Response

from reference_backend.config.model import Config

FIXED = {
    "Strict-Transport-Security": "max-age=15552000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "0",
}

DEFAULT_CSP = {
    "default-src": ["'self'"],
    "base-uri": ["'self'"],
    "font-src": ["'self'", "https:", "data:"],
    "frame-ancestors": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "script-src": ["'self'", "'unsafe-eval'"],
    "script-src-attr": ["'none'"],
    "style-src": ["'self'", "https:", "'unsafe-inline'"],
    "upgrade-insecure-requests": [],
}
DEFAULT_REFERRER_POLICY = "no-referrer"


def read(config: Config) -> dict[str, str]:
    """The headers for a configuration.

    Raises:
        ConfigError: ``backend.csp`` or ``backend.referrer`` is malformed.
    """
    return {
        "Content-Security-Policy": content_security_policy(config.optional_child("backend.csp")),
        "Referrer-Policy": referrer_policy(config),
        **FIXED,
    }


def content_security_policy(overrides: Config | None) -> str:
    """The default policy with the directives of ``backend.csp``; ``false`` removes one (HTTP-09)."""
    directives: dict[str, list[str]] = dict(DEFAULT_CSP)
    for key in overrides.keys() if overrides else []:
        name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", key).lower()
        if overrides is not None and overrides.get(key) is False:
            directives.pop(name, None)
        elif overrides is not None:
            directives[name] = overrides.strings(key) or []
    return ";".join(" ".join([name, *values]) for name, values in directives.items())


def referrer_policy(config: Config) -> str:
    """The policy of ``backend.referrer`` (HTTP-09)."""
    policies = config.strings("backend.referrer.policy") if config.has("backend.referrer") else None
    return ",".join(policies or [DEFAULT_REFERRER_POLICY])


def write(response: Response, headers: dict[str, str]) -> None:
    """Add the headers that the route did not set itself (MSG-02, MSG-03, MSG-14)."""
    for name, value in headers.items():
        response.headers.setdefault(name, value)
