"""What the authorization server says about itself, who can register, and which addresses patterns let through."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from flask import Response

from reference_backend.authorization_server import (
    client_directory,
    clients,
    code_challenge,
    discovery,
    oidc_error,
    oidc_responses,
    redirect_uris,
    request_members,
    url_patterns,
)
from reference_backend.authorization_server.authorizations import Authorizations
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.features import AuthorizationServerSettings
from reference_backend.formats import urls
from reference_backend.formats.urls import Url
from reference_backend.http import responses
from tests.defects.defect import always, defect, nothing, replace, wrap

on_server = functools.partial(defect, profile="oidc-server")
"""A defect of the authorization server, which only a backend with its features shows."""


def change_discovery(**changes: Any) -> None:
    """Say something else in the discovery document; None leaves a member out."""

    def document(original: Callable[..., dict[str, Any]], auth_base: str, **features: bool) -> dict[str, Any]:
        changed = {**original(auth_base, **features), **changes}
        return {name: value for name, value in changed.items() if value is not None}

    wrap(discovery, "document", document)


@on_server("DCR-18")
def discovery_without_registration() -> None:
    """The discovery document does not say where clients register."""
    change_discovery(registration_endpoint=None)


@on_server("OIDC-01", "SEC-AS-24")
def discovery_of_another_issuer() -> None:
    """The discovery document names another issuer than tokens do."""
    change_discovery(issuer="https://elsewhere.example/api/auth")


@on_server("OIDC-01")
def discovery_promises_another_grant() -> None:
    """The discovery document lists a grant that the token endpoint does not know."""
    change_discovery(grant_types_supported=["authorization_code", "refresh_token", "password"])


@on_server("OIDC-01")
def discovery_without_public_clients() -> None:
    """The discovery document does not say that clients need no secret."""
    change_discovery(token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"])


@defect("OIDC-02", "SEC-AS-16")
def endpoints_of_features_that_are_off() -> None:
    """Consent and token endpoints answer although all features are off."""
    replace(AuthorizationServerSettings, "is_on", True)


def promise(**more: bool) -> None:
    """Let the discovery document tell of features that are off."""
    wrap(discovery, "document", lambda original, auth_base, **features: original(auth_base, **{**features, **more}))


@defect("OIDC-01")
def discovery_promises_registration_that_is_off() -> None:
    """The discovery document names endpoints that are not there."""
    promise(registration=True)


@defect("OIDC-01")
def discovery_promises_refresh_tokens_that_are_off() -> None:
    """The discovery document names refresh tokens although they are disabled."""
    promise(offline=True)


@defect("GEN-02", "SEC-AS-24", "OIDC-01")
def discovery_names_the_host_alone() -> None:
    """The issuer of the discovery document is the backend's host, without the path of the plugin."""

    def document(original: Callable[..., dict[str, Any]], auth_base: str, **features: bool) -> dict[str, Any]:
        return {**original(auth_base, **features), "issuer": auth_base.removesuffix("/api/auth")}

    wrap(discovery, "document", document)


@on_server("CIMD-05")
def cli_document_with_another_address() -> None:
    """The backend's own client document sends the browser to another port."""
    wrap(
        discovery,
        "cli_document",
        lambda original, auth_base: {**original(auth_base), "redirect_uris": ["http://127.0.0.1:8056/callback"]},
    )


@on_server("DCR-04", "DCR-07", "PAT-03", "PAT-04", "PAT-05", "PAT-06", "SEC-AS-03")
def registration_of_any_address() -> None:
    """Clients register whatever redirect URI they like."""
    replace(redirect_uris, "require_allowed", nothing)


@on_server("DCR-05", "CIMD-16")
def redirect_address_with_credentials() -> None:
    """A user name before the host of a redirect URI does not matter."""
    replace(redirect_uris, "has_credentials", always(value=False))


@on_server("SEC-AS-21")
def client_ids_and_sessions_are_counted() -> None:
    """Client ids, secrets and sessions are numbers, one after the other."""
    numbers = count(1)
    replace(ClientDirectory, "random_id", lambda self: f"00000000-0000-4000-8000-{next(numbers):012}")


