"""How a client proves who it is at the token endpoint (RFC 6749 section 2.3.1)."""

import base64
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_plus

from mock_idp.oauth.model import Client, Reason, Refusal


class ClientAuthentication(StrEnum):
    """Where a client may put its credentials."""

    BODY = "client_secret_post"
    BASIC = "client_secret_basic"


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_id: str
    client_secret: str
    place: ClientAuthentication


def authenticate(
    clients: Mapping[str, Client],
    accepted: Collection[ClientAuthentication],
    headers: Mapping[str, str],
    form: Mapping[str, str],
) -> Client:
    """Find the client that sent a token request and check its secret.

    Credentials in both places are accepted if they agree and one of the places is accepted: some of the clients
    in Backstage send both.

    Parameters:
        clients: the registered clients by client id.
        accepted: places this vendor accepts.
        headers: request headers with lower-case names.
        form: the form fields.

    Raises:
        Refusal: UNKNOWN_CLIENT, WRONG_SECRET or WRONG_CLIENT_AUTHENTICATION.
    """
    offers = [offer for offer in (_from_header(headers), _from_form(form)) if offer]
    if not any(offer.place in accepted for offer in offers):
        places = " or ".join(sorted(accepted))
        came = " and ".join(offer.place for offer in offers) or "no client credentials"
        detail = f"Expected {places}, the request has {came}."
        raise Refusal(Reason.WRONG_CLIENT_AUTHENTICATION, detail)
    found = {_verified(clients, offer).client_id for offer in offers}
    if len(found) > 1:
        raise Refusal(Reason.WRONG_CLIENT_AUTHENTICATION, "Header and body name different clients.")
    return clients[found.pop()]


def _verified(clients: Mapping[str, Client], offer: _Credentials) -> Client:
    client = clients.get(offer.client_id)
    if client is None:
        raise Refusal(Reason.UNKNOWN_CLIENT, f"No client {offer.client_id!r} is registered.")
    if not hmac.compare_digest(client.client_secret.encode(), offer.client_secret.encode()):
        raise Refusal(Reason.WRONG_SECRET, f"The secret of client {offer.client_id} is a different one.")
    return client


def _from_form(form: Mapping[str, str]) -> _Credentials | None:
    if "client_secret" not in form:
        return None
    return _Credentials(form.get("client_id", ""), form["client_secret"], ClientAuthentication.BODY)


def _from_header(headers: Mapping[str, str]) -> _Credentials | None:
    """Read ``Authorization: Basic``; the parts are form-encoded (RFC 6749 section 2.3.1).

    One client library writes ``Basic:`` with a colon, which the service it is for tolerates; no other scheme
    looks like that, so it is read everywhere.
    """
    scheme, _, encoded = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower().rstrip(":") != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:  # no base64, or no UTF-8 in it
        return _Credentials("", "", ClientAuthentication.BASIC)
    client_id, _, secret = text.partition(":")
    return _Credentials(unquote_plus(client_id), unquote_plus(secret), ClientAuthentication.BASIC)
