"""An Express application in a folder of its own, and its sign-in tests over the control API by Node's test runner."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.interop.backstage.node import find_node, install_modules
from tests.support.idp_process import running_idp

FOLDER = Path(__file__).parent / "express_app"
TESTS = 20
"""Nine, one that has ten in it, and those."""


def test_all_sign_in_tests_pass(tmp_path: Path) -> None:
    install_modules(directory=FOLDER)
    with running_idp(tmp_path, "http://localhost:7007") as idp:
        command = [find_node(), "--test", "--test-reporter=tap"]
        environment = {**os.environ, "MOCK_IDP_URL": idp.url}
        done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert found and int(found[1]) == TESTS, done.stdout[-1000:]
