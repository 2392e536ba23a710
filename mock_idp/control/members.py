"""Reads what comes as JSON by the control API; what is wrong with it is said in one sentence."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from flask import request

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class ControlError(ValueError):
    """A request that cannot be carried out.

    Parameters:
        message: one sentence.
        status: HTTP status.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read_json() -> dict[str, Any]:
    """The JSON object that came.

    Raises:
        ControlError: it is no JSON object.
    """
    # A form of another website could send any other type without asking first (CORS).
    if request.mimetype != "application/json":
        raise ControlError("Send a JSON object with Content-Type: application/json.", 415)
    try:
        data = request.get_json(cache=False)
    except RecursionError:
        data = None
    if not isinstance(data, dict):
        raise ControlError("Send a JSON object.")
    return data


def read_members(known: Collection[str]) -> dict[str, Any]:
    """The members of the JSON object that came.

    Raises:
        ControlError: it is no JSON object, or has a member that means nothing.
    """
    data = read_json()
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ControlError(f"The member {unknown[0]!r:.80} means nothing here; known are {', '.join(sorted(known))}.")
    return data


def read_text(data: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A member that is a name.

    Raises:
        ControlError: it is none.
    """
    value = data.get(name, default)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ControlError(f"{name} must be a name of letters, digits, -, _ and dots, not {value!r:.80}.")
    return value


def read_texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A member that is a list of texts; empty if it is missing.

    Raises:
        ControlError: it is none.
    """
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ControlError(f"{name} must be a list of texts.")
    return tuple(value)


def read_object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object; empty if it is missing.

    Raises:
        ControlError: it is none.
    """
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise ControlError(f"{name} must be an object.")
    return value
