"""Defects that nobody sees before a minute or an hour has passed, so that no scenario of an ordinary run finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reference_backend.identity import token_issuer
from reference_backend.identity.token_issuer import RotatingKeys
from reference_backend.openid.key_set import Key, KeySet
from tests.defects.defect import Defect, always, defect, replace, wrap


@defect("SEC-JWKS-01")
def keys_of_an_issuer_read_once() -> None:
    """The keys of an issuer are read once and for all."""

    def read(original: Callable[[KeySet], list[Key]], self: KeySet) -> list[Key]:
        return self._keys or original(self)

    wrap(KeySet, "_read", read)


@defect("SEC-JWKS-03", "SEC-REFR-05")
def withdrawn_keys_of_an_issuer_kept() -> None:
    """Keys that an issuer withdraws are kept beside the new ones."""

    def read(original: Callable[[KeySet], list[Key]], self: KeySet) -> list[Key]:
        kept = self._keys or []
        self._keys = [*original(self), *kept]
        return self._keys

    wrap(KeySet, "_read", read)


@defect("SEC-ISS-01", "KEY-04")
def only_the_signing_key_published() -> None:
    """A key is not published any more as soon as another one signs."""

    def public_keys(original: Callable[..., list[Mapping[str, Any]]], self: RotatingKeys) -> list[Mapping[str, Any]]:
        return original(self)[-1:]

    wrap(RotatingKeys, "public_keys", public_keys)


@defect("KEY-02")
def signing_key_never_replaced() -> None:
    """One key signs for as long as the backend runs."""
    replace(token_issuer, "is_due_for_rotation", always(False))


@defect("KEY-04")
def replaced_keys_published_for_good() -> None:
    """Keys stay published although no valid token has them."""
    replace(token_issuer, "is_expired", always(False))


def slow_defects() -> dict[str, Defect]:
    """All of them by id."""
    return {entry.id: entry for entry in globals().values() if isinstance(entry, Defect)}
