"""What MkDocs needs to build the site from files that are read in the repository, too.

README, CONTRIBUTING, SECURITY and CHANGELOG become pages; the decisions and vendors get a list; a link that leads out
of ``docs/`` leads to a copy of that file. Whatever a link cannot reach is a warning, which ``mkdocs build --strict``
counts as a failure.
"""

import logging
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.tools.markdown import links, without_code

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = "docs"
COPIES: Final = "source"
"""Folder of the site for files that stand outside ``docs/``."""

ROOT_PAGES: Final = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""File of the repository -> page of the site."""

_TITLE: Final = re.compile(r"^# (.+)$", re.MULTILINE)
_log: Final = logging.getLogger("mkdocs.hooks.site")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Spell out the folders of the navigation."""
    config.nav = _spelt_out(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, and copies of the files that pages link to."""
    for source, target in ROOT_PAGES.items():
        files.append(File.generated(config, target, content=(ROOT / source).read_text(encoding="utf-8")))
    for folder, title, about in (
        ("decisions", "Decisions", "Each record says what was decided and why, and is not rewritten afterwards."),
        ("vendors", "Vendors", "What each service answers, accepts and refuses, and what is not emulated."),
    ):
        files.append(File.generated(config, f"{folder}/index.md", content=_list(folder, title, about)))
    for page in list(files.documentation_pages()):
        for target in links(page.content_string):
            path, _ = _resolve(target, page.src_uri)
            if path and _is_copied(path) and files.get_file_from_path(_copy_of(path)) is None:
                files.append(File.generated(config, _copy_of(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages of the site."""
    here = page.file.src_uri
    for target in set(links(markdown)):
        path, anchor = _resolve(target, here)
        if not path:
            continue
        found = _page_of(path)
        if found is None:
            _log.warning("%s links to %s, which does not exist", here, target)
            continue
        relative = posixpath.relpath(found, posixpath.dirname(here) or ".")
        markdown = markdown.replace(f"]({target})", f"]({relative}{anchor})")
    return markdown


def _spelt_out(nav: Any) -> Any:
    if isinstance(nav, list):
        return [_spelt_out(entry) for entry in nav]
    if isinstance(nav, dict):
        return {title: _spelt_out(entry) for title, entry in nav.items()}
    if nav.endswith("/*"):
        folder = nav.removesuffix("/*")
        first = "README.md" if (ROOT / DOCS / folder / "README.md").is_file() else "index.md"
        return [f"{folder}/{name}" for name in [first, *(file.name for file in _pages(folder) if file.name != first)]]
    return nav


def _pages(folder: str) -> list[Path]:
    return sorted((ROOT / DOCS / folder).glob("*.md"), key=lambda file: file.name.lower())


def _resolve(target: str, page: str) -> tuple[str, str]:
    """The file of the repository that a link leads to, and the anchor; nothing for other links."""
    path, mark, anchor = target.partition("#")
    if not path or re.match(r"[a-z][a-z0-9+.-]*:|/", path):
        return "", ""
    in_root = {uri: name for name, uri in ROOT_PAGES.items()}
    source = in_root.get(page, f"{DOCS}/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), path)), mark + anchor


def _page_of(path: str) -> str | None:
    """Where the site has a file of the repository."""
    if path in ROOT_PAGES:
        return ROOT_PAGES[path]
    if not (ROOT / path).exists():
        return None
    if not path.startswith(f"{DOCS}/") or _is_copied(path):
        return _copy_of(path)
    inside = path.removeprefix(f"{DOCS}/")
    return f"{inside}/index.md" if (ROOT / path).is_dir() else inside


def _is_copied(path: str) -> bool:
    if path in ROOT_PAGES or not (ROOT / path).is_file():
        return False
    return not path.startswith(f"{DOCS}/") or path.endswith((".py", ".yaml"))


def _copy_of(path: str) -> str:
    """Where a copy stands; of a page, so that it is shown as it is and not built."""
    return f"{COPIES}/{path}" + (".txt" if path.endswith(".md") else "")


def _list(folder: str, title: str, about: str) -> str:
    return "\n".join([f"# {title}", "", about, "", *_entries(folder)]) + "\n"


def _entries(folder: str) -> Iterator[str]:
    for file in _pages(folder):
        heading = _TITLE.search(without_code(file.read_text(encoding="utf-8")))
        yield f"- [{heading[1] if heading else file.stem}]({file.name})"
