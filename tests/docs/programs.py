"""The command lines that pages may show, and what is wrong with one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec

import click

from conformance.cli import group as auth_conformance
from conformance.plugin.options import OPTIONS, SCENARIOS
from conformance.requirement_list import requirements
from conformance.scenario.loader import load
from conformance.steps import RULES
from mock_idp.cli import main as mock_idp
from mock_idp.people import Person
from mock_idp.personas import PERSONAS
from mock_idp.profiles import profiles
from mock_idp.proxies import proxies
from mock_idp.vendors import vendors
from reference_backend.cli import main as reference_backend
from tests.defects.catalogue import catalogue
from tests.docs.pages import ROOT, Command

PROGRAMS: Mapping[str, click.Command] = {
    "mock-idp": mock_idp,
    "auth-conformance": auth_conformance,
    "reference-backend": reference_backend,
}
HELP = {"-h", "--help"}
OTHERS = {"--build", "--pyargs", "--rm", "--platform", "--only-binary", "--strict"}
"""Options of docker, pip and mkdocs that pages speak about."""


@cache
def pytest_options() -> frozenset[str]:
    """Every option that pytest has here, those of its plugins and of the suite included."""
    command = [sys.executable, "-m", "pytest", "conformance", "--help"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    own = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    return frozenset(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", text + own))


def options_of(command: click.Command) -> set[str]:
    """The options of one command."""
    return HELP | {name for option in command.params for name in (*option.opts, *option.secondary_opts)}


@cache
def every_option() -> frozenset[str]:
    """The options of all programs together."""
    found = set(pytest_options()) | OTHERS | {option.name for option in OPTIONS}
    waiting = list(PROGRAMS.values())
    while waiting:
        command = waiting.pop()
        found |= options_of(command)
        waiting += [one for _, one in _subcommands(command)]
    for tool in (file for folder in ("docs", "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py")):
        found |= set(re.findall(r'"(--[a-z][\w-]*)"', tool.read_text(encoding="utf-8")))
    return frozenset(found)


def _subcommands(command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None:
                yield name, found


def mistakes(command: Command, said_on_page: str) -> list[str]:
    """What is wrong with a command, a sentence each; nothing about programs of others."""
    return list(_mistakes(command.words, command.is_shown, said_on_page))


def _mistakes(words: Sequence[str], is_shown: bool, page: str) -> Iterator[str]:
    program, *arguments = words
    if program in PROGRAMS:
        yield from _of_click(PROGRAMS[program], arguments, is_shown, page)
    elif program == "pytest" and len(arguments) > 0:
        yield from _of_pytest(arguments, page)
    elif program in {"python", "python3"} and arguments:
        yield from _of_python(arguments, is_shown, page)


def _of_click(command: click.Command, arguments: Sequence[str], is_shown: bool, page: str) -> Iterator[str]:
    rest = list(arguments)
    if rest == ["…"]:
        return
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        inner = dict(_subcommands(command))
        if name not in inner:
            if is_shown or not re.search(r"[A-Z|…]", name):
                yield f"{command.name} has no command {name}"
            return
        command = inner[name]
    known = options_of(command)
    if command is dict(_subcommands(auth_conformance))["run"]:
        known |= pytest_options() | {option.name for option in OPTIONS}
    previous = ""
    for number, word in enumerate(rest):
        if word == "--":
            if rest[number + 1 :]:
                yield from _mistakes(rest[number + 1 :], is_shown, page)
            return
        name = word.partition("=")[0]
        if re.match(r"--?[a-zA-Z]", word) and name not in known:
            yield f"{command.name} has no option {name}"
        if command.name == "explain" and number == 0:
            yield from _value("--requirement", word, page)
        yield from _value(previous, word, page)
        previous = word


def _of_pytest(arguments: Sequence[str], page: str) -> Iterator[str]:
    previous = ""
    is_about_defects = any(argument.startswith("tests/defects") for argument in arguments)
    is_about_cases = "conformance" in arguments
    for word in arguments:
        name = word.partition("=")[0]
        if re.match(r"--?[a-zA-Z]", word) and name not in pytest_options():
            yield f"pytest has no option {name}"
        if previous == "-k" and (is_about_cases or is_about_defects):
            yield from _chosen(word, catalogue() if is_about_defects else case_words(), page)
        elif previous == "-k":
            pass
        else:
            yield from _value(previous, word, page)
        is_path = re.fullmatch(r"tests/[\w/.]+", word) and previous not in {"-k", "-m"}
        if is_path and not (ROOT / word).exists():
            yield f"there is no {word}"
        previous = word


def _of_python(arguments: Sequence[str], is_shown: bool, page: str) -> Iterator[str]:
    first, *rest = arguments
    if first == "-m" and rest:
        module, *more = rest
        if not re.search(r"[A-Z…]", module) and find_spec(module) is None:
            yield f"there is no module {module}"
        if module == "tests.defects.serve" and more:
            defect, _, *after = more
            if defect.isupper() is False and defect not in catalogue():
                yield f"there is no defect {defect}"
            yield from _of_click(reference_backend, [word for word in after if word != "…"], is_shown, page)
    elif first.endswith(".py") and not re.search(r"[A-Z…]", first) and not (ROOT / first).is_file():
        yield f"there is no file {first}"


def _value(option: str, word: str, page: str) -> Iterator[str]:
    """What is wrong with the value of an option; words in capitals stand for a value."""
    check = VALUES.get(option)
    if check is not None and word.strip("'\"") not in check() and not re.fullmatch(r"[A-Z]+(=[A-Z]+)?|…", word):
        if option == "-k":
            yield from _chosen(word, case_words(), page)
        elif word not in page.replace(f"{option} {word}", ""):
            yield f"{option} {word}: there is no such thing"


def _chosen(expression: str, names: Collection[str], page: str) -> Iterator[str]:
    for word in re.findall(r"[\w\-\[\]/:.]+", expression):
        is_there = any(word.lower() in name.lower() for name in names)
        if word in {"and", "or", "not"} or word.isupper() or is_there:
            continue
        if not re.search(rf"^(scenario|provider): {re.escape(word)}", page, re.MULTILINE):
            yield f"-k {word}: nothing has that in its name"


@cache
def case_words() -> frozenset[str]:
    """Names that a case may have in its own: scenarios, files, providers."""
    library = load([SCENARIOS], requirements(), RULES)
    names = {f"{scenario.file}:{scenario.scenario}" for scenario in library.scenarios}
    return frozenset({*names, *provider_ids(), "fuzz"})


@cache
def provider_ids() -> frozenset[str]:
    """Ids of providers, as the mock prints them, and of what is behind them."""
    ids = {*vendors(), *proxies()}
    for vendor in vendors().values():
        ids |= {*vendor.custom_ids, *vendor.variants}
    for proxy in proxies().values():
        ids |= {*proxy.variants}
    return frozenset(ids)


def _people() -> Collection[str]:
    return [*PERSONAS, *(person.login for person in PERSONAS.values() if isinstance(person, Person))]


VALUES: Mapping[str, Callable[[], Collection[str]]] = {
    "-k": lambda: (),
    "--profile": profiles,
    "--requirement": requirements,
    "--provider": lambda: {*provider_ids(), *(f"acme={vendor}" for vendor in vendors())},
    "--as": _people,
    "--auto-login": _people,
}
"""Option -> the values there are."""
