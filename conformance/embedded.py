"""Starts the mock IdP and the reference backend as processes, for a run without ``--target``.

Both are started by their command lines, as by a user; this package imports neither.
"""

import contextlib
import json
import os
import queue
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

START_SECONDS: Final = 30.0
"""A process that is not ready by then will not be."""

STOP_SECONDS: Final = 5.0

APP_URL: Final = "http://localhost:3000"
"""Of an app that the suite plays and nobody serves."""

PORTS: Final = range(20000, 32768)
"""Where a backend listens: above the services of a machine, below the ports of connections (Linux, by default)."""


class EmbeddedStartError(Exception):
    """The mock IdP or the reference backend did not start; the text carries what it printed."""


def free_port() -> int:
    """A port on the loopback interface that was free a moment ago.

    Not one that the system hands out, which any outgoing connection may have taken before a server comes up.
    """
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def started(
    module: str,
    arguments: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    python: Path | str = sys.executable,
) -> Iterator[dict[str, Any]]:
    """Run ``python -m module arguments --json`` until the block ends; gives the line it printed when ready.

    Parameters:
        module: the package to run.
        arguments: its command line.
        log: file for what it prints on standard error.
        environment: environment variables.
        python: the interpreter that has the module; this one by default.

    Raises:
        EmbeddedStartError: it ended or stayed silent.
    """
    command = [str(python), "-m", module, *arguments, "--json"]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=dict(environment))  # noqa: S603
        try:
            yield _ready_line(process, module, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _ready_line(process: "subprocess.Popen[bytes]", module: str, log: Path) -> dict[str, Any]:
    """What it prints when it accepts connections; read aside, because not every system can wait for a pipe."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        if process.stdout is not None:
            with contextlib.suppress(ValueError):  # closed, since nobody waits any more
                for line in process.stdout:
                    lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, name=f"output of {module}", daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    with contextlib.suppress(queue.Empty):
        while line := lines.get(timeout=max(0.0, deadline - time.monotonic())):
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and said.get("ready"):
                    return said
    said_last = log.read_text(errors="replace").strip().splitlines()[-5:]
    raise EmbeddedStartError(f"{module} did not start: " + (" / ".join(said_last) or "it printed nothing"))


def describe_mock(profile: str, providers: Mapping[str, str | None], vendors: Sequence[str] = ()) -> dict[str, Any]:
    """What a mock IdP of a profile will say about itself, without starting one (``mock-idp describe``).

    Parameters:
        profile: configuration profile.
        providers: provider ids, each with the vendor behind it or None; empty for all.
        vendors: files with vendors of one's own.

    Returns:
        ``idp``: as ``GET /__idp/`` answers; ``personas``: as ``GET /__idp/personas`` does.

    Raises:
        EmbeddedStartError: there is no such profile or provider.
    """
    named = [f"{id_}={vendor}" if vendor else id_ for id_, vendor in providers.items()]
    options = [*_repeated("--provider", named), *_repeated("--vendor", vendors)]
    described: dict[str, Any] = json.loads(_run("mock_idp", ["describe", "--profile", profile, *options], os.environ))
    return described


def _repeated(option: str, values: Sequence[str]) -> list[str]:
    return [text for value in values for text in (option, value)]


class OwnFiles(NamedTuple):
    """Own Python files for the two that are started.

    Parameters:
        vendors: vendors and auth proxies for the mock IdP.
        providers: providers for the reference backend.
    """

    vendors: Sequence[str]
    providers: Sequence[str]


NONE_OF_THEIR_OWN: Final = OwnFiles((), ())


class Pair(NamedTuple):
    """What was started.

    Parameters:
        auth_url: base URL of the backend's auth plugin.
        idp_url: base URL of the mock IdP.
        app_origin: origin of the app.
        replicas: base URLs of further replicas of the backend.
    """

    auth_url: str
    idp_url: str
    app_origin: str
    replicas: tuple[str, ...] = ()


@contextlib.contextmanager
def embedded_pair(
    seed: int,
    profile: str,
    app_url: str = APP_URL,
    replicas: int = 1,
    only_environment: str | None = None,
    own: OwnFiles = NONE_OF_THEIR_OWN,
) -> Iterator[Pair]:
    """Start both.

    Parameters:
        seed: for the IdP's random choices.
        profile: configuration profile.
        app_url: where the app is, if there is one.
        replicas: how many backends there are, on one database.
        only_environment: the one environment that the backend's providers have; None for all.
        own: vendors and providers that the kit does not have.

    Raises:
        EmbeddedStartError: one of them did not start.
    """
    backend_url = f"http://localhost:{free_port()}"
    common = ["--backend-url", backend_url, "--app-url", app_url, "--profile", profile]
    common += _repeated("--vendor", own.vendors)
    with tempfile.TemporaryDirectory(prefix="backstage-auth-conformance-") as folder, contextlib.ExitStack() as stack:
        place = Path(folder)
        environment = {**os.environ, "XDG_STATE_HOME": folder, "PYTHONUNBUFFERED": "1"}
        ports = ["--port", "0", "--proxy-port", "0", "--tls-port", "0"]
        serve = ["serve", "--no-config", *ports, "--seed", str(seed), *common]
        idp = stack.enter_context(started("mock_idp", serve, place / "idp.log", environment))
        idp_url = idp["urls"]["http"]
        config = place / "app-config.yaml"
        addresses = ["--idp", idp_url, "--idp-tls", idp["urls"]["tls"]]
        only = ["--env", only_environment] if only_environment else []
        write = ["app-config", "--no-config", "--conformance", *only, *addresses, *common, "-o", str(config)]
        with ThreadPoolExecutor() as aside:
            written = aside.submit(_run, "mock_idp", write, environment)
            inside = {**environment, **_environment_of(idp_url, environment)}
            written.result()
        arguments = ["serve", "--config", str(config), *_repeated("--provider-module", own.providers)]
        if replicas > 1:
            database = {"client": "better-sqlite3", "connection": {"directory": str(place)}}
            shared = place / "app-config.replicas.yaml"
            shared.write_text(json.dumps({"backend": {"database": database}}), encoding="utf-8")
            arguments += ["--config", str(shared)]
        urls = [backend_url, *(f"http://localhost:{free_port()}" for _ in range(replicas - 1))]
        for number, url in enumerate(urls):
            log = place / f"backend-{number}.log"
            stack.enter_context(
                started("reference_backend", [*arguments, "--port", url.rsplit(":", 1)[1]], log, inside)
            )
        # By the name the backend calls itself, not by its address: cookies belong to host names.
        yield Pair(f"{backend_url}/api/auth", idp_url, app_url, tuple(urls[1:]))


def _environment_of(idp_url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What ``mock-idp env`` prints, as a mapping."""
    printed = _run("mock_idp", ["env", "--idp", idp_url, "--shell", "dotenv"], environment)
    pairs = (line.partition("=") for line in printed.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def _run(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environment), timeout=60, check=False)  # noqa: S603
    if done.returncode:
        raise EmbeddedStartError(f"{module} {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
