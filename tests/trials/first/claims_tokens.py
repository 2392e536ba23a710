"""Seeds: the authorization server's token and revocation endpoints: codes, PKCE, clients, refresh tokens."""

from __future__ import annotations

import base64
from dataclasses import replace as changed
from typing import Any

from flask import Response

from reference_backend.authorization_server import (
    authorization_codes,
    clients,
    code_challenge,
    oidc_error,
    oidc_responses,
    refresh_tokens,
    request_members,
)
from reference_backend.authorization_server import offline_access as offline_module
from reference_backend.authorization_server.authorization_store import AuthorizationStore, Redemption
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.offline_access import OfflineAccess
from reference_backend.authorization_server.token_endpoint import TokenEndpoint
from reference_backend.http import bodies, responses
from reference_backend.http.request import request
from tests.trials.first import claims_plays as plays
from tests.trials.first.claims_plays import CALLBACK, VERIFIER, code, outcome, redeem, renew
from tests.trials.seed import always, nothing, replace, seed, wrap

SERVER = {"providers": ("github", "guest"), "profile": "oidc-server"}


# --- codes ---


def code_uses(bench: Any) -> Any:
    """Redeem codes twice, as another client, for another address, without a redirect address."""
    token = plays.user_token(bench)
    one, two = plays.client(bench), plays.client(bench)
    public, other = plays.public(bench), plays.public(bench)
    value = code(bench, one, token)
    seen = [outcome(redeem(bench, one, value)), outcome(redeem(bench, one, value))]
    seen.append(outcome(redeem(bench, two, code(bench, one, token))))
    seen.append(outcome(redeem(bench, other, code(bench, public, token))))
    seen.append(outcome(redeem(bench, public, code(bench, one, token))))
    seen.append(outcome(redeem(bench, one, code(bench, public, token))))
    for uri in (
        CALLBACK + "/",
        "https://evil.example/",
        None,
        "",
        CALLBACK + "?x",
        "HTTP://LOCALHOST:8765/callback",
        "http://localhost:8765/callback ",
    ):
        seen.append(outcome(redeem(bench, one, code(bench, one, token), redirect_uri=uri)))
    seen.append(outcome(redeem(bench, one, "unknown")))
    return seen


@seed(
    "RFC 6749 section 4.1.2 (MUST NOT be used more than once)",
    bites=code_uses,
    critical=True,
    family="code-used-twice",
    **SERVER,
)
def code_can_be_used_again() -> None:
    """A code stays good after it was redeemed."""
    replace(AuthorizationStore, "redeem", lambda self, digest, more: Redemption(won=True, did_more=False))


@seed(
    "RFC 6749 section 4.1.3 (redirect_uri identical); CWE-601",
    bites=code_uses,
    critical=True,
    family="redirect-uri-at-token",
    **SERVER,
)
def redirect_uri_not_compared_at_the_token_endpoint() -> None:
    """The address in a token request is not compared with that of the authorization request."""
    replace(authorization_codes, "require_same_redirect_uri", nothing)


@seed(
    "RFC 6749 section 4.1.3 (ensure that the redirect_uri parameter is present)",
    bites=code_uses,
    critical=True,
    family="redirect-uri-at-token",
    **SERVER,
)
def redirect_uri_may_be_left_out() -> None:
    """A token request without an address is taken for one with the right address."""

    def around(old: Any, self: Any, form: Any, presented: Any) -> Any:
        found = self._store.get_code(authorization_codes.digest(form.get("code") or ""))
        return old(
            self,
            {**form, "redirect_uri": form.get("redirect_uri") or (found and found.session.redirect_uri)},
            presented,
        )

    wrap(TokenEndpoint, "_redeem", around)


@seed("RFC 6749 section 4.1.3 (values MUST be identical)", bites=code_uses, family="redirect-uri-at-token", **SERVER)
def redirect_uri_up_to_a_slash() -> None:
    """A final slash makes no difference between the addresses of the two requests."""
    wrap(
        authorization_codes,
        "require_same_redirect_uri",
        lambda old, session, uri: old(changed(session, redirect_uri=session.redirect_uri.rstrip("/")), uri.rstrip("/")),
    )


