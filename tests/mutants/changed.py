"""A pytest plugin: one module of the reference backend is changed, as the environment says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.mutants.subject import ChangedModule

MODULE = "MUTANT_MODULE"
"""Dotted name of the module."""
SOURCE = "MUTANT_SOURCE"
"""The file with the changed text."""

if MODULE in os.environ:
    # Before any test imports it.
    sys.meta_path.insert(0, ChangedModule(os.environ[MODULE], Path(os.environ[SOURCE]).read_text(encoding="utf-8")))
