"""The command: ``python -m benchmarks``, and ``python -m benchmarks soak``."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from benchmarks import report
from benchmarks import soak as soaking
from benchmarks.client import LoadError
from benchmarks.figures import backend, mock, suite
from benchmarks.figures.model import Results
from benchmarks.measuring import MeasuringError
from benchmarks.peers import Peer
from benchmarks.settings import DEFAULT_OUT, DEFAULT_ROUNDS, SOAK_LOGINS, SOAK_MINUTES
from benchmarks.stand import BACKENDS

FIGURES = (*mock.FIGURES, *backend.FIGURES, *suite.FIGURES)
_OUT = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_OUT, help="Where results are written."
)


@click.group(invoke_without_command=True)
@click.option("--only", multiple=True, metavar="FIGURE", help="Only this figure; may be repeated.")
@click.option("--rounds", type=click.IntRange(min=1), default=DEFAULT_ROUNDS, show_default=True)
@_OUT
@click.option("--list", "is_list", is_flag=True, help="Show the figures and end.")
@click.pass_context
def main(context: click.Context, only: tuple[str, ...], rounds: int, out: Path, is_list: bool) -> None:
    """Measure ours and theirs in turn."""
    if context.invoked_subcommand:
        return
    if is_list:
        for figure in FIGURES:
            click.echo(f"{figure.id:22} {figure.title} ({figure.unit})")
        return
    known = [figure.id for figure in FIGURES]
    if unknown := [id_ for id_ in only if id_ not in known]:
        raise click.UsageError(f"There is no figure {unknown[0]!r}; there are {', '.join(known)}.")
    wanted = only or tuple(known)
    results, remarks = Results(), dict[str, str]()
    subjects = _installed(results, remarks) if any(figure.id in wanted for figure in mock.FIGURES) else []
    for number in range(rounds):
        # Each round begins with another one, so that none is always measured first.
        start = number % max(1, len(subjects))
        for peer in (*subjects[start:], *subjects[:start]):
            if peer.id not in results.left_out:
                _measured(peer.id, results, lambda peer=peer: mock.measure(peer, wanted, out, results))  # type: ignore[misc]
        if any(figure.id in wanted for figure in backend.FIGURES):
            for subject in BACKENDS:
                if subject not in results.left_out:
                    _measured(subject, results, lambda subject=subject: backend.measure(subject, out, results))  # type: ignore[misc]
        if any(figure.id in wanted for figure in suite.FIGURES):
            _measured("ours, suite", results, lambda: suite.measure(wanted, out, results))
    chosen = [figure for figure in FIGURES if figure.id in wanted]
    data = report.document(chosen, results, remarks, rounds)
    report.show(data, Console())
    report.write(data, out, "benchmarks", report.chart(data))
    click.echo(f"Written: {out / 'benchmarks.json'}, {out / 'benchmarks.svg'}")


def _installed(results: Results, remarks: dict[str, str]) -> list[Peer]:
    subjects = []
    for peer in mock.SUBJECTS:
        try:
            peer.install()
            remarks[peer.id] = f"{peer.version}; {peer.remark}"
            subjects.append(peer)
        except (MeasuringError, OSError) as error:
            results.left_out[peer.id] = str(error)
    return subjects


def _measured(subject: str, results: Results, measure: Callable[[], None]) -> None:
    try:
        measure()
    except (MeasuringError, LoadError, OSError) as error:
        results.left_out[subject] = str(error)


@main.command()
@click.option("--logins", type=click.IntRange(min=1), default=SOAK_LOGINS, show_default=True)
@click.option("--minutes", type=click.FloatRange(min=0), default=SOAK_MINUTES, show_default=True)
@_OUT
def soak(logins: int, minutes: float, out: Path) -> None:
    """Sign in at backend and mock until both numbers are reached; exit status 1 if memory keeps growing."""
    try:
        data = soaking.soak(out, logins, minutes)
    except (MeasuringError, LoadError, OSError) as error:
        click.echo(f"The soak could not be finished: {error}", err=True)
        sys.exit(2)
    soaking.write(data, out)
    for name, growth in data["growth_of_last_third"].items():
        click.echo(f"{name}: {growth:+.1%} in the last third")
    click.echo(f"{data['logins']} sign-ins; memory is {'flat' if data['is_flat'] else 'NOT flat'}")
    sys.exit(0 if data["is_flat"] else 1)


if __name__ == "__main__":
    main()
