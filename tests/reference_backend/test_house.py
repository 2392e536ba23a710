"""Rules of the house that no linter knows."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import reference_backend
from reference_backend import providers, proxies

ROOT = Path(reference_backend.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def imported_functions(file):
    """Functions that a file imports by name from modules of the package."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reference_backend"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                if inspect.isfunction(getattr(module, alias.name, None)):
                    yield f"{node.module}.{alias.name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_functions_are_used_through_their_module(file):
    """A rule that is patched in its module has to change everywhere (tests/defects)."""
    allowed = {"reference_backend.cli.main"}
    assert set(imported_functions(file)) <= allowed


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_stay_small(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) < 400


def test_providers_are_found_by_looking():
    assert {"github", "google"} <= set(providers.discover())
    assert {"guest", "oauth2Proxy"} <= set(proxies.discover())
    for vendor, provider in {**providers.discover(), **proxies.discover()}.items():
        assert provider.vendor == vendor
