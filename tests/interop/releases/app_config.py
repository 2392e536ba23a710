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
            unknown = _unknown(holder[key], offered)
            if unknown:
                del holder[key]
                left_out.append(f"{label}: {unknown}")
    return fitted, left_out


def _of_vendor(name: str, resolvers: Resolvers) -> Mapping[str, list[str]] | None:
    wanted = _plain(name)
    wanted = _OTHER_NAMES.get(wanted, wanted)
    if wanted == "guest":
        return None  # It has a resolver of its own and ignores what is configured.
    return next((offered for vendor, offered in resolvers.items() if _plain(vendor) == wanted), None)


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _unknown(settings: Any, offered: Mapping[str, list[str]]) -> str | None:
    """The first resolver, or option of one, that is not offered."""
    sign_in = settings.get("signIn") if isinstance(settings, Mapping) else None
    for entry in (sign_in or {}).get("resolvers", ()):
        name = entry["resolver"]
        if name not in offered:
            return f"no {name}"
        for option in entry:
            if option != "resolver" and option not in offered[name]:
                return f"{name} without {option}"
    return None
