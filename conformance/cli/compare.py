"""``auth-conformance compare``: two reports, or two targets."""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from conformance.cases import Case
from conformance.cli.library import SetUpError, read_library, scenarios_option
from conformance.cli.report import read_report
from conformance.collection import collect
from conformance.comparison.explanations import ExplanationFileError, read_explanations
from conformance.comparison.left_out import left_out
from conformance.comparison.outcomes import compare_reports, in_words
from conformance.comparison.side_by_side import Comparison, Group, SideBySide, Terms, groups_of
from conformance.examination.fault import ConfigurationFault
from conformance.examination.probe import ProbeOptions, examine
from conformance.plugin.options import ENVIRONMENT, IDP_URL, PROFILE, TIMEOUT_SECONDS
from conformance.scenario.loader import Library
from conformance.target import Target

WORSE = 1
"""Exit code if something got worse, or a difference is not explained; the same as of a run with failures."""

PROGRESS_CASES = 100
SHOWN_CHARACTERS = 160
OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command("compare")
@click.argument("one", metavar="OLD.json|URL")
@click.argument("other", metavar="[NEW.json]", required=False)
@click.option("--against", metavar="URL", help="The second target: plays the same scenarios on both.")
@click.option("--idp", metavar="URL", default=IDP_URL, show_default=True, help="The mock IdP of both targets.")
@click.option("--provider", "providers", metavar="ID", multiple=True, help="Only this provider.")
@click.option("--requirement", "requirements", metavar="ID", multiple=True, help="Only scenarios that check it.")
@click.option("-k", "word", metavar="TEXT", default="", help="Only cases whose id has this text.")
@click.option("--profile", metavar="NAME", default=PROFILE, show_default=True, help="Profile of both targets.")
@click.option("--only-profile", is_flag=True, help="Only scenarios that need that profile.")
@click.option("--explained", metavar="FILE", type=OUTPUT, help="Differences that are known, with reasons (YAML).")
@click.option("--json", "json_file", metavar="FILE", type=OUTPUT, help="Write everything that was found as JSON.")
@click.option("--jobs", metavar="NUMBER", type=click.IntRange(1, 16), default=1, show_default=True, help="At once.")
@scenarios_option
@click.option("--seed", metavar="NUMBER", type=int, help="Repeat the random choices of an earlier comparison.")
@click.option("--request-timeout", metavar="SECONDS", type=float, default=TIMEOUT_SECONDS, show_default=True)
def command(one: str, other: str | None, against: str | None, json_file: Path | None, **given: Any) -> None:
    """Compare two reports of the suite, or with --against two targets, on the wire.

    Two reports: what got better, worse, new, and what is gone. Two targets: every difference between their answers
    (status, header, cookie attribute, member of the body) that no requirement explains; what is left out is data in
    the package, comparison/left-out.yaml. Exit codes: 0 nothing is worse or unexplained, 1 something is, 4 the set-up
    or an option is wrong.
    """
    if (other is None) is (against is None):
        raise SetUpError("name two reports, OLD.json NEW.json, or two targets, URL --against URL")
    if against is None:
        outcomes = compare_reports(read_report(Path(one)), read_report(Path(other or "")))
        _write(json_file, outcomes.to_json())
        click.echo("\n".join(in_words(outcomes)))
        sys.exit(WORSE if outcomes.is_worse else 0)
    comparison = _side_by_side(one.rstrip("/"), against.rstrip("/"), **given)
    groups = groups_of(comparison.found)
    _write(json_file, _document(comparison, groups, one, against))
    click.echo("\n".join(told(comparison, groups)))
    if comparison.stopped:
        raise SetUpError(comparison.stopped)
    sys.exit(WORSE if comparison.unexplained else 0)


def _side_by_side(one: str, against: str, **given: Any) -> Comparison:
    library = read_library(given["scenarios"])
    try:
        explanations = read_explanations(given["explained"]) if given["explained"] else []
    except ExplanationFileError as error:
        raise SetUpError(str(error)) from error
    targets = [_examined(url, library, **given) for url in (one, against)]
    cases = _cases(targets[0], library, **given)
    if not cases:
        raise SetUpError("no case was selected")
    seed = given["seed"] if given["seed"] is not None else random.SystemRandom().randrange(2**32)
    terms = Terms(library, left_out(), explanations, seed, given["request_timeout"])
    click.echo(f"comparing {len(cases)} cases; seed: {seed}", err=True)

    def progress(done: int, unexplained: int) -> None:
        if done % PROGRESS_CASES == 0:
            click.echo(f"  {done} cases, {unexplained} unexplained differences", err=True)

    return SideBySide(targets[0], targets[1], terms).compare(cases, given["jobs"], progress)


def _examined(url: str, library: Library, **given: Any) -> Target:
    providers = dict.fromkeys(given["providers"])
    idp, profile, seconds = given["idp"].rstrip("/"), given["profile"], given["request_timeout"]
    options = ProbeOptions(url, idp, None, ENVIRONMENT, profile, providers, seconds)
    try:
        return examine(options, library.facts).ready()
    except ConfigurationFault as fault:
        raise SetUpError(f"{url}: {fault}") from fault


def _cases(target: Target, library: Library, **given: Any) -> list[Case]:
    cases = collect(library, target, [id_.upper() for id_ in given["requirements"]])
    if given["only_profile"]:
        cases = [case for case in cases if case.scenario.profile == given["profile"]]
    return [case for case in cases if given["word"] in case.id and case.is_playable]


def told(comparison: Comparison, groups: list[Group]) -> Iterator[str]:
    """The comparison as lines for a terminal: unexplained differences first."""
    yield f"{comparison.cases} cases played on both, {comparison.exchanges} answers compared"
    for reason, count in sorted(comparison.not_compared.items()):
        yield f"  not compared ({count}): {reason}"
    for is_explained in (False, True):
        mine = [group for group in groups if (group.first.explanation is not None) is is_explained]
        count = sum(len(group.found) for group in mine)
        yield f"{'explained' if is_explained else 'unexplained'}: {count} differences of {len(mine)} kinds"
        for group in mine:
            yield from _told(group)


def _told(group: Group) -> Iterator[str]:
    first = group.first
    yield f"  {first.difference.place}  ({len(group.found)} times)"
    yield f"    one    {_cut(first.difference.one)}"
    yield f"    other  {_cut(first.difference.other)}"
    yield f"    first  {first.case}, step {first.step} ({first.action}) {first.request}"
    if first.explanation is not None:
        yield f"    why    {first.explanation}"


def _cut(text: str | None) -> str:
    if text is None:
        return "(nothing)"
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= SHOWN_CHARACTERS else f"{one_line[:SHOWN_CHARACTERS]}…"


def _document(comparison: Comparison, groups: list[Group], one: str, other: str) -> dict[str, Any]:
    return {
        "one": one,
        "other": other,
        "cases": comparison.cases,
        "exchanges": comparison.exchanges,
        "not_compared": comparison.not_compared,
        "unexplained": len(comparison.unexplained),
        "differences": [group.to_json() for group in groups],
    }


def _write(file: Path | None, document: dict[str, Any]) -> None:
    if file is None:
        return
    try:
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise SetUpError(f"{file} cannot be written: {error.strerror}") from error
