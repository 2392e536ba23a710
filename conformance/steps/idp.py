"""Steps at the mock IdP: read its journal, change a grant or a service."""

from typing import Any, ClassVar, Final, Literal
from urllib.parse import quote

from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, ScenarioFault, Step

ENDPOINTS: Final = (
    "authorization",
    "token",
    "refresh",
    "exchange",
    "profile",
    "follow-up",
    "revocation",
    "introspection",
    "discovery",
    "jwks",
    "logout",
    "client-metadata",
    "other",
)
"""What a journal entry may call the endpoint that was asked: the mock IdP's own list."""


class Journal(Step):
    """Read what the IdP was asked about a grant, a state or a code, or at a service.

    Observes ``entries`` (all), ``count``, and per endpoint (``token``, ``refresh``, ``profile``, ``revocation`` …)
    ``at``: ``{endpoint: [entries]}`` and ``counts``: ``{endpoint: number}``; endpoints never asked are absent there.
    ``latest`` is the sequence number of the newest entry of all, for the ``since`` of a later step.
    """

    action: ClassVar[str] = "journal"
    observes: ClassVar[Shape] = shape_of(
        "entries", "count", "latest", at=dict.fromkeys(ENDPOINTS), counts=dict.fromkeys(ENDPOINTS)
    )
    grant: str | None = None
    """id of the grant; by default that of the latest consent or proxied sign-in."""
    code: str | None = None
    """instead, every entry that carried this code."""
    state: str | None = None
    """instead, every entry that carried this state."""
    service: str | None = None
    """instead, every entry at this service."""
    endpoint: str | None = None
    """of these, only those at this endpoint; the journal of a service is long."""
    since: int | None = None
    """only entries with a higher sequence number than this entry's; by default, of a code or state, what came since
    the run began."""

    def play(self, context: CaseContext) -> Observation:
        """Ask the control API."""
        if self.code is not None:
            selection: dict[str, Any] = {"code": self.code}
        elif self.state is not None:
            selection = {"state": self.state}
        elif self.service is not None:
            selection = {"service": self.service}
        else:
            grant = self.grant or context.latest("consent", "proxied_sign_in").get("grant")
            if grant is None:
                raise ScenarioFault(
                    "the latest sign-in at the vendor made no grant, so there is no journal of it", blamed=True
                )
            selection = {"grant": grant}
        # A backend may have asked a service before the run began; codes and states that a case makes up may be older.
        begins = context.journal_begins if self.code is not None or self.state is not None else None
        since = begins if self.since is None else self.since
        limits = {"since": since, "endpoint": self.endpoint}
        limits = {name: value for name, value in limits.items() if value is not None}
        answer = context.idp.get("/journal", **selection, **limits)
        entries: list[dict[str, Any]] = answer["entries"]
        if not entries and "grant" in selection:
            # The journal of a grant begins with its consent, so this is another grant than the scenario thinks.
            context.idp.get(f"/grants/{quote(selection['grant'], safe='')}")
        at: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            at.setdefault(entry["endpoint"], []).append(entry)
        return {
            "entries": entries,
            "count": len(entries),
            "at": at,
            "counts": {endpoint: len(found) for endpoint, found in at.items()},
            "latest": answer["latest"],
        }


class ChangeGrant(Step):
    """Change what a grant carries from now on. Observes the grant."""

    action: ClassVar[str] = "change_grant"
    observes: ClassVar[Shape] = shape_of(
        "id",
        "service",
        "client_id",
        "provider",
        "environment",
        "redirect_uri",
        "state",
        "persona",
        "requested_scopes",
        "scopes",
        "granted_at",
        "revoked",
        "faults",
    )
    grant: str | None = None
    """id of the grant; by default that of the latest consent or proxied sign-in."""
    faults: list[Any] | None = None
    """replace its faults by these."""
    revoked: bool | None = None
    """True takes the grant back: its tokens are refused from now on."""

    def play(self, context: CaseContext) -> Observation:
        """Send the change to the control API."""
        grant = self.grant or context.latest("consent", "proxied_sign_in").get("grant")
        if grant is None:
            raise ScenarioFault("the latest sign-in at the vendor made no grant that could be changed", blamed=True)
        changes = {
            name: value for name, value in (("faults", self.faults), ("revoked", self.revoked)) if value is not None
        }
        changed: Observation = context.idp.patch(f"/grants/{grant}", changes)
        return changed


class ChangeService(Step):
    """Change the service behind the case's environment (or auth proxy) from now on: what no grant can carry.

    Only services that one environment has for itself can be changed; the scenario must be the only one that uses
    the environment. It begins with a change of its own, because an earlier run may have left another.
    Observes the service: ``id``, ``faults``, ``published_keys``.
    """

    action: ClassVar[str] = "change_service"
    observes: ClassVar[Shape] = shape_of("id", "vendor", "faults", "published_keys")
    service: str | None = None
    """id of the service; by default the one of the case's provider and environment."""
    faults: list[Any] | None = None
    """replace its faults by these."""
    rotate_keys: bool | Literal["overlap"] | None = None
    """true lets a new key sign and withdraws the old one; ``overlap`` keeps publishing the old one."""
    published_keys: list[str] | None = None
    """sets of keys to publish: ``own``, ``next``, ``previous``, ``foreign``; none empties the set."""

    def play(self, context: CaseContext) -> Observation:
        """Send the change to the control API."""
        service = self.service or _service_of(context)
        changes = self.model_dump(exclude={"service"}, exclude_none=True)
        changed: Observation = context.idp.patch(f"/services/{service}", changes)
        return changed


class ChangeClient(Step):
    """Change the website that hosts the client metadata document of the case's own persona.

    The address is ``${persona.own.client_url}``. A scenario begins with a change of its own, because an earlier run
    may have left another. Observes ``client_id`` and the ``faults`` from now on.
    """

    action: ClassVar[str] = "change_client"
    observes: ClassVar[Shape] = shape_of("client_id", "faults")
    faults: list[str | dict[str, Any]] = []
    """replace its faults by these, which strike at the document. With none, it is a good document."""

    def play(self, context: CaseContext) -> Observation:
        """Send the change to the control API."""
        own = context.scope["persona"].get("own")
        if own is None:
            raise ScenarioFault("only a case with a persona of its own has a client with a website")
        orders = [{"fault": order} if isinstance(order, str) else order for order in self.faults]
        faults = [{"at": "client-metadata", **order} for order in orders]
        changed = context.idp.patch(f"/services/{own['id']}", {"faults": faults})
        return {"client_id": own["client_url"], "faults": changed["faults"]}


def _service_of(context: CaseContext) -> str:
    """The id of the service behind the case."""
    provider = next(entry for entry in context.target.idp["providers"] if entry["id"] == context.provider.id)
    found: dict[str, str] = {entry["name"]: entry["service"] for entry in provider["environments"]}
    return found.get(context.environment) or str(provider["service"])
