"""Defects of the authorization server: registration, authorization, consent, codes, refresh tokens, metadata."""

from __future__ import annotations

import uuid

from flask import redirect

from reference_backend.authorization_server import (
    authorization_codes,
    authorization_sessions,
    client_documents,
    clients,
    code_challenge,
    offline_access,
    oidc_error,
    redirect_uris,
)
from reference_backend.authorization_server import routes as server_routes
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.backend import current_backend
from reference_backend.formats import query, urls
from reference_backend.http.request import request
from tests.trials.second.plays import (
    CALLBACK,
    CHALLENGE,
    USER,
    VERIFIER,
    answered,
    approve,
    authorize,
    authorized,
    base64,
    bearer,
    claims_of,
    code_of,
    control,
    live_cookies,
    offline,
    parse_qsl,
    public_client,
    re,
    redeem,
    register,
    renew,
    reset,
    session_id,
    token,
    unquote,
    urlsplit,
    user_token,
)
from tests.trials.seed import always, replace, seed, wrap

SERVER = {"providers": ("guest",), "profile": "oidc-server"}


def redirect_addresses(bench):
    """Which addresses a registered client may have its codes sent to."""
    registered = "https://callback.lumenfold.example/cb"
    client = public_client(bench, redirect_uris=[registered])
    tried = (
        registered,
        f"{registered}/",
        f"{registered}.evil.example",
        f"{registered}?x=1",
        f"{registered}/../evil",
        registered.upper(),
        "https://callback.lumenfold.example/CB",
        "https://callback.lumenfold.example:443/cb",
    )
    return [authorized(authorize(bench, client, redirect_uri=one)) for one in tried]


@seed(
    "CVE-2022-3782 class, Keycloak redirect bypasses, PortSwigger redirect_uri; RFC 9700 section 4.1.3, AUTHZ-06",
    critical=True,
    bites=redirect_addresses,
    family="registered-loose",
    **SERVER,
)
def redirect_uri_by_prefix() -> None:
    """A redirect URI only has to begin like a registered one."""

    def registered(original, redirect_uri, known):
        original(next((one for one in known if redirect_uri.startswith(one)), redirect_uri), known)

    wrap(redirect_uris, "require_registered", registered)


@seed(
    "Spring Authorization Server / Keycloak URI normalisation; RFC 3986 section 6.2.1, RFC 9700 section 2.1, AUTHZ-06",
    bites=redirect_addresses,
    family="registered-loose",
    **SERVER,
)
def redirect_uri_in_normal_form() -> None:
    """Redirect URIs are compared without query and after normalisation."""

    def registered(original, redirect_uri, known):
        same = [
            one for one in known if urls.without_query(urls.parse(one)) == urls.without_query(urls.parse(redirect_uri))
        ]
        original(same[0] if same else redirect_uri, known)

    wrap(redirect_uris, "require_registered", registered)


def errors_of_authorize(bench):
    """Where an authorization request with a foreign address or a wrong client goes."""
    client = public_client(bench)
    return [
        authorized(authorize(bench, client, redirect_uri="https://evil.test/cb")),
        authorized(authorize(bench, "nobody", redirect_uri="https://evil.test/cb")),
        authorized(authorize(bench, client, response_type="token")),
    ]


@seed(
    "RFC 6749 section 4.1.2.1 (MUST NOT redirect), RFC 9700 section 4.11.2 (authorization server as open redirector), AUTHZ-03",  # noqa: E501
    bites=errors_of_authorize,
    **SERVER,
)
def errors_are_sent_to_the_foreign_address() -> None:
    """What is wrong with an authorization request is reported to the redirect URI, checked or not."""

    def authorizing(original):
        try:
            return original()
        except Exception:
            target = request.parameters.get("redirect_uri")
            if not target:
                raise
            return redirect(f"{target}?error=invalid_request")

    wrap(server_routes, "authorize", authorizing)


