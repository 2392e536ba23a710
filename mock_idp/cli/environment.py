"""``mock-idp env`` and ``mock-idp run``: send a process's traffic to the mock."""

import os
import sys
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import requests

from mock_idp.cli.child_process import run_child
from mock_idp.cli.client_environment import Shell, client_environment, render
from mock_idp.cli.common import own_vendor_option, plain_mistakes, vendor_option
from mock_idp.cli.setup_files import FilesCommand, OwnFiles, files_options, find_sources, read_sources
from mock_idp.profiles import profiles
from mock_idp.proxies import proxies
from mock_idp.server.authority import make_private_directory, write_private_file
from mock_idp.server.errors import ServerError
from mock_idp.settings import (
    ANSWER_SECONDS,
    CONTROL_PREFIX,
    DEFAULT_HOST,
    DEFAULT_PORT,
    URL_VARIABLE,
    Settings,
    default_state_dir,
)
from mock_idp.setup.model import Setup
from mock_idp.setup.sources import Sources

DEFAULT_IDP = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"


class NothingAnswersError(ServerError):
    """There is no server at the address of the mock IdP."""


@dataclass(frozen=True, slots=True)
class IdpDescription:
    """What a running mock IdP says about itself.

    Parameters:
        address: base URL by which it was asked, without trailing slash.
        urls: addresses of its listeners: ``http``, ``tls``, ``proxy``.
        hosts: the host name patterns it serves.
        spki: fingerprint of its certificate authority's key, for Chromium.
        ca_file: its certificate authority.
        environ: further variables that backends behind its auth proxies look for.
    """

    address: str
    urls: dict[str, str]
    hosts: tuple[str, ...]
    spki: str
    ca_file: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables for processes that are to use it."""
        return {**client_environment(self.urls, self.ca_file), URL_VARIABLE: self.address, **self.environ}


def ask(address: str) -> IdpDescription:
    """Ask a running mock IdP what it serves, and fetch its certificate authority.

    Parameters:
        address: base URL of its plain listener.

    Raises:
        NothingAnswersError: no server is there.
        EdgeError: the address is none, or what answers is not a mock IdP of this kind.
    """
    try:
        parts = urlsplit(address)
        is_url = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise ServerError(f"--idp takes a URL such as {DEFAULT_IDP}, not {address!r}.")
    address = address.rstrip("/")
    with requests.Session() as session:
        # A proxy in our own environment, ours perhaps, is not for this question.
        session.trust_env = False
        description = _get(session, f"{address}{CONTROL_PREFIX}/", address)
        authority = _get(session, f"{address}{CONTROL_PREFIX}/ca.pem", address).content
    try:
        said: dict[str, Any] = description.json()
        urls = {name: str(url) for name, url in said["urls"].items()}
        hosts, spki = tuple(map(str, said["hosts"])), str(said["spki"])
        environ = _environ_behind({str(provider["vendor"]) for provider in said.get("providers", [])})
        environ |= _environ_of_profile(str(said.get("profile")))
        complete = {"http", "proxy"} <= urls.keys()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_a_mock_idp(address) from error
    if not complete or not authority.startswith(b"-----BEGIN CERTIFICATE-----"):
        raise _not_a_mock_idp(address)
    return IdpDescription(address, urls, hosts, spki, _keep_authority(parts.netloc, authority), environ)


def _environ_behind(vendors: Set[str]) -> dict[str, str]:
    """What backends behind these find in their environment; from our own tables, never as another machine says it."""
    emulations = [proxy for name, proxy in proxies().items() if name in vendors]
    return {name: value for proxy in emulations for name, value in proxy.environ.items()}


def _environ_of_profile(name: str) -> dict[str, str]:
    """What the profile wants backends to find there; from our own table as well."""
    profile = profiles().get(name)
    return dict(profile.environ) if profile else {}


def _get(session: requests.Session, url: str, address: str) -> requests.Response:
    try:
        response = session.get(url, timeout=ANSWER_SECONDS, allow_redirects=False)
    except requests.exceptions.Timeout as error:
        raise ServerError(
            f"{address} did not answer within {ANSWER_SECONDS:g} seconds; "
            "see that it is a mock IdP, or name another with --idp."
        ) from error
    except requests.exceptions.ConnectionError as error:
        raise NothingAnswersError(
            f"No mock IdP answers at {address}; start one with `mock-idp serve`, or name another with --idp."
        ) from error
    except requests.exceptions.RequestException as error:
        raise _not_a_mock_idp(address) from error
    if not response.ok:
        raise _not_a_mock_idp(address)
    return response


def _not_a_mock_idp(address: str) -> ServerError:
    return ServerError(f"What answers at {address} is not a mock IdP of this version; name the right one with --idp.")


def _keep_authority(netloc: str, authority: bytes) -> Path:
    """Write an IdP's authority to a file of its own, so that two IdPs can be used side by side."""
    directory = default_state_dir() / "authorities"
    make_private_directory(directory.parent)
    make_private_directory(directory)
    path = directory / f"{netloc.rpartition('@')[2].replace(':', '_')}.pem"
    write_private_file(path, authority)
    return path


