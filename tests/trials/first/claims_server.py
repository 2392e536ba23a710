"""Seeds: the authorization server's front: registration, authorization requests, consent, metadata, client documents."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import Any

from reference_backend.authorization_server import (
    authorization_sessions,
    client_documents,
    code_challenge,
    discovery,
    redirect_uris,
    request_members,
    url_patterns,
)
from reference_backend.authorization_server import routes as server_routes
from reference_backend.authorization_server.authorization_store import AuthorizationStore
from reference_backend.authorization_server.authorizations import Authorizations
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.document_reader import DocumentReader
from reference_backend.backend import current_backend
from reference_backend.errors import InputError
from reference_backend.formats import query as query_format
from reference_backend.formats import urls
from reference_backend.http import responses
from reference_backend.http.request import request
from reference_backend.identity.token_verifier import TokenVerifier
from tests.trials.first import claims_plays as plays
from tests.trials.first.claims_plays import CALLBACK, accepted, authorize, decide, session_id
from tests.trials.seed import always, nothing, replace, seed, wrap

SERVER = {"providers": ("github", "guest"), "profile": "oidc-server"}
SITE = "https://guest-{}.apps.lumenfold.example/client.json"


# --- redirect URIs ---


def redirect_uri_variants(bench: Any) -> Any:
    """Authorize with addresses that are almost a registered one."""
    own = "http://localhost:8765/cb?x=1"
    client = plays.register(bench, own, "https://callback.lumenfold.example/cb").json()
    almost = (
        own,
        own + "&y=2",
        "http://localhost:8765/cb",
        "http://localhost:8765/cb/?x=1",
        "http://localhost:8765/CB?x=1",
        "http://localhost:8765/a/../cb?x=1",
        "http://localhost:8765/%63b?x=1",
        own + "#f",
        "https://localhost:8765/cb?x=1",
        "http://user@localhost:8765/cb?x=1",
        "https://callback.lumenfold.example/cb",
        "https://callback.lumenfold.example/cb/steal",
        "https://callback.lumenfold.example/cb?next=//evil.example",
        "https://CALLBACK.lumenfold.example/cb",
        "https://callback.lumenfold.example:8443/cb",
        "https://callback.lumenfold.example.evil.example/cb",
        "https://callback.lumenfold.example/cb2",
        "https://evil.example/cb",
    )
    return [accepted(authorize(bench, client, redirect_uri=one)) for one in almost]


def _registered(matches: Any) -> None:
    def check(redirect_uri: str, registered: Any) -> None:
        if not any(matches(redirect_uri, one) for one in registered):
            raise InputError(f"Invalid redirect_uri '{redirect_uri}'")

    replace(redirect_uris, "require_registered", check)


@seed(
    "RFC 9700 section 4.1.3 (exact string matching); CVE-2020-15234 (fosite)",
    bites=redirect_uri_variants,
    critical=True,
    family="redirect-uri-loosely",
    **SERVER,
)
def redirect_uri_by_prefix() -> None:
    """An address that begins with a registered one is taken at the authorization endpoint."""
    _registered(lambda sent, one: sent.startswith(one))


@seed(
    "RFC 6749 section 3.1.2.3; RFC 9700 section 4.1.3",
    bites=redirect_uri_variants,
    critical=True,
    family="redirect-uri-loosely",
    **SERVER,
)
def redirect_uri_without_query() -> None:
    """Addresses are compared without their query."""
    _registered(lambda sent, one: sent.partition("?")[0] == one.partition("?")[0])


@seed(
    "RFC 3986 section 6.2.1 (simple string comparison); RFC 9700 section 2.1",
    bites=redirect_uri_variants,
    family="redirect-uri-normalised",
    **SERVER,
)
def redirect_uri_normalised() -> None:
    """Addresses are compared after a URL library has normalised them."""

    def plain(text: str) -> Any:
        url = urls.parse(text)
        return url.scheme, url.hostname, url.port, urls.normal_path(url), url.query

    _registered(lambda sent, one: plain(sent) == plain(one))


@seed(
    "RFC 8252 section 7.3 (for loopback addresses only)",
    bites=redirect_uri_variants,
    critical=True,
    family="redirect-uri-loosely",
    **SERVER,
)
def any_port_for_everybody() -> None:
    """The exception for ports of loopback addresses holds for every host."""
    _registered(lambda sent, one: sent == one or redirect_uris.same_but_for_port(urls.parse(sent), urls.parse(one)))


@seed(
    "RFC 6749 section 3.1.2 (MUST NOT include a fragment)",
    bites=redirect_uri_variants,
    family="redirect-uri-normalised",
    **SERVER,
)
def redirect_uri_fragment_cut() -> None:
    """A fragment behind a registered address is cut before it is compared, and kept afterwards."""
    _registered(lambda sent, one: sent.partition("#")[0] == one)


def registrations(bench: Any) -> Any:
    """Register addresses of which one is good and others are not."""
    bad = (
        "javascript:alert(1)",
        "http://localhost@evil.example/",
        "http://localhost:1@evil.example/",
        "http://localhost.evil.example/",
        "https://a.wild.callback.lumenfold.example.evil.example/cb",
        "https://evil.example/?https://callback.lumenfold.example/cb",
        "http://user:pw@localhost:8765/cb",
        "https://callbackxlumenfold.example/cb",
        "data:text/html,x",
        "http://127.0.0.1.evil.example:1/",
        "https://callback.lumenfold.example/cbx",
        "https://a.wild.callback.lumenfold.example/other",
    )
    return [
        *(plays.register(bench, one).status_code for one in bad),
        plays.register(bench, CALLBACK, bad[3]).status_code,
        plays.register(bench, bad[3], CALLBACK).status_code,
        plays.register(bench, CALLBACK).status_code,
        plays.register(bench, "https://a.wild.callback.lumenfold.example/cb-2").status_code,
        plays.register(bench, "cursor://anysphere/cb").status_code,
        plays.register(bench, "http://[::1]:7/cb").status_code,
    ]


@seed(
    "RFC 7591 section 5 (redirection URIs); CWE-625",
    bites=registrations,
    critical=True,
    family="patterns-loosely",
    **SERVER,
)
def patterns_are_not_anchored() -> None:
    """A pattern for a host or path has to match at the beginning only."""
    replace(
        url_patterns,
        "component_matches",
        lambda pattern, text: url_patterns._regex(pattern or "*").match(text) is not None,
    )


@seed(
    "CVE-2026-32235 (Backstage auth backend); CWE-185",
    bites=registrations,
    critical=True,
    family="patterns-loosely",
    **SERVER,
)
def patterns_dot_is_any_character() -> None:
    """The dots of a pattern's host are not escaped, so that each stands for any character."""
    import re

    replace(
        url_patterns,
        "component_matches",
        lambda pattern, text: re.fullmatch((pattern or "*").replace("*", ".*"), text, re.IGNORECASE) is not None,
    )


