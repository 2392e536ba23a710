"""The popup between start and callback: what the frontend asks for, and how the vendor sends the browser back."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from conformance.driver.browser import Browser
from conformance.driver.forms import read_form
from conformance.driver.idp import FORM
from conformance.driver.wire import Response
from conformance.scenario.facts import Kind


def start_parameters(kind: Kind, scope: str, origin: str, environment: str) -> dict[str, str]:
    """The query with which the frontend opens the popup.

    Parameters:
        kind: the provider's; only OAuth is told scopes, origin and flow (FE-10, FE-90).
        scope: the scopes that the frontend asks for.
        origin: the app's.
        environment: where the provider is configured.
    """
    usual = {"scope": scope, "origin": origin, "flow": "popup", "env": environment}
    return usual if kind == "oauth" else {"env": environment}


@dataclass(frozen=True, slots=True)
class WayBack:
    """How a vendor sends the browser back to the target: by redirect, or by a form that submits itself.

    Parameters:
        url: where to.
        form: the fields of the form; None for a redirect.
        came_from: the page that sends it.
    """

    url: str
    form: dict[str, str] | None = field(default=None, repr=False)
    came_from: str | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "GET" if self.form is None else "POST"

    def follow(self, browser: Browser) -> Response:
        """Go back to the target."""
        headers: dict[str, Any] = {} if self.form is None else FORM
        body = urlencode(self.form or {}).encode()
        return browser.navigate(self.url, self.method, headers=headers, body=body, came_from=self.came_from)


def way_back(answer: Response, url: str) -> WayBack | None:
    """The way back that a vendor's answer shows, or None.

    Parameters:
        answer: what the vendor answered to a decision, or instead of asking for one.
        url: the address that answered.
    """
    if (location := answer.header("location")) is not None:
        return WayBack(location, None, url)
    # Only what was decided is sent back; the consent page has a form as well.
    if answer.header("mock-idp-grant") is None:
        return None
    form = read_form(answer.body.decode("utf-8", "replace"), url)
    return WayBack(form.action, dict(form.fields), url) if form else None
