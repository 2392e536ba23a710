"""No vendor's or auth proxy's name occurs in a shared core: neither as a name nor in a text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_idp.proxies import proxies
from mock_idp.vendors import vendors

ROOT = Path(__file__).parents[2]
OWN_FILES = (
    *("mock_idp/vendors", "mock_idp/proxies", "reference_backend/providers", "reference_backend/proxies"),
    # A profile is a configuration, and its data say which providers it has.
    "mock_idp/profiles.py",
)
"""Where each vendor has a file of its own, and the profiles; what several vendors share stands there as well."""
SHARED = (
    *("mock_idp/vendors/base.py", "mock_idp/vendors/oauth_vendor.py", "mock_idp/vendors/openid_vendor.py"),
    "mock_idp/vendors/refusals.py",
    *("mock_idp/proxies/base.py", "reference_backend/providers/oauth2_base.py"),
    *("reference_backend/providers/openid_base.py", "reference_backend/providers/profiles.py"),
    *(
        "reference_backend/proxies/base.py",
        "reference_backend/proxies/assertion.py",
        "reference_backend/proxies/routes.py",
    ),
)
WORDS = {"oauth2", "oidc", "saml", "guest"}
"""Those called after the protocol they speak; and the guest, whom the frontend's sign-in page knows as well."""
ALLOWED = {
    "mock_idp/cli/browser.py": "a browser is called after its maker",
    "mock_idp/server/forward_proxy.py": "an example in a message",
    "reference_backend/cli.py": "an example in a message",
    "mock_idp/app_config/small.py": "an example in a message",
    "conformance/cli/playground.py": "the tiles of a sign-in page, for people to click at",
}
"""File -> why a name stands there."""


def cores() -> list[Path]:
    packages = [ROOT / package for package in ("conformance", "mock_idp", "reference_backend")]
    files = [file for package in packages for file in package.rglob("*.py")]
    own = tuple(str(ROOT / folder) for folder in OWN_FILES)
    return sorted([*(file for file in files if not str(file).startswith(own)), *(ROOT / name for name in SHARED)])


def words_of(tree: ast.AST) -> Iterator[str]:
    """Names and texts of a program, without the docstrings, which may give examples."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            # A text that stands alone documents the name above it.
            documentation.add(id(node.value))
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name):
                yield name
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                yield text


@pytest.mark.parametrize("file", cores(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_vendor_is_named(file: Path) -> None:
    names = {*vendors(), *proxies()} - WORDS
    pattern = re.compile(r"(?<![a-z])(" + "|".join(sorted(names)) + r")(?![a-z])", re.IGNORECASE)
    found = {text for text in words_of(ast.parse(file.read_text(encoding="utf-8"))) if pattern.search(text)}

    assert bool(found) == (str(file.relative_to(ROOT)) in ALLOWED), found


def test_names_are_found() -> None:
    program = 'def f():\n    """Not github here."""\n    if vendor == "github":\n        google.call()\n'

    assert {"github", "google"} <= set(words_of(ast.parse(program)))
    assert "Not github here." not in set(words_of(ast.parse(program)))