@seed(
    "RFC 6749 section 4.1.3 (ensure that the code was issued to the client)",
    bites=code_uses,
    critical=True,
    family="code-of-another-client",
    **SERVER,
)
def code_of_another_client() -> None:
    """A client that authenticates may redeem the codes of every client."""

    def around(old: Any, self: Any, issued_to: str, presented: Any, what: str) -> None:
        if not presented.wants_authentication:
            old(self, issued_to, presented, what)

    wrap(ClientDirectory, "require_holder", around)


@seed(
    "RFC 6749 section 10.5; OWASP ASVS 10.4.10",
    bites=code_uses,
    critical=True,
    family="code-of-another-client",
    **SERVER,
)
def code_of_another_public_client() -> None:
    """The client id of a client without a secret is not compared with that of the code."""

    def around(old: Any, self: Any, issued_to: str, presented: Any, what: str) -> None:
        if presented.wants_authentication or not self._is_public(issued_to):
            old(self, issued_to, presented, what)

    wrap(ClientDirectory, "require_holder", around)


def replayed(bench: Any) -> Any:
    """Use a code twice and then the refresh token that the first use gave."""
    who = plays.client(bench)
    value = code(bench, who, scope="openid offline_access")
    token = redeem(bench, who, value).json()["refresh_token"]
    return [outcome(redeem(bench, who, value)), outcome(renew(bench, who, token))]


@seed("RFC 6749 section 4.1.2 (SHOULD revoke all tokens)", bites=replayed, level="SHOULD", **SERVER)
def replay_revokes_nothing() -> None:
    """A code that is used again is refused, but what it gave before lives on."""
    replace(TokenEndpoint, "_revoke_what_was_issued", nothing)


# --- PKCE ---


def verifiers(bench: Any) -> Any:
    """Redeem codes with wrong verifiers, and none."""
    token = plays.user_token(bench)
    who, public = plays.client(bench), plays.public(bench)
    seen = []
    for one in (who, public):
        for verifier in (None, "", "w" * 43, VERIFIER.upper(), VERIFIER[:-1], plays.s256(), VERIFIER + "=", VERIFIER):
            seen.append(outcome(redeem(bench, one, code(bench, one, token), code_verifier=verifier)))
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    for verifier in (VERIFIER, VERIFIER.upper(), "w" * 43, None):
        seen.append(outcome(redeem(bench, public, code(bench, public, token, **plain), code_verifier=verifier)))
    without = {"code_challenge": None, "code_challenge_method": None}
    for verifier in (None, VERIFIER, ""):
        seen.append(outcome(redeem(bench, who, code(bench, who, token, **without), code_verifier=verifier)))
    padded = {"code_challenge": plays.s256() + "="}
    seen.append(outcome(redeem(bench, who, code(bench, who, token, **padded))))
    mixed = {"code_challenge": plays.s256().swapcase()}
    seen.append(outcome(redeem(bench, who, code(bench, who, token, **mixed))))
    return seen


@seed(
    "RFC 7636 section 4.6; CVE-2023-48228 (authentik)",
    bites=verifiers,
    critical=True,
    family="verifier-left-out",
    **SERVER,
)
def verifier_may_be_left_out() -> None:
    """The verifier is checked only if there is one."""
    wrap(
        code_challenge,
        "require_proof",
        lambda old, challenge, method, verifier: old(challenge, method, verifier) if verifier else None,
    )


@seed("OWASP ASVS 10.4.6; RFC 9700 section 2.1.1", bites=verifiers, critical=True, family="verifier-left-out", **SERVER)
def verifier_of_confidential_clients_left_out() -> None:
    """A client that authenticates with its secret need not show its verifier."""

    def around(old: Any, challenge: Any, method: Any, verifier: Any) -> None:
        if verifier or not (request.body.get("client_secret") or request.headers.get("Authorization")):
            old(challenge, method, verifier)

    wrap(code_challenge, "require_proof", around)


@seed(
    "RFC 9700 section 4.8.2; CVE-2024-23647 (authentik), CVE-2024-22258 (Spring Authorization Server)",
    bites=verifiers,
    critical=True,
    **SERVER,
)
def pkce_downgrade() -> None:
    """A verifier for a code that was obtained without a challenge is ignored."""
    wrap(
        code_challenge,
        "require_proof",
        lambda old, challenge, method, verifier: old(challenge, method, verifier) if challenge else None,
    )