@seed("RFC 7591 section 2 (each redirection URI); CWE-20", bites=registrations, critical=True, **SERVER)
def only_the_first_redirect_uri_is_checked() -> None:
    """Of several addresses in a registration only the first is compared with the patterns."""

    def around(old: Any, self: Any, members: Any) -> Any:
        client_members = {**members, "redirect_uris": members["redirect_uris"][:1]}
        client, secret = old(self, client_members)
        whole = changed(client, client_id=self.random_id(), redirect_uris=tuple(members["redirect_uris"]))
        self._store.add_client(whole, self._clock())
        return whole, secret

    wrap(ClientDirectory, "register", around)


@seed(
    "RFC 3986 section 7.5; CVE-2024-21637 family (credentials in redirect URIs)",
    bites=registrations,
    critical=True,
    **SERVER,
)
def credentials_in_redirect_uris() -> None:
    """Addresses with user info may be registered."""
    replace(redirect_uris, "has_credentials", always(False))


@seed("RFC 8252 section 7.3 (IPv6 loopback)", bites=registrations, **SERVER)
def ipv6_loopback_refused() -> None:
    """The host of an IPv6 address loses its brackets before it is compared, and matches no pattern."""
    wrap(url_patterns, "component_matches", lambda old, pattern, text: old(pattern, text.strip("[]")))


