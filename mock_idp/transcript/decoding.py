"""Opens tokens for people: the claims of a JWT, the XML of SAML. Signatures are never shown."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from mock_idp.journal import Pairs
from mock_idp.oauth.model import JsonValue
from mock_idp.saml import names
from mock_idp.settings import MOST_REQUEST_XML_BYTES

_HIDDEN = (names.signature("SignatureValue"), names.signature("DigestValue"), names.signature("X509Certificate"))
_SAML = ("SAMLRequest", "SAMLResponse")
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Decoded:
    """A token, opened.

    Parameters:
        name: the parameter or member it came in.
        kind: ``JWT`` or ``SAML``.
        header: what a JWT says about its signature, as JSON; empty for SAML.
        text: claims as JSON, or XML.
    """

    name: str
    kind: str
    header: str
    text: str


def decode_pairs(pairs: Pairs) -> list[Decoded]:
    """Open the tokens among parameters or header fields."""
    return [opened for name, value in pairs for opened in _decode(name, value)]


def decode_json(value: JsonValue, name: str = "") -> list[Decoded]:
    """Open the tokens in JSON, at any depth."""
    if isinstance(value, str):
        return list(_decode(name, value))
    inner: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        inner = ((str(member), one) for member, one in value.items())
    elif isinstance(value, list):
        inner = ((name, one) for one in value)
    return [opened for member, one in inner for opened in decode_json(one, member)]


def _decode(name: str, value: str) -> Iterator[Decoded]:
    if name in _SAML:
        xml = _saml(value)
        if xml:
            yield Decoded(name, "SAML", "", xml)
        return
    parts = value.rpartition(" ")[2].split(".")
    if len(parts) != _PARTS:
        return
    header, claims = _json(parts[0]), _json(parts[1])
    if isinstance(header, dict) and "alg" in header and claims is not None:
        yield Decoded(name, "JWT", _laid_out(header), _laid_out(claims))


def _json(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None


def _laid_out(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _saml(value: str) -> str:
    """The XML behind a parameter, laid out, its signatures' values left out; empty if it is none."""
    try:
        raw = base64.b64decode(value)
        if not raw.lstrip().startswith(b"<"):
            raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, MOST_REQUEST_XML_BYTES)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)
        root = etree.fromstring(raw, parser)
    except (binascii.Error, ValueError, zlib.error, etree.XMLSyntaxError):
        return ""
    for element in root.iter(*_HIDDEN):
        element.text = f"({len(''.join((element.text or '').split()))} characters)"
    return etree.tostring(root, encoding="unicode", pretty_print=True)
