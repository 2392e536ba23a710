"""Takes docstrings apart, so that schemas and the language reference say what the code says. Pure."""

import inspect
import re
from dataclasses import dataclass
from typing import Final

_SECTION: Final = re.compile(r"^(Attributes|Parameters|Raises|Returns|Class attributes):$", re.MULTILINE)
_ROLE: Final = re.compile(r":\w+:`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Documentation:
    """A docstring, taken apart.

    Parameters:
        text: everything before the first section, as paragraphs of one line each.
        attributes: name -> description.
    """

    text: str
    attributes: dict[str, str]

    @property
    def summary(self) -> str:
        """The first paragraph."""
        return self.text.split("\n\n")[0]


def read(thing: object) -> Documentation:
    """Read the docstring of a class or function; Markdown comes out."""
    source = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    first, *sections = _SECTION.split(source)
    bodies = dict(zip(sections[::2], sections[1::2], strict=True))
    return Documentation(_paragraphs(first), _entries(bodies.get("Attributes", "")))


def _paragraphs(text: str) -> str:
    return "\n\n".join(_one_line(paragraph) for paragraph in re.split(r"\n\s*\n", text.strip()))


def _entries(section: str) -> dict[str, str]:
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8,}.*)*)", section, re.MULTILINE)
    return {name: _one_line(description) for name, description in entries}


def _one_line(text: str) -> str:
    """Join lines; reStructuredText's double backticks and roles become Markdown's backticks."""
    return _ROLE.sub(r"`\1`", " ".join(text.split())).replace("``", "`")
