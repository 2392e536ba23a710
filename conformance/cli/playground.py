"""``auth-conformance playground``: a small real Backstage app, the reference backend and the mock, to click through."""

import importlib.util
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from conformance.cli.library import SetUpError
from conformance.embedded import EmbeddedStartError, embedded_pair
from conformance.plugin.options import PROFILE

PACKAGE: Final = "backstage_auth_conformance_playground"
"""What the extra ``playground`` installs: the app, built from the published packages of the Backstage frontend."""

SIGN_IN: Final = ("guest", "github", "google", "microsoft", "gitlab", "okta", "oidc", "auth0")
"""Providers on the sign-in page; all others can be asked for tokens behind it."""

SEED: Final = 1

_HOW_TO_BUILD: Final = (
    "In a checkout, 'npm ci && npm run build' in tests/interop/frontend/app makes one in its directory build, "
    "for --bundle."
)


@click.command("playground")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Of the app.")
@click.option(
    "--bundle",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="the one that the extra 'playground' installs",
    metavar="DIRECTORY",
    help="Where the built app is.",
)
def command(port: int, bundle: Path | None) -> None:
    """Serve a small Backstage app that signs in through the reference backend, at the mock identity provider.

    Every auth API of the frontend can be called there, and shows what it got. Ctrl-C ends it.
    """
    bundle = bundle or _installed_bundle()
    if not (bundle / "app.js").exists():
        raise SetUpError(f"there is no built app in {bundle}. {_HOW_TO_BUILD}")
    app_url = f"http://localhost:{port}"
    # However it is told to end, the processes that it started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _listening(port) as server, embedded_pair(SEED, PROFILE, app_url) as (auth_url, idp_url, *_):
            config = frontend_config(app_url, auth_url.removesuffix("/api/auth"))
            with _serving(server, bundle, config):
                click.echo(f"The app is at {app_url}, its vendors at {idp_url}. Ctrl-C ends both.")
                click.echo(
                    f"In a browser that finds Google by its own name: mock-idp browser {app_url} --idp {idp_url}"
                )
                threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (EmbeddedStartError, OSError) as error:
        raise SetUpError(str(error)) from error


def _installed_bundle() -> Path:
    """Where the extra has the app.

    Raises:
        SetUpError: the extra is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SetUpError(
            f"the app is not installed: pip install 'backstage-auth-conformance[playground]'. {_HOW_TO_BUILD}"
        )
    return Path(spec.origin).with_name("bundle")


def frontend_config(app_url: str, backend_url: str) -> dict[str, Any]:
    """The app-config that the page brings along.

    Parameters:
        app_url: base URL of the app.
        backend_url: base URL of the backend.
    """
    return {
        "app": {"title": "Playground", "baseUrl": app_url},
        "backend": {"baseUrl": backend_url},
        "auth": {"environment": "development"},
        "conformance": {"system": "old", "signIn": {"page": "providers", "providers": SIGN_IN}},
    }


def _listening(port: int) -> ThreadingHTTPServer:
    """Take the port before anything is started that takes time.

    Raises:
        SetUpError: it cannot be had.
    """
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler)
    except OSError as error:
        raise SetUpError(f"port {port} cannot be had ({error.strerror}); name another with --port.") from error


@contextmanager
def _serving(server: ThreadingHTTPServer, bundle: Path, config: dict[str, Any]) -> Iterator[None]:
    # Within a script element "<" could end it.
    text = json.dumps(config).replace("<", "\\u003c")
    page = (bundle / "index.html").read_text(encoding="utf-8")
    page = page.replace("<head>", f"<head><script>window.__APP_CONFIG__ = {text};</script>", 1)
    files = {
        "/app.js": ("text/javascript", (bundle / "app.js").read_bytes()),
        "/app.css": ("text/css", (bundle / "app.css").read_bytes()),
    }
    whole_page = ("text/html; charset=utf-8", page.encode())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Whatever is no file is an address within the app.
            media_type, body = files.get(urlsplit(self.path).path, whole_page)
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep quiet."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