@seed("RFC 7636 section 4.6 (S256)", bites=verifiers, critical=True, family="challenge-loosely", **SERVER)
def plain_is_tried_as_well() -> None:
    """Whatever the method, a verifier that equals the challenge is good, and the challenge is public."""
    wrap(
        code_challenge,
        "proves",
        lambda old, challenge, method, verifier: old(challenge, method, verifier) or challenge == verifier,
    )


@seed("RFC 7636 section 4.6; CWE-178", bites=verifiers, family="challenge-loosely", **SERVER)
def challenge_without_case() -> None:
    """Challenges are compared without regard to case, as a database with that collation does."""

    def proves(challenge: str, method: Any, verifier: str) -> bool:
        expected = verifier if method == "plain" else plays.s256(verifier)
        return expected.lower() == challenge.lower()

    replace(code_challenge, "proves", proves)


@seed("RFC 7636 section 4.2 (BASE64URL without padding, appendix A)", bites=verifiers, **SERVER)
def challenge_with_padding_expected() -> None:
    """The challenge is expected with the padding of base64, which clients leave out."""
    wrap(
        code_challenge,
        "proves",
        lambda old, challenge, method, verifier: (
            (method != "S256" and old(challenge, method, verifier))
            or (method == "S256" and plays.s256(verifier) + "=" == challenge)
        ),
    )


# --- who the client is ---


