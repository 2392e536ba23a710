"""What npm says about versions, and which versions belong to one release of the auth backend."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.interop.backstage.errors import CannotRunError

AUTH_BACKEND = "@backstage/plugin-auth-backend"
AUTH_NODE = "@backstage/plugin-auth-node"
PLUGIN_API = "@backstage/backend-plugin-api"
SCOPE = "@backstage/"
COMPANIONS = ("@backstage/backend-defaults", "@backstage/config-loader", "@backstage/plugin-catalog-backend")
"""What a backend needs beside the plugin; versions of it are found as those of the modules are."""

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Published:
    """One published version of a package.

    Attributes:
        version: its number.
        dependencies: package name to range.
    """

    version: str
    dependencies: Mapping[str, str]

    @property
    def own(self) -> list[str]:
        """The packages of Backstage that it depends on."""
        return [name for name in self.dependencies if name.startswith(SCOPE)]

    def asks_no_more_than(self, asked: Mapping[str, str]) -> bool:
        """Whether of what both depend on it asks for nothing newer."""
        return all(number(self.dependencies[name]) <= number(asked[name]) for name in self.own if name in asked)


def number(version: str) -> Version:
    """The first version number in a text: of a version itself, or the least that a range allows.

    Raises:
        ValueError: there is none in it.
    """
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    if not found:
        raise ValueError(f"{version!r} has no version number")
    return int(found[1]), int(found[2]), int(found[3])


def newest_matching(candidates: Iterable[Published], asked: Mapping[str, str]) -> str | None:
    """The newest version that asks for nothing newer than the auth backend does; None if there is none.

    All packages of one Backstage release are published together and ask for each other's versions of that day. So
    what was published later asks for more, and what asks for no more was there. Dates would say the same, but a
    mirror has dates of its own.

    Params:
        candidates: versions of one package.
        asked: what the auth backend depends on.
    """
    fitting = [
        entry.version
        for entry in candidates
        if "-" not in entry.version and any(name in asked for name in entry.own) and entry.asks_no_more_than(asked)
    ]
    return max(fitting, key=number, default=None)


def closure(start: Iterable[str], asked: Mapping[str, str]) -> dict[str, str]:
    """Versions of packages, and of all packages of Backstage behind them, that belong to one release.

    npm would choose the newest that a range allows, from releases that came later. The least that is asked for is what
    was published the same day; where the registry lacks it, the newest that matches.

    Params:
        start: package names to begin with.
        asked: what the auth backend depends on.
    """
    wanted = {name: range_ for name, range_ in asked.items() if name.startswith(SCOPE)}
    chosen: dict[str, str] = {}
    waiting = [*start, *wanted]
    while waiting:
        name = waiting.pop()
        if name in chosen or name == AUTH_BACKEND:
            continue  # Modules depend on the auth backend of their own day; here it is given.
        candidates = published(name)
        exact = ".".join(map(str, number(wanted[name]))) if name in wanted else None
        version = next((entry.version for entry in candidates if entry.version == exact), None)
        version = version or newest_matching(candidates, asked)
        if version is None:
            continue
        chosen[name] = version
        found = next(entry for entry in candidates if entry.version == version)
        for behind in found.own:
            # Whatever asks for the most was published last, and with the release.
            range_ = found.dependencies[behind]
            if behind not in asked and (behind not in wanted or number(wanted[behind]) < number(range_)):
                wanted[behind] = range_
                chosen.pop(behind, None)
            if behind not in chosen:
                waiting.append(behind)
    return chosen


@cache
def published(package: str) -> list[Published]:
    """Every version of a package that the configured registry has; none if it has no such package.

    Raises:
        CannotRunError: npm is missing or the registry cannot be asked.
    """
    found = npm_view(f"{package}@>=0.0.0", "name", "version", "dependencies")
    return [Published(entry["version"], entry.get("dependencies", {})) for entry in found]


def npm_view(*arguments: str) -> list[dict[str, Any]]:
    """The answer of `npm view`, as a list even of one.

    Raises:
        CannotRunError: npm is missing or the registry cannot be asked.
    """
    try:
        done = subprocess.run(["npm", "view", *arguments, "--json"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotRunError("npm is missing: install it.") from error
    if not done.stdout.strip():
        return []
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise CannotRunError(f"npm view {arguments[0]} failed: {done.stderr[-500:].strip()}") from None
    if isinstance(answer, dict) and (error_ := answer.get("error")):
        if error_.get("code") == "E404":
            return []
        raise CannotRunError(f"npm view {arguments[0]} failed: {error_.get('summary', '').strip()}")
    return answer if isinstance(answer, list) else [answer]
