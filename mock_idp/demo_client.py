"""The mock's own client, with which people try a sign-in: what it is registered as, and what it sends.

It believes what it is told and checks nothing but the state: what a good client checks is for others to show.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlencode

from mock_idp.emulation import Service
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Client, Endpoint
from mock_idp.oauth.policy import Pkce
from mock_idp.saml import authn_request
from mock_idp.setup.clients import make_client
from mock_idp.setup.model import ClientSetup
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.oauth_vendor import FORM_TYPE, OAuthVendor

CONFIDENTIAL, PUBLIC = "confidential", "public"
CLIENT_IDS: Final[Mapping[str, str]] = {CONFIDENTIAL: "try-it", PUBLIC: "try-it-public"}
"""Kind of client -> its client id, the same at every vendor."""

_PREFERRED = (ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.BOTH)
_VERIFIER_LENGTH = 64
_STATE_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Trial:
    """A sign-in that a person tries.

    Parameters:
        state: names it; the browser brings it back.
        vendor: id of the vendor.
        client: the client that was registered for it.
        redirect_uri: where the browser comes back to.
        verifier: of the code challenge (RFC 7636), or empty.
        url: where the browser goes first, below the vendor's service.
    """

    state: str
    vendor: str
    client: Client
    redirect_uri: str
    verifier: str
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the client sends.

    Parameters:
        endpoint: what it asks for.
        method: HTTP method.
        path: below the vendor's service.
        headers: header fields.
        form: fields of the body.
    """

    endpoint: Endpoint
    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)


def kinds(vendor: Vendor) -> tuple[str, ...]:
    """Which kinds of client a vendor has, the usual one first."""
    if not isinstance(vendor, OAuthVendor):
        return (CONFIDENTIAL,)
    methods = vendor.policy.client_authentication
    confidential = (CONFIDENTIAL,) if methods - {ClientAuthentication.NONE} else ()
    return (*confidential, *((PUBLIC,) if vendor.policy.has_public_clients else ()))


def begin(
    service: Service, kind: str, scope: str, base_url: str, redirect_uri: str, random: Callable[[int], str]
) -> Trial:
    """Register the client at a service, and say where the browser goes.

    Parameters:
        service: the service of the vendor.
        kind: one of :func:`kinds`.
        scope: scopes to ask for, separated as the vendor has it.
        base_url: of the service, as the browser sees it.
        redirect_uri: where the browser comes back to.
        random: makes a text of so many characters.
    """
    vendor = service.emulation
    assert isinstance(vendor, Vendor)  # noqa: S101 - others have nothing to try
    setup = ClientSetup(vendor.id, CLIENT_IDS[kind], (redirect_uri,), is_public=kind == PUBLIC, service=service.id)
    client = make_client(setup)
    service.clients.put(client)
    state = random(_STATE_LENGTH)
    address = vendor.usual_paths()[Endpoint.AUTHORIZATION]
    if not isinstance(vendor, OAuthVendor):
        xml = authn_request.write(f"_{random(_STATE_LENGTH)}", client.client_id, redirect_uri, base_url + address)
        query = {"SAMLRequest": xml, "RelayState": state}
        return Trial(state, vendor.id, client, redirect_uri, "", f"{address}?{urlencode(query)}")
    query = {
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "state": state,
        **({"scope": scope} if scope else {}),
        **({"nonce": random(_STATE_LENGTH)} if "openid" in scope.split() else {}),
    }
    verifier = ""
    policy = vendor.effective_policy(service, client)
    if policy.pkce is not Pkce.IGNORED:
        verifier = random(_VERIFIER_LENGTH)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return Trial(state, vendor.id, client, redirect_uri, verifier, f"{address}?{urlencode(query)}")


def token_request(vendor: OAuthVendor, trial: Trial, code: str) -> Asked:
    """The request that exchanges a code (RFC 6749 section 4.1.3)."""
    client = trial.client
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": trial.redirect_uri}
    if trial.verifier:
        form["code_verifier"] = trial.verifier
    headers = {"Accept": "application/json", "Content-Type": FORM_TYPE}
    policy = vendor.policy_for(client).towards(client)
    accepted = policy.accepted_authentication("authorization_code")
    method = next((one for one in _PREFERRED if one in accepted), ClientAuthentication.NONE)
    if method in (ClientAuthentication.BODY, ClientAuthentication.BOTH):
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
    if method in (ClientAuthentication.BASIC, ClientAuthentication.BOTH):
        encode = quote_plus if policy.basic_is_form_encoded else str
        pair = f"{encode(client.client_id)}:{encode(client.client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
    if method is ClientAuthentication.NONE:
        form["client_id"] = client.client_id
    return Asked(Endpoint.TOKEN, "POST", vendor.usual_paths()[Endpoint.TOKEN], headers, form)


def profile_request(vendor: Vendor, token_answer: bytes) -> Asked | None:
    """The request for the profile, or None if there is no access token or no such address.

    Parameters:
        vendor: the vendor.
        token_answer: body of the token answer, as JSON or as a form.
    """
    token = _members(token_answer).get("access_token")
    path = vendor.usual_paths().get(Endpoint.PROFILE)
    if not isinstance(token, str) or path is None or not token.isascii() or not token.isprintable():
        return None
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    return Asked(Endpoint.PROFILE, "GET", path, headers)


def _members(body: bytes) -> Mapping[str, Any]:
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            return dict(parse_qsl(text))
        except ValueError:
            return {}
    return found if isinstance(found, dict) else {}
