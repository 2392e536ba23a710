"""What the control API can do, as data: routes are made of it, and the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from mock_idp.setup.members import Members

Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that can be made.

    Parameters:
        method: HTTP method.
        path: below the control API's prefix, in werkzeug rule syntax.
        summary: what it does, one sentence.
        handler: answers; takes the path's parameters, and gives data, data with a status, or a response.
        body: members of the JSON object that is sent, or None if there is none.
        query: query parameter -> JSON Schema.
        status: of a good answer.
        answer: JSON Schema of a good answer, or None if it is no JSON.
        media_type: of a good answer; empty if it has no body.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    body: Members | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    answer: Mapping[str, Any] | None = None
    media_type: str = "application/json"


class Operations:
    """All operations, as they are added."""

    def __init__(self) -> None:
        self.all: list[Operation] = []

    def route(self, method: str, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Add the decorated handler.

        Parameters:
            method: HTTP method.
            path: below the control API's prefix.
            summary: what it does, one sentence.
            more: other members of :class:`Operation`.
        """

        def register(handler: Handler) -> Handler:
            self.all.append(Operation(method, path, summary, handler, **more))
            return handler

        return register

    def deleting(self, path: str, summary: str) -> Callable[[Handler], Handler]:
        """Add the decorated handler, which deletes something."""
        return self.route("DELETE", path, summary, status=204, media_type="")


ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


def no_content() -> Response:
    """The answer where there is nothing to say."""
    return Response(status=204)


def ref(name: str) -> dict[str, Any]:
    """The schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def listing(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object with one member, a list."""
    return {"type": "object", "required": [name], "properties": {name: {"type": "array", "items": dict(schema)}}}
