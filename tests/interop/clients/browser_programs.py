"""The programs of single-page apps: bundled, served on a port of their own, and opened in a headless Chromium."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Page,
    ProxySettings,
    TimeoutError,
    sync_playwright,
)

from tests.interop.backstage.node import find_node, install_modules
from tests.interop.clients.runner import ClientError
from tests.support.idp_process import IdpProcess

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ("--no-sandbox",)
# What the setting "allow third-party cookies" writes; without it frames send cookies in no window.
_COOKIES_FROM_FRAMES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
_MILLISECONDS = 12_000
_PAGE = '<!DOCTYPE html><title>{program}</title><script src="/{program}.js"></script>\n'


class BrowserPrograms:
    """A browser, and where the apps are served.

    Parameters:
        chromium: what starts further browsers.
        browser: the browser.
        idp: the mock, which the browser reaches as `mock-idp browser` does.
        origin: where the apps are.
        directory: what is served there.
    """

    def __init__(self, chromium: BrowserType, browser: Browser, idp: IdpProcess, origin: str, directory: Path) -> None:
        self._chromium = chromium
        self._browser = browser
        self._idp = idp
        self._directory = directory
        self.origin = origin

    def play(self, program: str, act: str, settings: Mapping[str, Any], profile: Path | None = None) -> dict[str, Any]:
        """Open a program's page, let it send the browser to the vendor, consent there, and wait for the outcome.

        Parameters:
            program: name of its file.
            act: what it does.
            settings: what the client is told.
            profile: where an everyday window keeps its profile. Without one the window is private, and its frames
                send no cookies to other sites.

        Raises:
            ClientError: the client failed.
        """
        self._bundle(program)
        context = self._window(profile)
        context.set_default_timeout(_MILLISECONDS)
        try:
            page = context.new_page()
            heard: list[str] = []
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(error.message))
            page.goto(f"{self.origin}/{program}.html")
            page.evaluate("order => { window.begin(order); }", {"act": act, "settings": settings})
            try:
                return _outcome(page, self.origin, act)
            except TimeoutError as late:
                raise ClientError(f"nothing came of it at {page.url[:200]}; {' '.join(heard)[:600]}") from late
        finally:
            context.close()

    def _window(self, profile: Path | None) -> BrowserContext:
        # Chromium has no way to be told of a certificate authority, so that it is told not to ask.
        if profile is None:
            return self._browser.new_context(ignore_https_errors=True, proxy=self._proxy())
        preferences = profile / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True, exist_ok=True)
        preferences.write_text(json.dumps(_COOKIES_FROM_FRAMES), encoding="utf-8")
        return self._chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=_ARGUMENTS, ignore_https_errors=True, proxy=self._proxy()
        )

    def _proxy(self) -> ProxySettings:
        # Unlike other browsers', this one's proxy would get what is for the own machine, too.
        return {"server": self._idp.proxy_url, "bypass": "localhost,127.0.0.1"}

    def _bundle(self, program: str) -> None:
        target = self._directory / f"{program}.js"
        if target.exists():
            return
        entry = f'import * as program from "./{program}.mjs";import {{ serve }} from "./page.mjs";serve(program);'
        command = [find_node(), HERE / "node_modules" / "esbuild" / "bin" / "esbuild"]
        command += ["--bundle", "--format=iife", "--log-level=error", f"--outfile={target}"]
        subprocess.run(command, cwd=HERE / "browser", input=entry, text=True, check=True)
        (self._directory / f"{program}.html").write_text(_PAGE.format(program=program), encoding="utf-8")


def _outcome(page: Page, origin: str, act: str) -> dict[str, Any]:
    """Consent at the vendor's page, unless the client failed before, and return what the client says."""
    page.wait_for_function("window.outcome?.error || document.querySelector('button[value=allow], h1')")
    if not page.evaluate("window.outcome"):
        if page.url.startswith(origin):
            raise ClientError(f"the browser stayed at {page.url}")
        allow = page.locator("button[value=allow]")
        if not allow.count():
            raise ClientError(page.inner_text("body")[:500])
        allow.click()
        if act == "logout":
            # Some send a state along, which comes back.
            page.wait_for_url(lambda url: url.partition("?")[0] == f"{origin}/")
            return {"accessToken": "gone", "logoutUrl": None}
        page.wait_for_function("window.outcome")
    outcome = page.evaluate("window.outcome")
    if "error" in outcome:
        raise ClientError(outcome["error"])
    found: dict[str, Any] = outcome["result"]
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def running_browser_programs(idp: IdpProcess, directory: Path) -> Iterator[BrowserPrograms]:
    """Run the browser and serve the apps for as long as the block lasts.

    Parameters:
        idp: the mock.
        directory: for the bundles.

    Raises:
        CannotRunError: Node or npm is missing.
    """
    install_modules(directory=HERE)
    (directory / "index.html").write_text("<!DOCTYPE html><title>signed out</title>\n", encoding="utf-8")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(directory))) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield BrowserPrograms(playwright.chromium, browser, idp, f"http://localhost:{server.server_port}", directory)
        browser.close()
        server.shutdown()
