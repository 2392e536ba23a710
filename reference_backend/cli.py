"""The command line: ``reference-backend serve``."""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from reference_backend import app as app_module
from reference_backend import backend as backend_module
from reference_backend import server
from reference_backend import settings as settings_module
from reference_backend.config import loader
from reference_backend.config.model import Config, ConfigError
from reference_backend.server import Listener, ListenError
from reference_backend.store.database import StoreError

USAGE_ERROR = 2
"""Exit code for a mistake in command line or configuration."""
ENVIRONMENT_ERROR = 1
"""Exit code for a port or a database that cannot be had."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backstage-auth-conformance", prog_name="reference-backend")
def main() -> None:
    """The smallest complete Backstage auth backend."""


@main.command()
@click.option(
    "--config",
    "config_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="App-config; may be repeated, later files win. Default: app-config.yaml and, if there, app-config.local.yaml.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port; 0 picks a free one. Default: backend.listen.port, else the port of backend.baseUrl.",
)
@click.option(
    "--provider",
    "providers",
    metavar="ID=VENDOR",
    multiple=True,
    help="A provider id of your own and the vendor behind it, for instance ghe=github; may be repeated.",
)
@click.option(
    "--provider-module",
    "provider_modules",
    metavar="FILE.py",
    multiple=True,
    type=click.Path(path_type=Path),
    envvar="REFERENCE_BACKEND_PROVIDERS",
    show_envvar=True,
    help="A provider of your own, which is then there like the backend's; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Announce readiness as one line of JSON.")
def serve(
    config_files: tuple[Path, ...],
    host: str,
    port: int | None,
    providers: tuple[str, ...],
    provider_modules: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Serve the auth backend until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        files = config_files or loader.default_files(Path.cwd(), os.environ)
        config = loader.load(files, os.environ)
        app = app_module.create_app(
            config,
            development=os.environ.get("NODE_ENV") == "development",
            extra_providers=parse_providers(providers),
            provider_modules=provider_modules,
        )
    except ConfigError as error:
        fail(str(error), USAGE_ERROR)
    except StoreError as error:
        fail(str(error), ENVIRONMENT_ERROR)
    try:
        listener = server.bind(app, host, settings_module.listen_port(config) if port is None else port)
        stop_on_signals(listener)
        announce(config, host, server.bound_port(listener), as_json)
        listener.serve()
    except ListenError as error:
        fail(str(error), ENVIRONMENT_ERROR)
    finally:
        app.extensions[backend_module.EXTENSION].database.close()


def parse_providers(texts: tuple[str, ...]) -> dict[str, str]:
    """Read ``--provider`` options.

    Raises:
        ConfigError: not of the form ID=VENDOR.
    """
    parsed = {}
    for text in texts:
        provider_id, equals, vendor = text.partition("=")
        if not equals or not provider_id or not vendor:
            raise ConfigError(f"--provider {text}: expected ID=VENDOR, for instance ghe=github")
        parsed[provider_id] = vendor
    return parsed


def fail(message: str, code: int) -> NoReturn:
    """End with one sentence."""
    click.echo(f"reference-backend: {message}", err=True)
    sys.exit(code)


def stop_on_signals(listener: Listener) -> None:
    """SIGTERM and SIGINT end the loop; a handler must not wait for the threads it interrupted."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=listener.stop, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def announce(config: Config, host: str, port: int, as_json: bool) -> None:
    """Say where the backend is, on standard output."""
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/api/auth"
    if as_json:
        urls = {"auth": address, "external": settings_module.auth_base(config)}
        click.echo(json.dumps({"ready": True, "urls": urls}))
    else:
        click.echo(f"Auth backend ready at {address}")
    sys.stdout.flush()
