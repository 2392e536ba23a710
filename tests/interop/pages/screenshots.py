"""Takes pictures of the mock's pages: ``python -m tests.interop.pages.screenshots [DIRECTORY] [NAME …]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.interop.pages.mock_pages import DESKTOP, PAGES, PHONE, POPUP, SCHEMES, Visit, chromium, sign_in_page, window
from tests.support.idp_process import running_idp

POPUPS = "popup"
SHOWN = (
    "landing",
    "sign-in-google",
    "sign-in-github",
    "faults",
    "vendor",
    "tried",
    "journal",
    "logout",
    "refused",
    POPUPS,
)
MOST_PIXELS = 3000
"""Height of a picture at most."""


def take(directory: Path, names: tuple[str, ...] = SHOWN) -> None:
    """Take all pictures, light and dark, wide and narrow, and the popup."""
    directory.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        running_idp(Path(state), "http://localhost:7007") as idp,
        chromium() as browser,
    ):
        for scheme in SCHEMES:
            for name in names:
                for shot, visit, size in _shots(name):
                    with window(browser, scheme, size) as context:
                        page = context.new_page()
                        visit(page, idp.url)
                        path = directory / f"{shot}-{scheme}-{size[0]}.png"
                        height = min(MOST_PIXELS, page.evaluate("document.documentElement.scrollHeight"))
                        clip = {"x": 0, "y": 0, "width": size[0], "height": max(height, size[1])}
                        page.screenshot(path=path, full_page=size != POPUP, clip=None if size == POPUP else clip)


def _shots(name: str) -> list[tuple[str, Visit, tuple[int, int]]]:
    """What a picture is called, how to get there, and the window's size."""
    if name == POPUPS:
        return [(f"popup-{vendor}", sign_in_page(vendor), POPUP) for vendor in ("google", "github", "oidc")]
    return [(name, PAGES[name], size) for size in (DESKTOP, PHONE)]


if __name__ == "__main__":
    take(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"), tuple(sys.argv[2:]) or SHOWN)
