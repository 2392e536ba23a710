"""``auth-conformance report``: other forms of a JSON report."""

import json
from pathlib import Path
from typing import Any, Final

import click

from conformance.reports.html import render_html
from conformance.reports.markdown import render_markdown

OUTPUT: Final = click.Path(dir_okay=False, path_type=Path)


@click.command("report")
@click.argument("file", metavar="FILE.json", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--html", metavar="FILE", type=OUTPUT, help="Write one HTML page.")
@click.option("--markdown", metavar="FILE", type=OUTPUT, help="Write a summary for a job or a pull request.")
def command(file: Path, html: Path | None, markdown: Path | None) -> None:
    """Make the other forms of a report that a run wrote with --report-json; without options, print its summary."""
    document = read_report(file)
    for path, text in ((html, render_html), (markdown, render_markdown)):
        if path is not None:
            write(text(document), path)
            click.echo(f"wrote {path}")
    if html or markdown:
        return
    counts = {name: count for name, count in document["summary"].items() if isinstance(count, int) and count}
    click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
    for row in document["requirements"]:
        if row["verdict"] in {"failed", "error"}:
            click.echo(f"{row['verdict']}  {row['id']} ({row['level']}) {row['title']}")


def write(text: str, path: Path) -> None:
    """Write a file.

    Raises:
        click.ClickException: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error


def read_report(file: Path) -> dict[str, Any]:
    """Read a JSON report of the suite.

    Raises:
        click.ClickException: it is none, or cannot be read.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error
    needed = {"summary", "requirements", "cases", "providers", "target"}
    if not isinstance(document, dict) or not needed <= document.keys():
        raise click.ClickException(f"{file} is no report of the suite; a run writes one with --report-json FILE")
    return document