@seed("RFC 8252 section 7.1 (private-use URI schemes)", bites=registrations, **SERVER)
def private_schemes_refused() -> None:
    """Only http and https addresses may be registered, whatever the patterns say."""

    def around(old: Any, redirect_uri: str, patterns: Any) -> None:
        if urls.parse(redirect_uri).scheme not in ("http", "https"):
            raise InputError("Invalid redirect_uri")
        old(redirect_uri, patterns)

    wrap(redirect_uris, "require_allowed", around)


# --- what registration answers ---


def registered_answers(bench: Any) -> Any:
    """What registration says about clients of every kind."""
    forms: tuple[dict[str, Any], ...] = (
        {},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"grant_types": ["authorization_code", "refresh_token"], "scope": "openid"},
        {"contacts": ["x"], "jwks": {}, "logo_uri": 5},
        {"client_name": None},
        {"redirect_uris": "http://localhost/"},
        {"redirect_uris": []},
        {"client_name": "Ελένη"},
    )
    seen = []
    for form in forms:
        answer = (
            plays.register(bench, **form)
            if "redirect_uris" not in form
            else bench.browser().post(f"{bench.auth}/v1/register", json=form)
        )
        body = answer.json()
        fixed = {
            name: value
            for name, value in body.items()
            if name not in ("client_id", "client_secret", "error_description")
        }
        seen.append([answer.status_code, "client_secret" in body, fixed, answer.headers.get("Cache-Control")])
    return seen


@seed("RFC 7591 section 2 (token_endpoint_auth_method none); RFC 6749 section 2.1", bites=registered_answers, **SERVER)
def secret_for_public_clients() -> None:
    """A client that registers without authentication is given a secret all the same."""
    wrap(
        ClientDirectory,
        "register",
        lambda old, self, members: old(self, {**members, "token_endpoint_auth_method": "client_secret_basic"}),
    )


@seed(
    "RFC 7591 section 3.2.1 (client_secret_expires_at REQUIRED if client_secret is issued)",
    bites=registered_answers,
    **SERVER,
)
def secret_without_its_expiry() -> None:
    """The answer of a registration does not say when the secret expires."""

    def around(old: Any, document: Any, status: int = 200) -> Any:
        if isinstance(document, dict):
            document = {name: value for name, value in document.items() if name != "client_secret_expires_at"}
        return old(document, status)

    wrap(responses, "json_response", around)


@seed("RFC 7591 section 2 (servers MUST ignore metadata they do not understand)", bites=registered_answers, **SERVER)
def unknown_metadata_refused() -> None:
    """A registration with members that the server does not know is refused."""

    def around(old: Any, sent: Any, members: Any) -> Any:
        if members is request_members.REGISTER and set(sent) - {member.name for member in members}:
            raise request_members.invalid(["Unrecognized keys"])
        return old(sent, members)

    wrap(request_members, "checked", around)


# --- authorization requests ---


def odd_requests(bench: Any) -> Any:
    """Authorization requests that are missing something, or have too much."""
    client, public = plays.client(bench), plays.public(bench)
    seen = [accepted(authorize(bench, public, code_challenge=one)) for one in (None, "", plays.s256())]
    methods = ("md5", "s256", "", "S512", "none", "S256")
    seen += [accepted(authorize(bench, client, code_challenge_method=one)) for one in methods]
    types = ("token", "id_token", "code token", "code id_token", "none", "CODE", "code ", "code")
    seen += [accepted(authorize(bench, client, response_type=one)) for one in types]
    seen += [
        accepted(authorize(bench, client, **{name: None}))
        for name in ("client_id", "redirect_uri", "response_type", "state", "code_challenge")
    ]
    seen += [accepted(authorize(bench, client, scope=one)) for one in ("openid foo", "", None)]
    base = f"{bench.auth}/v1/authorize?client_id={client['client_id']}&response_type=code&code_challenge={plays.s256()}&code_challenge_method=S256"
    good = plays.escaped(CALLBACK)
    for more in (
        f"&redirect_uri={good}&redirect_uri=https%3A%2F%2Fevil.example%2F",
        f"&redirect_uri[]={good}",
        f"&redirect_uri={good}&response_type=token",
    ):
        seen.append(accepted(bench.browser().get(base + more, allow_redirects=False)))
    return seen


