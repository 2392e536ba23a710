"""The report as a short Markdown summary, for job summaries and pull requests."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

SHOWN_PROVIDERS: Final = 6
"""A failed requirement names so many providers; the rest are counted."""

BAD: Final = ("failed", "error", "stale")


def render_markdown(document: dict[str, Any]) -> str:
    """Verdict, counts, and a row for each requirement that does not hold."""
    return "\n".join([*_lines(document), ""])


def _lines(document: dict[str, Any]) -> Iterator[str]:
    target, summary = document["target"], document["summary"]
    counts = {name: count for name, count in summary.items() if isinstance(count, int) and count}
    is_green = not any(summary.get(name) for name in BAD)
    yield f"### {'✅' if is_green else '❌'} Backstage auth conformance: {target['name'] or target['url']}"
    yield ""
    yield f"{', '.join(f'{count} {name}' for name, count in counts.items())} "
    yield f"(profile `{target['profile']}`, {document['seconds']:.0f} s, seed {document['seed']})"
    failing = [row for row in document["requirements"] if row["verdict"] in BAD]
    if not failing:
        return
    providers = providers_of_failures(document)
    yield from ("", "| requirement | level | what has to hold | fails at |", "|---|---|---|---|")
    for row in failing:
        title = row["title"].replace("|", "\\|")
        yield f"| {row['id']} | {row['level']} | {title} | {_shortened(providers[row['id']])} |"


def providers_of_failures(document: dict[str, Any]) -> dict[str, list[str]]:
    """Requirement -> providers at which a check of it failed, in order of frequency."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for case in document["cases"]:
        for check in case.get("checks", ()):
            if not check["holds"]:
                found[check["requirement"]][case["provider"]] += 1
    return defaultdict(list, {id_: [name for name, _ in counter.most_common()] for id_, counter in found.items()})


def _shortened(providers: list[str]) -> str:
    shown = ", ".join(providers[:SHOWN_PROVIDERS])
    more = len(providers) - SHOWN_PROVIDERS
    return f"{shown} and {more} more" if more > 0 else shown or "–"
