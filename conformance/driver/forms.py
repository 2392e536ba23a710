"""Reads an HTML form as a browser would submit it untouched."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

import lxml.html
from lxml.etree import ParserError

_BUTTONS: Final = frozenset({"submit", "button", "image", "reset"})
_BOXES: Final = frozenset({"checkbox", "radio"})


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it goes and the (name, value) of its inputs that a browser submits, in order.

    Text areas and selections are left out: no form that the suite submits untouched has any.
    """

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
    for form in document.iter("form"):
        fields = list(_submitted(form))
        if having is None or any(name == having for name, _ in fields):
            method = (form.get("method") or "get").upper()
            return Form(urljoin(base_url, form.get("action") or base_url), method, fields)
    return None


def _submitted(form: Any) -> Iterator[tuple[str, str]]:
    for field in form.iter("input"):
        kind = field.get("type", "text").lower()
        is_box = kind in _BOXES
        is_chosen = not is_box or field.get("checked") is not None
        if field.get("name") and kind not in _BUTTONS and is_chosen and field.get("disabled") is None:
            yield field.get("name"), field.get("value", "on" if is_box else "")


_PARSER: Final = lxml.html.HTMLParser(encoding="utf-8")
