"""App-config as Backstage's own loader reads it, and as the reference backend does: the same, or both refuse it.

Left out is what no app-config has: complex keys, YAML directives, the types of YAML that JSON lacks (``!!binary``,
``!!set``, …), and values that contain themselves.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reference_backend.config import loader
from reference_backend.config.model import ConfigError
from tests.interop.backstage.node import HERE, find_node, install_modules

MAIN = "app-config.yaml"
NO_KEY = re.compile(r"(^|[-{,\[])\s*:(\s|$)|[]}]\s*:", re.MULTILINE)
"""A colon with nothing before it, or with a list or mapping: to Backstage a key, if an odd one."""
REFUSED = "refused"


@dataclass(frozen=True)
class Setup:
    """Files and variables that a backend is started with.

    Attributes:
        files: name -> content.
        environment: name -> value.
        named: files on the command line; without any, the default ones are read.
    """

    files: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    named: Sequence[str] = ()


class RealLoader:
    """Backstage's loader in a process of its own, which reads one configuration after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def read(self, directory: Path, setup: Setup) -> Any:
        """What it makes of it, in the form of :func:`canonical`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        arguments = [text for name in setup.named for text in ("--config", str(directory / name))]
        request = {"directory": str(directory), "arguments": arguments, "environment": dict(setup.environment)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return REFUSED if "error" in answer else decoded(answer["value"])


@pytest.fixture(scope="module")
def real() -> Iterator[RealLoader]:
    install_modules()
    command = [str(find_node()), "--no-warnings", "load_config.js"]
    with subprocess.Popen(
        command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield RealLoader(process)
        assert process.stdin is not None
        process.stdin.close()


def decoded(value: Any) -> Any:
    """An answer of ``load_config.js`` as Python values, numbers as JavaScript has them."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    [(kind, content)] = value.items()
    if kind == "object":
        return {key: decoded(member) for key, member in content}
    return content if kind == "string" else number(float(content))


