"""Reads what a SAML provider sends to the identity provider (SAML core section 3.4, bindings section 3.4)."""

import base64
import binascii
import zlib
from datetime import datetime
from typing import Any, Final

from lxml import etree

_PROTOCOL: Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_ASSERTION: Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_MOST_BYTES: Final = 100_000


def observe_request(text: str, now: float) -> dict[str, Any]:
    """What the parameter ``SAMLRequest`` says.

    Parameters:
        text: its value: deflated, in base64.
        now: seconds since the epoch.
    """
    try:
        xml = zlib.decompressobj(-zlib.MAX_WBITS).decompress(base64.b64decode(text, validate=True), _MOST_BYTES)
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except (binascii.Error, zlib.error, etree.XMLSyntaxError) as error:
        return {"problem": f"it cannot be read: {error}"}
    if root.tag != f"{_PROTOCOL}AuthnRequest":
        return {"problem": f"its root is {root.tag!r}"}
    policy, context = root.find(f"{_PROTOCOL}NameIDPolicy"), root.find(f"{_PROTOCOL}RequestedAuthnContext")
    classes = [] if context is None else context.findall(f"{_ASSERTION}AuthnContextClassRef")
    seen = {
        "id": root.get("ID"),
        "version": root.get("Version"),
        "destination": root.get("Destination"),
        "consumer_url": root.get("AssertionConsumerServiceURL"),
        "binding": root.get("ProtocolBinding"),
        "issuer": root.findtext(f"{_ASSERTION}Issuer"),
        "name_id_format": None if policy is None else policy.get("Format"),
        "allow_create": None if policy is None else policy.get("AllowCreate"),
        "comparison": None if context is None else context.get("Comparison"),
        "age": _age(root.get("IssueInstant"), now),
    }
    return {**{name: value for name, value in seen.items() if value is not None}, "contexts": [c.text for c in classes]}


def _age(instant: str | None, now: float) -> float | None:
    try:
        return now - datetime.fromisoformat(instant or "").timestamp()
    except ValueError:
        return None
