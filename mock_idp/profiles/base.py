"""What a profile is: a variant of the app-config for what no environment of a provider can express."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Profile:
    """A variant of the app-config.

    Parameters:
        id: its name, in kebab-case.
        says: what differs, one sentence.
        overlay: put over the printed app-config: mappings are merged, null removes a key, all else replaces.
        providers: the providers it has unless the command line names some; empty for all.
    """

    id: str
    says: str
    overlay: Mapping[str, Any] = field(default_factory=dict)
    providers: tuple[str, ...] = ()


def merged(config: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Put an overlay over a configuration."""
    result = dict(config)
    for key, value in overlay.items():
        known = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            result[key] = merged(known if isinstance(known, Mapping) else {}, value)
        else:
            result[key] = value
    return result
