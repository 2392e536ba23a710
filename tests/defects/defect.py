"""What a deliberate defect is, and how one is written down.

A defect is a function in a module of :mod:`tests.defects.catalogue`, a few lines long::

    @defect("FRAME-07", "SEC-STATE-02")
    def nonce_not_compared() -> None:
        \"\"\"The callback takes any nonce cookie, whatever nonce is in the state.\"\"\"
        replace(nonce, "require_match", nothing)

Its name is the id, its docstring the title, and the decorator names the requirements that catch it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DIFFERENT_PROVIDERS = ("github", "google", "oauth2Proxy", "guest")
"""Providers that differ in what the protocol leaves to them: one that remembers scopes and stores an access token, one
with refresh and ID tokens, one behind a proxy, and the guest. More of a kind would show the same defects again."""

DEFAULT_PROFILE = "default"


class StaleDefectError(Exception):
    """A patch does not fit the reference backend any more, so the defect would prove nothing."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One deliberate fault of the reference backend.

    Parameters:
        id: kebab-case name.
        title: one sentence: what the broken backend does.
        area: the module it stands in; groups the kill matrix.
        patch: breaks the backend; called before the server starts, in the server's own process.
        caught_by: ids of the requirements that fail because of it, each of them.
        providers: ids of the providers that it is shown on.
        stops_cases: True if it is in the nature of the defect that scenarios cannot be played to their end, so that a
            case may have the verdict ``error`` beside the failures.
        profile: the configuration profile of the backend that it is shown on.
        crashes: True if the defect is that the backend fails with an error of its own. Anywhere else that would be
            a mistake in the patch, which the scenarios notice for the wrong reason.
    """

    id: str
    title: str
    area: str
    patch: Callable[[], None]
    caught_by: frozenset[str]
    providers: frozenset[str]
    stops_cases: bool
    crashes: bool
    profile: str


def defect(
    *caught_by: str,
    providers: tuple[str, ...] = DIFFERENT_PROVIDERS,
    stops_cases: bool = False,
    crashes: bool = False,
    profile: str = DEFAULT_PROFILE,
) -> Callable[[Callable[[], None]], Defect]:
    """Turn a function into a :class:`Defect`.

    Parameters:
        caught_by: see :class:`Defect`.
        providers: see :class:`Defect`.
        stops_cases: see :class:`Defect`.
        crashes: see :class:`Defect`.
        profile: see :class:`Defect`.
    """

    def make(patch: Callable[[], None]) -> Defect:
        return Defect(
            id=patch.__name__.replace("_", "-"),
            title=" ".join((patch.__doc__ or "").split()),
            area=patch.__module__.rpartition(".")[2],
            patch=patch,
            caught_by=frozenset(caught_by),
            providers=frozenset(providers),
            stops_cases=stops_cases,
            crashes=crashes,
            profile=profile,
        )

    return make


def replace(owner: Any, name: str, new: Any) -> None:
    """Put something else in the place of an attribute.

    Parameters:
        owner: a module, class or constant of the reference backend, or a mapping in one of them.
        name: the attribute, or the key.
        new: what takes its place; a function has to take the arguments of the one it replaces.

    Raises:
        StaleDefectError: there is no such attribute, or the function takes other arguments by now.
    """
    where = f"{getattr(owner, '__name__', type(owner).__name__)}.{name}"
    attributes = owner if isinstance(owner, dict) else vars(owner)
    if name not in attributes:
        raise StaleDefectError(f"{where} does not exist (any more); the defect has to be written anew")
    old = attributes[name]
    if callable(old) and not inspect.isclass(old):
        _check_arguments(where, old, new)
    if isinstance(owner, dict):
        owner[name] = new
    elif inspect.isclass(owner) or inspect.ismodule(owner):
        setattr(owner, name, new)
    else:
        # Constants are frozen, except here.
        object.__setattr__(owner, name, new)


def wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Put a function around another one, which it gets as its first argument.

    Parameters:
        owner: see :func:`replace`.
        name: see :func:`replace`.
        around: takes the original and then the original's arguments.

    Raises:
        StaleDefectError: see :func:`replace`.
    """
    original = getattr(owner, name, None)

    def call(*arguments: Any, **named: Any) -> Any:
        return around(original, *arguments, **named)

    if callable(original):
        _check_arguments(f"{getattr(owner, '__name__', '')}.{name}", original, functools.partial(around, original))
    replace(owner, name, call)


def _check_arguments(where: str, old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Refuse a replacement that would fail when called, as if the defect had been caught."""
    parameters = inspect.signature(old).parameters.values()
    in_order = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    by_name = {one.name: None for one in parameters if one.kind is one.KEYWORD_ONLY}
    try:
        inspect.signature(new).bind(*[None] * len(in_order), **by_name)
    except TypeError as error:
        raise StaleDefectError(f"the replacement of {where} takes other arguments than it: {error}") from error


def nothing(*arguments: Any, **named: Any) -> None:
    """Replaces a check by none."""


def always(value: Any) -> Callable[..., Any]:
    """Replaces a function by one whose answer is fixed."""
    return lambda *arguments, **named: value
