"""``auth-conformance doctor``: the examination of the set-up alone."""

import click

from conformance.cli.library import SetUpError, read_library, scenarios_option
from conformance.cli.listing import aligned
from conformance.examination.fault import ConfigurationFault
from conformance.examination.findings import in_words
from conformance.examination.probe import Examination, ProbeOptions, examine
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
@click.option("--replica", "replicas", metavar="URL", multiple=True, help="A further replica of it, asked in turn.")
@click.option("--app-config", metavar="FILE", help="Its app-config, to compare the release that wrote it.")
@scenarios_option
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
    app_config: str | None,
    replicas: tuple[str, ...],
    scenarios: tuple[str, ...],
) -> None:
    """Examine the auth plugin at URL and its mock IdP: everything that is set up wrongly, each with its remedy.

    Signs in once with every provider; no scenario is played. Defects of the backend are named beside their requirement,
    and keep no case from being played. Exit codes: 0 the suite can run, 4 a part of it cannot.
    """
    wished = {id_: vendor or None for id_, _, vendor in (text.partition("=") for text in providers)}
    options = ProbeOptions(
        url.rstrip("/"),
        idp.rstrip("/"),
        app_origin,
        env,
        profile,
        wished,
        request_timeout,
        target_ca,
        app_config,
        replicas,
    )
    examination = examine(options, read_library(scenarios).facts)
    target, faults = examination.target, examination.faults
    if target is not None:
        click.echo(f"target    {target.auth_url} (app {target.app_origin}, profile {target.profile})")
        click.echo(f"mock IdP  {target.idp['urls']['http']}")
        click.echo("\n".join(aligned([_row(provider, examination) for provider in target.providers])))
    # A sentence alone needs no table.
    is_alone = target is None and len(examination.findings) == 1
    if examination.findings and not is_alone:
        click.echo("\n".join(["found:", *in_words(examination.findings)]))
    try:
        examination.ready()
    except ConfigurationFault as fault:
        several = f"{len(faults)} faults of the set-up, see above"
        raise SetUpError(str(fault) if len(faults) == 1 else several) from fault
    if faults:
        there = ", ".join(provider.id for provider in examination.ready().providers if provider.fault)
        raise SetUpError(f"the suite can test all providers but {there}")
    click.echo(f"The suite can run: auth-conformance run {url}")


def _row(provider: Provider, examination: Examination) -> dict[str, str]:
    ready = "ready" + (f" ({', '.join(provider.environments)})" if provider.environments else "")
    defects = [finding.requirement or "" for finding in examination.findings if finding.provider == provider.id]
    state = provider.not_applicable or ("set-up" if provider.fault else ", ".join(filter(None, defects))) or ready
    return {"id": provider.id, "kind": provider.kind, "state": state}
