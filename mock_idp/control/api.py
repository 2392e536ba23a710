"""The control API below ``/__idp``: how tests and tools talk about the mock rather than to it."""

from functools import wraps
from typing import Any

from flask import Blueprint, Response

from mock_idp.app_config.providers import SetupError
from mock_idp.clock import ClockError
from mock_idp.control import clients, grants, mock, people, services, state
from mock_idp.control.members import ControlError
from mock_idp.control.operations import Handler, Operations
from mock_idp.faults.model import FaultSpecError
from mock_idp.idp import Idp
from mock_idp.keys import KeySetError
from mock_idp.oauth.tokens import ForgeryError
from mock_idp.people import PeopleError
from mock_idp.proxies.base import MintError
from mock_idp.services import ServiceError
from mock_idp.settings import CONTROL_PREFIX
from mock_idp.setup.members import MemberError
from mock_idp.setup.snapshots import NoSnapshotError, SnapshotError
from mock_idp.web.writing import json_bytes

_MISTAKES = (
    ClockError,
    FaultSpecError,
    ForgeryError,
    KeySetError,
    MemberError,
    MintError,
    PeopleError,
    ServiceError,
    SetupError,
    SnapshotError,
)
"""What a request can get wrong; the message is one sentence."""


def control(idp: Idp) -> Blueprint:
    """Make the blueprint of the control API."""
    blueprint = Blueprint("control", __name__, url_prefix=CONTROL_PREFIX)
    operations = Operations()
    for part in (mock, people, clients, services, grants, state):
        part.add(operations, idp)
    for operation in operations.all:
        answer = _as_json(operation.handler)
        blueprint.add_url_rule(operation.path, operation.handler.__name__, answer, methods=[operation.method])
    return blueprint


def _as_json(handler: Handler) -> Handler:
    """Write what a handler returns as JSON, and what it raises as JSON with a sentence."""

    @wraps(handler)
    def answer(**arguments: Any) -> Response:
        try:
            result = handler(**arguments)
        except ControlError as mistake:
            return _json({"error": str(mistake)}, mistake.status)
        except NoSnapshotError as mistake:
            return _json({"error": str(mistake)}, 404)
        except _MISTAKES as mistake:
            return _json({"error": str(mistake)}, 400)
        if isinstance(result, Response):
            return result
        return _json(*result) if isinstance(result, tuple) else _json(result)

    return answer


def _json(data: Any, status: int = 200) -> Response:
    return Response(json_bytes(data), status=status, content_type="application/json; charset=utf-8")
