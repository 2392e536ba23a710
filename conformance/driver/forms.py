"""Reads an HTML form as a browser would submit it untouched."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import lxml.html
from lxml.etree import ParserError
from lxml.html import FormElement

_BOXES: Final = frozenset({"checkbox", "radio"})


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it goes and the (name, value) of its fields that a browser submits, in order."""

    action: str
    method: str
    fields: list[tuple[str, str]]


def read_form(html: str, base_url: str, having: str | None = None) -> Form | None:
    """The first form of the page, or the first that has a field of that name; None if there is none.

    Parameters:
        html: the page.
        base_url: its address, against which the action is resolved.
        having: name of a field that the form must have, or None.
    """
    try:
        document = lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=_PARSER)
    except ParserError:  # an empty page
        return None
    for form in document.forms:
        fields = _submitted(form)
        if having is None or any(name == having for name, _ in fields):
            method = (form.get("method") or "get").upper()
            return Form(urljoin(base_url, form.get("action") or base_url), method, fields)
    return None


def _submitted(form: FormElement) -> list[tuple[str, str]]:
    """What lxml reads of a form, corrected by two rules of HTML that it lacks (HTML section 4.10.22.4)."""
    for field in form.iter("input"):
        kind = field.get("type", "text").lower()
        if kind == "button":
            field.attrib.pop("name", None)  # a button is never submitted, unless it is the one that submits
        elif kind not in _BOXES:
            field.set("value", field.get("value", ""))  # an empty field is submitted, too
    return form.form_values()


_PARSER: Final = lxml.html.HTMLParser(encoding="utf-8")