def registrations(bench):
    """What registrations answer."""
    allowed = (
        CALLBACK,
        "https://callback.lumenfold.example.evil.test/cb",
        "https://callback.lumenfold.example/cb/more",
        "http://localhost@evil.test/x",
        "https://x.wild.callback.lumenfold.example/cb",
        "javascript:alert(1)",
        "cursor://x/y",
    )
    first, second = register(bench), register(bench)
    other = register(bench, token_endpoint_auth_method="private_key_jwt")
    return {
        "allowed": [register(bench, redirect_uris=[one])["status"] for one in allowed],
        "members": sorted(first),
        "method": other.get("token_endpoint_auth_method"),
        "same node": first["client_id"][-12:] == second["client_id"][-12:],
        "status": first["status"],
    }


@seed("RFC 7591 section 3.2.1 (client_secret_expires_at REQUIRED), DCR-13", bites=registrations, **SERVER)
def expiry_of_the_secret_is_not_said() -> None:
    """A registration answers a secret without saying when it expires."""
    from reference_backend.http import responses  # noqa: PLC0415

    wrap(
        responses,
        "json_response",
        lambda original, data, status=200: original(
            {k: v for k, v in data.items() if k != "client_secret_expires_at"} if isinstance(data, dict) else data,
            status,
        ),
    )


@seed(
    "CWE-330, CWE-340; RFC 6749 section 10.10, uuid of version 1 for version 4, SEC-AS-21",
    critical=True,
    bites=registrations,
    **SERVER,
)
def identifiers_from_clock_and_host() -> None:
    """Client ids, secrets and session ids are UUIDs of version 1, made of the time and the network card."""
    replace(ClientDirectory, "random_id", lambda self: str(uuid.uuid1()))


# --- consent --------------------------------------------------------------------------------------------------------


def consents(bench):
    """Who may decide: a cookie, a limited token, somebody after a refusal."""
    client = public_client(bench)
    found = []
    full = user_token(bench, USER)
    cookie = bench.browser().get(f"{bench.auth}/.backstage/auth/v1/cookie", headers=bearer(full))
    limited = unquote(live_cookies(cookie)["backstage-auth"]["value"])
    for headers in ({"Cookie": f"backstage-auth={limited}"}, bearer(limited), bearer("token-of-an-external-service")):
        address = f"{bench.auth}/v1/sessions/{session_id(authorize(bench, client))}/approve"
        found.append(bench.browser().post(address, headers=headers).status_code)
    address = f"{bench.auth}/v1/sessions/{session_id(authorize(bench, client))}"
    for what in ("reject", "approve", "approve"):
        found.append(bench.browser().post(f"{address}/{what}", headers=bearer(full)).status_code)
    return found


@seed(
    "CWE-352; RFC 9700 section 4.16 / RFC 6819 section 4.4.1.9 (consent by CSRF), ASESS-07, SEC-AS-07",
    critical=True,
    bites=consents,
    **SERVER,
)
def cookie_gives_consent() -> None:
    """Consent may be given by the cookie of a limited token, which browsers send along by themselves."""

    def user(original):
        sent = request.all_cookies.get("backstage-auth")
        if sent and not request.headers.get("Authorization"):
            return current_backend().verifier.verify(sent, allow_limited=True).user_entity_ref
        return original()

    wrap(server_routes, "signed_in_user", user)


def odd_states(bench):
    """States that come back."""
    client = public_client(bench)
    found = []
    for state in ("x&code=injected#y", " blanks ", "ü+%2B", ""):
        url = approve(bench, authorize(bench, client, state=state))
        found.append(
            [
                (k, v if k != "code" or v == "injected" else "C")
                for k, v in parse_qsl(urlsplit(url).query, keep_blank_values=True)
            ]
        )
    return found