@seed(
    "RFC 9700 section 2.1.1 (public clients MUST use PKCE); RFC 8252 section 6",
    bites=odd_requests,
    critical=True,
    family="pkce-not-required",
    **SERVER,
)
def public_clients_without_pkce() -> None:
    """A client without a secret need not send a code challenge."""
    wrap(
        code_challenge,
        "require_acceptable",
        lambda old, challenge, method, is_public: old(challenge, method, is_public=False),
    )


@seed(
    "RFC 7636 section 4.4.1; CVE-2023-48228 (authentik)",
    bites=odd_requests,
    critical=True,
    family="pkce-not-required",
    **SERVER,
)
def empty_code_challenge() -> None:
    """A code challenge that is empty counts as one, and is later taken for none."""
    wrap(
        code_challenge,
        "require_acceptable",
        lambda old, challenge, method, is_public: old(
            challenge, method, is_public=is_public and "code_challenge" not in request.parameters
        ),
    )


@seed("RFC 7636 section 4.3 (unknown methods are invalid_request)", bites=odd_requests, critical=True, **SERVER)
def unknown_challenge_methods() -> None:
    """Any code_challenge_method is accepted."""
    wrap(
        code_challenge,
        "require_acceptable",
        lambda old, challenge, method, is_public: old(challenge, "S256", is_public=is_public),
    )


@seed("RFC 6749 section 3.1.1; RFC 9700 section 2.1.2", bites=odd_requests, family="response-type-loosely", **SERVER)
def response_type_with_code_in_it() -> None:
    """Every response type that has code in it is taken for the code flow."""

    def check(response_type: str) -> None:
        if "code" not in response_type.split(" "):
            raise InputError("Only authorization code flow is supported")

    replace(authorization_sessions, "require_code_flow", check)


@seed(
    "RFC 6749 section 3.1.1 (response_type is REQUIRED)", bites=odd_requests, family="response-type-loosely", **SERVER
)
def response_type_by_default() -> None:
    """A request without response_type is taken for the code flow."""

    def around(old: Any, sent: Any, members: Any) -> Any:
        return old({"response_type": "code", **sent} if members is request_members.AUTHORIZE else sent, members)

    wrap(request_members, "checked", around)


@seed(
    "RFC 6749 section 3.1 (parameters MUST NOT be included more than once); CWE-235",
    bites=odd_requests,
    critical=True,
    **SERVER,
)
def repeated_parameters_last_wins() -> None:
    """Of a repeated parameter of an authorization request the last value counts."""
    wrap(
        query_format,
        "members",
        lambda old, text: {
            name: value[-1] if isinstance(value, list) and value else value for name, value in old(text).items()
        },
    )


@seed(
    "RFC 6749 section 3.3; OpenID Connect Core section 3.1.2.1 (unknown scopes SHOULD be ignored)",
    bites=odd_requests,
    level="SHOULD",
    **SERVER,
)
def unknown_scopes_refused() -> None:
    """A request with a scope that the server does not know is refused."""

    def around(old: Any, self: Any, members: Any) -> Any:
        if set((members.get("scope") or "openid").split()) - {"openid", "offline_access"}:
            raise InputError("Invalid scope")
        return old(self, members)

    wrap(Authorizations, "begin", around)


def refused_requests(bench: Any) -> Any:
    """Where the browser goes when a request is refused."""
    evil = "https://evil.example/cb"
    client = plays.client(bench)
    answers = [
        authorize(bench, client, redirect_uri=evil),
        authorize(bench, "unknown", redirect_uri=evil),
        authorize(bench, client, redirect_uri=evil, response_type="token"),
    ]
    return [[answer.status_code, answer.headers.get("Location", "")[:30]] for answer in answers]


@seed(
    "RFC 6749 section 4.1.2.1 (MUST NOT automatically redirect); RFC 9700 section 4.11.2; CWE-601",
    bites=refused_requests,
    critical=True,
    **SERVER,
)
def errors_go_to_any_redirect_uri() -> None:
    """A refused authorization request is answered by a redirect to the address in it, registered or not."""

    def around(old: Any, self: Any, members: Any) -> Any:
        try:
            return old(self, members)
        except InputError:
            return type("Refused", (), {"session_id": ""})

    wrap(Authorizations, "begin", around)
    wrap(
        authorization_sessions,
        "consent_page",
        lambda old, app_url, session: (
            old(app_url, session) if session else request.parameters["redirect_uri"] + "?error=invalid_request"
        ),
    )


