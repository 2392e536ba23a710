"""README and docs name nothing that does not exist: requirements, scenarios, commands, options, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from conformance.deviations import read_deviations
from conformance.plugin.options import SCENARIOS
from conformance.requirement_list import requirements
from conformance.scenario.loader import load
from conformance.steps import RULES
from mock_idp.setup.file import read_file
from tests.docs.pages import ROOT, Command, MarkdownPage, current_pages
from tests.docs.programs import case_words, every_option, mistakes

PAGES = {page.name: page for page in current_pages()}
EVERY_PAGE = pytest.mark.parametrize("name", PAGES)

_REQUIREMENT = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]*(?:-[A-Z][A-Z0-9]*)*)-(\d\d+)(?![\w-])")
_SCENARIO = re.compile(r"\bscenario `?([a-z0-9]+(?:-[a-z0-9]+)+)")
_OPTION = re.compile(r"(--[a-z][a-z-]+)(?:[ =].*)?$")
_FOLDERS = "|".join(
    sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in {"build", ".git"})
)
_FILE = re.compile(rf"(?:{re.escape('.ci')}|{_FOLDERS})/[\w./*-]*")


@EVERY_PAGE
def test_requirements(name: str) -> None:
    known = requirements()
    areas = {id_.rpartition("-")[0] for id_ in known}
    named = {match[0] for match in _REQUIREMENT.finditer(PAGES[name].text) if match[1] in areas}
    rows = set(re.findall(r"^\| ([A-Z][\w-]+) \|", PAGES[name].text, re.MULTILINE))
    assert named - set(known) - rows == set()


@EVERY_PAGE
def test_scenarios(name: str) -> None:
    known = {word.rpartition(":")[2] for word in case_words()}
    own = set(re.findall(r"^scenario: (\S+)", PAGES[name].text, re.MULTILINE))
    assert set(_SCENARIO.findall(PAGES[name].text)) - known - own == set()


@EVERY_PAGE
def test_commands(name: str) -> None:
    page = PAGES[name]
    found = [f"{command}: {mistake}" for command in page.commands for mistake in mistakes(command, page.text)]
    assert found == []


@EVERY_PAGE
def test_options(name: str) -> None:
    known = every_option()
    named = {(line, match[1]) for line, text in PAGES[name].spans if (match := _OPTION.match(text))}
    assert [f"{name}:{line}: {option}" for line, option in sorted(named) if option not in known] == []


OF_OTHERS = ("docs/spec/", "docs/vendors/real-services.md")
"""Pages that quote files of other projects."""


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith(OF_OTHERS)])
def test_files(name: str) -> None:
    missing = []
    for line, text in PAGES[name].spans:
        path = text.removesuffix("/").partition(":")[0]
        is_made_up = re.search(r"[A-Z]{3,}|\bX\.|…|gitea", path) and not (ROOT / path).exists()
        is_example = (ROOT / "tests" / "interop" / "own_vendor" / path).exists()
        if _FILE.fullmatch(path) and not is_made_up and not is_example and not list(ROOT.glob(path)):
            missing.append(f"{name}:{line}: {path}")
    assert missing == []


def test_mistakes_are_found() -> None:
    said = {
        "mock-idp srve": "main has no command srve",
        "mock-idp run -- mock-idp serve --prot 1": "serve has no option --prot",
        "auth-conformance explain FRAME-99": "--requirement FRAME-99: there is no such thing",
        "auth-conformance run http://localhost -k callback-without-nonce": (
            "-k callback-without-nonce: nothing has that in its name"
        ),
        "pytest conformance --profle bare": "pytest has no option --profle",
        "pytest tests/nowhere -q": "there is no tests/nowhere",
        "pytest tests/defects -k no-such-defect": "-k no-such-defect: nothing has that in its name",
        "python -m docs.tools.nothing": "there is no module docs.tools.nothing",
        "python docs/nothing.py": "there is no file docs/nothing.py",
        "python -m tests.defects.serve nothing -- serve": "there is no defect nothing",
    }
    for text, mistake in said.items():
        assert mistakes(Command("page", 1, tuple(text.split()), is_shown=True), "") == [mistake]


def yaml_blocks() -> list[tuple[str, str]]:
    return [
        (f"{page.name}:{fence.line}", fence.text)
        for page in PAGES.values()
        for fence in page.fences
        if fence.language == "yaml"
    ]


YAML_BLOCKS = dict(yaml_blocks())


@pytest.mark.parametrize("place", YAML_BLOCKS)
def test_yaml(place: str, tmp_path: Path) -> None:
    text = YAML_BLOCKS[place]
    documents = [document for document in yaml.safe_load_all(text) if document is not None]
    assert documents
    for document in documents:
        file = tmp_path / "page.yaml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        if isinstance(document, dict) and "deviations" in document and "target" in document:
            assert read_deviations(file).deviations
        elif isinstance(document, dict) and {"people", "clients"} & set(document):
            read_file(file)
    if text.startswith("scenario: ") and not place.startswith(("docs/scenarios.md", "docs/how-to/add-a-vendor.md")):
        (tmp_path / "page.yaml").write_text(text, encoding="utf-8")
        assert load([SCENARIOS, tmp_path], requirements(), RULES).scenarios


def test_pages_were_read() -> None:
    commands = [command for page in PAGES.values() for command in page.commands]
    assert len([command for command in commands if command.words[0] in {"mock-idp", "auth-conformance"}]) > 50
    assert isinstance(PAGES["README.md"], MarkdownPage)
