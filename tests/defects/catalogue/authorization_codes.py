"""The token endpoint: what a code is worth, to whom, and how often."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Callable
from typing import Any

from reference_backend.authorization_server import authorization_codes, clients, code_challenge
from reference_backend.authorization_server.authorization_store import AuthorizationStore, Redemption
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.clients import Presented
from reference_backend.authorization_server.token_endpoint import TokenEndpoint
from reference_backend.http import responses
from reference_backend.identity.token_issuer import TokenIssuer
from tests.defects.catalogue.client_registration import on_server
from tests.defects.defect import always, nothing, replace, wrap


@on_server("CODE-09", "SEC-AS-04")
def code_works_twice() -> None:
    """A code can be redeemed again and again."""

    def get_code(original: Callable[..., Any], self: AuthorizationStore, digest: str) -> Any:
        found = original(self, digest)
        return found and dataclasses.replace(found, used=False)

    def redeem(original: Callable[..., Any], self: AuthorizationStore, digest: str, more: Any) -> Any:
        done = original(self, digest, more)
        return done if done.won else Redemption(won=True, did_more=False)

    wrap(AuthorizationStore, "get_code", get_code)
    wrap(AuthorizationStore, "redeem", redeem)


@on_server("CODE-09", "SEC-AS-02")
def redirect_address_of_a_code_does_not_matter() -> None:
    """A code is redeemed with any redirect URI."""
    replace(authorization_codes, "require_same_redirect_uri", nothing)


@on_server("CODE-10", "SEC-AS-05")
def verifier_may_be_left_out() -> None:
    """A code with a challenge needs no verifier."""

    def require_proof(
        original: Callable[..., None], challenge: str | None, method: str | None, verifier: str | None
    ) -> None:
        if verifier:
            original(challenge, method, verifier)

    wrap(code_challenge, "require_proof", require_proof)


@on_server("CODE-10", "CODE-11", "SEC-AS-05")
def any_verifier_will_do() -> None:
    """Every verifier proves every challenge."""
    replace(code_challenge, "proves", always(value=True))


@on_server("CODE-11")
def challenge_itself_proves() -> None:
    """The code_challenge is accepted as code_verifier, whatever the method."""
    wrap(
        code_challenge,
        "proves",
        lambda original, challenge, method, verifier: (
            hmac.compare_digest(challenge.encode(), verifier.encode()) or original(challenge, method, verifier)
        ),
    )


@on_server("CODE-12", "SEC-AS-22")
def verifier_without_challenge() -> None:
    """A verifier for a code without challenge is ignored."""

    def require_proof(
        original: Callable[..., None], challenge: str | None, method: str | None, verifier: str | None
    ) -> None:
        if challenge:
            original(challenge, method, verifier)

    wrap(code_challenge, "require_proof", require_proof)


@on_server("CODE-14", "SEC-AS-08", "OFFLINE-13")
def clients_need_no_secret() -> None:
    """A client that was given a secret need not show it."""

    def require_holder(self: ClientDirectory, issued_to: str, presented: Presented, what: str) -> None:
        clients.require_same(issued_to, presented.credentials.client_id, what)

    replace(ClientDirectory, "require_holder", require_holder)


@on_server("CODE-14", "SEC-AS-09", "OFFLINE-12")
def code_of_any_client() -> None:
    """A client redeems what was given to another one."""
    replace(clients, "require_same", nothing)


@on_server("CODE-14", "SEC-AS-08", "OFFLINE-10", "REVOKE-04", "SEC-AS-19")
def any_secret_will_do() -> None:
    """The secret of a client is not compared."""
    replace(clients, "has_secret", always(value=True))


@on_server("CODE-15")
def replay_changes_nothing() -> None:
    """A reused code does not revoke the tokens that were issued for it."""
    replace(TokenEndpoint, "_revoke_what_was_issued", nothing)


@on_server("CODE-07", "SEC-AS-11")
def unknown_grants_are_codes() -> None:
    """Every grant type but the one for refreshing counts as code."""

    def answer(original: Callable[..., Any], self: TokenEndpoint, asked: dict[str, Any], presented: Presented) -> Any:
        known = asked["grant_type"] == "refresh_token"
        return original(self, asked if known else {**asked, "grant_type": "authorization_code"}, presented)

    wrap(TokenEndpoint, "answer", answer)


@on_server("CODE-05")
def scope_that_nobody_asked_for() -> None:
    """The token response has a scope that was not requested."""
    replace(authorization_codes, "granted_scope", always("openid everything"))


@on_server("CODE-16")
def refresh_tokens_for_everybody() -> None:
    """Every client gets a refresh token, requested or not."""
    replace(authorization_codes, "wants_offline_access", always(value=True))


@on_server("CODE-16")
def offline_access_by_part_of_a_word() -> None:
    """A scope that contains the words for offline access gives it."""
    replace(
        authorization_codes,
        "wants_offline_access",
        lambda session: authorization_codes.OFFLINE_ACCESS in (session.scope or ""),
    )


@on_server("CODE-04")
def tokens_of_clients_with_ownership() -> None:
    """Tokens for clients tell what the user owns."""

    def issue(self: TokenIssuer, subject: str) -> str:
        return self._sign(subject, [subject], {}, omit_ownership=False)

    replace(TokenIssuer, "issue_without_ownership", issue)


def change_token_members(**changes: Any) -> None:
    """Say something else about tokens."""
    wrap(TokenEndpoint, "_token_members", lambda original, self, token: {**original(self, token), **changes})


@on_server("CODE-03")
def lifetime_of_a_day() -> None:
    """Tokens are said to live for a day."""
    change_token_members(expires_in=86400)


@on_server("CODE-01", "OFFLINE-01")
def token_type_of_another_kind() -> None:
    """The token type is one that has to be proven with a key."""
    change_token_members(token_type="DPoP")


@on_server("CODE-01")
def id_token_with_a_bad_signature() -> None:
    """The ID token does not verify."""

    def answer(original: Callable[..., Any], self: TokenEndpoint, asked: dict[str, Any], presented: Presented) -> Any:
        given = original(self, asked, presented)
        return {**given, "id_token": f"{given['id_token']}A"} if "id_token" in given else given

    wrap(TokenEndpoint, "answer", answer)


@on_server("OIDC-07")
def token_answers_may_be_kept() -> None:
    """Token responses are cacheable."""
    replace(responses, "uncached", lambda response: response)