def states(bench: Any) -> Any:
    """Which state comes back after approval and rejection."""
    client, token = plays.register(bench, CALLBACK + "?x=1&y=a+b").json(), plays.user_token(bench)
    seen = []
    for state in ("s t+&=%25/ü", "x" * 3000, "0", " ", "a#b", "a;b", '{"a":1}', None):
        for what in ("approve", "reject"):
            session = session_id(authorize(bench, client, state=state, redirect_uri=CALLBACK + "?x=1&y=a+b"))
            url = decide(bench, session, token, what).json()["redirectUrl"]
            found = plays.query_of(url)
            found["code"] = [str(len(found["code"][0]))] if "code" in found else []
            seen.append([url.partition("?")[0], found])
    return seen


@seed(
    "RFC 6749 section 4.1.2 (the exact value received from the client)", bites=states, family="state-changed", **SERVER
)
def state_is_not_encoded() -> None:
    """The state is put into the redirect as it is, not encoded."""

    def approved(session: Any, code: str) -> str:
        mark = "&" if "?" in session.redirect_uri else "?"
        return f"{session.redirect_uri}{mark}code={code}" + (f"&state={session.state}" if session.state else "")

    replace(authorization_sessions, "approved_url", approved)


@seed(
    "RFC 6749 section 4.1.2 (the exact value received from the client)", bites=states, family="state-changed", **SERVER
)
def state_cut_to_a_column() -> None:
    """States of more than 255 characters are cut, as the column of a database is."""
    wrap(
        AuthorizationStore,
        "add_session",
        lambda old, self, session, now: old(self, changed(session, state=session.state and session.state[:255]), now),
    )


@seed("RFC 6749 section 4.1.2.1 (state REQUIRED if present in the request)", bites=states, **SERVER)
def state_missing_in_refusals() -> None:
    """A rejected request goes back to the client without its state."""
    wrap(authorization_sessions, "rejected_url", lambda old, session: old(changed(session, state=None)))


@seed("RFC 6749 section 3.1.2 (query component MUST be retained)", bites=states, **SERVER)
def query_of_redirect_uri_lost() -> None:
    """An address that has a query of its own loses it when the code is added."""
    wrap(
        authorization_sessions,
        "approved_url",
        lambda old, session, code: old(changed(session, redirect_uri=session.redirect_uri.partition("?")[0]), code),
    )


@seed("RFC 6749 section 4.1.2.1 (access_denied)", bites=states, **SERVER)
def rejection_says_invalid_request() -> None:
    """A person's refusal is told to the client as invalid_request."""
    wrap(
        authorization_sessions,
        "rejected_url",
        lambda old, session: old(session).replace("access_denied", "invalid_request"),
    )


# --- consent ---


def limited_token(bench: Any, token: str) -> str:
    """A limited token of a user, out of the cookie."""
    browser = bench.browser()
    browser.get(f"{bench.auth}/.backstage/auth/v1/cookie", headers={"Authorization": f"Bearer {token}"})
    return next((cookie.value for cookie in browser.cookies if "auth" in cookie.name), "")


def deciders(bench: Any) -> Any:
    """Who may decide about a session, and how often."""
    client, token = plays.client(bench), plays.user_token(bench)
    other = plays.user_token(bench, "twin-north")
    head, body, _ = token.split(".")
    forged = f"{head}.{body}.AAAA"
    seen = []
    for one in (
        "",
        "token-of-an-external-service",
        "token-for-other-plugins",
        limited_token(bench, token),
        forged,
        "x",
    ):
        for what in ("approve", "reject"):
            seen.append(decide(bench, session_id(authorize(bench, client)), one, what).status_code)
    for first, second in (("approve", "approve"), ("reject", "approve"), ("approve", "reject")):
        session = session_id(authorize(bench, client))
        seen.append(
            [decide(bench, session, token, first).status_code, decide(bench, session, other, second).status_code]
        )
    session = session_id(authorize(bench, client))
    cookie = {"backstage-auth": token}
    seen.append(bench.browser().post(f"{bench.auth}/v1/sessions/{session}/approve", cookies=cookie).status_code)
    seen.append(bench.browser().post(f"{bench.auth}/v1/sessions/{session}/approve?token={token}").status_code)
    seen.append(decide(bench, session.upper(), token).status_code)
    seen.append(decide(bench, "00000000-0000-4000-8000-000000000000", token).status_code)
    seen.append(
        bench.browser()
        .get(f"{bench.auth}/v1/sessions/{session}/approve", headers={"Authorization": f"Bearer {token}"})
        .status_code
    )
    return seen


