"""Which tests of the reference backend tell the surviving mutants from the original.

    python -m tests.mutants.inside [--jobs N] [--again]

They know the code from inside and have a clock of their own, so they see what no scenario can: what happens in an hour,
what a resolver does that no configuration reaches, why a backend does not start. The outcome is kept beside the others.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.interop.idp_process import ROOT
from tests.mutants.changed import MODULE, SOURCE
from tests.mutants.mutation import Mutant
from tests.mutants.results import Results
from tests.mutants.subjects import all_mutants, area_of

TESTS = {
    "state": ("protocol", "test_start.py", "test_frame.py"),
    "cookie": ("protocol", "test_tokens.py", "test_refresh_logout.py", "test_provider_interface.py"),
    "scope": ("protocol", "test_refresh_logout.py"),
    "origin": ("protocol", "test_start.py", "test_frame.py", "test_refresh_logout.py"),
    "token": ("protocol", "test_tokens.py", "test_key_stores.py"),
    "resolver": ("protocol", "test_sign_in.py", "test_resolver_context.py"),
    "proxy": ("test_signed_proxies.py", "test_sign_in.py"),
}
"""Area -> what tests it, in ``tests/reference_backend``."""
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
SECONDS = 120
"""A mutant that is not done by then hangs."""


def main() -> int:
    """Run the command; returns the exit status."""
    about = "Run tests on the survivors that have no reason yet."
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.inside", description=about)
    parser.add_argument("--jobs", type=int, default=2, help="how many run side by side (default: 2)")
    parser.add_argument("--again", action="store_true", help="also those for which a test is known")
    options = parser.parse_args()
    results = Results.read()
    unexplained = results.unexplained()
    chosen = [
        mutant
        for mutant in all_mutants()
        if mutant.id in unexplained and (options.again or not unexplained[mutant.id].test)
    ]
    lock = threading.Lock()

    def judge(mutant: Mutant) -> None:
        test = failing_test(mutant)
        with lock:
            results.add_test(mutant, test)
            results.write()
            print(f"{test or '** SURVIVES **'}  {mutant.id}", flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(judge, chosen))
    print(results.summary())
    return 0


def failing_test(mutant: Mutant) -> str:
    """The first test that fails because of a mutant; empty if there is none."""
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "mutant.py"
        source.write_text(mutant.source, encoding="utf-8")
        files = [f"tests/reference_backend/{name}" for name in TESTS[area_of(mutant.module)]]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "tests.mutants.changed"]
        command += ["-p", "no:cacheprovider", "-p", "no:randomly", *files]
        environment = {**os.environ, MODULE: mutant.module, SOURCE: str(source)}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return "the tests do not end"
    if done.returncode == 0:
        return ""
    found = FAILED.search(done.stdout)
    return found[1].removeprefix("tests/reference_backend/") if found else "the tests do not begin"


if __name__ == "__main__":
    sys.exit(main())
