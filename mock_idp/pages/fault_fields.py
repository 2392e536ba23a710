"""Faults as form fields: a checkbox for each, and a field for each of its parameters.

The list is on the sign-in page only on request: it has some hundred kilobytes (decision 415).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.model import FaultSpecError, Parameter
from mock_idp.oauth.model import FaultSpec

FIELD: Final = "fault"
"""Name of the checkboxes; a parameter's field is called ``FAULT.PARAMETER``."""


def read_choices(form: Sequence[tuple[str, str]]) -> tuple[FaultSpec, ...]:
    """Read the ticked faults of a form with the parameters that are filled in.

    Raises:
        FaultSpecError: there is no such fault, or a parameter cannot be read.
    """
    given = dict(form)
    chosen = [value for name, value in form if name == FIELD]
    return FAULTS.parse([{"fault": fault, **_parameters(fault, given)} for fault in dict.fromkeys(chosen)])


def _parameters(fault_id: str, given: Mapping[str, str]) -> dict[str, Any]:
    fault = FAULTS.by_id.get(fault_id)
    if fault is None:
        return {}  # refused by whoever reads the specification
    fields = [(parameter, given.get(f"{fault_id}.{parameter.name}", "").strip()) for parameter in fault.all_parameters]
    return {parameter.name: _read(fault_id, parameter, text) for parameter, text in fields if text}


def _read(fault_id: str, parameter: Parameter, text: str) -> Any:
    read = _READERS.get(parameter.kind, json.loads)
    try:
        return read(text)
    except (ValueError, RecursionError):
        what = "a number" if parameter.kind in _READERS else "JSON"
        raise FaultSpecError(f"The parameter {parameter.name!r} of {fault_id} is {what}, not {text!r:.80}.") from None


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "text": str,
    "token": str,
    "number": _number,
    "seconds": _number,
    "integer": int,
    "status": int,
}
"""Kind of a parameter -> how its field is read; all others are JSON."""