@seed("RFC 6749 section 4.1.2 (the exact value received); ORM that trims texts, SEC-AS-17", bites=odd_states, **SERVER)
def state_is_trimmed() -> None:
    """A state loses the blanks around it."""
    replace(
        authorization_sessions, "_state", lambda session: [("state", session.state.strip())] if session.state else []
    )


# --- codes ----------------------------------------------------------------------------------------------------------


def code_attempts(bench):
    """Attempts to redeem codes that must fail, and some that must not."""
    found = {}
    public, secret = public_client(bench), register(bench)
    basic = (secret["client_id"], secret["client_secret"])

    def code(client, **query):
        return code_of(approve(bench, authorize(bench, client, **query)))

    found["verifier is the challenge"] = answered(
        redeem(bench, code(public), client_id=public, code_verifier=CHALLENGE)
    )
    found["verifier in other case"] = answered(
        redeem(bench, code(public), client_id=public, code_verifier=VERIFIER.swapcase())
    )
    found["no secret, but PKCE"] = answered(redeem(bench, code(basic[0]), client_id=basic[0]))
    found["no challenge, but a verifier"] = answered(
        redeem(bench, code(basic[0], code_challenge=None, code_challenge_method=None), basic)
    )
    found["empty challenge"] = authorized(authorize(bench, public, code_challenge=""))
    lower = bench.browser().post(
        f"{bench.auth}/v1/token",
        headers={"Authorization": "basic " + base64.b64encode(":".join(basic).encode()).decode()},
        data={
            "grant_type": "authorization_code",
            "code": code(basic[0]),
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        },
    )
    found["basic in lower case"] = answered(lower)
    wrong = token(bench, (basic[0], "wrong"), grant_type="authorization_code", code="x", redirect_uri=CALLBACK)
    found["wrong secret"] = (answered(wrong), wrong.headers.get("WWW-Authenticate"))
    found["unknown code"] = answered(redeem(bench, "unknown", client_id=public))
    found["in the query"] = (
        bench.browser()
        .post(
            f"{bench.auth}/v1/token",
            params={
                "grant_type": "authorization_code",
                "code": code(public),
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
            },
        )
        .status_code
    )
    twice = f"grant_type=authorization_code&grant_type=refresh_token&code=x&redirect_uri={CALLBACK}"
    found["repeated"] = (
        bench.browser()
        .post(f"{bench.auth}/v1/token", data=twice, headers={"Content-Type": "application/x-www-form-urlencoded"})
        .json()
        .get("error_description", "")[:40]
    )
    found["repeated at authorize"] = authorized(
        authorize(bench, public, redirect_uri=[CALLBACK, "https://evil.test/cb"])
    )
    found["almost offline"] = answered(redeem(bench, code(public, scope="openid not_offline_access"), client_id=public))
    found["good"] = answered(redeem(bench, code(public, scope="openid offline_access"), client_id=public))
    return found


CODES = {"bites": code_attempts, **SERVER}


@seed(
    "Auth0/Okta confusion 'PKCE replaces the secret'; RFC 6749 section 3.2.1 and 4.1.3, CODE-14, SEC-AS-08",
    critical=True,
    **CODES,
)
def pkce_stands_for_the_secret() -> None:
    """A client with a secret may redeem its codes without it."""
    replace(ClientDirectory, "_is_public", always(True))


@seed("CVE-2024-23647 (authentik), RFC 9700 section 2.1.1 and 4.8.2, SEC-AS-22", critical=True, **CODES)
def verifier_without_challenge_is_ignored() -> None:
    """A verifier for a code without challenge is ignored, so that a challenge can be taken out of a request."""
    wrap(
        code_challenge,
        "require_proof",
        lambda original, challenge, method, verifier: original(challenge, method, verifier) if challenge else None,
    )


