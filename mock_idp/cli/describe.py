"""``mock-idp describe``: what a mock with these options says about itself, without starting it."""

import json

import click

from mock_idp.cli.common import plain_mistakes, setup_options, vendor_option
from mock_idp.control.descriptions import describe_mock, describe_persona
from mock_idp.idp import make_idp
from mock_idp.personas import PERSONAS
from mock_idp.profiles import profiles
from mock_idp.settings import Settings


@click.command()
@vendor_option
@setup_options
def describe(
    backend_urls: tuple[str, ...], app_urls: tuple[str, ...], providers: tuple[str, ...], profile: str
) -> None:
    """Print as JSON what such a mock would say about itself and its personas, without starting it."""
    with plain_mistakes():
        idp = make_idp(Settings(backend_urls=backend_urls, app_urls=app_urls, providers=providers, profile=profile))
        personas = [describe_persona(idp, persona) for persona in PERSONAS.values()]
        known = [{"id": profile.id, "description": profile.description} for profile in profiles().values()]
        click.echo(json.dumps({"idp": describe_mock(idp, None), "personas": personas, "profiles": known}))
