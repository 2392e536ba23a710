"""Docstrings as Markdown, so that schemas and the language reference say what the code says."""

import inspect
import re
from typing import Final

_SECTION: Final = re.compile(r"^(Parameters|Raises|Returns|Class attributes):$", re.MULTILINE)
_ROLE: Final = re.compile(r":\w+:`([^`]*)`")


def text_of(thing: object) -> str:
    """The docstring of a class or function up to its first section, as paragraphs of one line each."""
    text = _SECTION.split(inspect.cleandoc(getattr(thing, "__doc__", None) or ""))[0]
    return "\n\n".join(one_line(paragraph) for paragraph in re.split(r"\n\s*\n", text.strip()))


def one_line(text: str) -> str:
    """Join lines; reStructuredText's double backticks and roles become Markdown's backticks."""
    return _ROLE.sub(r"`\1`", " ".join(text.split())).replace("``", "`")
