"""The page of releases."""

from __future__ import annotations

from pathlib import Path

from .changes import Change
from .table import Release


def write_page(table: list[Release], changes: list[Change]) -> Path:
    raise NotImplementedError
