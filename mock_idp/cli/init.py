"""``mock-idp init`` and ``schema``: a first ``mock-idp.yaml``, and what may stand in one."""

import json
import sys
from pathlib import Path

import click

from mock_idp.cli.common import MISTAKE_STATUS, output_option, own_vendor_option, write_text
from mock_idp.setup.file import FILE_NAME, FIRST_FILE, SCHEMA_FILE, schema


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default=FILE_NAME)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(file: Path, force: bool) -> None:
    """Write a commented FILE with people and clients of your own (mock-idp.yaml)."""
    if file.exists() and not force:
        click.echo(f"Error: {file} is there already; choose another name, or replace it with --force.", err=True)
        sys.exit(MISTAKE_STATUS)
    write_text(FIRST_FILE.read_text(encoding="utf-8").replace("SCHEMA", str(SCHEMA_FILE), 1), file)
    click.echo(f"Wrote {file}; now run `mock-idp serve`.", err=True)


@click.command("schema")
@own_vendor_option
@output_option
def print_schema(output: Path | None) -> None:
    """Print the JSON Schema of mock-idp.yaml."""
    write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", output)