def authentications(bench: Any) -> Any:
    """Redeem codes with the client's credentials in every way, right and wrong."""
    token, who, other, public = plays.user_token(bench), plays.client(bench), plays.client(bench), plays.public(bench)

    def basic(client_id: str, secret: str, scheme: str = "Basic") -> dict[str, str]:
        return {"Authorization": f"{scheme} {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}

    id_, secret = who["client_id"], who["client_secret"]
    ways: tuple[tuple[dict[str, str], dict[str, Any]], ...] = (
        ({}, {"client_id": id_}),
        ({}, {}),
        ({}, {"client_id": id_, "client_secret": "wrong"}),
        ({}, {"client_id": id_, "client_secret": ""}),
        (basic(id_, secret), {}),
        (basic(id_, "wrong"), {}),
        (basic(id_, secret, "basic"), {}),
        (basic(id_, secret[:-1]), {}),
        (basic(id_, ""), {}),
        (basic(other["client_id"], other["client_secret"]), {}),
        (basic(id_, secret), {"client_id": id_}),
        ({}, {"client_id": id_, "client_secret": secret.upper()}),
        ({}, {"client_id": id_, "client_secret": other["client_secret"]}),
        ({"Authorization": "Basic !!!"}, {}),
        ({"Authorization": "Bearer x"}, {"client_id": id_}),
        ({}, {"client_id": id_, "client_secret": secret + " "}),
        (basic("unknown", "x"), {}),
        ({}, {"client_id": "unknown", "client_secret": "x"}),
        ({}, {"client_id": id_, "client_secret": secret}),
    )
    seen = []
    for headers, form in ways:
        asked = {
            "grant_type": "authorization_code",
            "code": code(bench, who, token),
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **form,
        }
        answer = plays.post(bench, "token", asked, headers=headers)
        seen.append([*outcome(answer), answer.headers.get("WWW-Authenticate", "")[:5]])
    seen.append(outcome(redeem(bench, public, code(bench, public, token))))
    seen.append(outcome(redeem(bench, public, code(bench, public, token), client_secret="x")))
    return seen


@seed(
    "RFC 6749 section 3.2.1 (confidential clients MUST authenticate)",
    bites=authentications,
    critical=True,
    family="client-not-authenticated",
    **SERVER,
)
def confidential_clients_need_no_secret() -> None:
    """A client that has a secret may leave it out."""
    replace(ClientDirectory, "_is_public", always(True))


@seed("CWE-303; OWASP ASVS 10.4.10", bites=authentications, critical=True, family="client-not-authenticated", **SERVER)
def wrong_secrets_in_the_body() -> None:
    """A secret is verified in the header only; in the body it just has to be there."""

    def around(old: Any, self: Any, credentials: Any) -> Any:
        return old(self, credentials) if request.headers.get("Authorization") else credentials.client_id

    wrap(ClientDirectory, "authenticate", around)


@seed(
    "CWE-287; CWE-1288 (comparison with part of a secret)",
    bites=authentications,
    critical=True,
    family="client-not-authenticated",
    **SERVER,
)
def secret_of_any_client() -> None:
    """A secret is looked up by its digest among all clients and not compared with the client's own."""
    from sqlalchemy import select

    from reference_backend.backend import current_backend
    from reference_backend.store import tables

    def has_secret(client: Any, secret: str) -> bool:
        with current_backend().database.engine.connect() as connection:
            wanted = tables.oidc_clients.c.secret_digest == clients.digest(secret)
            return connection.execute(select(tables.oidc_clients.c.client_id).where(wanted)).first() is not None

    replace(clients, "has_secret", has_secret)


@seed(
    "RFC 6749 section 2.3.1 (MUST support HTTP Basic)", bites=authentications, family="basic-not-understood", **SERVER
)
def credentials_from_the_body_only() -> None:
    """The Authorization header of clients is not read."""
    wrap(clients, "presented", lambda old, header, client_id, secret: old(None, client_id, secret))


@seed(
    "RFC 9110 section 11.1 (scheme names are case-insensitive)",
    bites=authentications,
    family="basic-not-understood",
    **SERVER,
)
def basic_in_lower_case_not_understood() -> None:
    """The scheme basic in lower case is not understood."""
    wrap(
        clients,
        "presented",
        lambda old, header, client_id, secret: old(
            header if (header or "").startswith("Basic ") else None, client_id, secret
        ),
    )


@seed("RFC 6749 section 5.2 (MUST include WWW-Authenticate)", bites=authentications, **SERVER)
def no_challenge_for_basic() -> None:
    """A client that failed with the Authorization header gets a 401 without WWW-Authenticate."""

    def around(old: Any, raised: Any) -> Response:
        response = old(raised)
        del response.headers["WWW-Authenticate"]
        return response

    wrap(oidc_responses, "error", around)


# --- answers ---


def answers(bench: Any) -> Any:
    """What the token endpoint answers: headers, members, lifetimes, errors."""
    who, token = plays.client(bench), plays.user_token(bench)
    answer = redeem(bench, who, code(bench, who, token, scope="openid offline_access"))
    body = answer.json()
    claims = plays.payload(body["access_token"])
    life = claims["exp"] - claims["iat"]
    seen: list[Any] = [
        answer.headers.get("Cache-Control"),
        body.get("token_type"),
        body["expires_in"] == life,
        type(body["expires_in"]).__name__,
        claims["sub"],
        body.get("scope"),
        "refresh_token" in body,
        "ent" in claims,
        claims["iss"] == bench.auth,
    ]
    for scope in (
        "openid",
        None,
        "offline_access",
        "openid  offline_access",
        "xoffline_access",
        "OFFLINE_ACCESS",
        "openid profile",
    ):
        found = redeem(bench, who, code(bench, who, token, scope=scope)).json()
        seen.append([found.get("scope"), "refresh_token" in found])
    again = renew(bench, who, body["refresh_token"])
    seen.append([again.headers.get("Cache-Control"), *outcome(again)])
    for form in (
        {"grant_type": "password"},
        {"grant_type": "client_credentials"},
        {"grant_type": ""},
        {"grant_type": "AUTHORIZATION_CODE"},
        {},
        {"grant_type": "authorization_code"},
        {"grant_type": "refresh_token"},
        [("grant_type", "refresh_token"), ("grant_type", "authorization_code")],
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
    ):
        seen.append(outcome(plays.post(bench, "token", form)))
    value = code(bench, who, token)
    asked = {
        "grant_type": "authorization_code",
        "code": value,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": who["client_id"],
        "client_secret": who["client_secret"],
    }
    seen.append(outcome(bench.browser().post(f"{bench.auth}/v1/token", json={**asked, "extra": 1})))
    seen.append(outcome(bench.browser().get(f"{bench.auth}/v1/token", params=asked)))
    asked["code"] = code(bench, who, token)
    seen.append(outcome(plays.post(bench, "token", "", params=asked)))
    asked["code"] = code(bench, who, token)
    seen.append(
        outcome(
            bench.browser().post(
                f"{bench.auth}/v1/token",
                data=asked,
                headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
            )
        )
    )
    doubled = [*asked.items(), ("code", "other")]
    seen.append(outcome(plays.post(bench, "token", doubled)))
    return seen


@seed("RFC 6749 section 5.1 (MUST include Cache-Control: no-store)", bites=answers, **SERVER)
def tokens_may_be_cached() -> None:
    """Answers with tokens lack Cache-Control."""
    replace(responses, "uncached", lambda response: response)


@seed("RFC 6749 section 5.1 (expires_in in seconds)", bites=answers, family="lifetime-wrong", **SERVER)
def lifetime_in_milliseconds() -> None:
    """expires_in is in milliseconds."""
    wrap(
        TokenEndpoint,
        "_token_members",
        lambda old, self, token: {**old(self, token), "expires_in": int(self._issuer.ttl * 1000)},
    )


@seed("RFC 6749 section 5.1 (numerical values are JSON numbers)", bites=answers, family="lifetime-wrong", **SERVER)
def lifetime_as_text() -> None:
    """expires_in is a text."""
    wrap(
        TokenEndpoint,
        "_token_members",
        lambda old, self, token: {**old(self, token), "expires_in": str(int(self._issuer.ttl))},
    )


@seed("OpenID Connect Core section 3.1.3.3 (id_token)", bites=answers, **SERVER)
def id_token_left_out() -> None:
    """Answers to codes have no id_token."""
    wrap(
        TokenEndpoint,
        "_redeem",
        lambda old, self, form, presented: {
            name: value for name, value in old(self, form, presented).items() if name != "id_token"
        },
    )


@seed(
    "OpenID Connect Core section 11 (offline_access); RFC 6749 section 3.3",
    bites=answers,
    critical=True,
    family="offline-unasked",
    **SERVER,
)
def refresh_tokens_for_everybody() -> None:
    """Every code gives a refresh token, whether or not offline_access was asked for."""
    replace(authorization_codes, "wants_offline_access", always(True))


@seed(
    "RFC 6749 section 3.3 (space-delimited, case-sensitive strings)", bites=answers, family="offline-unasked", **SERVER
)
def offline_access_as_part_of_a_scope() -> None:
    """offline_access is looked for in the text of the scope, in any case."""
    replace(
        authorization_codes, "wants_offline_access", lambda session: "offline_access" in (session.scope or "").lower()
    )


@seed("RFC 6749 section 5.2 (unsupported_grant_type)", bites=answers, family="errors-of-the-token-endpoint", **SERVER)
def unknown_grants_are_invalid_requests() -> None:
    """Unknown grant types are reported as invalid_request."""
    replace(
        oidc_error,
        "unsupported_grant_type",
        lambda grant_type: oidc_error.invalid_request(f"Grant type {grant_type} is not supported"),
    )


@seed(
    "RFC 6749 section 5.2 (invalid_grant, status 400)", bites=code_uses, family="errors-of-the-token-endpoint", **SERVER
)
def bad_codes_are_bad_clients() -> None:
    """Codes that are not good are reported as invalid_client with status 401."""
    replace(oidc_error, "translated_at_token_endpoint", oidc_error.translated)


@seed("RFC 6749 section 3.2 (parameters MUST NOT be included more than once)", bites=answers, **SERVER)
def repeated_members_first_wins() -> None:
    """Of a repeated parameter of a token request the first value counts."""

    def around(old: Any, sent: Any, members: Any) -> Any:
        if members is request_members.TOKEN and request.mimetype == bodies.FORM:
            sent = {name: value[0] if isinstance(value, list) and value else value for name, value in sent.items()}
        return old(sent, members)

    wrap(request_members, "checked", around)


@seed("RFC 6749 section 2.3.1 (MUST NOT be included in the request URI); CWE-598", bites=answers, **SERVER)
def token_requests_in_the_query() -> None:
    """Parameters of a token request may stand in its query, secrets included."""

    def around(old: Any, sent: Any, members: Any) -> Any:
        if members is request_members.TOKEN:
            sent = {**request.parameters, **sent} if isinstance(sent, dict) else dict(request.parameters)
        return old(sent, members)

    wrap(request_members, "checked", around)


@seed("RFC 6749 appendix B (application/x-www-form-urlencoded)", bites=answers, **SERVER)
def forms_with_charset_not_read() -> None:
    """A form whose Content-Type has a charset parameter is not read."""
    wrap(
        bodies,
        "read",
        lambda old, given: {} if given.headers.get("Content-Type", "").endswith("charset=UTF-8") else old(given),
    )


# --- refresh tokens ---


def rotations(bench: Any) -> Any:
    """Use refresh tokens, old ones too, in several orders and as several clients."""
    token = plays.user_token(bench)
    one, two, public, other = plays.client(bench), plays.client(bench), plays.public(bench), plays.public(bench)
    first = plays.offline(bench, one, token)
    second = renew(bench, one, first).json()["refresh_token"]
    seen: list[Any] = [first == second, first.partition(".")[0] == second.partition(".")[0]]
    seen += [outcome(renew(bench, one, first)), outcome(renew(bench, one, second))]
    third = plays.offline(bench, one, token)
    half = third.partition(".")[0]
    for bad in (
        half + "." + "A" * 43,
        half + ".",
        half,
        third + "x",
        "." + third,
        third.upper(),
        "a.b",
        "x",
        third + ".x",
    ):
        seen.append(outcome(renew(bench, one, bad)))
    seen.append(outcome(renew(bench, two, third)))
    seen.append(outcome(renew(bench, {}, third)))
    seen.append(outcome(renew(bench, {"client_id": one["client_id"]}, third)))
    seen.append(outcome(renew(bench, {"client_id": one["client_id"], "client_secret": "wrong"}, third)))
    fourth = renew(bench, one, third)
    seen.append(outcome(fourth))
    seen.append(outcome(renew(bench, one, fourth.json().get("refresh_token", "x.y"), scope="openid admin")))
    fifth = plays.offline(bench, public, token)
    seen.append(outcome(renew(bench, other, fifth)))
    sixth = renew(bench, public, fifth)
    seen.append(outcome(sixth))
    claims = plays.payload(sixth.json()["access_token"]) if sixth.ok else {}
    seen.append(claims.get("sub"))
    return seen


@seed(
    "RFC 9700 section 4.14.2 (refresh token rotation); OWASP ASVS 10.4.5",
    bites=rotations,
    critical=True,
    family="not-rotated",
    **SERVER,
)
def refresh_tokens_stay_the_same() -> None:
    """A refresh gives the same refresh token again."""

    def refresh(self: Any, token: str, presented: Any) -> Any:
        session = self._find(refresh_tokens.session_id_of(token))
        self._clients.require_holder(session.client_id, presented, "Refresh token")
        self._require_current(session, token)
        self._require_user(session)
        return session, token

    replace(OfflineAccess, "refresh", refresh)


@seed(
    "RFC 9700 section 4.14.2 (previous token invalidated)",
    bites=rotations,
    critical=True,
    family="not-rotated",
    **SERVER,
)
def old_refresh_tokens_stay_good() -> None:
    """A refresh token that was replaced can still be used."""

    def around(old: Any, self: Any, session: Any, token: str) -> None:
        if not self.store.is_retired(session.session_id, refresh_tokens.retired_digest(token)):
            old(self, session, token)

    wrap(OfflineAccess, "_require_current", around)


@seed("RFC 9700 section 4.14.2 (revoke the active refresh token)", bites=rotations, **SERVER)
def reuse_ends_nothing() -> None:
    """The reuse of an old refresh token is refused, but the session goes on."""

    def check(self: Any, session: Any, token: str) -> None:
        if not refresh_tokens.is_current(token, session.token_hash):
            raise refresh_tokens.invalid()

    replace(OfflineAccess, "_require_current", check)


@seed("RFC 6819 section 5.2.2.3; CWE-799 (too strict a reaction)", bites=rotations, **SERVER)
def guessing_ends_sessions() -> None:
    """Any wrong secret behind a known session id ends the session, so that knowing the public half is enough to end it."""

    def check(self: Any, session: Any, token: str) -> None:
        if not refresh_tokens.is_current(token, session.token_hash):
            self.store.remove(session.session_id)
            raise refresh_tokens.invalid()

    replace(OfflineAccess, "_require_current", check)


@seed(
    "RFC 6749 section 10.4 (bound to the client); RFC 6749 section 6",
    bites=rotations,
    critical=True,
    family="refresh-token-of-another",
    **SERVER,
)
def refresh_token_of_another_client() -> None:
    """A refresh token may be used by any client that authenticates, or by none."""

    def around(old: Any, self: Any, issued_to: str, presented: Any, what: str) -> None:
        if what != "Refresh token":
            old(self, issued_to, presented, what)

    wrap(ClientDirectory, "require_holder", around)


@seed(
    "RFC 6749 section 6 (MUST authenticate the client)",
    bites=rotations,
    critical=True,
    family="refresh-token-of-another",
    **SERVER,
)
def refresh_without_a_secret() -> None:
    """In the refresh grant a client with a secret may leave it out, if the client id is right or missing."""

    def around(old: Any, self: Any, issued_to: str, presented: Any, what: str) -> None:
        if what == "Refresh token":
            clients.require_same(issued_to, presented.credentials.client_id, what)
        else:
            old(self, issued_to, presented, what)

    wrap(ClientDirectory, "require_holder", around)


@seed("CWE-330; RFC 6749 section 10.10", bites=rotations, critical=True, **SERVER)
def only_the_session_id_counts() -> None:
    """Of a refresh token only the session id is compared, the secret behind it is not."""
    replace(offline_module.refresh_tokens, "is_current", always(True))


def two_users(bench: Any) -> Any:
    """The refresh tokens of two people with one client, and of one person with many clients."""
    one = plays.client(bench)
    ada, robin = plays.user_token(bench), plays.user_token(bench, "twin-north")
    hers, his = plays.offline(bench, one, ada), plays.offline(bench, one, robin)
    seen: list[Any] = []
    first, second = renew(bench, one, hers), renew(bench, one, his)
    for answer in (first, second):
        seen.append(plays.payload(answer.json()["access_token"])["sub"] if answer.ok else outcome(answer))
    many = [plays.client(bench) for _ in range(4)]
    tokens = [plays.offline(bench, who, ada) for who in many]
    seen.append([outcome(renew(bench, who, token)) for who, token in zip(many, tokens, strict=True)])
    seen.append(outcome(renew(bench, one, second.json().get("refresh_token", "x.y"))) if second.ok else None)
    again = [plays.offline(bench, many[3], ada) for _ in range(2)]
    seen.append([outcome(renew(bench, many[3], token)) for token in again])
    return seen


# --- revocation ---


def revocations(bench: Any) -> Any:
    """Revoke tokens: own ones, others', halves of them, unknown ones, with hints, without a client."""
    token = plays.user_token(bench)
    one, two, public, other = plays.client(bench), plays.client(bench), plays.public(bench), plays.public(bench)
    own = {name: one[name] for name in ("client_id", "client_secret")}
    mine = plays.offline(bench, one, token)
    theirs = {name: two[name] for name in ("client_id", "client_secret")}
    public_token = plays.offline(bench, public, token)
    seen: list[Any] = []
    for form in (
        {},
        {"client_id": one["client_id"]},
        {**own, "client_secret": "wrong"},
        theirs,
        {"client_id": other["client_id"]},
        {"client_id": "https://evil.example/c"},
    ):
        seen.append(plays.post(bench, "revoke", {"token": mine, **form}).status_code)
    for bad in (mine.partition(".")[0] + ".garbage", mine.partition(".")[0], "unknown", "a.b"):
        seen.append(plays.post(bench, "revoke", {"token": bad, **own}).status_code)
    seen.append(plays.post(bench, "revoke", {**own}).status_code)
    answer = renew(bench, one, mine)
    seen.append(outcome(answer))
    newest = answer.json().get("refresh_token", "x.y")
    seen.append(plays.post(bench, "revoke", {"token": newest, "token_type_hint": "no-such-hint", **own}).status_code)
    seen.append(outcome(renew(bench, one, newest)))
    seen.append(plays.post(bench, "revoke", {"token": public_token, "client_id": other["client_id"]}).status_code)
    answer = renew(bench, public, public_token)
    seen.append(outcome(answer))
    seen.append(
        plays.post(
            bench,
            "revoke",
            {
                "token": answer.json().get("refresh_token", "x.y"),
                "client_id": public["client_id"],
                "token_type_hint": "access_token",
            },
        ).status_code
    )
    seen.append(outcome(renew(bench, public, answer.json().get("refresh_token", "x.y"))))
    access = answer.json().get("access_token", "x")
    seen.append(plays.post(bench, "revoke", {"token": access, "client_id": public["client_id"]}).status_code)
    return seen
