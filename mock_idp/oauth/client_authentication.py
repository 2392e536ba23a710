"""How a client proves who it is at the token endpoint (RFC 6749 section 2.3, OIDC Core section 9)."""

import base64
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote_plus

from mock_idp.oauth.model import Client, Reason, Refusal

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 section 2.2
_DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


class ClientAuthentication(StrEnum):
    """One way to prove who a client is; a request uses exactly one (RFC 6749 section 2.3)."""

    BODY = "client_secret_post"
    BASIC = "client_secret_basic"
    BOTH = "client_secret_basic and client_secret_post"  # not a method of any standard, but a habit of some clients
    SECRET_JWT = "client_secret_jwt"  # noqa: S105 - the name of a method
    NONE = "none"


@dataclass(frozen=True, slots=True)
class AssertionRules:
    """What a client's assertion is held against (RFC 7523 section 3).

    Parameters:
        audiences: the names by which this server is known.
        now: seconds since the epoch.
        first_use: says whether an assertion's id comes for the first time, and remembers it.
    """

    audiences: Collection[str]
    now: float
    first_use: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Offer:
    method: ClientAuthentication
    client_id: str
    client_secret: str = ""
    assertion: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says about the client that sent it, not checked yet.

    Parameters:
        method: the method that it uses.
        offers: each place in the request with credentials; at least the lack of any.
    """

    method: ClientAuthentication
    offers: tuple[_Offer, ...]

    @property
    def client_id(self) -> str:
        """Who the request says it comes from, whether or not that is true; empty if it does not say."""
        return self.offers[0].client_id

    def without_empty_secret(self) -> "Credentials":
        """The same, but an Authorization header with an empty secret only says who asks."""
        offer = self.offers[0]
        if self.method is not ClientAuthentication.BASIC or offer.client_secret:
            return self
        return Credentials(ClientAuthentication.NONE, (_Offer(ClientAuthentication.NONE, offer.client_id),))


def read_credentials(
    headers: Mapping[str, str], form: Mapping[str, str], *, basic_is_form_encoded: bool = True
) -> Credentials:
    """Read who a token request says it comes from, and how it means to prove it.

    Parameters:
        headers: request headers with lower-case names.
        form: the form fields.
        basic_is_form_encoded: False if the Authorization header is taken as it is.

    Raises:
        Refusal: WRONG_CLIENT_AUTHENTICATION if there is more than one method, INVALID_CLIENT_ASSERTION.
    """
    offers = _offers(headers, form, basic_is_form_encoded=basic_is_form_encoded)
    if len(offers) == 1:
        return Credentials(offers[0].method, tuple(offers))
    methods = {offer.method for offer in offers}
    if methods != {ClientAuthentication.BASIC, ClientAuthentication.BODY}:
        detail = f"The request has {' and '.join(sorted(methods))}, but only one may be used (RFC 6749 section 2.3)."
        raise Refusal(Reason.WRONG_CLIENT_AUTHENTICATION, detail)
    return Credentials(ClientAuthentication.BOTH, tuple(offers))


def authenticate(
    client: Client | None,
    credentials: Credentials,
    accepted: Collection[ClientAuthentication],
    rules: AssertionRules | None = None,
) -> Client:
    """Check that a request comes from the client that it names.

    The client is identified first, because what is accepted may depend on it.

    Parameters:
        client: the registered client of that id, or None if there is none.
        credentials: what the request says.
        accepted: methods accepted from that client.
        rules: what an assertion is held against; None if there can be none.

    Raises:
        Refusal: WRONG_CLIENT_AUTHENTICATION, UNKNOWN_CLIENT, WRONG_SECRET or INVALID_CLIENT_ASSERTION.
    """
    if credentials.method not in accepted:
        is_missing = credentials.method is ClientAuthentication.NONE
        came = "no client credentials" if is_missing else credentials.method
        detail = f"Expected {' or '.join(sorted(accepted))}, the request has {came}."
        raise Refusal(Reason.WRONG_CLIENT_AUTHENTICATION, detail)
    if client is None:
        raise Refusal(Reason.UNKNOWN_CLIENT, f"No client {credentials.client_id!r} is registered.")
    for offer in credentials.offers:
        if offer.client_id != credentials.client_id:
            raise Refusal(Reason.WRONG_CLIENT_AUTHENTICATION, "Header and body name different clients.")
    for offer in credentials.offers:
        _verify(client, offer, rules)
    return client


def offered_client_id(headers: Mapping[str, str], form: Mapping[str, str]) -> str:
    """Read who a request says it comes from, even if it cannot be read otherwise; empty if it does not say.

    Parameters:
        headers: request headers with lower-case names.
        form: the form fields.
    """
    try:
        return _offers(headers, form, basic_is_form_encoded=True)[0].client_id
    except Refusal:
        return ""


def _verify(client: Client, offer: _Offer, rules: AssertionRules | None) -> None:
    if offer.method is ClientAuthentication.NONE:
        return
    if offer.method is ClientAuthentication.SECRET_JWT:
        _verify_assertion(client, offer.assertion, rules)
    elif not hmac.compare_digest(client.client_secret.encode(), offer.client_secret.encode("utf-8", "replace")):
        raise Refusal(Reason.WRONG_SECRET, f"The secret of client {offer.client_id} is a different one.")


# --- what a request offers ------------------------------------------------------------------------


def _offers(headers: Mapping[str, str], form: Mapping[str, str], *, basic_is_form_encoded: bool) -> list[_Offer]:
    """Everything in a request that could be an authentication; at least the lack of one."""
    header = _from_header(headers, unquote_plus if basic_is_form_encoded else str)
    found = [offer for offer in (header, _from_form(form), _from_assertion(form)) if offer]
    return found or [_Offer(ClientAuthentication.NONE, form.get("client_id", ""))]


def _from_form(form: Mapping[str, str]) -> _Offer | None:
    if "client_secret" not in form:
        return None
    return _Offer(ClientAuthentication.BODY, form.get("client_id", ""), form["client_secret"])


def _from_header(headers: Mapping[str, str], decoded: Callable[[str], str]) -> _Offer | None:
    """Read ``Authorization: Basic``; the parts are form-encoded by RFC 6749 section 2.3.1, which not all obey.

    One client library writes ``Basic:`` with a colon, which the service it is for tolerates; no other scheme
    looks like that, so it is read everywhere.
    """
    scheme, _, encoded = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower().rstrip(":") != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:  # no base64, or no UTF-8 in it
        return _Offer(ClientAuthentication.BASIC, "")
    client_id, _, secret = text.partition(":")
    return _Offer(ClientAuthentication.BASIC, decoded(client_id), decoded(secret))


def _from_assertion(form: Mapping[str, str]) -> _Offer | None:
    assertion = form.get("client_assertion")
    if assertion is None:
        return None
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise Refusal(Reason.INVALID_CLIENT_ASSERTION, f"client_assertion_type is not {ASSERTION_TYPE}.")
    issuer = _decoded(assertion, 1).get("iss")
    return _Offer(ClientAuthentication.SECRET_JWT, issuer if isinstance(issuer, str) else "", assertion=assertion)


# --- client_secret_jwt ----------------------------------------------------------------------------


def _verify_assertion(client: Client, assertion: str, rules: AssertionRules | None) -> None:
    """Check an assertion that is signed with the client's secret (RFC 7523 section 3, OIDC Core section 9)."""
    digest = _DIGESTS.get(str(_decoded(assertion, 0).get("alg")))
    if rules is None or digest is None:
        raise _bad_assertion(f"its algorithm is none of {', '.join(_DIGESTS)}")
    signed, _, signature = assertion.rpartition(".")
    expected = hmac.new(client.client_secret.encode(), signed.encode("utf-8", "replace"), digest).digest()
    if not hmac.compare_digest(expected, _bytes(signature)):
        raise Refusal(Reason.WRONG_SECRET, f"The assertion of client {client.client_id} is signed with another secret.")
    _check_claims(client, _decoded(assertion, 1), rules)


def _check_claims(client: Client, claims: Mapping[str, Any], rules: AssertionRules) -> None:
    if claims.get("sub") != client.client_id:
        raise _bad_assertion("sub is not the client id")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(name in rules.audiences for name in named):
        raise _bad_assertion(f"aud is {audience!r:.200}, expected {' or '.join(sorted(rules.audiences))}")
    expires_at = claims.get("exp")
    if not isinstance(expires_at, int | float) or rules.now >= expires_at:
        raise _bad_assertion("exp is missing or past")
    token_id = claims.get("jti")
    # OIDC Core section 9: an id must be there, and may come once only.
    if not isinstance(token_id, str) or not rules.first_use(f"{client.client_id} {token_id}"):
        raise _bad_assertion("jti is missing or was used before")


def _bad_assertion(why: str) -> Refusal:
    return Refusal(Reason.INVALID_CLIENT_ASSERTION, f"The client's assertion is not good: {why}.")


def _decoded(assertion: str, index: int) -> dict[str, Any]:
    """One of the two JSON parts of an assertion; empty if it is none."""
    parts = assertion.split(".")
    if len(parts) != 3:
        return {}
    try:
        data = json.loads(_bytes(parts[index]))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _bytes(segment: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        return b""
