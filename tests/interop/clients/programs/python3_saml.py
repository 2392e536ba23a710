"""python3-saml by its README: https://github.com/SAML-Toolkits/python3-saml."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in at an identity provider that is told by its metadata."""
    idp = OneLogin_Saml2_IdPMetadataParser.parse_remote(f"{settings['issuer']}/metadata")
    service_provider = {
        "entityId": settings["id"],
        "assertionConsumerService": {"url": settings["redirectUri"]},
        "NameIDFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    }
    saml = {**idp, "strict": True, "sp": service_provider}
    address = urlsplit(settings["redirectUri"])
    request = {"https": "off", "http_host": address.netloc, "script_name": address.path, "get_data": {}}
    asking = OneLogin_Saml2_Auth(request | {"post_data": {}}, saml)
    form = json.loads(visit(asking.login()))
    auth = OneLogin_Saml2_Auth(request | {"post_data": form}, saml)
    auth.process_response(request_id=asking.get_last_request_id())
    if auth.get_errors():
        raise RuntimeError(f"{auth.get_errors()} {auth.get_last_error_reason()}")
    return {"accessToken": auth.get_nameid(), "profile": {"name_id": auth.get_nameid(), **auth.get_attributes()}}
