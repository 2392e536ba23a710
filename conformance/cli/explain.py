"""``auth-conformance explain``: a requirement, and what checks it."""

import difflib

import click
import yaml

from conformance.cli.library import SetUpError, read_library, scenarios_option
from conformance.requirement_list import Requirement, place, requirements
from conformance.scenario.loader import Library
from conformance.scenario.model import Scenario


@click.command("explain")
@click.argument("id_", metavar="ID")
@scenarios_option
def command(id_: str, scenarios: tuple[str, ...]) -> None:
    """Explain a requirement: its text, level and source, the scenarios that check it, and what a failure looks like."""
    library = read_library(scenarios)
    known = requirements()
    requirement = known.get(id_.upper())
    if requirement is None:
        close = difflib.get_close_matches(id_.upper(), known, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "'auth-conformance list requirements' has them all"
        raise SetUpError(f"there is no requirement {id_}; {hint}")
    click.echo("\n".join(explanation(requirement, library)))


def explanation(requirement: Requirement, library: Library) -> list[str]:
    """The whole text, line by line."""
    lines = [f"{requirement.id} ({requirement.level})", "", f"  {requirement.title}", ""]
    if requirement.expected:
        lines += ["Where it holds, this is observed:", f"  {requirement.expected}", ""]
    lines += [f"Section   {requirement.area}", f"Source    {place(requirement.source)}"]
    if requirement.reference:
        lines.append(f"Behind it {requirement.reference}")
    checking = [scenario for scenario in library.scenarios if requirement.id in scenario.requirements]
    lines += ["", "Scenarios that check it:" if checking else "No scenario checks it."]
    lines += [f"  {scenario.file}:{scenario.line}  {scenario.scenario}: {scenario.title}" for scenario in checking]
    if checking:
        lines += ["", *example(requirement, checking[0])]
        lines += ["", f"Check it alone: auth-conformance run URL --requirement {requirement.id}"]
    return lines


def example(requirement: Requirement, scenario: Scenario) -> list[str]:
    """What is checked by the first step that checks it, and how a failure is told."""
    step = next(step for step in scenario.steps if requirement.id in step.expect)
    checks = [(path, matcher) for id_, path, matcher in step.checks() if id_ == requirement.id]
    # A status alone says least about what went wrong.
    path, matcher = next(((path, matcher) for path, matcher in checks if path != "status"), checks[0])
    shown = yaml.safe_dump(dict(checks), allow_unicode=True, sort_keys=False).splitlines()
    return [
        f"The step {step.action!r} (line {step.line}) expects:",
        *(f"  {line}" for line in shown),
        "",
        "A backend that does not meet it fails like this:",
        f"  {requirement.id} ({requirement.level}) {requirement.title}",
        f"      at        {path}",
        f"      expected  {matcher!r}",
        "      actual    (what the backend answered instead)",
    ]
