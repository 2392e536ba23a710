"""``mock-idp front``: the mock as an auth proxy in front of a backend."""

import json

import click

from mock_idp.cli.common import Url, own_vendor_option, plain_mistakes
from mock_idp.cli.environment import DEFAULT_IDP, ask, idp_option
from mock_idp.cli.serve import is_loopback, stop_signals
from mock_idp.front.minting import own_people
from mock_idp.front.server import AuthProxyServer, FrontSetup
from mock_idp.front.upstream import Upstream
from mock_idp.people import Person
from mock_idp.personas import IN_WORDS, PERSONAS
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy
from mock_idp.server.errors import ServerError
from mock_idp.settings import DEFAULT_FRONT_PORT, DEFAULT_HOST


def find_proxy(name: str) -> tuple[AuthProxy, str]:
    """Find an auth proxy by its id or by that of one of its variants, in camel or kebab case.

    Returns:
        The proxy, and the provider id that was meant.

    Raises:
        EdgeError: there is none of that name.
    """
    known = {
        variant: proxy for proxy in proxies().values() for variant in proxy.provider_ids if proxy.header_spec.headers
    }
    wanted = _letters(name)
    for variant, proxy in known.items():
        if _letters(variant) == wanted:
            return proxy, variant
    raise ServerError(f"There is no auth proxy {name!r:.80}; there are {', '.join(sorted(known))}.")


def _letters(name: str) -> str:
    return name.replace("-", "").lower()


def _find_persona(name: str | None, idp_url: str | None) -> Person | None:
    if name is None or name in PERSONAS:
        return PERSONAS.get(name or "")
    own = own_people(idp_url or DEFAULT_IDP)
    if name not in own:
        raise ServerError(f"There is no persona {name!r:.80}; there are {', '.join([*own, IN_WORDS])}.")
    return own[name]


@click.command("front")
@click.argument("vendor")
@own_vendor_option
@click.option("--upstream", type=Url(), required=True, help="Base URL of the backend behind the proxy.")
@click.option("--as", "persona", metavar="PERSONA", help="Sign this persona in at once, without a page.")
@click.option(
    "--app",
    "app_url",
    type=Url(),
    help="Base URL of the frontend, if it is not behind the upstream but, for instance, on a port of its own.",
)
@idp_option
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_FRONT_PORT, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
def front_command(  # noqa: PLR0913 - each is an option
    *,
    vendor: str,
    upstream: str,
    persona: str | None,
    app_url: str | None,
    idp: str | None,
    host: str,
    port: int,
    as_json: bool,
) -> None:
    """Be the auth proxy VENDOR in front of a backend.

    What clients send in its headers is removed; the headers of the signed-in person replace them, signed by the
    running mock IdP. VENDOR is a provider id such as gcpIap, or gcp-iap.
    """
    stopping = stop_signals()
    if not is_loopback(host):
        click.echo(f"Warning: every client that reaches {host} can sign in as any user at {upstream}.", err=True)
    with plain_mistakes():
        proxy, provider = find_proxy(vendor)
        who = _find_persona(persona, idp)
        behind = Upstream.at(upstream)
        setup = FrontSetup(proxy, provider, behind, ask(idp or DEFAULT_IDP).address, host, port, who, app_url or "")
        with AuthProxyServer(setup) as running:
            click.echo(_ready_line(running, setup, as_json=as_json))
            stopping.wait()


def _ready_line(running: AuthProxyServer, setup: FrontSetup, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"ready": True, "urls": {"http": running.url}})
    who = f"every request is from {setup.persona.name}" if setup.persona else "a page asks who you are"
    app = f" and of {setup.app_url}" if setup.app_url else ""
    return f"{setup.proxy.title} at {running.url}, in front of {setup.upstream.url}{app}; {who}. Ctrl-C ends it."
