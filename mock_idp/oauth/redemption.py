"""Exchanging a code for a grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""

import hmac
from collections.abc import Mapping

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from mock_idp.oauth.ledger import Ledger
from mock_idp.oauth.model import Client, Grant, IssuedToken, Reason, Refusal, TokenKind


def redeem(ledger: Ledger, client: Client, form: Mapping[str, str], now: float, *, pkce_checked: bool) -> Grant:
    """Check a code and use it up.

    A request that is refused for another reason than a replay leaves the code usable: only a success
    spends it.

    Parameters:
        ledger: where codes are remembered.
        client: the authenticated client.
        form: the token request.
        now: seconds since the epoch.
        pkce_checked: whether this vendor looks at code challenges.

    Raises:
        Refusal: with the first thing that is wrong. A replay also revokes the grant, and with it the tokens
            issued before (RFC 6749 section 4.1.2).
    """
    code = ledger.token(TokenKind.CODE, form.get("code", ""))
    grant = ledger.grant(code.grant_id) if code else None
    if code is None or grant is None:
        raise Refusal(Reason.UNKNOWN_CODE, "This code was never issued.")
    if grant.request.client.client_id != client.client_id:
        detail = f"The code was issued to {grant.request.client.client_id}, not to {client.client_id}."
        raise Refusal(Reason.CODE_OF_ANOTHER_CLIENT, detail, grant.grant_id)
    if code.spent:
        raise _replayed(ledger, grant)
    if code.expires_at is not None and now >= code.expires_at:
        detail = f"The code expired {now - code.expires_at:.0f} s ago."
        raise Refusal(Reason.EXPIRED_CODE, detail, grant.grant_id)
    _check_redirect_uri(grant, form)
    if pkce_checked:
        _check_verifier(grant, form)
    _spend(ledger, code, grant)
    return grant


def _spend(ledger: Ledger, code: IssuedToken, grant: Grant) -> None:
    if not ledger.spend(code):
        raise _replayed(ledger, grant)
    if grant.revoked:
        raise Refusal(Reason.UNKNOWN_CODE, "The grant of this code was revoked.", grant.grant_id)


def _replayed(ledger: Ledger, grant: Grant) -> Refusal:
    ledger.revoke_grant(grant.grant_id)
    detail = "The code was used before; the tokens issued for it are revoked now."
    return Refusal(Reason.REPLAYED_CODE, detail, grant.grant_id)


def _check_redirect_uri(grant: Grant, form: Mapping[str, str]) -> None:
    came = form.get("redirect_uri", "")
    if came != grant.request.redirect_uri:
        detail = f"The authorization request had {grant.request.redirect_uri!r}, this one has {came!r}."
        raise Refusal(Reason.REDIRECT_URI_MISMATCH, detail, grant.grant_id)


def _check_verifier(grant: Grant, form: Mapping[str, str]) -> None:
    challenge = grant.request.parameters.get("code_challenge", "")
    verifier = form.get("code_verifier", "")
    if not challenge:
        if verifier:
            # RFC 9700 section 2.1.1: this is how a downgrade of PKCE is noticed.
            detail = "There is a code_verifier, but the authorization request had no code_challenge."
            raise Refusal(Reason.WRONG_VERIFIER, detail, grant.grant_id)
        return
    if not verifier:
        raise Refusal(Reason.MISSING_VERIFIER, "The parameter code_verifier is missing.", grant.grant_id)
    plain = grant.request.parameters.get("code_challenge_method", "plain") == "plain"
    expected = verifier if plain else create_s256_code_challenge(verifier)
    if not hmac.compare_digest(expected.encode(), challenge.encode()):
        raise Refusal(Reason.WRONG_VERIFIER, "code_verifier does not fit code_challenge.", grant.grant_id)