def canonical(value: Any) -> Any:
    """What can be seen of a configuration: a member that is null counts as absent."""
    if isinstance(value, Mapping):
        return {key: canonical(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [unseen(item) for item in value]
    return number(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def unseen(value: Any) -> Any:
    """Within a list nulls stay where they are."""
    if isinstance(value, Mapping):
        return {key: unseen(member) for key, member in value.items()}
    if isinstance(value, list):
        return [unseen(item) for item in value]
    return canonical(value)


def number(value: float) -> tuple[str, str]:
    """Numbers are compared by their digits, so that NaN equals itself, and 1 is not true."""
    return ("number", repr(value + 0.0))


def ours(directory: Path, setup: Setup) -> Any:
    """What the reference backend makes of it."""
    try:
        named = [directory / name for name in setup.named]
        files = named or loader.default_files(directory, setup.environment)
        return canonical(loader.load(files, setup.environment).raw())
    except ConfigError:
        return REFUSED


def both(real: RealLoader, setup: Setup) -> tuple[Any, Any]:
    """What Backstage's loader and ours make of a set-up."""
    directory = Path(tempfile.mkdtemp(prefix="config-"))
    try:
        for name, content in setup.files.items():
            file = directory / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content.encode())
        return real.read(directory, setup), ours(directory, setup)
    finally:
        shutil.rmtree(directory)


SIDE_FILES = {
    "secret.txt": "s3cret ${A}\r\nsecond line\r\n \n",
    "empty.txt": "",
    "more.yaml": "deep: {value: '${A}', env: {$env: A}, none: ~, list: [1, {$file: secret.txt}], on: y}\ntext: x${B}",
    "sub/other.yaml": "own: {$file: beside.txt}\nup: {$include: '../more.yaml#deep.value'}\nnot: {$env: NO}",
    "sub/beside.txt": "beside",
    "data.json": '{"x": [1, null, "${A}"], "big": 12345678901234567890, "twice": 1, "twice": 2, "": {"": "empty"}}',
    "bad.json": "{x: 1}",
    "bad.yaml": "a: 1\na: 2",
}
ENVIRONMENT = {"A": " 1 ", "B": "two", "EMPTY": "", "BLANK": "  ", "REF": "${A}"}

KEYS = ["a", "b", "c", "app", "auth", "backend", "baseUrl", "title"]
ODD_KEYS = [
    *("no", "on", "true", "null", "~", "1", "1.0", "'1'", "0x10"),
    *("<<", "key with blanks", '"quoted"', "é", "1e21", ".5", "$file", "$env", "__proto__"),
]
PLAIN = [
    *("text", "two words", "yes", "no", "on", "off", "y", "true", "True", "TRUE", "false", "null", "~", "Null", ""),
    *("0", "1", "-1", "+1", "007", "0o17", "0x1F", "0b1", "1_000", "1.", ".5", "1.50", "1e3", "1E-3", ".inf", "-.INF"),
    *(".nan", "12:30", "2026-01-02", "2026-01-02T03:04:05Z", "12345678901234567890", "9007199254740993", "=", "<<"),
    *("http://x.test:80/a#b", "a #comment", "a:b", "!a b", "!!str 1", "!!int '7'", "!!float 1", "!!bool 'true'"),
    *(
        "!!null ''",
        "! 1",
        "!!int x",
        "it's",
        "\\n",
        "${A}",
        "${A}-${B}",
        "$${A}",
        "$$${A}",
        "${NO}",
        "${NO:-x y}",
        "${A:-x}",
    ),
    *("${EMPTY}", "${EMPTY:-x}", "${EMPTY:-}", "${BLANK}", "${ A }", "${}", "${A", "$A", "${A:-${B}}", "${REF}"),
    *("x${NO}", "${NO:- }", "é ü", "\u00a0", "a\u2028b"),
]
ODD = [
    *("a: b", "- a", "-", "@a", "`a", "%a", "&a", "*a", "[", "]", "{", "}", ",", "a, b", "? a", "?"),
    *(
        "| ",
        ">",
        "'",
        '"',
        "'a' b",
        '"\\q"',
        "a\tb",
        "\ta",
        "#",
        "a#",
        "--- a",
        "...",
        "!",
        "!!a",
        "!<a>",
        "&a b",
        "[a]b",
    ),
]
"""Where no text begins, or something else does."""
INCLUDES = [
    *("$env: A", "$env: NO", "$env: EMPTY", "$env: '${REF}'", "$env: ''", "$file: secret.txt", "$file: empty.txt"),
    *("$file: ./sub/beside.txt", "$include: more.yaml", "$include: 'more.yaml#deep'", "$include: 'more.yaml#deep.env'"),
    *("$include: 'more.yaml#deep.value'", "$include: 'more.yaml#deep.none'", "$include: 'more.yaml#deep.no'"),
    *(
        "$include: 'more.yaml#text'",
        "$include: 'more.yaml#'",
        "$include: 'more.yaml#.deep'",
        "$include: sub/other.yaml",
    ),
    *("$include: 'sub/other.yaml#up'", "$include: data.json"),
    *("$include: 'data.json#x'", "$include: 'data.json#.'"),
]
ODD_INCLUDES = [
    *("$env: 5", "$env: ~", "$env: [A]", "$file: no.txt", "$file: '${NO}'", "$file: ''", "$file: 'sub'"),
    *("$include: 'more.yaml#deep.no.more'", "$include: secret.txt", "$include: bad.json", "$include: bad.yaml"),
    *("$include: no.yaml", "$include: 'more.yaml#deep#value'", "$env: A, b: 1", "b: 1, $file: x"),
]
VARIABLES = [
    *("app_baseUrl", "app", "app_title", "auth", "auth_a_b", "a", "a_b", "a_b_c", "backend_a-b", "x:y"),
]
ODD_VARIABLES = ["_a", "a__b", "1a", "a_1", "constructor", "toString_a", "", "a.b", "é"]
VALUES = [
    *(
        "text",
        "1",
        "1.50",
        "true",
        "null",
        '"quoted"',
        "[1, null]",
        '{"b": {"c": 1}}',
        "{x: 1}",
        "NaN",
        "Infinity",
        "${A}",
    ),
    *("", " ", "-0", "1e400", "12345678901234567890", '{"__proto__": 1, "d": null}'),
]


def usually(usual: Sequence[str], odd: Sequence[str], one_in: int = 20) -> st.SearchStrategy[str]:
    """One of the usual texts, or now and then of the odd ones: most set-ups are to be accepted."""
    return st.integers(1, one_in).flatmap(lambda draw: st.sampled_from(odd if draw == 1 else usual))


keys = usually(KEYS, ODD_KEYS, 8)


@st.composite
def quoted(draw: st.DrawFn, text: str) -> str:
    """A text in one of the styles of YAML that fit on a line."""
    style = draw(st.sampled_from(("plain", "plain", "single", "double")))
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text) if style == "double" else text


@st.composite
def flow(draw: st.DrawFn, depth: int) -> str:
    """A value on one line."""
    kind = draw(st.sampled_from(("scalar", "scalar", "scalar", "include", "list", "mapping") if depth else ("scalar",)))
    if kind == "include":
        return "{" + draw(usually(INCLUDES, ODD_INCLUDES)) + "}"
    if kind == "list":
        return "[" + ", ".join(draw(st.lists(flow(depth - 1), max_size=3))) + "]"
    if kind == "mapping":
        found = draw(st.lists(keys, max_size=3, unique=draw(st.integers(0, 9)) > 0))
        return "{" + ", ".join(f"{key}: {draw(flow(depth - 1))}" for key in found) + "}"
    return draw(quoted(draw(usually(PLAIN, ODD))))


@st.composite
def block(draw: st.DrawFn, depth: int, indent: str = "") -> str:
    """A mapping over several lines, usually with every key once."""
    lines = []
    for key in draw(st.lists(keys, min_size=1, max_size=4, unique=draw(st.integers(0, 9)) > 0)):
        kinds = ("flow", "flow", "flow", "block", "list", "literal", "folded", "anchor")
        kind = draw(st.sampled_from(kinds if depth else ("flow",)))
        deeper = indent + " " * draw(st.sampled_from((1, 2, 4)))
        if kind == "block":
            lines.append(f"{indent}{key}:\n" + draw(block(depth - 1, deeper)))
        elif kind == "list":
            dash = draw(st.sampled_from((indent, deeper)))
            items = draw(st.lists(flow(1), min_size=1, max_size=3))
            lines.append(f"{indent}{key}:\n" + "\n".join(f"{dash}- {item}" for item in items))
        elif kind in ("literal", "folded"):
            mark = draw(st.sampled_from(("|", "|-", "|+", ">", ">-")))
            texts = draw(st.lists(st.sampled_from(("a", "b ${A}", " c", "", "# d")), min_size=1, max_size=4))
            lines.append(f"{indent}{key}: {mark}\n" + "\n".join(f"{deeper}{text}" if text else "" for text in texts))
        elif kind == "anchor":
            name = draw(st.sampled_from(("x", "y")))
            alias = draw(st.sampled_from((name, name, name, name, "x", "y")))
            lines.append(f"{indent}{key}: &{name} {draw(flow(1))}\n{indent}{key}2: *{alias}")
        else:
            comment = draw(st.sampled_from(("", "", "", " # comment")))
            lines.append(f"{indent}{key}: {draw(flow(depth))}{comment}")
    return "\n".join(lines)


documents = st.one_of(
    *(block(2), block(2), block(2)),
    block(2).map(lambda text: f"# first\n---\n{text}\n"),
    st.sampled_from(
        ("", "null", "# nothing", "[1]", "text", "{}", "a: 1\n---\nb: 2", "$include: data.json", "5", "---")
    ),
)


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """A main file, perhaps companions, files that they include, and variables."""
    files = {**SIDE_FILES, MAIN: draw(documents)}
    environment = dict(ENVIRONMENT)
    for name in ("app-config.local.yaml", "app-config.dev.yaml", "app-config.dev.local.yaml", "named.yaml"):
        if draw(st.integers(0, 5)) == 0:
            files[name] = draw(documents)
    if draw(st.integers(0, 19)) == 0:
        del files[MAIN]
    if draw(st.integers(0, 3)) == 0:
        environment["BACKSTAGE_ENV"] = draw(st.sampled_from(("dev", "dev, prod", " ", ",dev", "local")))
    if draw(st.integers(0, 3)) == 0:
        for name in draw(st.lists(usually(VARIABLES, ODD_VARIABLES), max_size=3, unique=True)):
            environment[f"APP_CONFIG_{name}"] = draw(st.sampled_from(VALUES))
    named = draw(st.sampled_from(((), (MAIN,), (MAIN,), tuple(files.keys() - SIDE_FILES.keys()))))
    return Setup(files, environment, named)


def line_changed(draw: st.DrawFn, text: str) -> str:
    """The text with a line that is missing, there twice, elsewhere or indented otherwise."""
    lines = text.split("\n")
    where = draw(st.integers(0, len(lines) - 1))
    change = draw(st.sampled_from(("drop", "double", "move", "deeper", "higher")))
    line = lines.pop(where)
    if change == "double":
        lines[where:where] = [line, line]
    elif change == "move":
        lines.insert(draw(st.integers(0, len(lines))), line)
    elif change == "deeper":
        lines.insert(where, " " * draw(st.integers(1, 3)) + line)
    elif change == "higher":
        lines.insert(where, line[1:] if line.startswith(" ") else line)
    return "\n".join(lines)


def character_changed(draw: st.DrawFn, text: str) -> str:
    """The text with one character more, less or in another's place."""
    where = draw(st.integers(0, max(0, len(text) - 1)))
    new = draw(st.sampled_from(("", "", *" -#{}[],'\"*|~$")))
    return text[:where] + new + text[where + draw(st.integers(0, 1)) :]


@st.composite
def mutated_setups(draw: st.DrawFn) -> Setup:
    """A set-up whose main file somebody made a mistake in."""
    setup = draw(setups())
    text = setup.files.get(MAIN, draw(block(2)))
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.sampled_from((line_changed, line_changed, character_changed)))
        text = change(draw, text)
    assume(not NO_KEY.search(text))
    return Setup({**setup.files, MAIN: text}, setup.environment, setup.named)


def shown(setup: Setup) -> str:
    """The part of a set-up that differs from case to case."""
    texts = [f"--- {name}\n{text}" for name, text in setup.files.items() if name not in SIDE_FILES]
    return "\n".join((*texts, f"--- {dict(setup.environment)} {setup.named}"))


PLAYED = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


@given(setup=setups())
@settings(max_examples=1500, **PLAYED)
def test_configurations_are_read_alike(real: RealLoader, setup: Setup) -> None:
    theirs, mine = both(real, setup)
    assert mine == theirs, shown(setup)


@given(setup=mutated_setups())
@settings(max_examples=1500, **PLAYED)
def test_configurations_with_mistakes_are_read_alike(real: RealLoader, setup: Setup) -> None:
    theirs, mine = both(real, setup)
    assert mine == theirs, shown(setup)
