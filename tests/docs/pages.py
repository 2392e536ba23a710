"""README and docs, taken apart: headings, links, code blocks, code spans and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
HISTORY = ("docs/decisions/", "CHANGELOG.md")
"""Pages that say how things were; names in them may be gone."""

_FENCE = re.compile(r"^( *)(`{3,})(\w*)[^\n]*\n(.*?)^ *\2 *$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_ANCHOR = re.compile(r'<a (?:id|name)="([^"]+)"')
_BETWEEN = {"&&", "||", "&", "|", ";", "(", ")", ";;"}


class Piece(NamedTuple):
    """Part of a page, and the line it begins at."""

    line: int
    text: str


class Fence(NamedTuple):
    """A code block."""

    line: int
    language: str
    text: str


class Command(NamedTuple):
    """A command that a page shows."""

    page: str
    line: int
    words: tuple[str, ...]
    is_shown: bool
    """True in a code block, False in running text, where it may be shortened."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {' '.join(self.words)}"


@dataclass(frozen=True)
class MarkdownPage:
    """One file of README and docs."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without code blocks, every line where it was."""
        return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    @cached_property
    def fences(self) -> list[Fence]:
        return [Fence(self._line(found.start(4)), found[3], found[4]) for found in _FENCE.finditer(self.text)]

    @cached_property
    def spans(self) -> list[Piece]:
        """Code in running text."""
        found = _SPAN.finditer(self.prose)
        return [Piece(self.prose.count("\n", 0, one.start()) + 1, " ".join(one[2].split())) for one in found]

    @cached_property
    def links(self) -> list[Piece]:
        blank = _SPAN.sub(lambda found: "\n" * found[0].count("\n") + "code", self.prose)
        return [Piece(blank.count("\n", 0, found.start()) + 1, found[1]) for found in _LINK.finditer(blank)]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link to this page may have behind its ``#``, as GitHub makes them."""
        seen: Counter[str] = Counter()
        anchors = set(_ANCHOR.findall(self.text))
        for heading in _HEADING.findall(self.prose):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
            slug = re.sub(r"[^\w\- ]", "", plain.replace("_", "_")).replace(" ", "-")
            anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return anchors

    @cached_property
    def commands(self) -> list[Command]:
        """Every command of a shell block, and what looks like one in running text."""
        found = []
        for fence in self.fences:
            if fence.language in {"sh", "bash"}:
                lines = fence.text.replace("\\\n", "  ").splitlines()
                found += [one for n, line in enumerate(lines) for one in self._commands(line, fence.line + n, True)]
            elif fence.language == "yaml":
                for n, line in enumerate(fence.text.splitlines()):
                    if step := re.match(r"\s*- (?:run: )?((?:mock-idp|auth-conformance|reference-backend) .*)", line):
                        found += self._commands(step[1], fence.line + n, True)
        for span in self.spans:
            found += self._commands(span.text, span.line, False)
        return found

    def _commands(self, text: str, line: int, is_shown: bool) -> Iterator[Command]:
        lexer = shlex.shlex(text, posix=True, punctuation_chars="&|;()")
        lexer.whitespace_split = True
        lexer.commenters = "#" if is_shown else ""
        words: list[str] = []
        try:
            tokens = list(lexer)
        except ValueError:  # a quotation mark of running text
            return
        for token in [*tokens, ";"]:
            if token not in _BETWEEN:
                words.append(token)
                continue
            while words and re.fullmatch(r"\w+=\S*", words[0]):
                words.pop(0)
            if words:
                yield Command(self.name, line, (words[0].removeprefix(".venv/bin/"), *words[1:]), is_shown)
            words = []

    def _line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1


def all_pages() -> list[MarkdownPage]:
    """README, the other pages beside it, and everything below docs/."""
    return [MarkdownPage(path) for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])]


def current_pages() -> list[MarkdownPage]:
    """Pages that say how things are."""
    return [page for page in all_pages() if not page.name.startswith(HISTORY)]