@seed("RFC 7636 section 4.4.1; empty string versus absent (Go zero values), SEC-AS-06", critical=True, **CODES)
def empty_challenge_is_one() -> None:
    """A public client that sends an empty code challenge has done its duty."""

    def acceptable(original, challenge, method, *, is_public):
        sent = "code_challenge" in request.parameters
        return original(challenge, method, is_public=is_public and not sent)

    wrap(code_challenge, "require_acceptable", acceptable)


@seed("RFC 9110 section 11.1 (scheme without regard to case); Authlib/oauthlib issues on 'basic', OFFLINE-09", **CODES)
def basic_has_to_have_a_capital() -> None:
    """Client credentials in a header count only if the scheme is written ``Basic``."""
    replace(clients, "_BASIC", re.compile(r"Basic +(\S+)"))


@seed("RFC 6749 section 5.2 (WWW-Authenticate MUST match the scheme), OIDC-09", **CODES)
def wrong_secret_without_challenge() -> None:
    """A client that fails to authenticate by the header is not told in that scheme."""
    from reference_backend.authorization_server import oidc_responses  # noqa: PLC0415

    replace(oidc_responses, "UNAUTHORIZED", 0)


@seed("RFC 6749 section 5.2; MCP SDK issue (invalid_client makes clients forget their registration), OERR-06", **CODES)
def wrong_code_is_a_wrong_client() -> None:
    """A code that cannot be redeemed is reported as ``invalid_client``."""
    replace(oidc_error, "translated_at_token_endpoint", oidc_error.translated)


@seed(
    "RFC 6749 section 3.1 (MUST NOT be included more than once); OWASP HTTP parameter pollution, AUTHZ-02",
    family="repeated",
    **CODES,
)
def first_of_repeated_parameters_counts() -> None:
    """Of a repeated parameter of an authorization request the first counts."""
    wrap(
        query,
        "members",
        lambda original, text: {
            name: value[0] if isinstance(value, list) and value else value for name, value in original(text).items()
        },
    )


@seed("RFC 6749 section 3.3 (space-delimited); CWE-187, CODE-16", **CODES)
def offline_access_as_a_part_of_a_scope() -> None:
    """A refresh token is given if ``offline_access`` stands anywhere in the scope, be it as a part of another one."""
    replace(authorization_codes, "wants_offline_access", lambda session: "offline_access" in (session.scope or ""))


# --- refresh tokens -------------------------------------------------------------------------------------------------


def rotations(bench):
    """Refresh tokens that are used again, revoked in several ways, and too many of them."""
    found = {}
    client = public_client(bench)
    first = offline(bench, client)["refresh_token"]
    second = renew(bench, first, client_id=client).json()["refresh_token"]
    found["old"] = answered(renew(bench, first, client_id=client))
    found["new after old"] = answered(renew(bench, second, client_id=client))

    def revoked(**form):
        mine = offline(bench, client)["refresh_token"]
        said = {"token": mine, "client_id": client, **{k: v(mine) if callable(v) else v for k, v in form.items()}}
        status = bench.browser().post(f"{bench.auth}/v1/revoke", data=said).status_code
        return status, answered(renew(bench, mine, client_id=client))

    found["revoked"] = revoked()
    found["revoked with the other hint"] = revoked(token_type_hint="access_token")
    found["revoked by id"] = revoked(token=lambda mine: mine.partition(".")[0] + ".garbage")
    found["revoked nonsense"] = revoked(token="nonsense")
    found["revoked by another client"] = revoked(client_id=public_client(bench))
    held = [(one, offline(bench, one)["refresh_token"]) for one in (public_client(bench) for _ in range(4))]
    found["too many"] = [answered(renew(bench, mine, client_id=one))[:3] for one, mine in held]
    return found


ROTATIONS = {"bites": rotations, **SERVER}


@seed(
    "RFC 9700 section 4.14.2 (revoke the active token on reuse); Doorkeeper/fosite issues, OFFLINE-04",
    critical=True,
    family="reuse",
    **ROTATIONS,
)
def reuse_is_refused_and_forgotten() -> None:
    """A replaced refresh token is refused, but the session of whoever stole the newer one goes on."""
    replace(OfflineStore, "is_retired", always(False))


