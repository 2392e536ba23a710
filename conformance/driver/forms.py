"""Reads an HTML form as a browser would submit it untouched."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass(slots=True)
class Form:
    """A form: where it goes and the (name, value) of its inputs that a browser submits, in order.

    Text areas and selections are left out: no form that the suite submits untouched has any.
    """

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class _FormReader(HTMLParser):
    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._base_url = base_url
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self._base_url, values.get("action") or self._base_url)
            self.forms.append(Form(action, (values.get("method") or "get").upper()))
            self._open = True
        elif tag == "input" and self._open and values.get("name"):
            kind = values.get("type", "text").lower()
            box = kind in {"checkbox", "radio"}
            chosen = not box or "checked" in values
            if kind not in {"submit", "button", "image", "reset"} and chosen and "disabled" not in values:
                self.forms[-1].fields.append((values["name"], values.get("value", "on" if box else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


def read_form(html: str, base_url: str, having: str | None = None) -> Form | None:
    """The first form of the page, or the first that has a field of that name; None if there is none.

    Parameters:
        html: the page.
        base_url: its address, against which the action is resolved.
        having: name of a field that the form must have, or None.
    """
    reader = _FormReader(base_url)
    reader.feed(html)
    return next(
        (form for form in reader.forms if having is None or any(name == having for name, _ in form.fields)), None
    )
