"""Titles, pages, help and docstrings use no word of docs/words.yaml, and titles are one short sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

import click
import pytest
import yaml

from conformance.cli import group as auth_conformance
from conformance.plugin.options import OPTIONS, SCENARIOS
from conformance.requirement_list import requirements
from conformance.scenario.loader import load
from conformance.steps import RULES
from mock_idp.cli import main as mock_idp
from reference_backend.cli import main as reference_backend
from tests.docs.pages import ROOT, current_pages

LONGEST_TITLE = 110
WORDS: dict[str, str] = yaml.safe_load((ROOT / "docs" / "words.yaml").read_text(encoding="utf-8"))["words"]
PACKAGES = ("conformance", "mock_idp", "reference_backend")
ANY_WORD = re.compile("|".join(rf"(?P<w{n}>\b(?:{word})\b)" for n, word in enumerate(WORDS)), re.IGNORECASE)


class Passage(NamedTuple):
    """A text, and where it is written."""

    where: str
    text: str


SCENARIO_TITLES = {
    f"{scenario.file}:{scenario.line}": scenario.title
    for scenario in load([SCENARIOS], requirements(), RULES).scenarios
}


def titles() -> Iterator[Passage]:
    yield from (Passage(where, title) for where, title in SCENARIO_TITLES.items())
    for requirement in requirements().values():
        yield Passage(f"docs/spec/{requirement.source} {requirement.id}", requirement.title)


def pages() -> Iterator[Passage]:
    for page in current_pages():
        code = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
        prose = code.sub(lambda found: "\n" * found[0].count("\n"), page.prose)
        for number, line in enumerate(prose.split("\n"), 1):
            yield Passage(f"{page.name}:{number}", line)


def help_texts() -> Iterator[Passage]:
    commands: list[tuple[str, click.Command]] = [
        ("auth-conformance", auth_conformance),
        ("mock-idp", mock_idp),
        ("reference-backend", reference_backend),
    ]
    while commands:
        name, command = commands.pop()
        texts = [command.help, command.short_help, command.epilog]
        texts += [option.help for option in command.params if isinstance(option, click.Option)]
        yield from (Passage(f"{name} --help", text) for text in texts if text)
        if isinstance(command, click.Group):
            commands += [(f"{name} {part}", each) for part, each in command.commands.items()]
    yield from (Passage(f"pytest {option.name}", option.help) for option in OPTIONS)


def docstrings() -> Iterator[Passage]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    line = getattr(node, "lineno", 1)
                    yield Passage(f"{file.relative_to(ROOT)}:{line}", ast.get_docstring(node) or "")


def defects() -> Iterator[Passage]:
    for file in sorted((ROOT / "tests" / "defects" / "catalogue").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield Passage(f"tests/defects/catalogue/{file.name}:{node.lineno}", ast.get_docstring(node) or "")


@pytest.mark.parametrize("passages", [titles, pages, help_texts, docstrings, defects])
def test_no_word_is_used_for_which_there_is_a_better_one(passages: object) -> None:
    assert callable(passages)
    instead = list(WORDS.values())
    found = [
        f"{passage.where}: {match[0]!r} -> {instead[int((match.lastgroup or 'w0')[1:])]}"
        for passage in passages()
        for match in ANY_WORD.finditer(passage.text)
    ]
    assert not found, "\n".join(found)


def test_titles_of_scenarios_are_one_short_sentence() -> None:
    too_long = {where: title for where, title in SCENARIO_TITLES.items() if len(title) > LONGEST_TITLE}
    no_sentence = {where: title for where, title in SCENARIO_TITLES.items() if title.endswith(".")}
    assert (too_long, no_sentence) == ({}, {})
