"""The refresh grant (RFC 6749 section 6) and revocation (RFC 7009)."""

from collections.abc import Mapping

from mock_idp.oauth.ledger import Ledger
from mock_idp.oauth.model import Client, Grant, IssuedToken, Reason, Refusal, TokenKind, split_scopes


def check_refresh(ledger: Ledger, client: Client, form: Mapping[str, str], now: float) -> tuple[IssuedToken, Grant]:
    """Find the refresh token of a request and check that it is good.

    Parameters:
        ledger: where tokens are remembered.
        client: the authenticated client.
        form: the token request.
        now: seconds since the epoch.

    Raises:
        Refusal: UNKNOWN_, REVOKED_ or EXPIRED_REFRESH_TOKEN. A token of another client is unknown to this one.
    """
    token = ledger.token(TokenKind.REFRESH, form.get("refresh_token", ""))
    grant = ledger.grant(token.grant_id) if token else None
    if token is None or grant is None:
        raise Refusal(Reason.UNKNOWN_REFRESH_TOKEN, "This refresh token was never issued.")
    if grant.request.client.client_id != client.client_id:
        detail = f"The refresh token was issued to {grant.request.client.client_id}."
        raise Refusal(Reason.UNKNOWN_REFRESH_TOKEN, detail, grant.grant_id)
    if token.spent or grant.revoked:
        how = "revoked" if grant.revoked else "replaced by a newer one or revoked"
        detail = f"The refresh token was {how}."
        raise Refusal(Reason.REVOKED_REFRESH_TOKEN, detail, grant.grant_id)
    if token.expires_at is not None and now >= token.expires_at:
        detail = f"The refresh token expired {now - token.expires_at:.0f} s ago."
        raise Refusal(Reason.EXPIRED_REFRESH_TOKEN, detail, grant.grant_id)
    return token, grant


def narrowed_scopes(grant: Grant, requested: str, separators: str) -> tuple[str, ...]:
    """Say which scopes a refreshed access token has.

    Parameters:
        grant: the grant that is refreshed.
        requested: the ``scope`` parameter; empty means all that was granted.
        separators: characters that separate scopes.

    Raises:
        Refusal: INVALID_SCOPE if more is asked for than was granted (RFC 6749 section 6).
    """
    scopes = split_scopes(requested, separators)
    beyond = [scope for scope in scopes if scope not in grant.scopes]
    if beyond:
        raise Refusal(Reason.INVALID_SCOPE, f"Never granted: {' '.join(beyond)}.", grant.grant_id)
    return scopes or grant.scopes


def replace_refresh_token(ledger: Ledger, token: IssuedToken) -> None:
    """Use up a refresh token that a newer one replaces.

    Raises:
        Refusal: REVOKED_REFRESH_TOKEN if another request at the same time was faster.
    """
    if not ledger.spend(token):
        detail = "The refresh token was replaced by a request at the same time."
        raise Refusal(Reason.REVOKED_REFRESH_TOKEN, detail, token.grant_id)


def revoke(ledger: Ledger, value: str, now: float) -> str:
    """Revoke an access or refresh token and the grant it descends from (RFC 7009 section 2.1).

    Returns:
        The id of the grant that was revoked.

    Raises:
        Refusal: UNKNOWN_TOKEN if there is no such token, or it is not good any more.
    """
    for kind in (TokenKind.REFRESH, TokenKind.ACCESS):
        token = ledger.token(kind, value)
        grant = ledger.grant(token.grant_id) if token else None
        if token is None or grant is None:
            continue
        if token.spent or grant.revoked or (token.expires_at is not None and now >= token.expires_at):
            raise Refusal(Reason.UNKNOWN_TOKEN, "The token expired or was revoked before.", grant.grant_id)
        ledger.revoke_grant(grant.grant_id)
        return grant.grant_id
    raise Refusal(Reason.UNKNOWN_TOKEN, "This token was never issued.")
