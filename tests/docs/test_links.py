"""Every link of README and docs leads somewhere."""

from __future__ import annotations

import posixpath
import re

import pytest

from tests.docs.pages import ROOT, MarkdownPage, all_pages

PAGES = {page.name: page for page in all_pages()}


def broken(page: MarkdownPage) -> list[str]:
    found = []
    for line, target in page.links:
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path)) if path else page.name
        if not (ROOT / name).exists():
            found.append(f"{page.name}:{line}: {target} does not exist")
        elif anchor and name in PAGES and anchor not in (page if name == page.name else PAGES[name]).anchors:
            found.append(f"{page.name}:{line}: {name} has no heading #{anchor}")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    assert broken(PAGES[name]) == []


def test_a_broken_link_is_found() -> None:
    page = MarkdownPage(ROOT / "README.md")
    vars(page)["text"] = "# A b\n\n[x](nowhere.md) [y](#a-b) [z](#c) `[not](a-link.md)` [d](docs/ci.md#exit-codes)\n"
    assert broken(page) == ["README.md:3: nowhere.md does not exist", "README.md:3: README.md has no heading #c"]


def test_readme_is_short() -> None:
    assert len(PAGES["README.md"].text.splitlines()) <= 150


def test_architecture_is_short() -> None:
    assert len(PAGES["docs/architecture.md"].text.split()) <= 900
