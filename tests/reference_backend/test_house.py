"""Rules of the house that no linter knows."""

from pathlib import Path

import pytest

import reference_backend
from reference_backend import providers, proxies

ROOT = Path(reference_backend.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_stay_small(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) < 400


def test_providers_are_found_by_looking():
    assert {"github", "google"} <= set(providers.discover())
    assert {"guest", "oauth2Proxy"} <= set(proxies.discover())
    for vendor, provider in {**providers.discover(), **proxies.discover()}.items():
        assert provider.vendor == vendor
