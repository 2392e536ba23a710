"""Sign-in at a proxy-type provider, and what the frontend makes of it."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from conformance.driver.members import ANSWER, FRONTEND
from conformance.driver.proxied import FrontendError, ProxiedIdentity, guest_tile
from conformance.driver.wire import Response
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, Step, put_cookies


class ProxiedSignIn(Step):
    """Ask a proxy-type provider for a session as the frontend does (FE-65), through a proxy that adds its headers.

    The mock IdP mints the headers that this vendor's proxy would add; for a provider without a proxy in front
    (guest) none are added. Observes the HTTP answer; ``session`` is its JSON if the status is 200, ``minted`` the
    headers, ``grant`` (the grant's id in the journal, if headers were minted), ``frontend``: what the frontend makes
    of the answer, and of its session later.
    """

    action: ClassVar[str] = "proxied_sign_in"
    observes: ClassVar[Shape] = {**ANSWER, **shape_of("minted", "grant", frontend=FRONTEND)}
    persona: str | None = "plain"
    """who signed in at the proxy (``own`` for a persona of the case's own); null asks for no headers at all."""
    mint: dict[str, Any] = {}
    """parameters of the minting (which header to leave out, change or send twice; see the vendor's page)."""
    faults: list[Any] = []
    """what the grant carries to the proxy's own addresses, where keys are."""
    carried: Literal["headers", "query", "cookies"] = "headers"
    """where what was minted travels; in the query or in cookies of those names no proxy puts it."""
    headers: dict[str, Any] = {}
    """header fields changed or added after minting; null removes one."""
    query: dict[str, Any] = {}
    """query parameters."""
    method: str = "GET"
    """HTTP method."""
    used_after: list[float] = []
    """seconds after the sign-in, ascending, at which the frontend needs its token again."""

    def play(self, context: CaseContext) -> Observation:
        """Have the headers minted, send the request, let the frontend look at the answer."""
        asking = _Asking(self, context)
        later = 0.0
        identity = ProxiedIdentity(asking.fetch, asking.minted_fields, lambda: time.time() + later)
        frontend = _use(identity)
        seen = asking.first
        frontend["fresh_for"] = identity.fresh_for
        uses = []
        for later in self.used_after:  # noqa: B007 - the identity's clock reads it
            before = asking.count
            outcome = _use(identity)
            uses.append({**outcome, "requests": asking.count - before})
        seen["frontend"] = {**frontend, "uses": uses, "stuck": identity.is_stuck}
        return seen


class _Asking:
    """The requests of one step; the first one is what it observes."""

    def __init__(self, step: ProxiedSignIn, context: CaseContext) -> None:
        self._step = step
        self._context = context
        self._minted: list[list[str]] = []
        self._grant: str | None = None
        self.count = 0
        self.first: Observation = {}

    def minted_fields(self) -> Mapping[str, Any]:
        """What the proxy adds to the next request."""
        step, context = self._step, self._context
        if step.persona is None or "headers" not in context.facts.capabilities:
            return {}
        path = f"/proxies/{context.provider.vendor}/headers"
        order = {
            "persona": context.switch_persona(step.persona),
            "provider": context.provider.id,
            "faults": step.faults,
        }
        answer = context.idp.post(path, {**order, **step.mint})
        self._minted, self._grant = answer["headers"], answer["grant"]
        fields: dict[str, Any] = {}
        for name, value in self._minted:
            fields[name] = [*fields.get(name, []), value]
        return fields

    def fetch(self, fields: Mapping[str, Any]) -> Response:
        """Send the frontend's request."""
        step, context = self._step, self._context
        query = dict(step.query)
        if step.carried == "query":
            query |= {**fields, **{name.lower(): value for name, value in fields.items()}}
        elif step.carried == "cookies":
            put_cookies(context, {name: str(values[0]) for name, values in fields.items()})
        headers = fields if step.carried == "headers" else {}
        url = context.provider_url("/refresh", query)
        response = context.browser.fetch(url, step.method, headers={**headers, **step.headers})
        self.count += 1
        if self.count == 1:
            self.first = self._observe(response, url)
        return response

    def _observe(self, response: Response, url: str) -> Observation:
        seen = self._context.observe(response, url)
        seen["minted"] = self._minted
        if self._grant is not None:
            seen["grant"] = self._grant
        if response.status == 200 and isinstance(seen.get("json"), dict):
            seen["session"] = seen["json"]
        return seen


def _use(identity: ProxiedIdentity) -> Observation:
    """Let the frontend need its session once."""
    try:
        user = identity.session().backstageIdentity.identity.userEntityRef
    except FrontendError as error:
        failure: dict[str, Any] = {"name": error.name, "message": error.message}
        if error.cause is not None:
            failure["cause"] = dict(error.cause)
        return {"signed_in": False, "failure": failure, "guest_tile": guest_tile(error)}
    return {"signed_in": True, "user": user, "guest_tile": guest_tile(None)}
