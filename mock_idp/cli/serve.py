"""``mock-idp serve``."""

import ipaddress
import json
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import click

from mock_idp.cli.common import plain_mistakes, setup_options, vendor_option
from mock_idp.cli.setup_files import FilesCommand, OwnFiles, files_options, find_sources, read_sources, settings_of
from mock_idp.journal import Entry
from mock_idp.running import RunningIdp, start
from mock_idp.settings import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_PROXY_PORT,
    DEFAULT_TLS_PORT,
)
from mock_idp.setup.model import Setup


@click.command(cls=FilesCommand)
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="Plain HTTP.")
@click.option(
    "--proxy-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PROXY_PORT,
    show_default=True,
    help="Forward proxy to the vendors' host names.",
)
@click.option("--tls-port", type=click.IntRange(0, 65535), default=DEFAULT_TLS_PORT, show_default=True, help="TLS.")
@vendor_option
@setup_options
@files_options
@click.option("--auto-login", metavar="PERSONA", help="Sign this persona in at once, without a consent page.")
@click.option("--seed", type=click.IntRange(0), help="Repeat the random choices of an earlier run.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each request to a vendor.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
@click.pass_context
def serve(
    ctx: click.Context,
    /,
    *,
    as_json: bool,
    verbose: bool,
    config: Path | None,
    no_config: bool,
    people: tuple[str, ...],
    own_app_config: tuple[str, ...],
    **options: Any,
) -> None:
    """Run the mock identity provider until it is interrupted."""
    stopping = stop_signals()
    own = OwnFiles(own_app_config, options["providers"], os.environ)
    with plain_mistakes():
        sources, setup = read_sources(find_sources(config, no_config, people, own))
        # The other options are named like the settings they are.
        settings = settings_of(ctx, options, setup)
    if not is_loopback(settings.host):
        click.echo(f"Warning: every client that reaches {settings.host} can sign in as any user.", err=True)
    with plain_mistakes(), start(settings, setup=setup, sources=sources, report=_report) as running:
        if verbose:
            running.idp.journal.told = lambda entry: click.echo(request_line(entry), err=True)
        if setup != Setup():
            _report(f"{setup.in_words}.")
        click.echo(_ready_line(running, as_json=as_json))
        stopping.wait()


def _report(sentence: str) -> None:
    click.echo(f"mock-idp: {sentence}", err=True)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address to listen on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def stop_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopping


def _ready_line(running: RunningIdp, *, as_json: bool) -> str:
    seed = running.idp.randomness.seed
    if as_json:
        return json.dumps({"ready": True, "urls": running.urls, "seed": seed})
    urls = running.urls
    others = f"TLS {urls['tls']}, proxy {urls['proxy']}"
    return f"Mock IdP at {urls['http']} ({others}), seed {seed}. Open {urls['http']} to look in. Ctrl-C ends it."


def request_line(entry: Entry) -> str:
    """A request in one line, without anything that its sender keeps secret: neither parameters nor header fields."""
    time = datetime.fromtimestamp(entry.time, UTC).strftime("%H:%M:%S")
    # Percent-encoded again, so that nobody writes further lines.
    said = [time, entry.method, entry.service, quote(entry.path), str(entry.status)]
    said += [f"refused: {entry.reason}"] if entry.reason else []
    said += [f"fault: {', '.join(entry.faults)}"] if entry.faults else []
    return " ".join(said)
