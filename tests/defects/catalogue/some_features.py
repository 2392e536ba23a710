"""The authorization server with one feature of three: what is off, and what the older keys of the configuration say."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from reference_backend.authorization_server import features, redirect_uris, url_patterns
from reference_backend.authorization_server.authorizations import Authorizations
from reference_backend.authorization_server.features import AuthorizationServerSettings, DocumentSettings
from reference_backend.errors import InputError
from tests.defects.defect import defect, replace, wrap

without_documents = functools.partial(defect, profile="oidc-registration")
"""A defect that shows where clients can only be registered."""

without_registration = functools.partial(defect, profile="oidc-documents")
"""A defect that shows where clients have documents only."""


@without_documents("OIDC-05", "OIDC-01", "CIMD-02", "CIMD-06")
def older_key_counts_too() -> None:
    """Documents are on if either of the two keys says so."""

    def read(original: Any, config: Any, auth_base: str) -> DocumentSettings | None:
        return original(config, auth_base) or DocumentSettings((), ())

    wrap(features, "read_documents", read)


@without_documents("CIMD-02", "OIDC-05")
def documents_that_are_off_say_nothing() -> None:
    """A client with a document is unknown, not told that documents are off."""

    def begin(original: Any, self: Any, asked: Any) -> Any:
        try:
            return original(self, asked)
        except InputError as error:
            raise InputError("Invalid client_id") from error

    wrap(Authorizations, "begin", begin)


@without_documents("DCR-06", "SEC-AS-03")
def default_patterns_allow_every_editor() -> None:
    """Unless configured otherwise, every address over https and every scheme of an editor is taken."""
    replace(
        redirect_uris, "REGISTRATION_PATTERNS", ("vscode://*", "https://*:*/*", *redirect_uris.REGISTRATION_PATTERNS)
    )


@without_documents("DCR-06")
def default_patterns_without_ipv6() -> None:
    """Unless configured otherwise, loopback addresses of IPv6 are refused."""
    kept = tuple(one for one in redirect_uris.REGISTRATION_PATTERNS if "[::1]" not in one)
    replace(redirect_uris, "REGISTRATION_PATTERNS", kept)


@without_registration("OIDC-03", "ROUTE-07", "OIDC-01")
def registration_comes_with_documents() -> None:
    """Who switches documents on gets registration as well."""

    def read(original: Any, config: Any, auth_base: str) -> AuthorizationServerSettings:
        settings: AuthorizationServerSettings = original(config, auth_base)
        registration = features.RegistrationSettings(redirect_uris.REGISTRATION_PATTERNS)
        return dataclasses.replace(settings, registration=registration)

    wrap(features, "read", read)


@without_registration("PAT-01")
def star_is_no_pattern() -> None:
    """A pattern of nothing but a star fits nothing."""
    wrap(url_patterns, "matches", lambda original, pattern, url: pattern != "*" and original(pattern, url))


@without_registration("PAT-02")
def malformed_patterns_are_skipped() -> None:
    """A pattern without a scheme is ignored without an error."""
    wrap(
        url_patterns,
        "matches",
        lambda original, pattern, url: ("://" in pattern or pattern == "*") and original(pattern, url),
    )


@without_registration("OFFLINE-19")
def catalog_is_always_asked() -> None:
    """The catalog is asked although the configuration says not to."""

    def read(original: Any, config: Any) -> Any:
        settings = original(config)
        return settings and dataclasses.replace(settings, asks_catalog=True)

    wrap(features, "read_offline", read)
