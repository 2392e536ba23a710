"""``auth-conformance report``: other forms of a JSON report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from conformance.cli.library import SetUpError
from conformance.reports.badge import render_badge
from conformance.reports.deviations import render_deviations
from conformance.reports.files import write_report
from conformance.reports.html import render_html
from conformance.reports.junit import render_junit
from conformance.reports.markdown import render_markdown
from conformance.reports.sarif import render_sarif
from conformance.reports.terminal import summary_lines

OUTPUT: Final = click.Path(dir_okay=False, path_type=Path)


FORMS: Final = (
    ("html", render_html, "Write one HTML page."),
    ("markdown", render_markdown, "Write a summary for a job or a pull request."),
    ("junit", render_junit, "Write JUnit XML."),
    ("sarif", render_sarif, "Write SARIF, for code scanning."),
    ("badge", render_badge, "Write a badge as shields.io reads it."),
    ("deviations", render_deviations, "Write what failed as a deviations file."),
)
"""Name of an option, what makes the text, and its help."""


def form_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each form."""
    for name, _, help_text in reversed(FORMS):
        function = click.option(f"--{name}", metavar="FILE", type=OUTPUT, help=help_text)(function)
    return function


@click.command("report")
@click.argument("file", metavar="FILE.json", type=click.Path(dir_okay=False, path_type=Path))
@form_options
def command(file: Path, **outputs: Path | None) -> None:
    """Make the other forms of a report that a run wrote with --report-json; without options, print its summary."""
    document = read_report(file)
    for name, render, _ in FORMS:
        path = outputs[name]
        if path is not None:
            write(render(document), path)
            click.echo(f"wrote {path}")
    if not any(outputs.values()):
        click.echo("\n".join(summary_lines(document)))


def write(text: str, path: Path) -> None:
    """Write a file.

    Raises:
        SetUpError: it cannot be written.
    """
    try:
        write_report(text, path)
    except OSError as error:
        raise SetUpError(f"{path} cannot be written: {error.strerror}") from error


def read_report(file: Path) -> dict[str, Any]:
    """Read a JSON report of the suite.

    Raises:
        SetUpError: it is none, or cannot be read.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetUpError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SetUpError(f"{file} is not JSON: {error}") from error
    needed = {"summary", "requirements", "cases", "providers", "target"}
    if not isinstance(document, dict) or not needed <= document.keys():
        raise SetUpError(f"{file} is no report of the suite; a run writes one with --report-json FILE")
    return document
