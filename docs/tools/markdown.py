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


_CODE: Final = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2`*$|(?<!`)(`+)(?!`).+?(?<!`)\3(?!`)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^()\s]+)\)")


def without_code(text: str) -> str:
    """A Markdown text without its code blocks and code spans."""
    return _CODE.sub("", text)


def links(text: str) -> list[str]:
    """The targets of all links and pictures of a Markdown text, in order."""
    return _LINK.findall(_CODE.sub(lambda found: "" if found[2] else "`code`", text))
