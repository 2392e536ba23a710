"""What the terminal shows: failures as they happen, how far the run is, and at the end each defect once."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from conformance.applicability import environment_of, profile_of
from conformance.reports.groups import BAD, WARNED, Failure, Group, clusters_of, groups_of
from conformance.reports.transcript import as_outline, as_text
from conformance.requirement_list import place
from conformance.verdicts import CaseResult

UNSEEN: Final = frozenset({"not-applicable", "not-checked", "not-run"})
"""Verdicts of requirements that the run says nothing about."""

SHOWN_PROVIDERS: Final = 3
"""A group names so many providers; the rest are counted."""

SHOWN_FAILURES: Final = 4
"""A group tells so many of its failed checks; the rest are counted."""

SHOWN_LINES: Final = 8
"""Lines of an outline; the rest are counted."""

SHOWN_SCENARIOS: Final = 4
"""Further scenarios that fail for the same requirement; the rest are counted."""

SHOWN_CHARACTERS: Final = 200
"""Longer values are cut here; the reports have them whole."""


class Progress:
    """Says how far a run is, a line for each tenth; a line can be read in a log, too.

    Parameters:
        total: how many cases there are.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._failed = 0
        self._told = 0

    def add(self, result: CaseResult, seconds: float) -> str | None:
        """Count a case; the line to show, if it is time for one.

        Parameters:
            result: what came of it.
            seconds: since the first case began.
        """
        self._done += 1
        self._failed += result.verdict.value in BAD
        tenth = 10 * self._done // max(self._total, 1)
        if tenth == self._told or self._done >= self._total:
            return None
        self._told = tenth
        left = seconds / self._done * (self._total - self._done)
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{10 * tenth:>4} %  {self._done} of {self._total} cases{failed}, about {left:.0f} s left"


def told_at_once(result: CaseResult) -> str:
    """A failed case in a line, as it happens."""
    failed = next((check for check in result.checks if not check.holds), None)
    where = f"{result.provider}: " if result.provider != "none" else ""
    if failed is None:
        return f"{result.verdict.upper()} {where}{result.scenario}: {_cut(result.message.splitlines()[0])}"
    values = f"expected {_cut(failed.expected)}, actual {_cut(failed.actual)}"
    return f"{result.verdict.upper()} {failed.requirement} {where}{failed.path} {values} ({result.scenario})"


def summarise(document: dict[str, Any], reporter: Any, transcripts: str, own_files: Sequence[str] = ()) -> None:
    """Write the summary through pytest's terminal reporter.

    Parameters:
        document: the report.
        reporter: pytest's.
        transcripts: ``first`` shows an outline of one case for each group, ``all`` its exchanges, ``none`` nothing.
        own_files: options with which vendors, providers and scenarios of the user's own were named.
    """
    found = groups_of(document)
    if found:
        reporter.section("what failed")
        for number, cluster in enumerate(clusters_of(found), start=1):
            for line in told(cluster, number, document, transcripts, own_files):
                reporter.line(line)
    reporter.section("conformance")
    for line in summary_lines(document):
        reporter.line(line)


def told(
    cluster: list[Group], number: int, document: dict[str, Any], transcripts: str, own_files: Sequence[str] = ()
) -> Iterator[str]:
    """Failures of one requirement: the first group as a whole, the others as a line each."""
    yield from _group(cluster[0], number, document, transcripts, own_files)
    if transcripts == "all":
        for group in cluster[1:]:
            yield f"   also      {group.case['scenario']} at {_providers(group.providers)}"
            yield from (f"   {line}" for line in as_text(group.case["transcript"]).splitlines())
        yield ""
        return
    scenarios: dict[str, list[str]] = {}
    for group in cluster[1:]:
        scenarios.setdefault(group.case["scenario"], []).extend(group.providers)
    for scenario, names in list(scenarios.items())[:SHOWN_SCENARIOS]:
        yield f"   also      {scenario} at {_providers(list(dict.fromkeys(names)))}"
    if len(scenarios) > SHOWN_SCENARIOS:
        yield f"   and {len(scenarios) - SHOWN_SCENARIOS} more scenarios, in the reports"
    yield ""


def _group(
    group: Group, number: int, document: dict[str, Any], transcripts: str, own_files: Sequence[str]
) -> Iterator[str]:
    """A group of failures: what should hold, what came, where else, how to play it alone, and the exchanges."""
    case = group.case
    rows = {row["id"]: row for row in document["requirements"]}
    yield f"{number}. {case['title']}"
    yield f"   {case['file']}, scenario {case['scenario']}, at {_providers(group.providers)}"
    for failure in group.failures[:SHOWN_FAILURES]:
        yield from _failure(failure, rows)
    if len(group.failures) > SHOWN_FAILURES:
        yield f"   and {len(group.failures) - SHOWN_FAILURES} more checks of this case"
    if not group.failures or case["verdict"] == "error":
        yield f"   {_cut(case['message'].splitlines()[0])}"
    yield f"   replay    {replay(case, document, own_files)}"
    if transcripts == "all":
        yield from (f"   {line}" for line in as_text(case["transcript"]).splitlines())
    elif transcripts == "first" and case["transcript"]:
        step = group.failures[0].step if group.failures else case["transcript"][-1]["step"]
        outline = as_outline(case["transcript"], step)
        yield from (f"   {line}" for line in outline[:SHOWN_LINES])
        if len(outline) > SHOWN_LINES:
            yield f"   {len(outline) - SHOWN_LINES} more lines; --transcripts all shows everything"


