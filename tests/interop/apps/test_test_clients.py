"""Applications by other ways than Flask's test client: Django's, clients of httpx as Starlette's is, and real HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import ModuleType

import httpx
import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from mock_idp.testing import Idp, start_server
from tests.interop.apps.pages import programs

DJANGO = Path(__file__).parent / "django_app"


@pytest.fixture(scope="module")
def idp() -> Iterator[Idp]:
    with start_server() as server, server.idp() as idp:
        yield idp


def application(idp: Idp, base: str) -> Flask:
    """The application of the Flask page."""
    page = ModuleType("app")
    exec(programs("flask.md")["app.py"], page.__dict__)
    github = idp.client("github", redirect_uri=f"{base}/callback")
    app: Flask = page.create_app(
        GITHUB_CLIENT_ID=github.id,
        GITHUB_CLIENT_SECRET=github.secret,
        GITHUB_AUTHORIZE_URL=github.authorization_endpoint,
        GITHUB_ACCESS_TOKEN_URL=github.token_endpoint,
        GITHUB_API_BASE_URL=github.url + "/api/v3/",
    )
    return app


def test_django() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "mock_idp.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=DJANGO, capture_output=True, text=True, check=False)

    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_httpx(idp: Idp) -> None:
    transport = httpx.WSGITransport(app=application(idp, "http://testserver"))
    with httpx.Client(transport=transport, base_url="http://testserver") as client:
        page = idp.sign_in("/login", as_=idp.person("jane"), app=client)

    assert page.json == {"user": "jane"}
    assert isinstance(page.response, httpx.Response)


@pytest.mark.parametrize("by_session", [True, False])
def test_real_http(idp: Idp, by_session: bool) -> None:
    server = make_server("127.0.0.1", 0, None, threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    server.app = application(idp, base)
    thread = Thread(target=server.serve_forever)
    thread.start()
    session = requests.Session() if by_session else None
    try:
        page = idp.sign_in(f"{base}/login", as_=idp.person("jane"), app=session)
        assert page.json == {"user": "jane"}
        if session:
            # It has the cookies, so a test goes on where the sign-in ended.
            assert session.get(f"{base}/me", timeout=10).json() == {"user": "jane"}
            session.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
