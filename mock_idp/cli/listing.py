"""``mock-idp personas``, ``vendors`` and ``faults``: what there is."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from mock_idp.acceptance import acceptance
from mock_idp.acceptance import markdown as acceptance_markdown
from mock_idp.catalog import catalog_yaml
from mock_idp.cli.common import output_option, own_vendor_option, write_text
from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.markdown import faults_markdown
from mock_idp.personas import SHOWN, SPARE
from mock_idp.proxies import proxies
from mock_idp.vendors import vendors


@click.command("personas")
@click.option("--catalog", is_flag=True, help="Print the Backstage User and Group entities instead.")
@own_vendor_option
@output_option
def list_personas(catalog: bool, output: Path | None) -> None:
    """List who can sign in, and why each of them exists."""
    if catalog:
        write_text(catalog_yaml(), output)
        return
    rows = [
        (persona.id, persona.name, persona.email or "—", persona.entity or "—", persona.reason)
        for persona in SHOWN.values()
    ]
    first, *_, last = SPARE.values()
    rows.append((f"{first.id} … {last.id[-2:]}", f"{first.name} … {last.name[-2:]}", "…", "…", first.reason))
    _show(("Persona", "Name", "E-mail address", "Catalog", "Why"), rows, output)


@click.command("vendors")
@click.argument("vendor", required=False)
@click.option("--markdown", is_flag=True, help="Print the table that stands on the vendor's page.")
@own_vendor_option
@output_option
def list_vendors(vendor: str | None, markdown: bool, output: Path | None) -> None:
    """List the services and auth proxies that this mock can be, or what VENDOR accepts and where that is written."""
    if vendor is not None:
        _show_vendor(vendor, output, is_markdown=markdown)
        return
    rows = [(vendor.id, vendor.title, f"/{vendor.id}", ", ".join(vendor.hosts) or "—") for vendor in vendors().values()]
    rows += [(proxy.id, proxy.title, "auth proxy", ", ".join(proxy.hosts) or "—") for proxy in proxies().values()]
    _show(("Vendor", "Name", "By path", "By name"), rows, output)


def _show_vendor(vendor_id: str, output: Path | None, *, is_markdown: bool) -> None:
    vendor = vendors().get(vendor_id)
    if vendor is None:
        raise click.BadParameter(f"There is no vendor {vendor_id!r}; there are {', '.join(vendors())}.")
    if is_markdown:
        write_text(acceptance_markdown(vendor), output)
        return
    rows = [(row.what, row.accepted, row.source) for row in acceptance(vendor)]
    _show(("What", "Accepted", "Source"), rows, output)


@click.command("faults")
@click.option("--markdown", is_flag=True, help="Print the page docs/faults.md instead.")
@output_option
def list_faults(markdown: bool, output: Path | None) -> None:
    """List how a sign-in can go wrong, and what a correct backend does about it."""
    if markdown:
        write_text(faults_markdown(), output)
        return
    rows = [
        (fault.id, fault.title, ", ".join(fault.places), fault.clause, fault.expect) for fault in FAULTS.by_id.values()
    ]
    _show(("Fault", "What happens", "At", "Clause", "A correct backend"), rows, output)


def _show(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], output: Path | None) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    # Without a terminal nothing says how wide the page is, and cutting text off helps nobody.
    console = Console(width=None if sys.stdout.isatty() and output is None else 160)
    with console.capture() as capture:
        console.print(table)
    write_text(capture.get(), output)
