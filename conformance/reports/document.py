"""The report document of docs/reference/report-formats.md, from which every other form of the report is made."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from conformance import __version__
from conformance.deviations import Deviation, stale, uncovered
from conformance.requirement_list import requirements
from conformance.target import Target
from conformance.verdicts import CaseResult, Verdict, requirement_verdicts

NOT_CHECKED = "not-checked"
"""Verdict of a requirement that no case of the run checks."""


def build_document(
    results: Sequence[CaseResult],
    target: Target,
    deviations: Sequence[Deviation],
    *,
    seed: int,
    should_fails: bool,
    started: float,
    embedded: bool = False,
) -> dict[str, Any]:
    """Put the document together.

    Parameters:
        results: every case of the run.
        target: the examined target.
        deviations: accepted deviations.
        seed: the run's seed.
        should_fails: True if SHOULD rows fail the run.
        started: seconds since the epoch.
        embedded: True if the suite started the target itself.
    """
    ordered = sorted(results, key=lambda result: result.id)
    levels = {id_: requirement.level for id_, requirement in requirements().items()}
    verdicts = requirement_verdicts(ordered, levels, should_fails=should_fails)
    stale_entries = stale(deviations, ordered)
    uncovered_entries = uncovered(deviations, ordered)
    made = Counter(check.requirement for result in ordered for check in result.checks)
    failed = Counter(check.requirement for result in ordered for check in result.checks if not check.holds)
    scenarios = _scenarios_by_requirement(ordered)
    counted = Counter(result.verdict for result in ordered)
    summary: dict[str, Any] = {verdict.value: counted[verdict] for verdict in Verdict}
    summary["stale"] = len(stale_entries)
    summary["not_applicable"] = dict(
        Counter(result.message for result in ordered if result.verdict is Verdict.NOT_APPLICABLE)
    )
    return {
        "kit": {"name": "backstage-auth-conformance", "version": __version__},
        "target": {
            "url": target.auth_url,
            "name": target.name,
            "app_origin": target.app_origin,
            "profile": target.profile,
            "environment": target.environment,
            "embedded": embedded,
        },
        "idp": {"url": target.idp["urls"]["http"], "version": target.idp.get("kit", {}).get("version")},
        "providers": [
            {"id": provider.id, "vendor": provider.vendor, "kind": provider.kind, "absent": provider.not_applicable}
            for provider in target.providers
        ],
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - started, 2),
        "seed": seed,
        "level": "should" if should_fails else "must",
        "summary": summary,
        "requirements": [
            {
                "id": id_,
                "level": requirement.level.value,
                "title": requirement.title,
                "area": requirement.area,
                "source": requirement.source,
                "reference": requirement.reference,
                "verdict": verdicts[id_].value if id_ in verdicts else NOT_CHECKED,
                "checks": made[id_],
                "failed_checks": failed[id_],
                "scenarios": scenarios[id_],
            }
            for id_, requirement in requirements().items()
        ],
        "deviations": [
            {
                **entry.model_dump(mode="json", exclude_none=True),
                "verdict": _state(entry, stale_entries, uncovered_entries),
            }
            for entry in deviations
        ],
        "cases": [_case(result) for result in ordered],
    }


def _scenarios_by_requirement(results: Sequence[CaseResult]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for result in results:
        for id_ in result.requirements:
            found[id_][result.scenario] = None
    return defaultdict(list, {id_: list(scenarios) for id_, scenarios in found.items()})


def _state(entry: Deviation, stale_entries: Sequence[Deviation], uncovered_entries: Sequence[Deviation]) -> str:
    if entry.is_expired(datetime.now(UTC).date()):
        return "expired"
    if entry in stale_entries:
        return "stale"
    return NOT_CHECKED if entry in uncovered_entries else "accepted"


def _case(result: CaseResult) -> dict[str, Any]:
    case = result.to_json()
    if result.verdict is Verdict.PASSED:
        # What passed is counted, not told: hundreds of green checks would bury the red ones.
        case["checks_passed"] = sum(check.holds for check in result.checks)
        # A check of an INFO row may fail without consequence; that is recorded.
        case["recorded"] = [check for check in case["checks"] if not check["holds"]]
        for name in ("checks", "transcript", "message", "deviations"):
            del case[name]
    return case