@seed("CWE-639; RFC 7009 section 2.1, REVOKE-06, SEC-AS-23", family="revocation-loose", **ROTATIONS)
def half_a_token_is_enough_to_revoke() -> None:
    """A session ends if somebody knows its identifier, without the secret half of the token."""
    replace(offline_access, "may_revoke", lambda session, token, client_id: session.client_id == client_id)


# --- documents and metadata -----------------------------------------------------------------------------------------

DOCUMENT = "https://guest-01.apps.lumenfold.example/client.json"


def documents(bench):
    """Clients with a document: its id, its addresses, its host."""
    reset(bench)
    found = {}
    tried = (
        "http://localhost:8765/callback",
        "http://localhost:9/callback",
        "http://localhost:9/other",
        "http://127.0.0.1:9/callback",
        "https://localhost:9/callback",
    )
    found["addresses"] = [authorized(authorize(bench, DOCUMENT, redirect_uri=one)) for one in tried]
    for name, members in (
        ("short id", {"client_id": DOCUMENT[:-5]}),
        ("other id", {"client_id": "https://evil.test/"}),
        ("slash", {"client_id": DOCUMENT + "/"}),
        ("secret", {"client_secret": ""}),
    ):
        control(
            bench, "PATCH", "/services/guest-01", faults=[{"fault": "set", "at": "client-metadata", "members": members}]
        )
        found[name] = authorized(authorize(bench, DOCUMENT))
    control(bench, "PATCH", "/services/guest-01", faults=["server-error"])
    found["down"] = authorized(authorize(bench, DOCUMENT))
    control(bench, "PATCH", "/services/guest-01", faults=[])
    hosts = (
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
    )
    found["hosts"] = [authorized(authorize(bench, f"https://{one}:1/clientSite/client.json")) for one in hosts]
    return found


DOCUMENTS = {"bites": documents, **SERVER}


@seed(
    "CWE-187; draft-ietf-oauth-client-id-metadata-document section 4.1 (simple string comparison), CIMD-10, SEC-AS-12",
    critical=True,
    **DOCUMENTS,
)
def document_of_a_shorter_address() -> None:
    """A metadata document is taken if the client id begins like the one in it."""
    wrap(
        client_documents,
        "require_same_id",
        lambda original, document, client_id: original(
            {**document, "client_id": client_id} if client_id.startswith(str(document.get("client_id"))) else document,
            client_id,
        ),
    )


@seed(
    "RFC 8252 section 7.3 (only the port varies), CIMD-17, SEC-AS-02",
    family="loopback-loose",
    critical=True,
    **DOCUMENTS,
)
def any_path_on_this_machine() -> None:
    """A redirect URI on a loopback host may have any path."""
    replace(
        redirect_uris,
        "same_but_for_port",
        lambda one, other: (one.scheme, one.hostname) == (other.scheme, other.hostname),
    )


@seed("RFC 8252 section 7.3 and 8.3 (localhost is not 127.0.0.1), CIMD-17", family="loopback-loose", **DOCUMENTS)
def any_name_of_this_machine() -> None:
    """All names of the loopback interface count as one."""
    replace(
        redirect_uris,
        "same_but_for_port",
        lambda one, other: (
            other.hostname in redirect_uris.LOOPBACK_HOSTS and (one.scheme, one.path) == (other.scheme, other.path)
        ),
    )


def metadata(bench):
    """The discovery document, without its address, and whether tokens name its issuer."""
    found = bench.browser().get(f"{bench.auth}/.well-known/openid-configuration").json()
    same = claims_of(user_token(bench))["iss"] == found["issuer"]
    return same, {k: v if isinstance(v, (list, bool)) else urlsplit(v).path for k, v in found.items()}