@on_server("SEC-AS-21", "DCR-01")
def one_secret_for_all() -> None:
    """Every client has the same secret."""

    def register(original: Callable[..., Any], self: ClientDirectory, members: dict[str, Any]) -> Any:
        client, _ = original(self, members)
        return client, "00000000-0000-4000-8000-000000000000"

    wrap(ClientDirectory, "register", register)


@on_server("DCR-09")
def client_without_a_name() -> None:
    """A client registered without client_name has no name."""
    replace(clients, "DEFAULT_NAME", "Unknown client")


@on_server("OERR-03", "DCR-03", "CODE-06", "REVOKE-02")
def validation_without_names() -> None:
    """What is missing in a request is not named."""
    replace(request_members, "invalid", lambda problems: oidc_error.OidcError("invalid_request", "Bad request", 422))


@on_server("OERR-08")
def only_the_first_problem_is_told() -> None:
    """Of several invalid parameters, only the first is reported."""
    wrap(request_members, "invalid", lambda original, problems: original(problems[:1]))


@on_server("DCR-03")
def registration_without_addresses() -> None:
    """A client without redirect URIs can register."""
    relaxed = (dataclasses.replace(one, required=False) for one in request_members.REGISTER)
    replace(request_members, "REGISTER", tuple(relaxed))
    wrap(
        ClientDirectory,
        "register",
        lambda original, self, members: original(self, {"redirect_uris": [], **members}),
    )


@on_server("OERR-04", "DCR-10")
def unknown_members_are_refused() -> None:
    """A registration with an unknown member is refused."""

    def checked(original: Callable[..., Any], sent: Any, members: Sequence[request_members.Member]) -> Any:
        unknown = set(sent) - {member.name for member in members} if isinstance(sent, dict) else set()
        if unknown:
            raise request_members.invalid([f'Unknown member "{min(unknown)}"'])
        return original(sent, members)

    wrap(request_members, "checked", checked)


@on_server("OERR-01", "CODE-09", "OFFLINE-08")
def errors_without_a_code() -> None:
    """Errors of the authorization server carry their description alone."""
    wrap(oidc_error, "body", lambda original, error: {"error_description": original(error)["error_description"]})


@on_server("OERR-02", "ASESS-03", "ASESS-04")
def unknown_session_is_a_404() -> None:
    """A session that does not exist is not an invalid request but not found."""
    replace(oidc_error.CODE_BY_NAME, "NotFoundError", ("not_found", 404))


@on_server("OERR-06", "CODE-09", "CODE-10", "OFFLINE-08")
def invalid_grant_is_an_invalid_client() -> None:
    """The token endpoint blames the client where the grant is wrong."""
    replace(oidc_error, "translated_at_token_endpoint", oidc_error.translated)


@on_server("OIDC-09")
def refused_header_without_a_scheme() -> None:
    """The response to failed Basic authentication has no WWW-Authenticate header."""

    def error(original: Callable[..., Response], raised: oidc_error.OidcError) -> Response:
        response = original(raised)
        response.headers.pop("WWW-Authenticate", None)
        return response

    wrap(oidc_responses, "error", error)


@on_server("DCR-13")
def secret_without_an_end() -> None:
    """A registration does not say when its secret expires."""

    def json_response(original: Callable[..., Response], data: Any, status: int = 200) -> Response:
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if name != "client_secret_expires_at"}
        return original(data, status)

    wrap(responses, "json_response", json_response)


@on_server("DCR-15")
def public_client_with_a_secret() -> None:
    """A client registered as public gets a secret that is never required."""

    def register(original: Callable[..., Any], self: ClientDirectory, members: dict[str, Any]) -> Any:
        client, secret = original(self, members)
        return client, secret or self.random_id()

    wrap(ClientDirectory, "register", register)


@on_server("DCR-14", "DCR-15")
def secret_for_everybody() -> None:
    """A client registered as public gets a secret, which is required afterwards."""

    def register(original: Callable[..., Any], self: ClientDirectory, members: dict[str, Any]) -> Any:
        return original(self, {**members, "token_endpoint_auth_method": "client_secret_basic"})

    wrap(ClientDirectory, "register", register)


