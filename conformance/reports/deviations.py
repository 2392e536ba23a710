"""A deviations file made from what failed, for a person to fill in the reasons."""

from typing import Any, Final

import yaml

from conformance.deviations import TODO
from conformance.reports.groups import failures_of

HEAD: Final = """\
# What {target} is known not to meet. Each entry needs its reason in place of {todo}; optional beside it:
#   reference: an address with more; owner: who sees to it; until: the day (2027-01-31) on which it ends.
"""


def render_deviations(document: dict[str, Any]) -> str:
    """The file: an entry for each requirement, with the providers and scenarios at which it failed, and what came."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for case in document["cases"]:
        if case["verdict"] != "failed":
            continue
        for failure in failures_of(case):
            for id_ in failure.requirements:
                entry = found.setdefault(id_, {"providers": {}, "scenarios": {}, "observed": {}})
                entry["providers"][case["provider"]] = None
                entry["scenarios"][case["scenario"]] = None
                entry["observed"][failure.actual] = None
    target = document["target"]["name"] or document["target"]["url"]
    entries = [_entry(id_, found[id_]) for id_ in sorted(found)]
    body = yaml.safe_dump({"target": target, "deviations": entries}, sort_keys=False, allow_unicode=True, width=110)
    return HEAD.format(target=target, todo=TODO) + body


def _entry(id_: str, known: dict[str, dict[str, None]]) -> dict[str, Any]:
    entry: dict[str, Any] = {"requirement": id_, "providers": list(known["providers"])}
    entry["scenarios"] = list(known["scenarios"])
    # More than one value is different at each provider; the place says enough then.
    if len(known["observed"]) == 1:
        entry["observed"] = next(iter(known["observed"]))
    return {**entry, "reason": f"{TODO}: why is this accepted?"}
