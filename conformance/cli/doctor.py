"""``auth-conformance doctor``: the examination of the set-up alone."""

import click

from conformance.cli.library import SetUpError, read_library
from conformance.cli.listing import aligned
from conformance.examination.fault import ConfigurationFault
from conformance.examination.probe import ProbeOptions, examine
from conformance.plugin.options import ENVIRONMENT, IDP_URL, PROFILE, TIMEOUT_SECONDS
from conformance.target import Provider


@click.command("doctor")
@click.argument("url", metavar="URL")
@click.option("--idp", metavar="URL", default=IDP_URL, show_default=True, help="The mock IdP it is configured for.")
@click.option("--provider", "providers", metavar="ID[=VENDOR]", multiple=True, help="Examine only this provider.")
@click.option("--env", metavar="NAME", default=ENVIRONMENT, show_default=True, help="Environment of the providers.")
@click.option("--profile", metavar="NAME", default=PROFILE, show_default=True, help="Its configuration profile.")
@click.option("--app-origin", metavar="URL", help="Origin of its app.baseUrl.  [default: the target is asked]")
@click.option("--target-ca", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="Its CA, PEM.")
@click.option("--request-timeout", metavar="SECONDS", type=float, default=TIMEOUT_SECONDS, show_default=True)
def command(  # noqa: PLR0913, PLR0917 - each is an option
    url: str,
    idp: str,
    providers: tuple[str, ...],
    env: str,
    profile: str,
    app_origin: str | None,
    target_ca: str | None,
    request_timeout: float,
) -> None:
    """Examine the auth plugin at URL and its mock IdP, and say in one sentence what is set up wrongly, if anything is.

    Signs in once with every provider; no scenario is played. Exit codes: 0 the suite can run, 4 it cannot.
    """
    wished = {id_: vendor or None for id_, _, vendor in (text.partition("=") for text in providers)}
    options = ProbeOptions(
        url.rstrip("/"), idp.rstrip("/"), app_origin, env, profile, wished, request_timeout, target_ca
    )
    try:
        target = examine(options, read_library().facts)
    except ConfigurationFault as fault:
        raise SetUpError(str(fault)) from fault
    click.echo(f"target    {target.auth_url} (app {target.app_origin}, profile {target.profile})")
    click.echo(f"mock IdP  {target.idp['urls']['http']}")
    click.echo("\n".join(aligned([_row(provider) for provider in target.providers])))
    click.echo(f"The suite can run: auth-conformance run {url}")


def _row(provider: Provider) -> dict[str, str]:
    state = provider.not_applicable or (
        "ready" + (f" ({', '.join(provider.environments)})" if provider.environments else "")
    )
    return {"id": provider.id, "kind": provider.kind, "state": state}