@seed("OWASP ASVS 9.2.2 (token type); CWE-863", bites=deciders, critical=True, **SERVER)
def limited_tokens_consent() -> None:
    """A limited user token, as cookies carry it, approves a session."""
    wrap(TokenVerifier, "verify", lambda old, self, token, allow_limited: old(self, token, allow_limited=True))


@seed("CWE-863; Backstage httpAuth credentials allow list", bites=deciders, critical=True, **SERVER)
def services_consent() -> None:
    """The static token of a service approves a session, in the name of the service."""

    def around(old: Any) -> str:
        from reference_backend.http import bearer

        token = bearer.extract(request.headers.get("Authorization"))
        if token and current_backend().verifier.is_service(token):
            return "user:default/a-service"
        return old()

    wrap(server_routes, "signed_in_user", around)


@seed("RFC 9700 section 4.16; CWE-352", bites=deciders, critical=True, family="ambient-consent", **SERVER)
def cookie_consents() -> None:
    """Without a bearer token the cookie backstage-auth says who approves."""

    def around(old: Any) -> str:
        found = request.all_cookies.get("backstage-auth")
        if found and not request.headers.get("Authorization"):
            return current_backend().verifier.verify(found, allow_limited=True).user_entity_ref
        return old()

    wrap(server_routes, "signed_in_user", around)


@seed("RFC 6750 section 2.3 (SHOULD NOT); CWE-598", bites=deciders, family="ambient-consent", **SERVER)
def token_in_the_query_consents() -> None:
    """A token in the query of the request approves as well."""

    def around(old: Any) -> str:
        found = request.parameters.get("token")
        return current_backend().verifier.verify(found, allow_limited=False).user_entity_ref if found else old()

    wrap(server_routes, "signed_in_user", around)


@seed("RFC 6749 section 4.1.1; CWE-841", bites=deciders, critical=True, family="decided-twice", **SERVER)
def rejected_sessions_can_be_approved() -> None:
    """Only an approved session is closed; a rejected one can still be approved."""
    from sqlalchemy import update

    from reference_backend.store import tables

    def around(old: Any, session: Any, now: float) -> Any:
        if session is not None and session.status == "rejected":
            engine = current_backend().database.engine
            with engine.begin() as connection:
                connection.execute(
                    update(tables.authorization_sessions)
                    .where(tables.authorization_sessions.c.id == session.session_id)
                    .values(status="pending")
                )
            session = changed(session, status="pending")
        return old(session, now)

    wrap(authorization_sessions, "require_pending", around)


def shown_sessions(bench: Any) -> Any:
    """What the consent page gets to know."""
    client = plays.client(bench)
    seen = []
    for form in ({"scope": "openid offline_access"}, {"scope": None}, {"nonce": "n"}):
        session = session_id(authorize(bench, client, **form))
        answer = bench.browser().get(f"{bench.auth}/v1/sessions/{session}")
        body = answer.json()
        for name in ("id", "clientId", "expires_at"):
            body[name] = bool(body.get(name))
        seen.append([answer.status_code, body, answer.headers.get("Cache-Control")])
    return seen


@seed("RFC 9700 section 4.2.4 (state leaks); CWE-200", bites=shown_sessions, **SERVER)
def session_shows_everything() -> None:
    """The consent page's endpoint gives away the state and the code challenge of a session."""
    wrap(
        authorization_sessions,
        "shown",
        lambda old, session, client_name: {
            **old(session, client_name),
            "state": session.state,
            "codeChallenge": session.code_challenge,
        },
    )


