"""One table of situations, played by the suite's driver and by Chromium: which cookies travel.

The suite judges backends by what its driver was sent and sends, so the driver must do what browsers do.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import BrowserContext, Playwright

from conformance.driver.browser import Browser, Transcript
from conformance.driver.wire import PublicAddress, Wire

FETCH, WITHOUT_COOKIES, NAVIGATE = "fetch with credentials", "fetch without", "navigation"
APP, BACKEND = "https://app.one.example", "https://backend.one.example"


@dataclass(frozen=True)
class Situation:
    """Where the app is, where the backend is that set a cookie before, and how it is asked now.

    Attributes:
        app: origin without port of the page that asks.
        backend: origin without port of what is asked.
        cookie: attributes of the cookie.
        how: `FETCH` as sign-in does (FE-20), `WITHOUT_COOKIES` as FetchApi does (FE-77), `NAVIGATE` as redirects do.
        is_sent: whether the cookie travels.
    """

    app: str
    backend: str
    cookie: str
    how: str
    is_sent: bool


SITUATIONS = {
    "same host, other port": Situation("http://localhost", "http://localhost", "SameSite=Lax", FETCH, True),
    "same host, FetchApi": Situation("http://localhost", "http://localhost", "SameSite=Lax", WITHOUT_COOKIES, False),
    "Secure on localhost": Situation("http://localhost", "http://localhost", "Secure; SameSite=None", FETCH, True),
    "Domain=localhost": Situation("http://localhost", "http://localhost", "Domain=localhost; Secure", FETCH, True),
    "plain http, other site": Situation("http://app.two.example", "http://localhost", "SameSite=Lax", FETCH, False),
    "plain http, None without Secure": Situation(
        "http://app.two.example", "http://backend.one.example", "SameSite=None", NAVIGATE, False
    ),
    "https, same site": Situation(APP, BACKEND, "Secure; SameSite=Lax", FETCH, True),
    "https, same site, FetchApi": Situation(APP, BACKEND, "Secure; SameSite=Lax", WITHOUT_COOKIES, False),
    "https, other site, Lax": Situation("https://app.two.example", BACKEND, "Secure; SameSite=Lax", FETCH, False),
    "https, other site, None": Situation("https://app.two.example", BACKEND, "Secure; SameSite=None", FETCH, True),
    "http page of the same name": Situation("http://app.one.example", BACKEND, "Secure; SameSite=Lax", FETCH, False),
    "redirect from elsewhere, Lax": Situation("http://app.two.example", "http://localhost", "", NAVIGATE, True),
    "redirect from elsewhere, Strict": Situation(
        "http://app.two.example", "http://localhost", "SameSite=Strict", NAVIGATE, False
    ),
    "redirect from elsewhere over https, Strict": Situation(
        "https://app.two.example", BACKEND, "Secure; SameSite=Strict", NAVIGATE, False
    ),
}
THIRD_PARTY = "https, other site, None"
"""What a browser does there is for its user to say; the driver's user allows it."""


OpenChromium = Callable[[bool], BrowserContext]


class _Handler(BaseHTTPRequestHandler):
    """Sets a cookie as the query says (`/set?ATTRIBUTES`), or tells which it was sent."""

    def do_GET(self) -> None:
        path, _, attributes = self.path.partition("?")
        body = (self.headers.get("Cookie") or "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        if path == "/set":
            self.send_header("Set-Cookie", f"seen=yes; Path=/; {attributes.replace('%20', ' ')}")
        if origin := self.headers.get("Origin"):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def listening(context: ssl.SSLContext | None) -> Iterator[int]:
    """Run a server on a free port; gives the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Ports:
    """Where the servers listen."""

    app_http: int
    http: int
    https: int

    def app(self, situation: Situation) -> str:
        """The origin of the page that asks."""
        return f"{situation.app}:{self.app_http if situation.app.startswith('http:') else self.https}"

    def backend(self, situation: Situation) -> str:
        """The origin that is asked."""
        return f"{situation.backend}:{self.http if situation.backend.startswith('http:') else self.https}"


@pytest.fixture(scope="module")
def ports() -> Iterator[Ports]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("*.one.example", "*.two.example").configure_cert(context)
    with listening(None) as app_http, listening(None) as http, listening(context) as https:
        yield Ports(app_http, http, https)


@pytest.fixture
def chromium_that(playwright: Playwright, tmp_path: Path) -> Iterator[OpenChromium]:
    """Opens a Chromium whose user blocks the cookies of other sites, or allows them."""
    with ExitStack() as stack:

        def opened(blocks: bool) -> BrowserContext:
            profile = tmp_path / "Default"
            profile.mkdir()
            preferences = {"profile": {"cookie_controls_mode": int(blocks), "block_third_party_cookies": blocks}}
            (profile / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")
            context = playwright.chromium.launch_persistent_context(
                str(tmp_path),
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"],
                ignore_https_errors=True,
            )
            stack.callback(context.close)
            return context

        yield opened


def in_chromium(context: BrowserContext, ports: Ports, situation: Situation) -> bool:
    page = context.new_page()
    backend = ports.backend(situation)
    page.goto(f"{backend}/set?{situation.cookie}")
    page.goto(f"{ports.app(situation)}/page")
    if situation.how == NAVIGATE:
        page.evaluate("address => { location.href = address }", f"{backend}/echo")
        page.wait_for_url(f"{backend}/echo")
        sent = page.inner_text("body")
    else:
        options = {"credentials": "include"} if situation.how == FETCH else {}
        asked = "([address, options]) => fetch(address, options).then(answer => answer.text())"
        sent = page.evaluate(asked, [f"{backend}/echo", options])
    context.clear_cookies()
    page.close()
    return sent == "seen=yes"


def in_the_driver(ports: Ports, situation: Situation) -> bool:
    app, backend = ports.app(situation), ports.backend(situation)
    # The driver need not resolve the name nor speak TLS to know what the address means.
    wire = Wire(None, 10, public_address=PublicAddress(backend, f"http://127.0.0.1:{ports.http}"))
    browser = Browser(wire, app, Transcript())
    browser.navigate(f"{backend}/set?{situation.cookie.replace(' ', '%20')}")
    if situation.how == NAVIGATE:
        answer = browser.navigate(f"{backend}/echo", came_from=f"{app}/page")
    else:
        answer = browser.fetch(f"{backend}/echo", credentials=situation.how == FETCH)
    wire.close()
    return answer.body == b"seen=yes"


def test_the_driver_does_what_chromium_does(chromium_that: OpenChromium, ports: Ports) -> None:
    context = chromium_that(False)
    expected = {name: situation.is_sent for name, situation in SITUATIONS.items()}
    assert {name: in_chromium(context, ports, situation) for name, situation in SITUATIONS.items()} == expected
    assert {name: in_the_driver(ports, situation) for name, situation in SITUATIONS.items()} == expected


def test_a_browser_that_blocks_third_party_cookies_differs_in_one_place(
    chromium_that: OpenChromium, ports: Ports
) -> None:
    """Most do by default by now: such a deployment loses its sign-in at the next reload."""
    context = chromium_that(True)
    different = [
        name
        for name, situation in SITUATIONS.items()
        if in_chromium(context, ports, situation) != in_the_driver(ports, situation)
    ]
    assert different == [THIRD_PARTY]
