"""The pages of the front itself, in the mock's own clothes."""

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader

from mock_idp.pages.rendering import prepare
from mock_idp.settings import FRONT_PREFIX

SIGN_IN_PATH = f"{FRONT_PREFIX}/sign-in"


@cache
def _templates() -> Environment:
    loader = ChoiceLoader([PackageLoader("mock_idp.front"), PackageLoader("mock_idp.pages")])
    environment = Environment(loader=loader, autoescape=True)
    prepare(environment)
    return environment


def page(template: str, **given: object) -> bytes:
    """Write a page.

    Parameters:
        template: ``sign_in``, ``signed_out`` or ``failed``.
        given: what it shows.
    """
    written = _templates().get_template(f"{template}.html")
    return written.render(sign_in_path=SIGN_IN_PATH, **given).encode()
