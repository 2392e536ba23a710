"""Makes a registered client of what its owner says, as far as the vendor's clients can be so."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Client
from mock_idp.oauth.policy import Policy
from mock_idp.setup.members import MemberError
from mock_idp.setup.model import ClientSetup
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.oauth_vendor import OAuthVendor

_ANY = "any"
_WEB_URI = re.compile(r"https?://[^\s#]+")
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[^\s#]*")
"""A native app's own scheme, which has a dot because it is a domain name turned round (RFC 8252 section 7.1)."""
_ORIGIN = re.compile(r"https?://[^\s#/?@]+")


def make_client(setup: ClientSetup) -> Client:
    """Make a client as it is registered at its service.

    Parameters:
        setup: what its owner says; the vendor exists.

    Raises:
        MemberError: a member has a value that the vendor's clients cannot have.
    """
    vendor = vendors()[setup.vendor]
    _check_uris("redirect_uris", setup.redirect_uris)
    _check_uris("logout_uris", setup.logout_uris)
    if not setup.redirect_uris:
        raise MemberError("redirect_uris must name at least one redirect URI.", ("redirect_uris",))
    for number, origin in enumerate(setup.origins):
        if not _ORIGIN.fullmatch(origin):
            raise MemberError(f"{origin!r:.200} is no origin, such as http://localhost:3000.", ("origins", number))
    service = setup.service or vendor.id
    client = vendor.make_client(service, setup.provider or vendor.id, setup.environment, setup.redirect_uris)
    is_public, method = _authentication(vendor, client, setup)
    client_id = setup.id or client.client_id
    derived = f"secret-of-{client_id}-never-shown" if client_id != client.client_id else client.client_secret
    if is_public and setup.secret is not None:
        raise MemberError("A public client has no client_secret.", ("client_secret",))
    return replace(
        client,
        client_id=client_id,
        client_secret="" if is_public else derived if setup.secret is None else setup.secret,
        is_public=is_public,
        authentication_method=method,
        scopes=setup.scopes,
        logout_uris=frozenset(setup.logout_uris),
        origins=frozenset(setup.origins),
    )


def _authentication(vendor: Vendor, client: Client, setup: ClientSetup) -> tuple[bool, str]:
    """Whether a client is public, and the one method that it is registered for, or empty for any of the vendor's."""
    policy = vendor.policy if isinstance(vendor, OAuthVendor) else Policy(client_authentication=frozenset())
    known = policy.client_authentication | policy.registered_authentication
    usual = client.authentication_method
    is_public = client.is_public if setup.is_public is None else setup.is_public
    method = setup.authentication_method or (str(ClientAuthentication.NONE) if is_public else usual or _ANY)
    if is_public or method == ClientAuthentication.NONE:
        if ClientAuthentication.NONE not in known:
            raise MemberError(f"{vendor.title} has no public clients.", ("public",))
        return True, str(ClientAuthentication.NONE)
    if method not in (_ANY, usual, *known):
        there = ", ".join(sorted(known))
        raise MemberError(
            f"token_endpoint_auth_method must be one of {there}, not {method!r:.80}.", ("token_endpoint_auth_method",)
        )
    return False, usual if method == _ANY else method


def _check_uris(name: str, uris: tuple[str, ...]) -> None:
    for number, uri in enumerate(uris):
        if not (_WEB_URI.fullmatch(uri) or _OWN_SCHEME.fullmatch(uri)) or not uri.isascii() or not _has_parts(uri):
            sentence = f"{uri!r:.200} is no absolute http or https URI without fragment."
            raise MemberError(sentence, (name, number))


def _has_parts(uri: str) -> bool:
    """Whether a URI can be taken apart; brackets that hold no address make that impossible."""
    try:
        _ = urlsplit(uri).port
    except ValueError:
        return False
    return True
