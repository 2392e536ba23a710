"""How a grant can make the IdP misbehave: what a fault is, and how one is specified and checked.

A fault is *specified* by name with parameters (by the consent form, by ``PATCH /__idp/grants/ID`` or for a whole
service) and *applied* at an endpoint. The catalogue is in :mod:`mock_idp.faults.catalogue`.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_idp.oauth.model import Answer, Endpoint, FaultSpec, JsonValue, Reason, Refusal
from mock_idp.oauth.policy import Policy
from mock_idp.settings import LONGEST_MISBEHAVIOUR_SECONDS, MOST_FAULTS

Parameters = Mapping[str, JsonValue]

ID_TOKEN = "id_token"  # noqa: S105 - a place
CALLBACK = "callback"
SAML_RESPONSE = "saml_response"
PLACES: Mapping[str, frozenset[Endpoint]] = {
    ID_TOKEN: frozenset({Endpoint.TOKEN, Endpoint.REFRESH}),
    CALLBACK: frozenset({Endpoint.AUTHORIZATION}),
    SAML_RESPONSE: frozenset({Endpoint.AUTHORIZATION}),
    **{str(endpoint): frozenset({endpoint}) for endpoint in Endpoint},
}
"""Value of ``at`` -> endpoints. ``id_token`` is inside token answers, ``callback`` is the redirect to the client,
``saml_response`` is inside the form that goes to it."""


class FaultSpecError(ValueError):
    """A specification that cannot be carried out; the message is one sentence with what is allowed."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a fault.

    Parameters:
        name: its name in a specification.
        kind: ``text``, ``token``, ``number``, ``integer``, ``status``, ``seconds``, ``headers``, ``object``,
            ``objects`` or ``texts``.
        default: its value if it is left out; None means that it is absent then.
        description: what it is for.
        required: True if it must not be left out.
        choices: the allowed values, or None.
    """

    name: str
    kind: str
    default: JsonValue
    description: str
    required: bool = False
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour.

    Parameters:
        id: its name, in kebab-case.
        title: what happens, for people.
        places: values ``at`` can have; the first one is the default.
        clause: what the behaviour breaks, or which clause allows it.
        expect: what a correct backend does about it.
        parameters: its parameters beside ``at`` and ``times``.
        change: changes the answer.
        reason: the vendor refuses for this reason before it looks at the request.
        override: changes the vendor's policy towards this grant.
        needs_one_of: names of parameters of which at least one must be there, or empty.
        replaces_handler: True if the vendor never sees the request, so that nothing is used up and a second try with
            the same code or refresh token can succeed.
    """

    id: str
    title: str
    places: tuple[str, ...]
    clause: str
    expect: str
    parameters: tuple[Parameter, ...] = ()
    change: Callable[[Answer, Parameters], Answer] | None = None
    reason: Reason | None = None
    override: Callable[[Policy, Parameters], Policy] | None = None
    needs_one_of: tuple[str, ...] = ()
    replaces_handler: bool = False

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """The fault's parameters, those that every fault has included."""
        at = Parameter("at", "text", self.places[0], "Where it strikes.", choices=self.places)
        times = Parameter("times", "integer", None, "How often it strikes at most; always if left out.")
        return (*self.parameters, at, times)

    def applies_at(self, endpoint: Endpoint, parameters: Parameters) -> bool:
        """Say whether a specification of this fault concerns an endpoint."""
        return endpoint in PLACES[parameters["at"]]

    def apply(self, answer: Answer, parameters: Parameters) -> Answer:
        """Change an answer.

        Parameters:
            answer: what the vendor would have answered.
            parameters: complete parameters, as :meth:`Faults.parse` leaves them.
        """
        return self.change(answer, parameters) if self.change else answer

    def refusal(self) -> Refusal | None:
        """What the vendor says instead of looking at the request, or None if it looks."""
        return Refusal(self.reason, f"The grant carries the fault {self.id}.") if self.reason else None

    def described(self) -> dict[str, JsonValue]:
        """The fault as plain data, for the control API."""
        parameters = [
            {
                "name": entry.name,
                "kind": entry.kind,
                "default": entry.default,
                "says": entry.description,
                "required": entry.required,
                "choices": entry.choices,
            }
            for entry in self.all_parameters
        ]
        return {
            "id": self.id,
            "title": self.title,
            "at": list(self.places),
            "clause": self.clause,
            "expect": self.expect,
            "parameters": parameters,
        }


@dataclass(frozen=True, slots=True)
class AppliedFault:
    """A fault that concerns the request at hand.

    Parameters:
        index: its place among the owner's faults, under which applications are counted.
        fault: the fault.
        parameters: its complete parameters.
    """

    index: int
    fault: Fault
    parameters: Parameters


