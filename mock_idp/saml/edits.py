"""What can happen to a finished answer after it was signed, beside wrapping."""

from lxml import etree

from mock_idp.saml import names
from mock_idp.saml.response import Edit

ENTITY = "who"
"""Name of the entity that a document type declares."""


def garbled(root: etree._Element) -> etree._Element:
    """Change one character of every signature value."""
    for value in root.iter(names.signature("SignatureValue")):
        text = value.text or ""
        value.text = f"{text[:40]}{'B' if text[40:41] == 'A' else 'A'}{text[41:]}"
    return root


def renamed(name_id: str) -> Edit:
    """Name another person, under the signature of the genuine answer."""

    def change(root: etree._Element) -> etree._Element:
        for named in root.iter(names.assertion("NameID")):
            named.text = name_id
        return root

    return change


def commented(before: int) -> Edit:
    """Put a comment behind so many characters of the NameID; the signature stays good, since comments are not signed.

    Parameters:
        before: how many characters stand before it.
    """

    def change(root: etree._Element) -> etree._Element:
        for named in root.iter(names.assertion("NameID")):
            text = named.text or ""
            comment = etree.Comment("")
            comment.tail = text[before:]
            named.text = text[:before]
            named.append(comment)
        return root

    return change


def named_by_entity(root: etree._Element) -> etree._Element:
    """Say the NameID by an entity of the document type, which canonical XML resolves, so the signature stays good."""
    for named in root.iter(names.assertion("NameID")):
        named.text = None
        named.append(etree.Entity(ENTITY))
    return root


def document_type(name_id: str) -> str:
    """The document type that declares the entity."""
    return f'<!DOCTYPE samlp:Response [<!ENTITY {ENTITY} "{name_id}">]>'
