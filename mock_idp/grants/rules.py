"""What a code, a refresh token, an access token and a revocation must fulfil, checked against the store of grants.

Redeeming a code is RFC 6749 section 4.1.3 with RFC 7636 section 4.6, refreshing is RFC 6749 section 6, bearers are
RFC 6750, revocation is RFC 7009.
"""

import hmac
from collections.abc import Collection, Mapping

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from mock_idp.grants.store import GrantStore
from mock_idp.oauth.model import Client, Grant, IssuedToken, Reason, Refusal, TokenKind, split_scopes


def redeem(
    store: GrantStore,
    client: Client,
    form: Mapping[str, str],
    now: float,
    *,
    pkce_checked: bool,
    needs_redirect_uri: bool = True,
) -> Grant:
    """Check a code and use it up.

    A request that is refused for another reason than a replay leaves the code usable: only a success
    spends it.

    Parameters:
        store: where codes are remembered.
        client: the authenticated client.
        form: the token request.
        now: seconds since the epoch.
        pkce_checked: whether this vendor looks at code challenges.
        needs_redirect_uri: whether the redirect URI of the authorization request must come again.

    Raises:
        Refusal: with the first thing that is wrong. A replay also revokes the grant, and with it the tokens
            issued before (RFC 6749 section 4.1.2).
    """
    issued = store.issued(TokenKind.CODE, form.get("code", ""))
    if issued is None:
        raise Refusal(Reason.UNKNOWN_CODE, "This code was never issued.")
    code, grant = issued
    if grant.request.client.client_id != client.client_id:
        detail = f"The code was issued to {grant.request.client.client_id}, not to {client.client_id}."
        raise Refusal(Reason.CODE_OF_ANOTHER_CLIENT, detail, grant.grant_id)
    if code.spent:
        raise _replayed(store, grant)
    if code.expires_at is not None and now >= code.expires_at:
        detail = f"The code expired {now - code.expires_at:.0f} s ago."
        raise Refusal(Reason.EXPIRED_CODE, detail, grant.grant_id)
    _check_redirect_uri(grant, form, needs_redirect_uri=needs_redirect_uri)
    if pkce_checked:
        _check_verifier(grant, form)
    if not store.spend(code):
        raise _replayed(store, grant)
    if grant.revoked:
        raise Refusal(Reason.UNKNOWN_CODE, "The grant of this code was revoked.", grant.grant_id)
    return grant


def _replayed(store: GrantStore, grant: Grant) -> Refusal:
    store.revoke_grant(grant.grant_id)
    detail = "The code was used before; the tokens issued for it are revoked now."
    return Refusal(Reason.REPLAYED_CODE, detail, grant.grant_id)


def _check_redirect_uri(grant: Grant, form: Mapping[str, str], *, needs_redirect_uri: bool) -> None:
    came = form.get("redirect_uri", "")
    # RFC 6749 section 4.1.3: required if the authorization request had one.
    may_be_missing = not needs_redirect_uri or "redirect_uri" not in grant.request.parameters
    if not came and may_be_missing:
        return
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


# --- refresh tokens -------------------------------------------------------------------------------


def check_refresh(store: GrantStore, client: Client, form: Mapping[str, str], now: float) -> tuple[IssuedToken, Grant]:
    """Find the refresh token of a request and check that it is good.

    Parameters:
        store: where tokens are remembered.
        client: the authenticated client.
        form: the token request.
        now: seconds since the epoch.

    Raises:
        Refusal: UNKNOWN_, REVOKED_ or EXPIRED_REFRESH_TOKEN. A token of another client is unknown to this one.
    """
    issued = store.issued(TokenKind.REFRESH, form.get("refresh_token", ""))
    if issued is None:
        raise Refusal(Reason.UNKNOWN_REFRESH_TOKEN, "This refresh token was never issued.")
    token, grant = issued
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


def replace_refresh_token(store: GrantStore, token: IssuedToken) -> None:
    """Use up a refresh token that a newer one replaces.

    Raises:
        Refusal: REVOKED_REFRESH_TOKEN if another request at the same time was faster.
    """
    if not store.spend(token):
        detail = "The refresh token was replaced by a request at the same time."
        raise Refusal(Reason.REVOKED_REFRESH_TOKEN, detail, token.grant_id)


# --- access tokens and revocation -----------------------------------------------------------------


def check_access(store: GrantStore, value: str, now: float, scopes: Collection[str] = ()) -> tuple[IssuedToken, Grant]:
    """Find an access token and check that it is good (RFC 6750 section 3.1).

    Parameters:
        store: where tokens are remembered.
        value: its text.
        now: seconds since the epoch.
        scopes: scopes of which the token must have at least one, if any are named.

    Raises:
        Refusal: UNKNOWN_, REVOKED_ or EXPIRED_BEARER, or INSUFFICIENT_SCOPE.
    """
    issued = store.issued(TokenKind.ACCESS, value)
    if issued is None:
        raise Refusal(Reason.UNKNOWN_BEARER, "This access token was never issued.")
    token, grant = issued
    if grant.revoked or token.spent:
        raise Refusal(Reason.REVOKED_BEARER, "The access token was revoked.", grant.grant_id)
    if token.expires_at is not None and now >= token.expires_at:
        raise Refusal(Reason.EXPIRED_BEARER, "The access token is expired.", grant.grant_id)
    if scopes and not set(scopes) & set(token.scopes):
        detail = f"The token has {' '.join(token.scopes) or 'no scopes'}, needed is {' or '.join(scopes)}."
        raise Refusal(Reason.INSUFFICIENT_SCOPE, detail, grant.grant_id)
    return token, grant


def active_token(store: GrantStore, client: Client, value: str, now: float) -> tuple[IssuedToken, Grant] | None:
    """Find a token that is good, if it is the client's own (RFC 7662 section 2.2).

    Parameters:
        store: where tokens are remembered.
        client: who asks.
        value: the token's text.
        now: seconds since the epoch.
    """
    for kind in (TokenKind.ACCESS, TokenKind.REFRESH):
        issued = store.issued(kind, value)
        if issued is None:
            continue
        token, grant = issued
        is_over = token.spent or grant.revoked or (token.expires_at is not None and now >= token.expires_at)
        is_own = grant.request.client.client_id == client.client_id
        return None if is_over or not is_own else (token, grant)
    return None


def revoke(store: GrantStore, value: str, now: float) -> str:
    """Revoke an access or refresh token and the grant it descends from (RFC 7009 section 2.1).

    Returns:
        The id of the grant that was revoked.

    Raises:
        Refusal: UNKNOWN_TOKEN if there is no such token, or it is not good any more.
    """
    for kind in (TokenKind.REFRESH, TokenKind.ACCESS):
        issued = store.issued(kind, value)
        if issued is None:
            continue
        token, grant = issued
        if token.spent or grant.revoked or (token.expires_at is not None and now >= token.expires_at):
            raise Refusal(Reason.UNKNOWN_TOKEN, "The token expired or was revoked before.", grant.grant_id)
        store.revoke_grant(grant.grant_id)
        return grant.grant_id
    raise Refusal(Reason.UNKNOWN_TOKEN, "This token was never issued.")
