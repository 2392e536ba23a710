"""``mock-idp init`` and ``schema``: a first ``mock-idp.yaml``, and what may stand in one."""

import json
import sys
from pathlib import Path

import click

from mock_idp.cli.common import MISTAKE_STATUS, output_option, write_text
from mock_idp.setup.file import FILE_NAME, SCHEMA_FILE, schema

_FIRST = """\
# yaml-language-server: $schema={schema}
#
# People, clients, services and settings of your own for the mock IdP. `mock-idp serve` reads this file if it is in the
# current directory (or --config FILE), and reads it again when it changes. All but the ids is optional; `mock-idp
# schema` prints what else there is. For tests only: everybody can sign in as anybody.

people:
  - id: jane.doe
    name: Jane Doe
    email: jane.doe@acme.example
    # email_verified: false
    groups: [platform, guild-web]
    # Where a user name or an id is another one than elsewhere:
    logins: {{github: jane-d}}
    # ids: {{github: 4711, microsoft: 2f1c…}}
    # Organisations with their teams, at vendors that have any:
    # organisations: {{acme: [platform]}}
    # Groups that one vendor tells instead of those above:
    # vendor_groups: {{okta: [Everyone, okta-platform]}}
    # Further members of ID token and profile, at one vendor or at all:
    # claims: {{all: {{department: Research}}, auth0: {{https://acme.example/roles: [admin]}}}}
    # Name of the User entity in the catalog (the id by default), or false for somebody whom it does not know:
    # entity: jane

  - id: joe
    name: Joe Bloggs
    email: joe@acme.example
    groups: [platform]

# clients:
#   - vendor: github
#     client_id: Iv1.0123456789abcdef
#     client_secret: the secret that your application has
#     redirect_uris: [http://localhost:7007/api/auth/github/handler/frame]

# services:
#   # One more Okta, at /okta-eu and https://okta-eu.okta.com:
#   - {{id: okta-eu, vendor: okta}}

# settings:
#   backend_urls: [http://localhost:7007]
#   auto_login: jane.doe
"""


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default=FILE_NAME)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(file: Path, force: bool) -> None:
    """Write a commented FILE with people and clients of your own (mock-idp.yaml)."""
    if file.exists() and not force:
        click.echo(f"Error: {file} is there already; choose another name, or replace it with --force.", err=True)
        sys.exit(MISTAKE_STATUS)
    write_text(_FIRST.format(schema=SCHEMA_FILE), file)
    click.echo(f"Wrote {file}; now run `mock-idp serve`.", err=True)


@click.command("schema")
@output_option
def print_schema(output: Path | None) -> None:
    """Print the JSON Schema of mock-idp.yaml."""
    write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", output)
