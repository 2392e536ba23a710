"""The real frontend of `app/`: built once, served to a browser, by itself or on one origin with a backend."""

from __future__ import annotations

import fcntl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.interop.backstage.node import find_node, install_modules

APP = Path(__file__).with_name("app")
BUILT = APP / "build"
"""Where the bundle is, once it is built."""
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


def build_app() -> None:
    """Install the packages and bundle the app, unless that was done since its sources changed.

    Raises:
        CannotRunError: node or npm is missing, or npm failed.
        subprocess.CalledProcessError: the bundler failed; it said why on standard error.
    """
    install_modules(directory=APP)
    with (APP / "build.mjs").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # The workers of one test run would write over each other.
        bundle = BUILT / "app.js"
        sources = [*(APP / "src").iterdir(), APP / "build.mjs", APP / "index.html", APP / "package-lock.json"]
        if bundle.exists() and bundle.stat().st_mtime > max(file.stat().st_mtime for file in sources):
            return
        subprocess.run([find_node(), "build.mjs", BUILT], cwd=APP, check=True)


class AppServer:
    """The app at an address of its own.

    Attributes:
        url: the app's base URL.
        seen: fields of the requests that were passed on to the backend, newest last.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[dict[str, str]] = []


@contextmanager
def served_app(backend_url: str | None = None) -> Iterator[AppServer]:
    """Serve the app on a free port for as long as the block lasts.

    Params:
        backend_url: the backend that answers below `/api`, for an app and a backend on one origin.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        app = AppServer(f"http://localhost:{server.server_address[1]}")
        server.app, server.backend = app, backend_url  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield app
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        backend = self.server.backend  # type: ignore[attr-defined]
        if backend and self.path.startswith("/api/"):
            self._pass_on(backend)
            return
        file = BUILT / Path(urlsplit(self.path).path).name
        if file.suffix in _TYPES:
            self._answer(200, {"Content-Type": _TYPES[file.suffix]}, file.read_bytes())
        else:
            # Whatever else is an address within the app.
            self._answer(200, {"Content-Type": "text/html; charset=utf-8"}, (BUILT / "index.html").read_bytes())

    do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def _pass_on(self, backend: str) -> None:
        fields = dict(self.headers.items())
        self.server.app.seen.append(fields)  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = HTTPConnection(urlsplit(backend).netloc, timeout=30)
        try:
            connection.request(self.command, self.path, body, {**fields, "Connection": "close"})
            answer = connection.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read(), answer.headers.get_all("Set-Cookie"))
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes, cookies: list[str] | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP | {"set-cookie"}:
                self.send_header(name, value)
        for cookie in cookies or []:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""
