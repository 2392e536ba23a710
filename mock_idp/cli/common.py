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
from mock_idp.settings import DEFAULT_APP_URL, DEFAULT_BACKEND_URL, DEFAULT_PROFILE, VENDORS_VARIABLE
from mock_idp.setup.file import FILE_NAME, add_vendors_of
from mock_idp.setup.model import SetupFileError
from mock_idp.vendor_files import VendorFileError, add_vendor_file

Function = TypeVar("Function", bound=Callable[..., Any])
MISTAKE_STATUS = 2
_NO_CONFIG = f"{__name__}.no_config"


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
    return function


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


def _add_own_vendor_files(ctx: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> None:
    here = Path(FILE_NAME)
    has_default = not files and here.is_file() and not ctx.meta.get(_NO_CONFIG)
    with plain_mistakes():
        if has_default:
            add_vendors_of(here)
        for file in files:
            add_vendor_file(file)


def _skip_config(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    ctx.meta[_NO_CONFIG] = value


def _vendor_option(callback: Callable[..., None], default: str) -> Callable[[Function], Function]:
    return click.option(
        "--vendor",
        "vendor_files",
        metavar="FILE.py",
        type=click.Path(path_type=Path),
        multiple=True,
        envvar=VENDORS_VARIABLE,
        show_envvar=True,
        # The other options may name what is in the files.
        is_eager=True,
        expose_value=False,
        callback=callback,
        help=f"A vendor or an auth proxy of your own, which is then there like the kit's; may be repeated.{default}",
    )


vendor_option = _vendor_option(_add_vendor_files, "")
"""For commands that read a set-up file by another option, or none."""


def own_vendor_option(function: Function) -> Function:
    """Add ``--vendor`` and ``--no-config`` to a command that names vendors or shows them, and reads no set-up file."""
    function = _vendor_option(_add_own_vendor_files, f"  [default: those of {FILE_NAME}, if it is here]")(function)
    return click.option(
        "--no-config",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_skip_config,
        help=f"Do not look for vendors in {FILE_NAME}.",
    )(function)


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
