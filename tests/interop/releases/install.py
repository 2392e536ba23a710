"""A release in a folder of its own, beside what git holds; its lock file is made anew."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.interop.backstage.errors import CannotRunError
from tests.interop.backstage.node import HERE, find_node, install_modules
from tests.support.processes import ROOT

from .table import Release

CACHE = ROOT / "build" / "releases"


def installed(release: Release, cache: Path = CACHE) -> Path:
    """Install a release, unless that was done already, and return its folder.

    Raises:
        CannotRunError: npm is missing or failed.
    """
    folder = cache / release.version
    folder.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "index.js", HERE / ".npmrc", Path(__file__).with_name("resolvers.js")):
        shutil.copyfile(file, folder / file.name)
    wanted = json.dumps(manifest(release), indent=2) + "\n"
    package, lock = folder / "package.json", folder / "package-lock.json"
    if not lock.exists() or not package.exists() or package.read_text(encoding="utf-8") != wanted:
        package.write_text(wanted, encoding="utf-8")
        lock.unlink(missing_ok=True)
        # npm would take over what is installed there already.
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        _make_lock(folder)
    install_modules(directory=folder)
    return folder


def manifest(release: Release) -> dict[str, object]:
    """The package.json of a release."""
    return {
        "name": "backstage-interop-release",
        "version": "0.0.0",
        "private": True,
        "description": f"Backstage auth backend {release.version}, unmodified, as a target for the conformance suite.",
        "absent": release.absent,
        "dependencies": release.dependencies,
        # Packages behind these have to take the same versions: npm would take later ones where a range allows it.
        "overrides": {name: f"${name}" for name in release.dependencies},
    }


def _make_lock(folder: Path) -> None:
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotRunError("npm is missing: install it.") from error
    if done.returncode != 0:
        raise CannotRunError(f"'npm install' failed in {folder}:\n{done.stderr[-3000:].strip()}")


def offered_resolvers(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Vendor to the sign-in resolvers that its module offers, each with the options that it takes.

    Params:
        folder: of an installed release.

    Raises:
        CannotRunError: its modules cannot be loaded.
    """
    done = subprocess.run([find_node(), "resolvers.js"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRunError(f"The modules in {folder} cannot be loaded:\n{done.stderr[-2000:].strip()}")
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found
