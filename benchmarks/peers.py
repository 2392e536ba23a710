"""The mock identity providers that are compared: how each is installed and started, and how one signs in there.

A peer is data. One that cannot be installed or started is named with the reason, and left out of the tables.
"""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from benchmarks.measuring import MeasuringError, Running, free_port, running
from benchmarks.node import find_node, npm
from benchmarks.settings import PEERS

Kind = Literal["ours", "flask", "node"]
REDIRECT_URI: Final = "http://localhost:7007/api/auth/oidc/handler/frame"
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Start:
    """How a peer is started.

    Parameters:
        command: its command line.
        environment: variables on top of ours.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peer:
    """A mock identity provider.

    Parameters:
        id: its name in tables.
        kind: what it is made with.
        start: port and folder for its files -> how it is started there.
        package: what is installed, with its version where that matters; empty for ours.
        issuer: path of its issuer.
        client_id: a client that it knows, or takes.
        client_secret: that client's secret.
        redirect_uri: where that client may be sent back to.
        scope: what is asked for, so that there is a refresh token if the peer has them.
        choice: what a person fills into its page; empty if it signs in without one.
        remark: what a reader of the tables has to know.
    """

    id: str
    kind: Kind
    start: Callable[[int, Path], Start]
    package: str = ""
    issuer: str = ""
    client_id: str = "benchmark"
    client_secret: str = "secret"  # noqa: S105 - of a mock
    redirect_uri: str = REDIRECT_URI
    scope: str = "openid profile email offline_access"
    choice: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        return PEERS / self.id

    @property
    def version(self) -> str:
        """What is installed, in words."""
        if self.kind == "node":
            name = self.package.rpartition("@")[0]
            manifest = self.folder / "node_modules" / name / "package.json"
            return str(json.loads(manifest.read_text("utf-8"))["version"])
        python = self.folder / "bin" / "python" if self.package else Path(sys.executable)
        name = self.package or "backstage-auth-conformance"
        said = f"m.version({name!r}), 'on Python', platform.python_version()"
        asked = f"import platform, importlib.metadata as m; print({said})"
        return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603

    def install(self) -> None:
        """Install it, unless it is there.

        Raises:
            MeasuringError: it cannot be installed.
        """
        done = self.folder / "installed"
        if not self.package or (done.is_file() and done.read_text("utf-8") == self.package):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "node":
            options = ("--no-audit", "--no-fund", "--ignore-scripts", "--save-exact")
            _run([*npm(), "install", "--prefix", str(self.folder), *options, self.package])
        else:
            _run([_newest_python(), "-m", "venv", "--clear", str(self.folder)])
            _run([str(self.folder / "bin" / "pip"), "install", "--disable-pip-version-check", self.package])
        done.write_text(self.package, encoding="utf-8")

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator["RunningPeer"]:
        """Run it until the block ends.

        Parameters:
            folder: for files of its own.

        Raises:
            MeasuringError: it does not start.
        """
        port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        start = self.start(port, folder)
        url = f"http://127.0.0.1:{port}{self.issuer}/.well-known/openid-configuration"
        with running(start.command, url, folder / "log.txt", start.environment, folder) as process:
            yield RunningPeer(self, process, url)


@dataclass(frozen=True, slots=True)
class RunningPeer:
    """A peer that answers.

    Parameters:
        peer: which.
        process: its process.
        discovery: address of its discovery document.
    """

    peer: Peer
    process: Running
    discovery: str


def _newest_python() -> str:
    """The newest Python there is: some peers give old releases to an old one, which would be unfair."""
    found = (shutil.which(name) for name in ("python3.14", "python3.13", "python3.12"))
    return next((path for path in found if path and _works(path)), sys.executable)


def _works(python: str) -> bool:
    # A shim of a version manager may stand for nothing.
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise MeasuringError(f"'{' '.join(command)}' failed: {(done.stderr or done.stdout).strip()[-600:]}")


def ours(*options: str, id_: str = "ours", remark: str = "", choice: Mapping[str, str] | None = None) -> Peer:
    """Our own mock.

    Parameters:
        options: further options of ``mock-idp serve``.
        id_: its name in tables.
        remark: what a reader of the tables has to know.
        choice: what a person fills into its page; without it, one is signed in at once.
    """

    def start(port: int, folder: Path) -> Start:
        ports = ("--port", str(port), "--proxy-port", "0", "--tls-port", "0")
        automatic = () if choice else ("--auto-login", "plain")
        command = (
            sys.executable,
            "-m",
            "mock_idp",
            "serve",
            "--no-config",
            "--seed",
            "1",
            *ports,
            *automatic,
            *options,
        )
        # The state is that of a machine where it ran before.
        return Start(command, {"XDG_STATE_HOME": str(PEERS / "state"), "PYTHONPATH": str(_HERE.parent)})

    return Peer(
        id_,
        "ours",
        start,
        issuer="/oidc",
        client_id="mock-oidc-development",
        client_secret="secret-of-mock-oidc-development-never-shown",  # noqa: S106 - of a mock
        choice=choice or {},
        remark=remark,
    )


def _first_start(port: int, folder: Path) -> Start:
    start = ours().start(port, folder)
    return Start(start.command, {**start.environment, "XDG_STATE_HOME": str(folder / f"state-{port}")})


def _node(package: str, *arguments: str) -> tuple[str, ...]:
    return (str(find_node()), str(PEERS / package / "node_modules" / arguments[0]), *arguments[1:])


def _oauth2_mock_server(port: int, _: Path) -> Start:
    program = "oauth2-mock-server/dist/oauth2-mock-server.mjs"
    return Start(_node("oauth2-mock-server", program, "-a", "127.0.0.1", "-p", str(port)))


def _oidc_provider(port: int, _: Path) -> Start:
    # Beside its packages, where Node looks for them.
    script = PEERS / "oidc-provider" / "server.mjs"
    script.write_text((_HERE / "oidc-provider.mjs").read_text("utf-8"), encoding="utf-8")
    return Start((str(find_node()), str(script), str(port), REDIRECT_URI, "benchmark", "secret"))


def _emulate(port: int, _: Path) -> Start:
    return Start(_node("emulate", "emulate/dist/index.js", "start", "-p", str(port), "-s", "okta"))


def _oidc_provider_mock(port: int, _: Path) -> Start:
    return Start((str(PEERS / "oidc-provider-mock" / "bin" / "oidc-provider-mock"), "-p", str(port)))


def _nanoidp(port: int, folder: Path) -> Start:
    program = PEERS / "nanoidp" / "bin" / "nanoidp"
    # One for each start, because the issuer has the port in it.
    config = folder / str(port)
    _run([str(program), "init", str(config)])
    settings = config / "settings.yaml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("http://localhost:8000", f"http://127.0.0.1:{port}"), encoding="utf-8")
    return Start((str(program), "--config", str(config), "--port", str(port)))


OURS: Final = ours(remark="all providers, TLS and proxy listeners; signs in without a page")
OUR_PAGE: Final = ours(
    id_="ours, page",
    choice={"persona": "plain", "decision": "allow"},
    remark="the same, with its consent page",
)
OUR_FIRST_START: Final = Peer(
    "ours, first start", "ours", _first_start, issuer="/oidc", remark="makes its certificate authority and keys"
)
PEERS_OF_THE_MOCK: Final = (
    Peer(
        "oauth2-mock-server", "node", _oauth2_mock_server, "oauth2-mock-server@9.3.0", remark="signs in without a page"
    ),
    Peer(
        "oidc-provider",
        "node",
        _oidc_provider,
        "oidc-provider@9.13.3",
        remark="a short script; signs in without a page",
    ),
    Peer(
        "emulate",
        "node",
        _emulate,
        "emulate@0.12.2",
        issuer="/oauth2/default",
        client_id="okta-test-client",
        client_secret="okta-test-secret",  # noqa: S106 - of a mock
        redirect_uri="http://localhost:3000/callback",
        remark="one service, Okta; one click on a page; 5,000 requests a process at most",
    ),
    Peer(
        "oidc-provider-mock",
        "flask",
        _oidc_provider_mock,
        "oidc-provider-mock",
        scope="openid profile email",
        choice={"sub": "jo"},
        remark="one field on a page",
    ),
    Peer(
        "nanoidp",
        "flask",
        _nanoidp,
        "nanoidp",
        client_id="demo-client",
        client_secret="demo-secret",  # noqa: S106 - of a mock
        choice={"username": "admin", "password": "admin"},
        remark="name and password on a page",
    ),
)
