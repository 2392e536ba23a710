"""``auth-conformance``: what a person sees without a target, and how mistakes end."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import COMMANDS, group, playground
from conformance.cli.playground import frontend_config
from conformance.cli.run import pytest_arguments
from conformance.plugin import PACKAGE, asks_for_suite, run
from conformance.plugin.options import OPTIONS

pytest_plugins = ["pytester"]

SCREEN_LINES = 50


def auth_conformance(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    answer = auth_conformance(command, "--help")

    assert answer.exit_code == 0
    assert answer.output.startswith("Usage: ")


def test_the_help_of_a_run_fits_on_a_screen_and_has_every_option() -> None:
    text = auth_conformance("run", "--help").output

    assert len(text.splitlines()) <= SCREEN_LINES
    assert {option.name for option in OPTIONS} <= set(re.findall(r"--[a-z-]+", text))


def test_the_table_of_exit_codes_has_those_that_pytest_ends_with() -> None:
    page = (PACKAGE.parent / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    table = page.partition("## auth-conformance")[2].partition("## ")[0]

    assert {int(code) for code in re.findall(r"^\| (\d) \|", table, re.MULTILINE)} == set(range(6))


class TestRun:
    def test_the_first_argument_is_the_target(self) -> None:
        arguments = pytest_arguments(("http://localhost:7007/api/auth", "-x"))

        assert arguments[0] == str(PACKAGE)
        assert arguments[-3:] == ["--target", "http://localhost:7007/api/auth", "-x"]

    def test_without_one_the_reference_backend_is_tested(self) -> None:
        assert "--target" not in pytest_arguments(("-n", "2"))

    @pytest.mark.parametrize(("given", "kept"), [("--lf", True), ("-x", False)])
    def test_a_cache_is_kept_only_where_it_is_asked_for(self, given: str, kept: bool) -> None:
        assert ("no:cacheprovider" in pytest_arguments((given,))) is not kept


class TestExplain:
    def test_a_requirement(self) -> None:
        text = auth_conformance("explain", "frame-07").output

        assert text.startswith("FRAME-07 (MUST)\n")
        for part in (
            "docs/spec/protocol.md#",
            "nonce-must-match",
            "expected  'NotAllowedError'",
            "--requirement FRAME-07",
        ):
            assert part in text

    def test_one_that_nothing_checks(self) -> None:
        assert "No scenario checks it." in auth_conformance("explain", "KEY-11").output

    def test_one_that_does_not_exist(self) -> None:
        answer = auth_conformance("explain", "FRAME-7")

        assert answer.exit_code == 4
        assert "there is no requirement FRAME-7; did you mean FRAME-" in answer.output


class TestList:
    @pytest.mark.parametrize(
        ("kind", "id_"),
        [("scenarios", "nonce-must-match"), ("requirements", "FRAME-07"), ("providers", "ghe"), ("profiles", "bare")],
    )
    def test_what_there_is(self, kind: str, id_: str) -> None:
        rows = json.loads(auth_conformance("list", kind, "--json").output)
        lines = auth_conformance("list", kind).output.splitlines()

        assert id_ in {row["id"] for row in rows}
        assert len(lines) == len(rows)

    def test_scenarios_of_a_folder_that_does_not_exist(self) -> None:
        answer = auth_conformance("list", "scenarios", "--scenarios", "nowhere")

        assert answer.exit_code == 4
        assert "nowhere: there is no such directory of scenarios" in answer.output


class TestReport:
    @pytest.mark.parametrize(
        ("content", "told"),
        [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "is no report of the suite")],
    )
    def test_what_is_no_report_is_told(self, tmp_path: Path, content: str | None, told: str) -> None:
        file = tmp_path / "report.json"
        if content is not None:
            file.write_text(content)

        answer = auth_conformance("report", str(file))

        assert answer.exit_code == 4
        assert told in answer.output


def test_the_doctor_says_in_one_sentence_what_is_wrong() -> None:
    answer = auth_conformance("doctor", "localhost:7007")

    assert answer.exit_code == 4
    assert answer.output.startswith("Error: the target 'localhost:7007' is not an http or https URL")


class TestSleepingPlugin:
    @pytest.mark.parametrize(
        ("argument", "pyargs", "asked"),
        [
            ("conformance", False, True),
            ("conformance/test_scenarios.py::test_case[x]", False, True),
            ("conformance", True, True),
            ("conformance.test_scenarios", True, True),
            ("conformances", True, False),
            ("tests", False, False),
            (".", False, False),
            ("http://localhost:7007/api/auth", False, False),
        ],
    )
    def test_it_wakes_for_the_suite_only(self, argument: str, pyargs: bool, asked: bool) -> None:
        assert asks_for_suite([argument], PACKAGE.parent, pyargs=pyargs) is asked

    def test_an_unrelated_run_gets_no_option_and_imports_nothing_of_the_suite(self, tmp_path: Path) -> None:
        (tmp_path / "conftest.py").write_text(
            "import sys\n"
            "def pytest_addoption(parser):\n"
            "    parser.addoption('--profile', action='store_true')\n"  # as pytest-profiling has it
            "def pytest_unconfigure(config):\n"
            "    loaded = sorted(name for name in sys.modules if name.partition('.')[0] == 'conformance')\n"
            "    print('loaded:', ' '.join(loaded))\n"
        )
        (tmp_path / "test_x.py").write_text("def test_x(): pass\n")
        command = [sys.executable, "-m", "pytest", "-q", "--profile", "-p", "no:cacheprovider", "test_x.py"]

        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stdout + done.stderr
        assert "loaded: conformance conformance.plugin\n" in done.stdout

    @pytest.mark.parametrize("options", [("--collect-only",), ("-k", "nothing_of_this_name")])
    def test_a_run_that_plays_nothing_starts_no_server(
        self, options: tuple[str, ...], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run, "embedded_pair", lambda *_: pytest.fail("a server is started"))
        arguments = pytest_arguments(("-q", "--provider", "guest", *options))

        result = pytester.inline_run(*arguments, "-p", "no:randomly")

        assert result.ret in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        assert not list(pytester.path.iterdir())


class TestPlayground:
    def test_without_a_built_app_it_says_how_to_make_one(self, tmp_path: Path) -> None:
        answer = auth_conformance("playground", "--bundle", str(tmp_path))

        assert answer.exit_code == 4
        assert "npm ci && npm run build" in answer.stderr

    def test_without_the_extra_it_says_how_to_install_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(playground, "PACKAGE", "nobody_installed_this")
        answer = auth_conformance("playground")

        assert answer.exit_code == 4
        assert "pip install 'backstage-auth-conformance[playground]'" in answer.stderr

    def test_a_port_that_is_taken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # Said at once, and not after a backend has started in vain.
        monkeypatch.delattr(playground, "embedded_pair")
        (tmp_path / "app.js").touch()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            answer = auth_conformance("playground", "--bundle", str(tmp_path), "--port", str(port))

        assert answer.exit_code == 4
        assert f"port {port} cannot be had" in answer.stderr
        assert "--port" in answer.stderr

    def test_the_app_finds_its_backend(self) -> None:
        config = frontend_config("http://localhost:3000", "http://localhost:7007")

        assert config["app"]["baseUrl"] == "http://localhost:3000"
        assert config["backend"]["baseUrl"] == "http://localhost:7007"
