"""Scope arithmetic (SCOPE)."""

import re
from collections.abc import Callable, Iterable, Sequence

from reference_backend.errors import AuthenticationError

SEPARATORS = re.compile(r"[\s|,]")
"""Whitespace, comma and vertical bar separate scopes (SCOPE-01)."""

Transform = Callable[[list[str], list[str], list[str], list[str]], list[str]]


def split(text: str | None) -> list[str]:
    """Split a scope string, dropping empty parts (SCOPE-01)."""
    return [part for part in SEPARATORS.split(text or "") if part]


def combine(requested: list[str], granted: list[str], required: list[str], additional: list[str]) -> list[str]:
    """The default order: requested, granted, required, additional (SCOPE-02)."""
    return [*requested, *granted, *required, *additional]


def effective(
    requested: list[str],
    granted: list[str],
    required: Sequence[str],
    additional: Sequence[str],
    transform: Transform | None = None,
) -> str:
    """The scope string to ask for: combined, without duplicates, joined by a space (SCOPE-02, SCOPE-13)."""
    scopes = (transform or combine)(requested, granted, list(required), list(additional))
    return join_unique(scopes)


def join_unique(scopes: Iterable[str]) -> str:
    """Join with single spaces; a duplicate keeps its first position (SCOPE-02)."""
    return " ".join(dict.fromkeys(scopes))


def reported(upstream_scope: str | None) -> str:
    """What a non-persisting provider reports: the vendor's scope, re-joined (SCOPE-08)."""
    return " ".join(split(upstream_scope))


def require_in_state(state_scope: str | None) -> str:
    """The scope that a persisting provider put into the state (SCOPE-06, SCOPE-07)."""
    if state_scope is None:
        raise AuthenticationError("No scope found in OAuth state")
    return state_scope


def confirmed(scope: str, requested: Iterable[str], known: Iterable[str]) -> str:
    """An effective scope without what was merely asked for (SEC-SCOPE-04).

    Parameters:
        scope: the effective scope of a refresh.
        requested: what this request asked for.
        known: granted before, required, additional, or named in the vendor's answer.
    """
    unconfirmed = set(requested) - set(known)
    return " ".join(one for one in split(scope) if one not in unconfirmed)


def already_granted(granted: Iterable[str], scope: str) -> bool:
    """Tell whether every scope of an effective scope was granted before (SCOPE-10)."""
    return set(split(scope)) <= set(granted)
