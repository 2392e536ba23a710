"""What a seeded defect is, and how one is written down.

A seed is a function in a module of a trial (:mod:`tests.trials.first`, …), a few lines long. Its name is the id, its
docstring says what the broken backend does, the decorator says which MUST of which text it breaks and how one sees
that it does::

    @seed("RFC 6749 section 10.12", bites=two_browsers, critical=True)
    def state_of_any_browser() -> None:
        \"\"\"The callback takes any nonce cookie, whatever nonce is in the state.\"\"\"
        replace(nonce, "require_match", nothing)
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.defects.defect import always, nothing, replace, wrap

__all__ = ["TRIALS", "Seed", "always", "apply", "nothing", "replace", "seed", "seeds", "wrap"]

TRIALS = ("first", "second")
"""The packages below this one that hold seeds."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One seeded defect of the reference backend.

    Parameters:
        id: kebab-case name.
        title: one sentence: what the broken backend does.
        area: the module it stands in.
        patch: breaks the backend; called before the server starts, in the server's own process.
        source: the clause, weakness, advisory or certification test that it was written from.
        bites: plays requests against a backend and tells what it saw, as plain data; sound and broken differ.
        critical: True if it lets somebody sign in as somebody else, or gives a credential away.
        level: MUST or SHOULD, as the source says.
        providers: ids of the providers that it is shown on.
        profile: the configuration profile of the backend that it is shown on.
        family: seeds with the same family are forms of the same defect; its own id if left out.
    """

    id: str
    title: str
    area: str
    patch: Callable[[], None]
    source: str
    bites: Callable[[Any], Any]
    critical: bool
    level: str
    providers: tuple[str, ...]
    profile: str
    family: str


def seed(
    source: str,
    *,
    bites: Callable[[Any], Any],
    critical: bool = False,
    level: str = "MUST",
    providers: tuple[str, ...] = ("github", "google"),
    profile: str = "default",
    family: str = "",
) -> Callable[[Callable[[], None]], Seed]:
    """Turn a function into a :class:`Seed`; the parameters are those of it."""

    def make(patch: Callable[[], None]) -> Seed:
        name = patch.__name__.replace("_", "-")
        return Seed(
            id=name,
            title=" ".join((patch.__doc__ or "").split()),
            area=patch.__module__.rpartition(".")[2],
            patch=patch,
            source=source,
            bites=bites,
            critical=critical,
            level=level,
            providers=providers,
            profile=profile,
            family=family or name,
        )

    return make


@cache
def seeds(trial: str) -> dict[str, Seed]:
    """All seeds of a trial by id, in the order of modules and of each file.

    Parameters:
        trial: name of the package below this one: ``first``.

    Raises:
        ValueError: two seeds have the same name.
    """
    package = importlib.import_module(f"tests.trials.{trial}")
    found: dict[str, Seed] = {}
    for module in pkgutil.iter_modules(package.__path__):
        for one in vars(importlib.import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(one, Seed):
                if one.id in found:
                    raise ValueError(f"there are two seeds {one.id}, in {found[one.id].area} and in {one.area}")
                found[one.id] = one
    return found


def apply(trial: str, id_: str) -> None:
    """Break the backend of this process."""
    seeds(trial)[id_].patch()
