"""The wheel, installed outside the checkout: the suite, its commands and the mock run from an empty directory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from conformance.embedded import started

ROOT = Path(__file__).resolve().parents[2]
TEN_CASES = ("--provider", "guest", "--provider", "oauth2Proxy", "-m", "not fuzz")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], folder)
    (built,) = folder.glob("*.whl")
    return built


def installed(wheel: Path, folder: Path, extras: str) -> Path:
    """A venv with the wheel; gives its folder of programs."""
    run([sys.executable, "-m", "venv", str(folder)], folder.parent)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    run([str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check", f"{wheel}{extras}"], folder)
    return programs


@pytest.fixture(scope="module")
def everything(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(wheel, tmp_path_factory.mktemp("all") / "venv", "[all]")


@pytest.fixture(scope="module")
def core(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(wheel, tmp_path_factory.mktemp("core") / "venv", "")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def environment() -> Mapping[str, str]:
    """Nothing of the checkout and of the tests' own pytest."""
    hidden = ("PYTEST_", "PYTHON", "VIRTUAL_ENV", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


def run(command: list[str], folder: Path, expected: int = 0) -> str:
    done = subprocess.run(command, cwd=folder, env=dict(environment()), capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == expected, said[-4000:]
    return said


def test_the_suite_plays_cases_against_the_reference_backend(everything: Path, empty: Path) -> None:
    said = run([str(everything / "auth-conformance"), "run", *TEN_CASES, "--report-json", "report.json"], empty)

    report = json.loads((empty / "report.json").read_text())
    assert report["summary"]["passed"] >= 10
    assert report["summary"]["failed"] == report["summary"]["error"] == 0
    assert " passed" in said
    assert [file.name for file in empty.iterdir()] == ["report.json"]


def test_the_suite_runs_as_a_package_of_pytest(everything: Path, empty: Path) -> None:
    command = [str(everything / "pytest"), "-p", "no:cacheprovider", "--pyargs", "conformance"]
    said = run([*command, "--requirement", "GUEST-01", "--provider", "guest", "-q"], empty)

    assert "failed" not in said
    assert not list(empty.iterdir())


def test_a_target_of_ones_own_is_told_what_is_wrong(everything: Path, empty: Path) -> None:
    address = "http://127.0.0.1:9/api/auth"

    assert "start the backend, or correct its URL" in run(
        [str(everything / "auth-conformance"), "doctor", address], empty, expected=4
    )
    assert "start the backend, or correct its URL" in run(
        [str(everything / "pytest"), "-p", "no:cacheprovider", "--pyargs", "conformance", "--target", address],
        empty,
        expected=4,
    )


def test_a_requirement_is_explained(everything: Path, empty: Path) -> None:
    said = run([str(everything / "auth-conformance"), "explain", "FRAME-07"], empty)

    assert said.startswith("FRAME-07 (MUST)\n")
    assert "protocol/callback.yaml" in said


def test_an_unrelated_run_of_pytest_is_left_alone(everything: Path, empty: Path) -> None:
    (empty / "test_x.py").write_text("def test_x(): pass\n")
    said = run([str(everything / "pytest"), "-p", "no:cacheprovider", "-q", "test_x.py"], empty)

    assert said.endswith("1 passed in " + said.rpartition(" in ")[2])
    assert "mock IdP" not in said
    assert "--target" not in run([str(everything / "pytest"), "--help"], empty)


def test_the_core_is_the_mock_and_says_what_else_needs(core: Path, empty: Path) -> None:
    serve = ["serve", "--port", "0", "--proxy-port", "0", "--tls-port", "0"]
    state = {**environment(), "XDG_STATE_HOME": str(empty / "state")}
    with started("mock_idp", serve, empty / "log", state, python=core / "python") as ready:
        assert ready["urls"]["http"].startswith("http://127.0.0.1:")
    for program in ("auth-conformance", "reference-backend"):
        said = run([str(core / program), "run" if program == "auth-conformance" else "serve"], empty, expected=1)
        extra = "suite" if program == "auth-conformance" else "backend"
        assert f"pip install 'backstage-auth-conformance[{extra}]'" in said
        assert len(said.strip().splitlines()) == 1


def test_the_core_and_pytest_give_tests_the_mock(wheel: Path, tmp_path: Path, empty: Path) -> None:
    core = installed(wheel, tmp_path / "venv", "")
    run([str(core / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pytest"], empty)
    (empty / "test_x.py").write_text(
        "def test_x(idp):\n"
        '    client = idp.client("okta", redirect_uri="http://localhost/callback")\n'
        "    assert client.issuer == client.url\n"
    )

    said = run([str(core / "python"), "-m", "pytest", "-p", "no:cacheprovider", "-q", "test_x.py"], empty)

    assert "1 passed" in said
    said = run([str(core / "auth-conformance"), "run"], empty, expected=1)
    assert "pip install 'backstage-auth-conformance[suite]'" in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="composite actions run bash")
def test_the_steps_of_the_github_action_run_as_written(everything: Path, empty: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = {step.get("name"): step for step in action["runs"]["steps"]}
    defaults = {name: str(given.get("default", "")) for name, given in action["inputs"].items()}
    files = {name: empty / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    variables = {
        name: defaults[text.removeprefix("${{ inputs.").removesuffix(" }}")]
        for name, text in steps["Run the suite"]["env"].items()
    }
    variables |= {"PROVIDERS": "guest", "WORKERS": "0", "RUNNER_TEMP": str(empty)}
    variables |= {name: str(file) for name, file in files.items()}
    variables["PATH"] = f"{everything}{os.pathsep}{os.environ['PATH']}"

    for name in ("Run the suite", "Job summary"):
        command = ["bash", "-e", "-o", "pipefail", "-c", steps[name]["run"]]
        done = subprocess.run(
            command, cwd=empty, env={**environment(), **variables}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    report = Path(files["GITHUB_OUTPUT"].read_text().strip().removeprefix("report="))
    assert json.loads(report.read_text())["summary"]["passed"] >= 5
    assert "Backstage auth conformance" in files["GITHUB_STEP_SUMMARY"].read_text()
