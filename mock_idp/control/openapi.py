"""The control API as an OpenAPI 3.1 document."""

import re
from collections.abc import Sequence
from typing import Any

import mock_idp
from mock_idp.control.bodies import SCHEMAS
from mock_idp.control.operations import Operation, ref
from mock_idp.settings import CONTROL_PREFIX
from mock_idp.setup.members import schema_of

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_MISTAKES = {
    "400": "Something about the request cannot be.",
    "404": "What it is about does not exist.",
    "409": "What it would make exists already.",
    "413": "The body is too large.",
    "415": "The body is no JSON.",
    "503": "As many follow the journal already as may.",
}


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Write the document.

    Parameters:
        operations: everything there is.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Control API of the mock IdP",
            "version": mock_idp.__version__,
            "description": "How tests and tools configure and read the mock. For loopback and for reserved names; "
            "any other Host gets 421.",
        },
        "servers": [{"url": CONTROL_PREFIX}],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.media_type:
        content = {} if operation.answer is None else {"schema": dict(operation.answer)}
        good["content"] = {operation.media_type: content}
    mistakes = {
        status: {"description": text, "content": {"application/json": {"schema": ref("Error")}}}
        for status, text in _MISTAKES.items()
    }
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "responses": {str(operation.status): good, **mistakes},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        schema = schema_of(operation.body, operation.summary)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described
