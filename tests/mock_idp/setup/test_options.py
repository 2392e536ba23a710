"""The command line: which files count, and what a first one looks like."""

import json
from pathlib import Path

import click
import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from mock_idp.cli import main
from mock_idp.cli.setup_files import FilesCommand, OwnFiles, files_options, find_sources, settings_of
from mock_idp.setup.file import SCHEMA_FILE, read_file
from mock_idp.setup.model import Setup
from tests.mock_idp.setup.conftest import OWN_FILE, FileOf
from tests.mock_idp.setup.test_file import MISTAKES

Runner = CliRunner


@pytest.fixture
def schema() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def test_a_first_file_is_commented_and_good(tmp_path: Path, schema: jsonschema_rs.Draft7Validator) -> None:
    path = tmp_path / "mock-idp.yaml"
    assert Runner().invoke(main, ["init", str(path)]).exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
    assert [person.id for person in read_file(path).people] == ["jane.doe", "joe"]
    # What is commented out is good as well.
    lines = [line.replace("    # ", "    ") if ": " in line.partition("# ")[2] else line for line in text.splitlines()]
    lines = [
        line.removeprefix("# ") if line.startswith(("#   ", "# clients", "# serv", "# sett")) else line
        for line in lines
    ]
    path.write_text("\n".join(line for line in lines if not line.endswith(":") or " " not in line.strip()), "utf-8")
    assert schema.is_valid(yaml.safe_load(path.read_text("utf-8")))
    setup = read_file(path)
    assert (len(setup.clients), len(setup.services), setup.settings["auto_login"]) == (1, 1, "jane.doe")
    assert setup.people[0].organisations == {"acme": ("platform",)}
    again = Runner().invoke(main, ["init", str(path)])
    assert again.exit_code == 2
    assert "--force" in again.output
    assert Runner().invoke(main, ["init", "--force", str(path)]).exit_code == 0


def test_the_schema_is_printed_and_knows_good_from_bad(schema: jsonschema_rs.Draft7Validator) -> None:
    printed = Runner().invoke(main, ["schema"])
    assert json.loads(printed.output) == json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert schema.is_valid(yaml.safe_load(OWN_FILE))
    # Syntax, ids that stand twice, and what depends on one vendor or on faults, only the reader knows.
    beyond = ("this is no YAML", "stands at", "twice", "quotation", "no absolute", "no public", "no fault", "no vendor")
    wrong = [text for text, begins, has in MISTAKES if not any(word in begins + has for word in beyond)]
    assert len(wrong) > 8
    for text in wrong:
        data = json.loads(json.dumps(yaml.safe_load(text), default=str))
        assert not schema.is_valid(data), text


@click.command("try", cls=FilesCommand)
@files_options
@click.option("--port", type=int, default=9000)
@click.option("--host", default="127.0.0.1")
@click.argument("rest", nargs=-1)
@click.pass_context
def attempt(
    ctx: click.Context,
    config: Path,
    no_config: bool,
    people: tuple[str, ...],
    own_app_config: tuple[str, ...],
    rest: object,
    **options: object,
):
    own = OwnFiles(own_app_config, (), {})
    sources = [source.patterns for source in find_sources(config, no_config, people, own)]
    settings = settings_of(ctx, options, Setup(settings={"port": 1, "host": "::1"}))
    click.echo(json.dumps([sources, rest, settings.port, settings.host]))


LINES = [
    (["--from-app-config", "a", "b", "--people", "c"], [[["a", "b"], ["c"]], [], 1, "::1"]),
    ([], [[], [], 1, "::1"]),
    (["--people", "a", "b", "--port", "7"], [[["a", "b"]], [], 7, "::1"]),
    (["--people", "a", "--people", "b", "--", "c"], [[["a", "b"]], ["c"], 1, "::1"]),
    (["--config", "x", "y"], [[["x"]], ["y"], 1, "::1"]),
    (["--people=a", "y"], [[["a"]], ["y"], 1, "::1"]),
    (["--config", "x", "--people", "a"], [[["a"], ["x"]], [], 1, "::1"]),
]


@pytest.mark.parametrize(("arguments", "said"), LINES)
def test_shells_may_have_replaced_a_pattern(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], said: list[object]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert json.loads(Runner().invoke(attempt, arguments).output) == said


def test_the_usual_file_is_found(monkeypatch: pytest.MonkeyPatch, file_of: FileOf) -> None:
    monkeypatch.chdir(file_of("people: []\n").parent)
    assert json.loads(Runner().invoke(attempt, []).output)[0] == [["mock-idp.yaml"]]
    assert json.loads(Runner().invoke(attempt, ["--no-config"]).output)[0] == []
    both = Runner().invoke(attempt, ["--no-config", "--config", "x"])
    assert (both.exit_code, "contradict" in both.output) == (2, True)


def test_serve_ends_with_a_sentence_where_a_file_is_wrong(file_of: FileOf) -> None:
    path = file_of("people:\n  - id: jane\n    email: jane\n")
    ended = Runner().invoke(main, ["serve", "--config", str(path)])
    assert ended.exit_code == 2
    assert ended.output.startswith(f"Error: {path}:3: people.email: ")
    ended = Runner().invoke(main, ["serve", "--no-config", "--people", "nowhere/*.yaml"])
    assert ended.output == "Error: There is no file nowhere/*.yaml.\n"
