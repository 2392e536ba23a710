"""Takes pictures of the mock's pages: ``python -m tests.interop.pages.screenshots [DIRECTORY] [NAME …]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.interop.pages.mock_pages import DESKTOP, PAGES, PHONE, POPUP, SCHEMES, chromium, sign_in_page, window
from tests.support.idp_process import running_idp

SHOWN = ("landing", "sign-in-google", "sign-in-github", "faults", "vendor", "tried", "journal", "logout", "refused")
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
            for size in (DESKTOP, PHONE):
                for name in names:
                    with window(browser, scheme, size) as context:
                        page = context.new_page()
                        PAGES[name](page, idp.url)
                        height = min(MOST_PIXELS, page.evaluate("document.documentElement.scrollHeight"))
                        clip = {"x": 0, "y": 0, "width": size[0], "height": height}
                        page.screenshot(path=directory / f"{name}-{scheme}-{size[0]}.png", full_page=True, clip=clip)
            for vendor in ("google", "github", "oidc"):
                with window(browser, scheme, POPUP) as context:
                    page = context.new_page()
                    sign_in_page(vendor)(page, idp.url)
                    page.screenshot(path=directory / f"popup-{vendor}-{scheme}.png")


if __name__ == "__main__":
    take(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"), tuple(sys.argv[2:]) or SHOWN)
