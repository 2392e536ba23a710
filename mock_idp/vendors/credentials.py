"""Which grant a request belongs to: faults strike for it, and the journal names it."""

from typing import TYPE_CHECKING

from mock_idp.oauth.model import Endpoint, Grant, TokenKind
from mock_idp.vendors.endpoints import bearer_value

if TYPE_CHECKING:
    from mock_idp.source import Exchange

TOKEN_ENDPOINTS = frozenset({Endpoint.TOKEN, Endpoint.REFRESH, Endpoint.EXCHANGE})
"""What the token endpoint is called, depending on what it is asked for."""


def find_grant(exchange: "Exchange") -> Grant | None:
    """The grant behind the credential that a request carries, whether or not it is still good."""
    found = (exchange.service.ledger.grant_of(kind, value) for kind, value in _credentials(exchange) if value)
    return next((grant for grant in found if grant), None)


def _credentials(exchange: "Exchange") -> list[tuple[TokenKind, str]]:
    """The texts in a request that may be a credential, and of which kind."""
    if exchange.endpoint in TOKEN_ENDPOINTS:
        known, form = exchange.vendor.grant_types, exchange.form
        named = known.get(form.get("grant_type", ""))
        # Without a grant type that is known, whatever is there belongs to the request. Who offers an access token
        # for another one is refused, and yet no stranger to the journal.
        values = [(entry.kind, form.get(entry.credential, "")) for entry in ([named] if named else known.values())]
        return [*values, *((TokenKind.ACCESS, value) for _, value in values)]
    if exchange.endpoint is Endpoint.REVOCATION:
        revoked = exchange.form.get("token") or exchange.query.get("token", "")
        # Where the token is no parameter, it is the one that the request is made with.
        return [(TokenKind.REFRESH, revoked), (TokenKind.ACCESS, revoked), (TokenKind.ACCESS, bearer_value(exchange))]
    if exchange.endpoint is Endpoint.AUTHORIZATION:
        return []
    return [(TokenKind.ACCESS, bearer_value(exchange))]
