"""Malformed requests."""

import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from conformance.driver.wire import Request, Response
from conformance.fuzz import EXAMPLES
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, Step


class Fuzz(Step):
    """Send requests, good and bad ones, to one operation of the OpenAPI description, and compare the answers with it.

    Observes ``sent`` (how many), ``statuses``, and lists of the answers that break the description: ``server_errors``,
    ``undocumented`` (statuses), ``malformed`` (headers and bodies), ``traces``.
    """

    action: ClassVar[str] = "fuzz"
    observes: ClassVar[Shape] = shape_of("sent", "statuses", "server_errors", "undocumented", "malformed", "traces")
    operation: str
    """its ``operationId``."""
    examples: int = EXAMPLES
    """how many requests."""

    @classmethod
    def mistakes(cls, arguments: Mapping[str, Any]) -> list[str]:
        """Whether there is such an operation."""
        # schemathesis takes a while to import, and is needed here alone.
        from conformance.fuzz.exploration import operations  # noqa: PLC0415

        operation = arguments.get("operation")
        known = operations()
        if operation in known or "${" in str(operation):
            return []
        return [f"there is no operation {operation!r}; there are {', '.join(known)}"]

    def play(self, context: CaseContext) -> Observation:
        """Send the requests without a session."""
        from conformance.fuzz.exploration import explore  # noqa: PLC0415

        def send(request: Request) -> Response:
            headers: dict[str, list[str]] = {}
            for name, value in request.headers:
                headers.setdefault(name, []).append(value)
            return context.browser.bare(request.url, request.method, headers, request.body)

        seed = zlib.crc32(context.scope["case"]["unique"].encode())
        findings = explore(self.operation, context.provider.id, context.target.auth_url, send, seed, self.examples)
        return {**asdict(findings), "statuses": sorted(findings.statuses)}
