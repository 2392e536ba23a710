"""docs/how-to/add-a-vendor.md, done as it says in a copy of this repository."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-vendor.md"
BLOCK = re.compile(r"^`([\w./-]+)`(, at its end)?:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITHOUT = shutil.ignore_patterns("__pycache__", "node_modules", "interop")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the page's files in it."""
    place = tmp_path_factory.mktemp("repository")
    for name in ("conformance", "mock_idp", "reference_backend", "scenarios", "docs"):
        shutil.copytree(ROOT / name, place / name, ignore=WITHOUT)
    shutil.copy(ROOT / "pyproject.toml", place)
    for file, is_added, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        before = (place / file).read_text(encoding="utf-8") if is_added else ""
        (place / file).write_text(before + text, encoding="utf-8")
    return place


def run(place: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_page_has_a_file_in_each_of_the_four_places_and_rows() -> None:
    files = [file for file, _, _ in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    places = ["docs/spec", "mock_idp/vendors", "reference_backend/providers", "scenarios/providers", "docs/vendors"]

    assert [str(Path(file).parent) for file in files] == places


def test_the_new_vendor_is_found_and_passes(copy: Path) -> None:
    run(copy, "docs/spec/extract.py")

    # Not all of the generic scenarios: those about vendors, and its own.
    chosen = "gitea and (providers or vendors or failing_vendor)"
    said = run(copy, "-m", "pytest", "conformance", "-q", "-p", "no:cacheprovider", "--level", "should", "-k", chosen)

    passed = re.search(r"^cases: (\d+) passed$", said, re.MULTILINE)
    assert passed, said
    assert int(passed[1]) >= 20
    assert "gitea" in run(copy, "-m", "mock_idp", "vendors")


def test_the_new_files_are_in_the_style_of_the_house(copy: Path) -> None:
    files = ["mock_idp/vendors/gitea.py", "reference_backend/providers/gitea.py"]

    run(copy, "-m", "ruff", "check", *files)
    run(copy, "-m", "ruff", "format", "--check", *files)
