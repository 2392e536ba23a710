"""``mock-idp app-config``."""

from pathlib import Path

import click

from mock_idp.app_config.text import app_config_text
from mock_idp.cli.common import Url, output_option, plain_mistakes, setup_options, write_text
from mock_idp.settings import Settings


@click.command("app-config")
@setup_options
@click.option(
    "--idp",
    "idp_url",
    type=Url(),
    default=Settings().idp_url,
    show_default=True,
    help="Base URL of the mock IdP's plain listener.",
)
@click.option(
    "--idp-tls",
    "tls_url",
    type=Url(),
    help="Base URL of its TLS listener.  [default: its default port on the same host]",
)
@output_option
def app_config(
    backend_urls: tuple[str, ...],
    app_urls: tuple[str, ...],
    providers: tuple[str, ...],
    profile: str,
    idp_url: str,
    tls_url: str | None,
    output: Path | None,
) -> None:
    """Print a Backstage app-config that is wired to this mock IdP, catalog users included."""
    with plain_mistakes():
        settings = Settings(backend_urls=backend_urls, app_urls=app_urls, providers=providers, profile=profile)
        write_text(app_config_text(settings, idp_url, tls_url), output)
