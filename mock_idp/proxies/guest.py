"""The guest provider: no proxy, no headers, only configuration."""

from typing import Any, ClassVar

from mock_idp.personas import SHOWN
from mock_idp.proxies.base import AuthProxy

KNOWN = SHOWN["many-groups"].entity
"""The name of a user of the catalog."""


def _config(**keys: Any) -> dict[str, Any]:
    return {"dangerouslyAllowOutsideDevelopment": True, **keys}


class Guest(AuthProxy):
    """Every user is the guest; the variants are guests of other names, and one that may not come in."""

    id = "guest"
    title = "Guest"
    icon = "—"
    variants: ClassVar = {
        "guest": _config(),
        "guest-refused": {},
        "guest-of-catalog": _config(
            userEntityRef=f"user:default/{KNOWN}",
            ownershipEntityRefs=("group:default/nobodys",),
            signIn={"resolvers": ({"resolver": "noSuchResolver"},)},
        ),
        "guest-by-name": _config(userEntityRef=KNOWN),
        # In another namespace than the user of that name.
        "guest-as-written": _config(
            userEntityRef=f"User:Elsewhere/{KNOWN}",
            ownershipEntityRefs=("group:default/harbour", "group:default/foo"),
        ),
        "guest-without-kind": _config(userEntityRef="visitor"),
        "guest-without-namespace": _config(userEntityRef=f"user:/{KNOWN}"),
    }
    opt_in = frozenset(variants) - {id}
