"""The tutorial about tests works as it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, MarkdownPage


def test_write_a_test(tmp_path: Path) -> None:
    page = MarkdownPage(ROOT / "docs" / "tutorials" / "write-a-test.md")
    application, *tests = [fence.text for fence in page.fences if fence.language == "python"]
    (tmp_path / "app.py").write_text(application, encoding="utf-8")
    (tmp_path / "test_login.py").write_text("\n\n".join(tests), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "mock_idp.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "test_login.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "3 passed" in done.stdout) == (0, True), done.stdout[-3000:] + done.stderr
