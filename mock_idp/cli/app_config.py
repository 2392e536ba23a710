"""``mock-idp app-config``."""

from pathlib import Path

import click
from click.core import ParameterSource

from mock_idp.app_config.reading import MARKER, AppConfig, read_app_config, read_text, refuse_foreign
from mock_idp.app_config.small import small_app_config_text
from mock_idp.app_config.text import app_config_text
from mock_idp.cli.common import Url, output_option, own_vendor_option, plain_mistakes, setup_options, write_text
from mock_idp.settings import DEFAULT_PROFILE, Settings

OWN_FILE = Path("app-config.yaml")
"""What an app has in its root; what is printed there is laid over it unless somebody says otherwise."""


@click.command("app-config")
@own_vendor_option
@setup_options
@click.option("--conformance", is_flag=True, help="All providers and environments, as the suite needs them.")
@click.option(
    "--env",
    "environments",
    metavar="NAME",
    multiple=True,
    help="Only this environment.  [default: development; with --conformance: all]",
)
@click.option(
    "--onto",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    multiple=True,
    help=f"The app's own file, over which this is laid: its lists are kept.  [default: {OWN_FILE}, if it is here]",
)
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
@click.option("--force", is_flag=True, help="Overwrite FILE even if mock-idp did not write it.")
def app_config(  # noqa: PLR0913 - the options are parameters
    *,
    backend_urls: tuple[str, ...],
    app_urls: tuple[str, ...],
    providers: tuple[str, ...],
    profile: str,
    conformance: bool,
    environments: tuple[str, ...],
    onto: tuple[Path, ...],
    idp_url: str,
    tls_url: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Print what a Backstage app needs to sign in at this mock IdP: --provider google --provider github.

    It is laid over the app's own configuration: `mock-idp app-config … -o app-config.local.yaml` writes a file that
    Backstage reads by itself, after app-config.yaml.
    """
    # A profile is a variant of what the suite needs.
    is_for_suite = conformance or profile != DEFAULT_PROFILE
    with plain_mistakes():
        settings = Settings(backend_urls=backend_urls, app_urls=app_urls, providers=providers, profile=profile)
        if is_for_suite:
            text = app_config_text(settings, idp_url, tls_url, environments)
        else:
            own = _own(onto, output)
            text = small_app_config_text(settings, idp_url, tls_url, environments=environments, onto=own)
            _say_other_backend(own, backend_urls)
        if output is not None and not force:
            refuse_foreign(output)
        write_text(text, output)


def _own(named: tuple[Path, ...], output: Path | None) -> AppConfig:
    """The app's own configuration: the named files, or the usual one of this directory."""
    if named:
        return read_app_config(named)
    is_output = output is not None and output.resolve() == OWN_FILE.resolve()
    if is_output or not OWN_FILE.is_file() or read_text(OWN_FILE).startswith(MARKER):
        return AppConfig({})
    return read_app_config([OWN_FILE])


def _say_other_backend(own: AppConfig, backend_urls: tuple[str, ...]) -> None:
    """Say it where the app's backend is none that the mock lets in unless it is told."""
    said = own.get("backend", "baseUrl")
    source = click.get_current_context().get_parameter_source("backend_urls")
    if isinstance(said, str) and source is ParameterSource.DEFAULT and said.rstrip("/") not in backend_urls:
        click.echo(
            f"mock-idp: {own.files[-1]} has the backend at {said}; start the mock with "
            f"`mock-idp serve --backend-url {said}`, so that it may sign in",
            err=True,
        )
