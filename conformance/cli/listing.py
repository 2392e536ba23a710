"""``auth-conformance list``: what there is."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from conformance.cli.library import SetUpError, read_library, scenarios_option
from conformance.embedded import EmbeddedStartError, describe_mock
from conformance.plugin.options import PROFILE
from conformance.requirement_list import requirements

Row = dict[str, str]
KINDS: Final = ("scenarios", "requirements", "providers", "profiles")


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS))
@scenarios_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(kind: str, scenarios: tuple[str, ...], as_json: bool) -> None:
    """List scenarios, requirements, providers or profiles, a line each."""
    rows = list(rows_of(kind, scenarios))
    click.echo(json.dumps(rows, indent=1, ensure_ascii=False) if as_json else "\n".join(aligned(rows)))


def rows_of(kind: str, further: Sequence[str]) -> Iterator[Row]:
    """What there is of a kind.

    Parameters:
        kind: one of :data:`KINDS`.
        further: folders of scenarios beside the built-in ones.
    """
    if kind == "scenarios":
        for scenario in read_library(further).scenarios:
            yield {"id": scenario.scenario, "file": f"{scenario.file}:{scenario.line}", "title": scenario.title}
    elif kind == "requirements":
        read_library(further)  # it may bring some of its own
        for requirement in requirements().values():
            yield {"id": requirement.id, "level": requirement.level.value, "title": requirement.title}
    elif kind == "providers":
        for entry in described()["idp"]["providers"]:
            environments = ", ".join(item["name"] for item in entry["environments"])
            yield {"id": entry["id"], "kind": entry["kind"], "vendor": entry["vendor"], "environments": environments}
    else:
        yield from described()["profiles"]


def described() -> dict[str, Any]:
    """What the mock IdP knows, which the suite asks it for."""
    try:
        return describe_mock(PROFILE, {})
    except EmbeddedStartError as error:
        raise SetUpError(str(error)) from error


def aligned(rows: Sequence[Row]) -> Iterator[str]:
    """Lines with columns as wide as their widest value, but for the last."""
    names = list(rows[0]) if rows else []
    widths = {name: max(len(row[name]) for row in rows) for name in names[:-1]}
    for row in rows:
        yield "  ".join([*(row[name].ljust(widths[name]) for name in names[:-1]), row[names[-1]]]).rstrip()
