"""Writes the mock's own pages: templates, what templates can use, and which script may run."""

from functools import cache
from importlib.resources import files

from flask import Response, render_template
from jinja2 import Environment

from mock_idp.pages.colours import DARK_PAPER, LIGHT_PAPER, readable
from mock_idp.web.writing import PAGE_HEADERS, script_hash


def prepare(environment: Environment) -> None:
    """Give templates what the layout uses."""
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals |= {"readable": cache(readable), "light_paper": LIGHT_PAPER, "dark_paper": DARK_PAPER}


@cache
def _script(name: str) -> str:
    return files(__package__).joinpath("scripts", f"{name}.js").read_text(encoding="utf-8")


def page(template: str, script: str = "", status: int = 200, **values: object) -> Response:
    """Write a page.

    Parameters:
        template: name of its template, without extension.
        script: name of the one script that may run in it, or empty.
        status: HTTP status.
        values: what the template is given.
    """
    text = _script(script) if script else ""
    response = Response(
        render_template(f"{template}.html", script=text, **values),
        status=status,
        content_type="text/html; charset=utf-8",
    )
    response.headers.extend(PAGE_HEADERS)
    if script:
        policy = f"{PAGE_HEADERS[0][1]}; script-src {script_hash(text)}; connect-src 'self'"
        response.headers["Content-Security-Policy"] = policy
    return response