class Faults:
    """The catalogue, and everything that needs to look a fault up in it.

    Parameters:
        catalogue: all faults.
    """

    def __init__(self, catalogue: Sequence[Fault]) -> None:
        self.by_id: Mapping[str, Fault] = {fault.id: fault for fault in catalogue}

    def parse(self, data: JsonValue) -> tuple[FaultSpec, ...]:
        """Read specifications as they come over the wire and complete their parameters.

        Parameters:
            data: a list of names and of objects ``{"fault": name, …parameters}``.

        Raises:
            FaultOrderError: unknown fault, unknown or missing parameter, or a value it cannot have.
        """
        if not isinstance(data, list):
            raise FaultSpecError('Faults are a list of names or objects, for instance ["json-null"].')
        if len(data) > MOST_FAULTS:
            raise FaultSpecError(f"At most {MOST_FAULTS} faults, not {len(data)}.")
        return tuple(self._parse_one(entry) for entry in data)

    def _parse_one(self, entry: JsonValue) -> FaultSpec:
        members = {"fault": entry} if isinstance(entry, str) else entry
        if not isinstance(members, dict) or not isinstance(members.get("fault"), str):
            raise FaultSpecError('A fault is a name or an object with the member "fault".')
        fault = self.by_id.get(members["fault"])
        if fault is None:
            raise FaultSpecError(f"There is no fault {members['fault']!r}; there are {', '.join(self.by_id)}.")
        given = {name: value for name, value in members.items() if name != "fault"}
        return FaultSpec(fault.id, _complete(fault, given))

    def concerning(self, specs: Sequence[FaultSpec], endpoint: Endpoint) -> Iterator[AppliedFault]:
        """Find the specified faults that concern an endpoint, in order."""
        for index, spec in enumerate(specs):
            fault = self.by_id[spec.fault]
            if fault.applies_at(endpoint, spec.parameters):
                yield AppliedFault(index, fault, spec.parameters)

    def overridden(self, policy: Policy, specs: Sequence[FaultSpec]) -> Policy:
        """A vendor's policy, as these faults override it."""
        for spec in specs:
            override = self.by_id[spec.fault].override
            if override:
                policy = override(policy, spec.parameters)
        return policy


def _complete(fault: Fault, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    parameters = {parameter.name: parameter for parameter in fault.all_parameters}
    unknown = [name for name in given if name not in parameters]
    if unknown:
        known = ", ".join(parameters)
        raise FaultSpecError(f"The fault {fault.id} has no parameter {unknown[0]!r}; it has {known}.")
    complete = {}
    for name, parameter in parameters.items():
        if name not in given and parameter.required:
            raise FaultSpecError(f"The fault {fault.id} needs the parameter {name!r}: {parameter.description}")
        value = given.get(name, parameter.default)
        if name in given or value is not None:
            _check_value(fault, parameter, value)
        complete[name] = value
    if fault.needs_one_of and all(complete[name] in (None, {}, []) for name in fault.needs_one_of):
        raise FaultSpecError(f"The fault {fault.id} needs one of the parameters {', '.join(fault.needs_one_of)}.")
    return complete


def _check_value(fault: Fault, parameter: Parameter, value: JsonValue) -> None:
    called, fits = _KINDS[parameter.kind]
    if not fits(value):
        raise FaultSpecError(f"The parameter {parameter.name!r} of {fault.id} is {called}, not {value!r:.80}.")
    if parameter.choices and value not in parameter.choices:
        allowed = ", ".join(parameter.choices)
        raise FaultSpecError(f"The parameter {parameter.name!r} of {fault.id} is one of {allowed}, not {value!r:.80}.")


def _is_header_text(value: Any) -> bool:
    """Say whether a text may stand in a header field (RFC 9110 section 5.5)."""
    return isinstance(value, str) and all(" " <= character <= "~" for character in value)


def _are_headers(value: Any) -> bool:
    """Say whether an object is header fields, none of which says where the message ends (RFC 9112 section 6)."""
    return isinstance(value, dict) and all(
        re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) and name.lower() not in _FRAMING and _is_header_text(text)
        for name, text in value.items()
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_FRAMING = ("connection", "content-length", "transfer-encoding")

_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", lambda value: isinstance(value, str)),
    "token": ("a text of printable ASCII characters", _is_header_text),
    "number": ("a number", _is_number),
    "seconds": (
        f"a number of seconds, more than 0 and at most {LONGEST_MISBEHAVIOUR_SECONDS:g}",
        lambda value: _is_number(value) and 0 < value <= LONGEST_MISBEHAVIOUR_SECONDS,
    ),
    "integer": ("a whole number, 0 or more", _is_integer),
    "status": ("an HTTP status from 200 to 599", lambda value: _is_integer(value) and 200 <= value <= 599),
    "headers": ("an object of header fields, without those that frame a message", _are_headers),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "objects": (
        "a list of objects",
        lambda value: isinstance(value, list) and all(isinstance(entry, dict) for entry in value),
    ),
    "texts": (
        "a list of texts",
        lambda value: isinstance(value, list) and all(isinstance(entry, str) for entry in value),
    ),
}
"""Kind of a parameter -> how a value of it is called, and its check."""
