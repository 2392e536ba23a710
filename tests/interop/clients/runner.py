"""The Node programs, all in one process, which is told what to play by lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.interop.backstage.node import find_node, install_modules

HERE = Path(__file__).parent


class ClientError(Exception):
    """What a client says when it did not get what it wanted."""


class NodePrograms:
    """The running process.

    Parameters:
        incoming: its standard output.
        outgoing: its standard input.
    """

    def __init__(self, incoming: IO[str], outgoing: IO[str]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def play(self, program: str, act: str, settings: Mapping[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
        """Let a program act.

        Parameters:
            program: name of its file.
            act: what it does.
            settings: what the client is told.
            visit: sends a person to a URL and returns the callback.

        Raises:
            ClientError: the client failed.
        """
        self._say({"program": program, "act": act, "settings": settings})
        while True:
            line = self._incoming.readline()
            if not line:
                raise ClientError("the process with the Node programs has ended")
            message = json.loads(line)
            if "visit" in message:
                self._say(_visited(visit, message["visit"]))
            elif "error" in message:
                raise ClientError(message["error"])
            else:
                found: dict[str, Any] = message["result"] or {}
                return found

    def _say(self, message: Mapping[str, Any]) -> None:
        self._outgoing.write(json.dumps(message) + "\n")
        self._outgoing.flush()


def _visited(visit: Callable[[str], str], url: str) -> dict[str, str]:
    try:
        return {"callback": visit(url)}
    except Exception as refusal:  # whatever it is, the process waits for an answer
        return {"error": str(refusal)}


@contextmanager
def running_node_programs(environment: Mapping[str, str]) -> Iterator[NodePrograms]:
    """Run the Node programs for as long as the block lasts.

    Parameters:
        environment: the variables that send their traffic to the mock.

    Raises:
        CannotRunError: Node or npm is missing.
    """
    install_modules(directory=HERE)
    with subprocess.Popen(
        [find_node(), "runner.mjs"],
        cwd=HERE / "node",
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        yield NodePrograms(process.stdout, process.stdin)
        process.stdin.close()
