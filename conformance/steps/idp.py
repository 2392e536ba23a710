"""Steps at the mock IdP: read its journal, change a grant."""

from typing import Any, ClassVar

from conformance.steps.base import Observation, ScenarioFault, Stage, Step


class Journal(Step):
    """Read what the IdP was asked about a grant, a state or a code.

    Observes ``entries`` (all), ``count``, and per endpoint (``token``, ``refresh``, ``profile``, ``revocation`` …)
    ``at``: ``{endpoint: [entries]}`` and ``counts``: ``{endpoint: number}``; endpoints never asked are absent there.

    Attributes:
        grant: id of the grant; by default that of the latest consent.
        code: instead, every entry that carried this code.
        state: instead, every entry that carried this state.
        since: only entries with a higher sequence number than this entry's.
    """

    action: ClassVar[str] = "journal"
    grant: str | None = None
    code: str | None = None
    state: str | None = None
    since: int | None = None

    def play(self, stage: Stage) -> Observation:
        """Ask the control API."""
        if self.code is not None:
            selection: dict[str, Any] = {"code": self.code}
        elif self.state is not None:
            selection = {"state": self.state}
        else:
            grant = self.grant or stage.latest("consent").get("grant")
            if grant is None:
                raise ScenarioFault("the latest consent made no grant, so there is no journal of it", blamed=True)
            selection = {"grant": grant}
        entries: list[dict[str, Any]] = stage.idp.get("/journal", **selection)["entries"]
        if self.since is not None:
            entries = [entry for entry in entries if entry["sequence"] > self.since]
        at: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            at.setdefault(entry["endpoint"], []).append(entry)
        return {
            "entries": entries,
            "count": len(entries),
            "at": at,
            "counts": {endpoint: len(found) for endpoint, found in at.items()},
            "latest": max((entry["sequence"] for entry in entries), default=0),
        }


class ChangeGrant(Step):
    """Change what a grant carries from now on. Observes the grant.

    Attributes:
        grant: id of the grant; by default that of the latest consent.
        faults: replace its faults by these.
        revoked: True takes the grant back: its tokens are refused from now on.
    """

    action: ClassVar[str] = "change_grant"
    grant: str | None = None
    faults: list[Any] | None = None
    revoked: bool | None = None

    def play(self, stage: Stage) -> Observation:
        """Send the change to the control API."""
        grant = self.grant or stage.latest("consent").get("grant")
        if grant is None:
            raise ScenarioFault("the latest consent made no grant that could be changed", blamed=True)
        changes = {
            name: value for name, value in (("faults", self.faults), ("revoked", self.revoked)) if value is not None
        }
        changed: Observation = stage.idp.patch(f"/grants/{grant}", changes)
        return changed