# --- metadata ---


def metadata(bench: Any) -> Any:
    """The discovery document, relative to the issuer, and whether its addresses answer."""
    document = bench.browser().get(f"{bench.auth}/.well-known/openid-configuration").json()
    seen = {
        name: value.replace(bench.auth, "AUTH").replace("localhost", "H") if isinstance(value, str) else value
        for name, value in document.items()
    }
    answers = {
        name: bench.browser().post(value, json={}).status_code
        for name, value in document.items()
        if name.endswith("_endpoint")
    }
    return [seen, answers]


@seed("RFC 8414 section 2 (code_challenge_methods_supported: if omitted, no PKCE)", bites=metadata, **SERVER)
def metadata_without_pkce() -> None:
    """The discovery document does not list code challenge methods, so careful clients refuse the server."""
    wrap(
        discovery,
        "document",
        lambda old, auth_base, registration, documents, offline: {
            name: value
            for name, value in old(auth_base, registration=registration, documents=documents, offline=offline).items()
            if name != "code_challenge_methods_supported"
        },
    )


@seed("RFC 8414 section 3.3 (issuer MUST be identical); OpenID Connect Discovery section 4.3", bites=metadata, **SERVER)
def metadata_issuer_with_a_slash() -> None:
    """The issuer of the discovery document has a final slash, that of the tokens does not."""
    wrap(
        discovery,
        "document",
        lambda old, auth_base, registration, documents, offline: {
            **old(auth_base, registration=registration, documents=documents, offline=offline),
            "issuer": auth_base + "/",
        },
    )


