"""Registering clients of one's own: what an application's developer would do on the vendor's site."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from mock_idp.control.members import ControlError, read_text, read_texts
from mock_idp.emulation import Service
from mock_idp.idp import Idp
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Client
from mock_idp.oauth.policy import Policy
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.oauth_vendor import OAuthVendor

OWN_ENVIRONMENT = "own"
"""The environment of a client that belongs to no Backstage provider."""
REGISTRATION_MEMBERS = frozenset(
    {
        "vendor",
        "service",
        "provider",
        "env",
        "client_id",
        "client_secret",
        "public",
        "token_endpoint_auth_method",
        "redirect_uris",
        "logout_uris",
        "origins",
        "scopes",
    }
)
_ANY = "any"
_VISIBLE = re.compile(r"[!-~]([ -~]{0,498}[!-~])?")  # RFC 6749 appendix A.1 and A.2
_WEB_URI = re.compile(r"https?://[^\s#]+")
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[^\s#]*")
"""A native app's own scheme, which has a dot because it is a domain name turned round (RFC 8252 section 7.1)."""
_ORIGIN = re.compile(r"https?://[^\s#/?@]+")


def register_client(idp: Idp, data: Mapping[str, Any]) -> Client:
    """Register a client as the control API was told to.

    Parameters:
        idp: the mock.
        data: members of :data:`REGISTRATION_MEMBERS`; ``vendor`` and ``redirect_uris`` must be there.

    Raises:
        ControlError: a member is missing, or has a value that the vendor's clients cannot have.
    """
    vendor_id = read_text(data, "vendor")
    service = idp.services.by_id.get(read_text(data, "service", vendor_id))
    vendor = idp.vendors.get(vendor_id)
    if service is None or vendor is None or service.emulation.id != vendor.id:
        there = ", ".join(idp.services.by_id)
        raise ControlError(f"There is no such service of the vendor {vendor_id!r}; services are {there}.")
    client = _registered(vendor, service, data)
    return service.clients.register(client)


def remove_client(idp: Idp, client_id: str) -> None:
    """Remove a client of one's own wherever it is registered.

    Raises:
        ControlError: there is none of this id, or the app-config tells it to a backend.
    """
    if any(client.client_id == client_id for setup in idp.setups for client in setup.clients):
        raise ControlError(f"The client {client_id!r:.80} was there from the start and stays.")
    removed = [service for service in idp.services.by_id.values() if service.clients.remove(client_id)]
    if not removed:
        raise ControlError(f"There is no client {client_id!r:.80}.", 404)


def _registered(vendor: Vendor, service: Service, data: Mapping[str, Any]) -> Client:
    redirect_uris = _uris(data, "redirect_uris")
    if not redirect_uris:
        raise ControlError("redirect_uris must name at least one redirect URI.")
    provider, environment = read_text(data, "provider", vendor.id), read_text(data, "env", OWN_ENVIRONMENT)
    client = vendor.make_client(service.id, provider, environment, redirect_uris)
    is_public, method = _authentication(vendor, client, data)
    client_id = _credential(data, "client_id", client.client_id)
    secret = f"secret-of-{client_id}-never-shown" if client_id != client.client_id else client.client_secret
    if is_public and "client_secret" in data:
        raise ControlError("A public client has no client_secret.")
    return replace(
        client,
        client_id=client_id,
        client_secret="" if is_public else _credential(data, "client_secret", secret),
        is_public=is_public,
        authentication_method=method,
        scopes=read_texts(data, "scopes"),
        logout_uris=frozenset(_uris(data, "logout_uris")),
        origins=frozenset(_origins(data)),
    )


def _authentication(vendor: Vendor, client: Client, data: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a client is public, and the one method that it is registered for, or empty for any of the vendor's."""
    policy = vendor.policy if isinstance(vendor, OAuthVendor) else Policy(client_authentication=frozenset())
    known = policy.client_authentication | policy.registered_authentication
    usual = client.authentication_method
    is_public = data.get("public", client.is_public)
    if not isinstance(is_public, bool):
        raise ControlError("public must be true or false.")
    method = read_text(
        data, "token_endpoint_auth_method", str(ClientAuthentication.NONE) if is_public else usual or _ANY
    )
    if is_public or method == ClientAuthentication.NONE:
        if ClientAuthentication.NONE not in known:
            raise ControlError(f"{vendor.title} has no public clients.")
        return True, str(ClientAuthentication.NONE)
    if method not in (_ANY, usual, *known):
        raise ControlError(f"token_endpoint_auth_method must be one of {', '.join(sorted(known))}.")
    return False, usual if method == _ANY else method


def _credential(data: Mapping[str, Any], name: str, default: str) -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise ControlError(f"{name} must be a text of visible ASCII characters, not {value!r:.80}.")
    return value


def _uris(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    uris = read_texts(data, name)
    for uri in uris:
        if not (_WEB_URI.fullmatch(uri) or _OWN_SCHEME.fullmatch(uri)) or not uri.isascii() or not _has_parts(uri):
            raise ControlError(f"{uri!r:.200} is no absolute http or https URI without fragment.")
    return uris


def _has_parts(uri: str) -> bool:
    """Whether a URI can be taken apart; brackets that hold no address make that impossible."""
    try:
        _ = urlsplit(uri).port
    except ValueError:
        return False
    return True


def _origins(data: Mapping[str, Any]) -> tuple[str, ...]:
    origins = read_texts(data, "origins")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ControlError(f"{origin!r:.200} is no origin, such as http://localhost:3000.")
    return origins
