"""The suite's app-config, less what a release cannot be configured to do.

A resolver or an option that a release does not know stops its start. An environment whose people nobody could find
is left out, and the suite says of its cases that the target has no such environment.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

Resolvers = Mapping[str, Mapping[str, list[str]]]

MAIN = frozenset({"development", "production"})
"""Environments that nearly every case is played in: they keep the resolvers that there are."""

_OTHER_NAMES = {"cfaccess": "cloudflareaccess"}


def fitting(config: Mapping[str, Any], resolvers: Resolvers) -> tuple[dict[str, Any], list[str]]:
    """A configuration that a release can be started with, and what was left out of it.

    Params:
        config: the app-config as the mock writes it.
        resolvers: vendor to its resolvers, each with its options.
    """
    fitted = copy.deepcopy(dict(config))
    providers = fitted["auth"]["providers"]
    custom = fitted.get("authConformance", {}).get("providers", {})
    left_out: list[str] = []
    for id_ in list(providers):
        offered = _of_vendor(custom.get(id_, id_), resolvers)
        if offered is None or not isinstance(providers[id_], Mapping):
            continue
        if "signIn" in providers[id_]:
            places = {id_: (providers, id_)}
        else:
            places = {f"{id_}/{name}": (providers[id_], name) for name in list(providers[id_])}
        for label, (holder, key) in places.items():
            unknown = [(entry, said) for entry in _resolvers(holder[key]) if (said := _unknown(entry, offered))]
            if not unknown:
                continue
            left_out.append(f"{label}: {unknown[0][1]}")
            rest = [entry for entry in _resolvers(holder[key]) if entry not in [known for known, _ in unknown]]
            if rest and key in MAIN:
                holder[key]["signIn"]["resolvers"] = rest
            else:
                del holder[key]
    return fitted, left_out


def _of_vendor(name: str, resolvers: Resolvers) -> Mapping[str, list[str]] | None:
    wanted = _plain(name)
    wanted = _OTHER_NAMES.get(wanted, wanted)
    if wanted == "guest":
        return None  # It has a resolver of its own and ignores what is configured.
    return next((offered for vendor, offered in resolvers.items() if _plain(vendor) == wanted), None)


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _resolvers(settings: Any) -> list[dict[str, Any]]:
    sign_in = settings.get("signIn") if isinstance(settings, Mapping) else None
    found: list[dict[str, Any]] = (sign_in or {}).get("resolvers", [])
    return found


def _unknown(entry: Mapping[str, Any], offered: Mapping[str, list[str]]) -> str | None:
    """What of a resolver is not offered: itself, or an option."""
    name = entry["resolver"]
    if name not in offered:
        return f"no {name}"
    missing = [option for option in entry if option != "resolver" and option not in offered[name]]
    return f"{name} without {missing[0]}" if missing else None
