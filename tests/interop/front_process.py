"""`mock-idp front` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.interop.idp_process import ROOT, IdpProcess


@contextmanager
def running_front(idp: IdpProcess, vendor: str, *options: str) -> Iterator[str]:
    """Stand in front of the backend of a mock IdP for as long as the block lasts; gives the front's address.

    Params:
        idp: the mock that mints the headers.
        vendor: which auth proxy it is.
        options: further options of `mock-idp front`.

    Raises:
        RuntimeError: it does not start; its log says why.
    """
    command = [sys.executable, "-m", "mock_idp", "front", vendor, "--upstream", idp.backend_url, "--idp", idp.url]
    environment = {**os.environ, "XDG_STATE_HOME": str(idp.directory)}
    with subprocess.Popen(
        [*command, "--port", "0", "--json", *options], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            if not ready:
                raise RuntimeError("The front did not start; see its error above.")
            yield json.loads(ready)["urls"]["http"]
        finally:
            process.terminate()
