"""Which environment of a provider a request means (ENV)."""

from collections.abc import Mapping
from typing import TypeVar

from reference_backend.errors import InputError, NotAllowedError, NotFoundError
from reference_backend.oauth import state

Environment = TypeVar("Environment")


def requested(query: Mapping[str, str]) -> str:
    """Name of the environment: query ``env``, else the one inside ``state`` (ENV-03, ENV-04, ENV-08).

    Raises:
        InputError: neither is there (ENV-05).
        NotAllowedError: the state had to be decoded and is invalid (ENV-07).
    """
    if query.get("env"):
        return query["env"]
    if query.get("state"):
        return state.decode(query["state"]).env
    raise InputError("Must specify 'env' query to select environment")


def require_same(selected: str, in_state: str) -> None:
    """Refuse a callback for another environment than the one that started the flow (ENV-08, SEC-ENV-04)."""
    if selected != in_state:
        raise NotAllowedError("OAuth state is invalid, it belongs to another environment")


def select(environments: Mapping[str, Environment], name: str) -> Environment:
    """The environment of that name.

    Raises:
        NotFoundError: it is not configured (ENV-06).
    """
    if name not in environments:
        raise NotFoundError(f"No configuration available for the '{name}' environment of this provider.")
    return environments[name]