idp_option = click.option(
    "--idp",
    metavar="URL",
    default=None,
    help=f"Plain address of the running mock IdP.  [default: {DEFAULT_IDP}]",
)


@click.command("env")
@idp_option
@own_vendor_option
@click.option(
    "--shell",
    type=click.Choice([shell.value for shell in Shell]),
    default=Shell.SH.value,
    show_default=True,
    help="The shell or tool for which the variables are written.",
)
def env_command(idp: str | None, shell: str) -> None:
    """Print the environment that sends a process's traffic to the mock IdP.

    Use it as: eval "$(mock-idp env)"
    """
    with plain_mistakes():
        click.echo(render(ask(idp or DEFAULT_IDP).environment, Shell(shell)), nl=False)


@click.command(
    "run", cls=FilesCommand, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@idp_option
@vendor_option
@files_options
@click.option(
    "--provider",
    "providers",
    metavar="ID=VENDOR",
    multiple=True,
    help="The vendor of a provider id that the app-config does not tell.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run_command(
    *,
    idp: str | None,
    config: Path | None,
    no_config: bool,
    people: tuple[str, ...],
    own_app_config: tuple[str, ...],
    providers: tuple[str, ...],
    command: tuple[str, ...],
) -> None:
    """Run COMMAND with its traffic to vendors going to the mock IdP.

    If none is named and none answers at the usual address, one runs for the time of the command, with the files that
    are named here. After an option that takes several files, COMMAND begins with --: `mock-idp run --from-app-config
    app-config.yaml -- yarn start`.
    """
    own = OwnFiles(own_app_config, providers, os.environ)
    with plain_mistakes():
        sources, setup = read_sources(find_sources(config, no_config, people, own))
        with _answering_idp(idp, setup, sources) as description:
            status = run_child(command, {**os.environ, **own.stand_ins, **description.environment})
    sys.exit(status)


@contextmanager
def _answering_idp(address: str | None, setup: Setup, sources: Sources) -> Iterator[IdpDescription]:
    """Find the named or usual mock IdP, or start one.

    Parameters:
        address: where it is said to be, or None.
        setup: what the files of this command say.
        sources: these files.

    Raises:
        ServerError: there is none and none can be started, or it does not know the clients of the files.
    """
    try:
        description = ask(address or DEFAULT_IDP)
    except NothingAnswersError:
        if address is not None:
            raise
    else:
        _check_knows(description, setup)
        yield description
        return
    from mock_idp.running import start  # noqa: PLC0415 - the whole application, which is rarely needed here

    # The plain port is in app-configs and must be the usual one; the others only this environment tells.
    settings = Settings(**{**setup.settings, "tls_port": 0, "proxy_port": 0})
    running = start(settings, setup=setup, sources=sources, report=_report)
    try:
        _report(f"none answered at {DEFAULT_IDP}; running one until the command ends")
        yield ask(running.urls["http"])
    finally:
        running.stop()


def _check_knows(description: IdpDescription, setup: Setup) -> None:
    """See that a mock which is running already knows the clients that the files of this command are about.

    Raises:
        ServerError: it does not.
    """
    if not setup.clients:
        return
    with requests.Session() as session:
        session.trust_env = False
        answer = _get(session, f"{description.address}{CONTROL_PREFIX}/clients", description.address)
    try:
        known = {str(client["client_id"]): client["client_secret"] for client in answer.json()["clients"]}
    except (ValueError, KeyError, TypeError) as error:
        raise _not_a_mock_idp(description.address) from error
    for client in setup.clients:
        if client.id in known and client.secret in (None, known[client.id]):
            continue
        what = f"another secret of the client {client.id!r}" if client.id in known else f"no client {client.id!r}"
        raise ServerError(
            f"The mock IdP at {description.address} has {what} ({client.where}); start it with the same files and "
            "variables as this command (`mock-idp serve --from-app-config …`), or end it, and this command runs one."
        )


def _report(sentence: str) -> None:
    click.echo(f"mock-idp: {sentence}", err=True)