@seed("RFC 8414 section 2 (grant_types_supported, token_endpoint_auth_methods_supported)", bites=metadata, **SERVER)
def metadata_forgets_public_clients() -> None:
    """The discovery document lists neither the authentication none nor the refresh grant."""
    wrap(
        discovery,
        "document",
        lambda old, auth_base, registration, documents, offline: {
            **old(auth_base, registration=registration, documents=documents, offline=offline),
            "grant_types_supported": ["authorization_code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        },
    )


# --- client metadata documents ---


def documents(bench: Any) -> Any:
    """Authorize clients whose documents have something wrong in them."""
    site, seen = "guest-01", []

    def ask(*faults: Any, client_id: str = SITE.format("01"), **more: Any) -> None:
        plays.service(bench, site, faults=list(faults))
        answer = authorize(bench, client_id, **more)
        seen.append(accepted(answer) if accepted(answer) == "consent" else [answer.status_code, "evil" in answer.text])

    def members(**changes: Any) -> dict[str, Any]:
        return {"fault": "set", "at": "client-metadata", "members": changes}

    try:
        ask()
        ask(members(client_id=SITE.format("02")))
        ask({"fault": "remove", "at": "client-metadata", "members": ["client_id"]})
        ask(members(client_id=SITE.format("01").upper()))
        ask(members(client_secret="s"))
        ask(members(client_secret_expires_at=0))
        ask(members(token_endpoint_auth_method="client_secret_post"))
        ask(members(token_endpoint_auth_method="client_secret_jwt"))
        ask(members(redirect_uris=[]))
        ask(members(redirect_uris=CALLBACK))
        ask(members(redirect_uris=["https://evil.example/cb"]), redirect_uri="https://evil.example/cb")
        ask(redirect_uri="http://localhost:9999/callback")
        ask(redirect_uri="http://127.0.0.1:8765/callback")
        ask(redirect_uri="http://localhost:8765/other")
        ask(redirect_uri="http://localhost:8765/callback/../other")
        ask({"fault": "oversized", "at": "client-metadata"})
        ask({"fault": "redirect-instead", "at": "client-metadata", "location": SITE.format("02"), "status": 302})
        ask(
            {
                "fault": "redirect-instead",
                "at": "client-metadata",
                "location": SITE.format("01"),
                "status": 307,
                "times": 1,
            }
        )
        ask({"fault": "status", "at": "client-metadata", "status": 404})
        ask({"fault": "content-type", "at": "client-metadata", "type": "text/html"})
        ask(client_id="https://evil.example/client.json")
        ask(client_id="https://guest-01.apps.lumenfold.example.evil.example/client.json")
        ask(client_id=SITE.format("01") + "?x=1")
        ask(client_id=SITE.format("01") + "#f")
        ask(client_id="https://guest-01.apps.lumenfold.example/a/../client.json")
        ask(client_id="http://guest-01.apps.lumenfold.example/client.json")
        ask(code_challenge=None)
        ask(client_id=SITE.format("01"))
    finally:
        plays.service(bench, site, faults=[])
    return seen


@seed("RFC 8252 section 7.3 (MUST allow any port)", bites=documents, **SERVER)
def document_port_of_loopback_fixed() -> None:
    """A program whose document lists a loopback address has to use exactly the port of it."""
    replace(redirect_uris, "_is_listed_loopback", always(False))


@seed("RFC 8252 section 7.3 (only the port varies); RFC 9700 section 2.1", bites=documents, critical=True, **SERVER)
def document_any_loopback_address() -> None:
    """Every loopback address is taken for a client whose document lists one."""
    replace(redirect_uris, "same_but_for_port", lambda one, other: other.hostname in redirect_uris.LOOPBACK_HOSTS)


@seed(
    "Client ID Metadata Document draft section 3 (client identifier URL: no fragment, no dot segments)",
    bites=documents,
    **SERVER,
)
def client_id_cleaned_up() -> None:
    """A client id loses query and fragment before anything looks at it."""
    wrap(
        client_documents,
        "parse_client_id",
        lambda old, client_id, development: old(client_id.partition("#")[0].partition("?")[0], development=development),
    )
    wrap(
        client_documents,
        "read",
        lambda old, document, client_id: old(document, client_id.partition("#")[0].partition("?")[0]),
    )


@seed("CVE-2026-22752 family (allow-list of clients); CWE-183", bites=documents, critical=True, **SERVER)
def client_ids_by_prefix() -> None:
    """A client id that begins like an allowed one, up to the host, is fetched."""

    def find(client_id: str, url: Any, patterns: Any) -> str:
        for pattern in patterns:
            if client_id.startswith(pattern.rpartition("/")[0]):
                return pattern
        raise InputError("Invalid client_id")

    replace(client_documents, "find_pattern", find)

    def read(self: Any, client_id: str) -> Any:
        if "evil" in client_id:
            self._require_allowed(client_id)
            return client_documents.Client(client_id, "evil", (CALLBACK,))
        return original(self, client_id)

    original = DocumentReader.read
    replace(DocumentReader, "read", read)


@seed(
    "RFC 6749 section 2.2; RFC 9700 section 2.1.1", bites=documents, critical=True, family="pkce-not-required", **SERVER
)
def document_clients_are_confidential() -> None:
    """A client with a document counts as one with a secret, so PKCE is not required of it."""
    wrap(
        client_documents, "read", lambda old, document, client_id: changed(old(document, client_id), secret_digest="x")
    )


def internal_addresses(bench: Any) -> Any:
    """Authorize clients whose documents would be on this machine or in this network."""
    hosts = (
        "127.0.0.1:1",
        "[::1]:1",
        "169.254.169.254:80",
        "[::ffff:127.0.0.1]:1",
        "10.0.0.1:1",
        "2130706433:1",
        "[64:ff9b::7f00:1]:1",
    )
    answers = [
        authorize(bench, f"https://{host}/clientSite/client.json") for host in hosts[:2] + hosts[3:4] + hosts[5:6]
    ]
    return [answer.json().get("error", {}).get("message") for answer in answers]


@seed(
    "CWE-918; OWASP SSRF prevention cheat sheet",
    bites=internal_addresses,
    critical=True,
    family="documents-from-inside",
    **SERVER,
)
def documents_from_this_machine() -> None:
    """The addresses of a document's host are not looked at."""
    replace(client_documents, "require_public", nothing)


@seed(
    "CWE-918; RFC 4291 section 2.5.5.2 (IPv4-mapped)",
    bites=internal_addresses,
    critical=True,
    family="documents-from-inside",
    **SERVER,
)
def documents_from_mapped_addresses() -> None:
    """IPv6 addresses count as public unless they are ::1."""
    wrap(client_documents, "is_public", lambda old, address: address != "::1" if ":" in address else old(address))
