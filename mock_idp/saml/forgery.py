"""What can happen to a finished answer after it was signed: single edits, and signature wrapping.

In wrapping, a signed part moves elsewhere and an unsigned one takes its place. The signature stays good, because it
names by an id what it covers, wherever that stands. A service provider that checks the signature and then reads what
stands in the usual place, trusts what is not signed (McIntosh and Austel, 2005).
"""

import copy
from collections.abc import Callable, Mapping
from typing import Final

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
    """Name another person, under the signature of the valid response."""

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


_FORGED: Final = "_forged"
_ASSERTION: Final = names.assertion("Assertion")
_SIGNATURE: Final = names.signature("Signature")


def wrapped(variant: str, name_id: str) -> Edit:
    """What wraps a finished answer.

    Parameters:
        variant: one of :data:`WRAPPINGS`.
        name_id: who is forged to have signed in.
    """
    return lambda root: WRAPPINGS[variant](root, name_id)


def _forged(element: etree._Element, name_id: str, *, same_ids: bool = False) -> etree._Element:
    """A copy that names another person, without the signature of its own."""
    forgery = _without_signature(element)
    for named in forgery.iter(names.assertion("NameID")):
        named.text = name_id
    for owner in (forgery, *forgery.iter(_ASSERTION)) if not same_ids else ():
        owner.set("ID", f"{_FORGED}{owner.get('ID', '')}")
    return forgery


def _without_signature(element: etree._Element) -> etree._Element:
    """A copy without the signature that is its child; enveloped signatures are not part of what they cover."""
    alone = copy.deepcopy(element)
    for signature in alone.findall(_SIGNATURE):
        alone.remove(signature)
    return alone


def _signature_of(element: etree._Element) -> etree._Element:
    found = element.find(_SIGNATURE)
    return etree.Element(_SIGNATURE) if found is None else copy.deepcopy(found)


def _extensions(*children: etree._Element) -> etree._Element:
    found = etree.Element(names.protocol("Extensions"))
    found.extend(children)
    return found


def _object(signature: etree._Element, child: etree._Element) -> etree._Element:
    """A signature that carries what it covers along (XML signature section 4.5)."""
    etree.SubElement(signature, names.signature("Object")).append(child)
    return signature


# --- the whole answer moves -----------------------------------------------------------------------


def _response_in_extensions(root: etree._Element, name_id: str) -> etree._Element:
    forgery = _forged(root, name_id)
    forgery.insert(1, _signature_of(root))
    forgery.insert(2, _extensions(_without_signature(root)))
    return forgery


def _response_in_object(root: etree._Element, name_id: str) -> etree._Element:
    forgery = _forged(root, name_id)
    forgery.insert(1, _object(_signature_of(root), _without_signature(root)))
    return forgery


def _response_of_same_id(root: etree._Element, name_id: str) -> etree._Element:
    forgery = _forged(root, name_id, same_ids=True)
    forgery.insert(1, _signature_of(root))
    forgery.append(_extensions(_without_signature(root)))
    return forgery


# --- the assertion moves; the answer around it is not signed then ---------------------------------


def _parts(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """The answer without signature and assertion, and the assertion."""
    bare = _without_signature(root)
    genuine = bare.find(_ASSERTION)
    if genuine is None:
        return bare, etree.Element(_ASSERTION)
    bare.remove(genuine)
    return bare, genuine


def _assertion_behind(root: etree._Element, name_id: str) -> etree._Element:
    answer, genuine = _parts(root)
    answer.extend([_forged(genuine, name_id), genuine])
    return answer


def _assertion_in_front(root: etree._Element, name_id: str) -> etree._Element:
    answer, genuine = _parts(root)
    answer.extend([genuine, _forged(genuine, name_id)])
    return answer


def _assertion_in_extensions(root: etree._Element, name_id: str) -> etree._Element:
    answer, genuine = _parts(root)
    forgery = _forged(genuine, name_id)
    forgery.insert(1, _signature_of(genuine))
    answer.insert(1, _extensions(_without_signature(genuine)))
    answer.append(forgery)
    return answer


def _assertion_in_object(root: etree._Element, name_id: str) -> etree._Element:
    answer, genuine = _parts(root)
    forgery = _forged(genuine, name_id)
    forgery.insert(1, _object(_signature_of(genuine), _without_signature(genuine)))
    answer.append(forgery)
    return answer


def _assertion_in_advice(root: etree._Element, name_id: str) -> etree._Element:
    answer, genuine = _parts(root)
    forgery = _forged(genuine, name_id)
    advice = etree.Element(names.assertion("Advice"))
    advice.append(genuine)
    forgery.insert(3, advice)
    answer.append(forgery)
    return answer


def _assertion_of_same_id(root: etree._Element, name_id: str) -> etree._Element:
    answer, genuine = _parts(root)
    forgery = _forged(genuine, name_id, same_ids=True)
    forgery.insert(1, _signature_of(genuine))
    answer.extend([forgery, _without_signature(genuine)])
    return answer


WRAPPINGS: Mapping[str, Callable[[etree._Element, str], etree._Element]] = {
    "response-in-extensions": _response_in_extensions,
    "response-in-object": _response_in_object,
    "response-of-same-id": _response_of_same_id,
    "assertion-behind": _assertion_behind,
    "assertion-in-front": _assertion_in_front,
    "assertion-in-extensions": _assertion_in_extensions,
    "assertion-in-object": _assertion_in_object,
    "assertion-in-advice": _assertion_in_advice,
    "assertion-of-same-id": _assertion_of_same_id,
}
"""Where the genuine part goes -> how."""
