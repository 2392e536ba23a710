"""Options that several commands share, and how their mistakes end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from mock_idp.app_config.providers import SetupError
from mock_idp.app_config.reading import AppConfigError
from mock_idp.idp import SettingsError
from mock_idp.server.errors import ServerError
from mock_idp.settings import DEFAULT_APP_URL, DEFAULT_BACKEND_URL, DEFAULT_PROFILE
from mock_idp.setup.model import SetupFileError
from mock_idp.vendor_files import VendorFileError, add_vendor_file

Function = TypeVar("Function", bound=Callable[..., Any])
MISTAKE_STATUS = 2


class Url(click.ParamType):  # type: ignore[type-arg]
    """An http or https base URL; a final slash is dropped."""

    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check a URL."""
        text = str(value).rstrip("/")
        try:
            parts = urlsplit(text)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or not text.isascii() or any(character.isspace() for character in text):
            self.fail(f"{value!r} is no URL such as {DEFAULT_BACKEND_URL}.", param, ctx)
        return text


def setup_options(function: Function) -> Function:
    """Add the options on which ``serve`` and ``app-config`` must agree."""
    options = (
        click.option(
            "--backend-url",
            "backend_urls",
            type=Url(),
            multiple=True,
            default=(DEFAULT_BACKEND_URL,),
            show_default=True,
            help="Base URL of a backend that may sign in here; app-config configures the first one.",
        ),
        click.option(
            "--app-url",
            "app_urls",
            type=Url(),
            multiple=True,
            default=(DEFAULT_APP_URL,),
            show_default=True,
            help="Base URL of a Backstage frontend; app-config calls the first one the app's.",
        ),
        click.option(
            "--provider",
            "providers",
            metavar="ID[=VENDOR]",
            multiple=True,
            help="Only these providers; ID=VENDOR maps a provider id of your own.",
        ),
        click.option("--profile", default=DEFAULT_PROFILE, show_default=True, help="Variant of the app-config."),
    )
    for option in reversed(options):
        function = option(function)
    return vendor_option(function)


@contextmanager
def plain_mistakes() -> Iterator[None]:
    """End with one sentence and exit status 2 where a person made a mistake."""
    try:
        yield
    except (ServerError, SettingsError, SetupError, SetupFileError, AppConfigError, VendorFileError) as mistake:
        click.echo(f"Error: {mistake}", err=True)
        sys.exit(MISTAKE_STATUS)


def _add_vendor_files(ctx: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> None:
    with plain_mistakes():
        for file in files:
            add_vendor_file(file)


vendor_option = click.option(
    "--vendor",
    "vendor_files",
    metavar="FILE.py",
    type=click.Path(path_type=Path),
    multiple=True,
    envvar="MOCK_IDP_VENDORS",
    show_envvar=True,
    # The other options may name what is in the files.
    is_eager=True,
    expose_value=False,
    callback=_add_vendor_files,
    help="A vendor or an auth proxy of your own, which is then there like the kit's; may be repeated.",
)
"""Every command that names vendors or shows them has it."""


def write_text(text: str, output: Path | None) -> None:
    """Write to a file, or to standard output.

    Parameters:
        text: what to write.
        output: the file, or None.
    """
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        click.echo(f"Error: {output} cannot be written: {error.strerror}.", err=True)
        sys.exit(MISTAKE_STATUS)


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE instead of standard output.",
)
