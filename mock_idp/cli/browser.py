"""``mock-idp browser``: a Chromium in which the vendors' addresses show the mock."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import click

from mock_idp.cli.child_process import run_child
from mock_idp.cli.common import plain_mistakes
from mock_idp.cli.environment import DEFAULT_IDP, IdpDescription, ask, idp_option
from mock_idp.hosts import is_served
from mock_idp.server.errors import ServerError
from mock_idp.settings import SCREENSHOT_MILLISECONDS

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


_PEACEFUL = {0, 128 + signal.SIGINT, 128 + signal.SIGTERM}
"""How a browser ends that nothing is wrong with."""


def chromium_command(  # noqa: PLR0913 - each is a flag of Chromium's
    program: str,
    idp: IdpDescription,
    url: str,
    profile: Path,
    *,
    headless: bool = False,
    screenshot: Path | None = None,
    debugging_port: int | None = None,
    sandbox: bool = True,
) -> list[str]:
    """Put together the command line of a Chromium that uses the mock.

    Parameters:
        program: path of the Chromium.
        idp: the mock it is to use.
        url: what it opens.
        profile: an empty directory; an existing profile would bring its own proxy, cookies and HSTS rules.
        headless: without a window.
        screenshot: PNG file to write instead of staying open; headless.
        debugging_port: loopback port for remote control (DevTools protocol), if wanted.
        sandbox: False switches Chromium's sandbox off, without which it does not run as root.
    """
    command = [
        program,
        f"--user-data-dir={profile}",
        f"--proxy-server={idp.urls['proxy']}",
        # Good for names with HSTS and pinned keys too, which no setting of the system is.
        f"--ignore-certificate-errors-spki-list={idp.spki}",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        # A sign-in page with `auto` opens its popup before anybody clicked (FE-16, FE-55).
        "--disable-popup-blocking",
        # Chromium asks on its own who is signed in at Google (ListAccounts), which would stand in the journal.
        "--gaia-url=https://gaia.invalid",
        # The desktop's keyring would ask for its password.
        "--password-store=basic",
    ]
    # Loopback addresses go past the proxy by themselves, unless "<-loopback>" is listed. The mock and the
    # page to open may live elsewhere, and the proxy would refuse them.
    direct = {urlsplit(idp.address).hostname or "", urlsplit(url).hostname or ""}
    direct = {host for host in direct if host and not is_served(idp.hosts, host)}
    if direct:
        command.append(f"--proxy-bypass-list={';'.join(sorted(map(_bracketed, direct)))}")
    if headless or screenshot:
        command += ["--headless", "--hide-scrollbars", "--window-size=1280,900"]
    if screenshot:
        command += [f"--screenshot={screenshot}", f"--timeout={SCREENSHOT_MILLISECONDS}"]
    if debugging_port is not None:
        command.append(f"--remote-debugging-port={debugging_port}")
    if not sandbox:
        command.append("--no-sandbox")
    return [*command, url]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def find_chromium() -> str:
    """Look for a Chromium in PATH.

    Raises:
        EdgeError: there is none.
    """
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            return found
    raise ServerError(
        f"There is no Chromium in PATH (looked for {', '.join(PROGRAMS)}); "
        "install one (Debian: apt install chromium), or name it with --chromium PATH."
    )


@click.command("browser")
@click.argument("url", required=False)
@idp_option
@click.option("--headless", is_flag=True, help="Without a window.")
@click.option(
    "--screenshot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a PNG of the page and end; implies --headless.",
)
@click.option("--chromium", metavar="PATH", help="The Chromium to use.  [default: the first one in PATH]")
@click.option(
    "--debugging-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Let tools such as Playwright take remote control on this loopback port.",
)
def browser_command(
    url: str | None,
    idp: str | None,
    headless: bool,
    screenshot: Path | None,
    chromium: str | None,
    debugging_port: int | None,
) -> None:
    """Open URL in a Chromium whose traffic to vendors goes to the mock IdP.

    URL defaults to the mock's own front page. The browser has a profile of its own, which is removed
    when it is closed.
    """
    with plain_mistakes():
        description = ask(idp or DEFAULT_IDP)
        url = url or description.urls["http"]
        if urlsplit(url).scheme not in ("http", "https"):
            raise ServerError(f"URL must begin with http:// or https://, unlike {url!r}.")
        program = chromium or find_chromium()
        with tempfile.TemporaryDirectory(prefix="mock-idp-browser-", ignore_cleanup_errors=True) as scratch:
            command = chromium_command(
                program,
                description,
                url,
                Path(scratch) / "profile",
                headless=headless,
                screenshot=Path(scratch) / "screenshot.png" if screenshot else None,
                debugging_port=debugging_port,
                sandbox=sys.platform == "win32" or os.geteuid() != 0,
            )
            _browse(command, Path(scratch), screenshot)


def _browse(command: list[str], scratch: Path, screenshot: Path | None) -> None:
    program, picture = command[0], scratch / "screenshot.png"
    with (scratch / "errors").open("w+b") as errors:
        status = run_child(command, os.environ, errors_to=errors)
        last_words = _last_line(errors)
    if screenshot and picture.exists():
        try:
            shutil.move(picture, screenshot)
        except OSError as error:
            raise ServerError(f"{screenshot} cannot be written ({error.strerror}).") from error
    elif screenshot or status not in _PEACEFUL:
        without = " and without a screenshot" if screenshot else ""
        raise ServerError(f"{program} ended with status {status}{without}{last_words}")


def _last_line(errors: IO[bytes]) -> str:
    """Take the last thing Chromium said; it says much on an ordinary day, so the rest stays unread."""
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return f'; its last words were "{lines[-1].strip()}".' if lines else "."