def _failure(failure: Failure, rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    for id_ in failure.requirements:
        yield f"   {id_} ({rows[id_]['level']}) {rows[id_]['title']}  [{place(rows[id_]['source'])}]"
    times = f", {failure.times} times" if failure.times > 1 else ""
    yield f"   at        {failure.path}  (step {failure.step}, line {failure.line}{times})"
    yield f"   expected  {_cut(failure.expected)}"
    yield f"   actual    {_cut(failure.actual)}"
    if failure.why:
        yield f"   why       {failure.why}"


def _providers(names: list[str]) -> str:
    more = len(names) - SHOWN_PROVIDERS
    return ", ".join(names[:SHOWN_PROVIDERS]) + (f"; same at {more} more" if more > 0 else "")


def replay(case: dict[str, Any], document: dict[str, Any], own_files: Sequence[str] = ()) -> str:
    """The command that plays a case alone, against the same target.

    Parameters:
        case: of the document.
        document: the report.
        own_files: see :func:`summarise`.
    """
    target, words = document["target"], ["auth-conformance", "run"]
    if not target["embedded"]:
        words += [target["url"], "--idp", document["idp"]["url"]]
    if target["profile"] != "default":
        words += ["--profile", target["profile"]]
    if target["environment"] != "development":
        words += ["--env", target["environment"]]
    if case["provider"] != "none":
        words += ["--provider", case["provider"]]
    return shlex.join([*words, *own_files, "-k", case["scenario"]])


def summary_lines(document: dict[str, Any]) -> Iterator[str]:
    """Counts, and a line for each requirement that does not hold."""
    summary = document["summary"]
    counted = [f"{count} {verdict}" for verdict, count in summary.items() if isinstance(count, int) and count]
    checked = [row for row in document["requirements"] if row["verdict"] not in UNSEEN]
    holding = [row for row in checked if row["verdict"] == "passed"]
    total = len(document["requirements"])
    yield f"cases: {', '.join(counted)}"
    yield f"requirements: {len(holding)} of {len(checked)} checked ones hold; the specification has {total}"
    yield from _other_environments(document)
    for reason, count in sorted(summary["not_applicable"].items()):
        if profile_of(reason) is None and environment_of(reason) is None:
            yield f"  not applicable ({count}): {reason}"
    yield from _other_profiles(document, {row["id"] for row in checked})
    for row in document["requirements"]:
        if row["verdict"] == "passed" and row["failed_checks"]:
            yield f"  recorded   {row['id']} ({row['level']}) {row['title']}"
        elif row["verdict"] not in {"passed", *UNSEEN}:
            yield f"  {row['verdict']:<10} {row['id']} ({row['level']}) {row['title']}"
    for entry in document["deviations"]:
        if entry["verdict"] == "stale":
            yield f"  stale      {entry['requirement']}: the deviation occurs no more; take it out of the file"
        elif entry["verdict"] == "expired":
            yield f"  expired    {entry['requirement']}: the deviation was accepted until {entry['until']}"
        elif entry["verdict"] == "not-checked":
            yield f"  unused     {entry['requirement']}: the deviation covers nothing that this run checked"
    warned = sum(1 for case in document["cases"] if case["verdict"] == WARNED)
    if warned:
        yield f"{warned} cases only warn (SHOULD); --level should makes them fail"


def _other_environments(document: dict[str, Any]) -> Iterator[str]:
    """How many cases need environments that the target has not, whatever the provider."""
    missing: Counter[str] = Counter()
    for reason, count in document["summary"]["not_applicable"].items():
        name = environment_of(reason)
        if name is not None:
            missing[name] += count
    if missing:
        names = ", ".join(f"{name} {count}" for name, count in missing.most_common())
        yield f"  not applicable ({missing.total()}): the target has no such environment: {names}"


def _other_profiles(document: dict[str, Any], checked: Collection[str]) -> Iterator[str]:
    """What runs against targets with other profiles would check that this one could not."""
    added: dict[str, set[str]] = {}
    for case in document["cases"]:
        profile = profile_of(case["message"]) if case["verdict"] == "not-applicable" else None
        if profile is not None:
            added.setdefault(profile, set()).update(set(case["requirements"]) - set(checked))
    for profile, ids in sorted(added.items()):
        areas = sorted({id_.rpartition("-")[0] for id_ in ids})
        yield f"  --profile {profile} would check {len(ids)} more requirements: {', '.join(areas) or 'none'}"


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= SHOWN_CHARACTERS else f"{one_line[:SHOWN_CHARACTERS]}…"
