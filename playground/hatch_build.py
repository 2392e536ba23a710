"""Brings the built app into the package: from the checkout's sources, or as a source distribution has it already."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("index.html", "app.js", "app.css", "licenses.txt")


class AppBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the app of `tests/interop/frontend/app`, unless that was done since its sources changed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundle before anything is packed.

        Raises:
            RuntimeError: there is neither a checkout to build from nor a bundle.
        """
        root = Path(self.root)
        bundle = root / "backstage_auth_conformance_playground" / "bundle"
        checkout = root.parent
        if (checkout / "tests" / "interop" / "frontend" / "app.py").exists():
            _build(checkout, bundle)
        elif not all((bundle / name).exists() for name in FILES):
            raise RuntimeError(f"{bundle} has no built app; build from a checkout of backstage-auth-conformance.")


def _build(checkout: Path, bundle: Path) -> None:
    sys.path.insert(0, str(checkout))
    from tests.interop.frontend.app import BUILT, build_app  # noqa: PLC0415 - only a checkout has it

    build_app()
    bundle.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(BUILT / name, bundle / name)
