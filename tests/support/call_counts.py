"""Counts the calls of the reference backend that one sign-in and one refresh at GitHub take.

    python -m tests.support.call_counts [--tree]

Shows how many functions of the package are called, in how many files, and how deep; ``--tree`` shows the calls.
The mock IdP is a process; the backend runs in this one, where every call can be seen.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import CO_GENERATOR
from pathlib import Path
from types import FrameType
from typing import Any

import requests

import reference_backend
from reference_backend.app import create_app
from reference_backend.config import loader
from tests.support.idp_process import running_idp

COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>")
PACKAGE = str(Path(reference_backend.__file__).parent)
GITHUB = "/api/auth/github"
PERSONA = "plain"


@dataclass
class Calls:
    """Calls within the package, each with its depth."""

    seen: list[tuple[int, str, str]] = field(default_factory=list)
    depth: int = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count what happens in the block."""
        sys.setprofile(self._look)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, argument: Any) -> None:
        del argument
        code = frame.f_code
        # Comprehensions are no functions of ours, and a generator is "called" for each of its items.
        if event not in ("call", "return") or not code.co_filename.startswith(PACKAGE) or code.co_flags & CO_GENERATOR:
            return
        if code.co_name in COMPREHENSIONS:
            return
        if event == "call":
            file = str(Path(code.co_filename).relative_to(PACKAGE))
            self.seen.append((self.depth, file, code.co_qualname))
        self.depth += 1 if event == "call" else -1

    def report(self, title: str, *, tree: bool) -> str:
        """The figures, and the tree if it is wanted."""
        files = {file for _, file, _ in self.seen}
        deepest = max(depth for depth, _, _ in self.seen) + 1
        lines = [f"{title}: {len(self.seen)} calls, {len(files)} files, depth {deepest}"]
        lines += [f"{'  ' * depth}{name}  ({file})" for depth, file, name in self.seen if tree]
        return "\n".join(lines)


def consent_answer(authorization_url: str) -> str:
    """Allow at the mock's consent form; returns the address of the callback."""
    page = requests.get(authorization_url, timeout=10)
    fields = re.findall(r'name="(request|scope)"[^>]*value="([^"]*)"', page.text)
    form = [*fields, ("persona", PERSONA), ("decision", "allow")]
    address = requests.compat.urljoin(page.url, "/__idp/consent")
    return requests.post(address, data=form, timeout=10, allow_redirects=False).headers["Location"]


def path_of(url: str) -> str:
    """Path and query of an address."""
    return "/" + url.partition("://")[2].partition("/")[2]


def main() -> None:
    """Sign in at GitHub and refresh, a second time as everything has been read by then; say what it took."""
    tree = "--tree" in sys.argv
    with tempfile.TemporaryDirectory() as place, running_idp(Path(place), "http://localhost:7007") as idp:
        config = loader.load([idp.write_app_config("--provider", "github")], os.environ)
        os.environ.update(idp.environment)
        client = create_app(config).test_client()
        for callback, refresh in ((Calls(), Calls()), (Calls(), Calls())):
            started = client.get(f"{GITHUB}/start?env=development", base_url=idp.backend_url)
            address = path_of(consent_answer(started.headers["Location"]))
            with callback.counted():
                client.get(address, base_url=idp.backend_url)
            headers = {"X-Requested-With": "XMLHttpRequest"}
            with refresh.counted():
                answer = client.get(f"{GITHUB}/refresh?env=development", base_url=idp.backend_url, headers=headers)
            if answer.status_code != 200:
                sys.exit(f"the refresh failed: {answer.text}")
        print(callback.report("callback", tree=tree))
        print(refresh.report("refresh", tree=tree))


if __name__ == "__main__":
    main()