@on_server("DCR-16", "SEC-AS-06")
def public_clients_by_document_alone() -> None:
    """Only a client with a document needs PKCE, a registered one without a secret does not."""

    def begin(original: Callable[..., Any], self: Authorizations, request: Any) -> Any:
        with_document = self._clients.has_document(request["client_id"])
        require = code_challenge.require_acceptable
        code_challenge.require_acceptable = lambda challenge, method, *, is_public: require(
            challenge, method, is_public=is_public and with_document
        )
        try:
            return original(self, request)
        finally:
            code_challenge.require_acceptable = require

    wrap(Authorizations, "begin", begin)


@on_server("DCR-17")
def revocation_wants_a_secret_of_everybody() -> None:
    """A public client cannot revoke its tokens."""

    def identify(original: Callable[..., str], self: ClientDirectory, presented: Any) -> str:
        client_id = presented.credentials.client_id or ""
        if not presented.credentials.secret and not self.has_document(client_id):
            raise client_directory.invalid_credentials()
        return original(self, presented)

    wrap(ClientDirectory, "identify_for_revocation", identify)


@on_server("AUTHZ-06", "SEC-AS-02")
def any_port_of_any_host() -> None:
    """The port of a registered address does not matter, wherever it is."""

    def require_registered(original: Callable[..., None], redirect_uri: str, registered: Sequence[str]) -> None:
        def without_port(text: str) -> str:
            port = urls.parse(text).port
            return text if port is None else text.replace(f":{port}", "", 1)

        if without_port(redirect_uri) not in map(without_port, registered):
            original(redirect_uri, registered)

    wrap(redirect_uris, "require_registered", require_registered)


def match_by(change: Callable[[Url, Url], Url]) -> None:
    """Compare another candidate with the pattern: what the function makes of pattern and candidate."""

    def matches(original: Callable[[str, Url], bool], pattern: str, candidate: Url) -> bool:
        is_anything = pattern == url_patterns.ANYTHING
        return original(pattern, candidate if is_anything else change(url_patterns.parse(pattern)[0], candidate))

    wrap(url_patterns, "matches", matches)


@on_server("PAT-03")
def pattern_for_any_scheme() -> None:
    """A pattern fits addresses of every scheme."""
    match_by(lambda wanted, candidate: dataclasses.replace(candidate, scheme=wanted.scheme))


@on_server("PAT-05")
def pattern_for_any_port() -> None:
    """A pattern fits addresses with every port."""
    wrap(url_patterns, "parse", lambda original, pattern: (original(pattern)[0], True))


@on_server("PAT-05")
def port_wildcard_needs_a_port() -> None:
    """A pattern for any port refuses an address that names none."""

    def matches(original: Callable[[str, Url], bool], pattern: str, candidate: Url) -> bool:
        return original(pattern, candidate) and not (":*" in pattern and candidate.port is None)

    wrap(url_patterns, "matches", matches)


@on_server("PAT-06")
def pattern_without_path_fits_all() -> None:
    """A pattern for https without path fits every path."""
    wrap(url_patterns, "wanted_path", lambda original, wanted: original(wanted) if original(wanted) != "/" else "/*")


@on_server("PAT-07")
def query_counts_as_path() -> None:
    """The query of an address has to fit the pattern's path."""
    match_by(lambda wanted, candidate: dataclasses.replace(candidate, path=candidate.path + candidate.query))


def match_components(matches: Callable[[str, str], bool]) -> None:
    """Compare host and path in another way."""
    replace(url_patterns, "component_matches", matches)


def as_expression(pattern: str) -> str:
    """What a pattern means."""
    return ".*".join(map(re.escape, (pattern or "*").split("*")))


@on_server("PAT-04", "SEC-AS-03", "SEC-AS-15")
def pattern_fits_the_beginning() -> None:
    """A pattern for host and path matches every longer host and path."""
    match_components(lambda pattern, text: re.match(as_expression(pattern), text, re.IGNORECASE) is not None)


@on_server("PAT-04")
def pattern_with_case() -> None:
    """Host and path have to be in the case of the pattern."""
    match_components(lambda pattern, text: re.fullmatch(as_expression(pattern), text) is not None)


@on_server("PAT-04")
def wildcard_stops_at_dots_and_slashes() -> None:
    """A wildcard stands for no dot and no slash."""
    match_components(
        lambda pattern, text: (
            re.fullmatch(as_expression(pattern).replace(".*", "[^./]*"), text, re.IGNORECASE) is not None
        )
    )
