"""What the frontend does with a session: ``refresh`` and ``logout``; and the callers that are no browser."""

from typing import Any, ClassVar

from conformance.driver.members import ANSWER
from conformance.scenario.shape import Shape
from conformance.steps.base import XHR, CaseContext, Observation, Step, put_cookies

Text = str | None


class Refresh(Step):
    """Ask for the session again, as the frontend does (FE-20).

    Observes the HTTP answer; ``session`` is its JSON if the status is 200.
    """

    action: ClassVar[str] = "refresh"
    observes: ClassVar[Shape] = ANSWER
    scope: Text = "(frontend)"
    """scopes asked for; by default the frontend's for this provider; null leaves the parameter out."""
    environment: Text = "(case)"
    """by default the case's; null leaves it out."""
    query: dict[str, Any] = {}
    """further parameters; null leaves one out (``optional: null``)."""
    headers: dict[str, Any] = {}
    """header fields changed or added; null removes one."""
    method: str = "GET"
    """HTTP method."""
    credentials: bool = True
    """False sends no cookies."""
    cookies: dict[str, str] = {}
    """cookies put into the browser before, as ``put_cookie`` does: name -> value."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request from the app's page."""
        asked = " ".join(context.facts.scopes.frontend) if self.scope == "(frontend)" else self.scope
        parameters = {
            "optional": True,
            "scope": asked,
            "env": context.environment if self.environment == "(case)" else self.environment,
            **self.query,
        }
        put_cookies(context, self.cookies)
        url = context.provider_url("/refresh", parameters)
        response = context.browser.fetch(
            url, self.method, headers={**XHR, **self.headers}, credentials=self.credentials
        )
        seen = context.observe(response, url)
        if response.status == 200 and isinstance(seen.get("json"), dict):
            seen["session"] = seen["json"]
        return seen


class Logout(Step):
    """Sign out, as the frontend does (FE-35). Observes the HTTP answer."""

    action: ClassVar[str] = "logout"
    observes: ClassVar[Shape] = ANSWER
    environment: Text = "(case)"
    """by default the case's; null leaves it out."""
    query: dict[str, Any] = {}
    """further parameters."""
    headers: dict[str, Any] = {}
    """header fields changed or added; null removes one."""
    method: str = "POST"
    """HTTP method."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request from the app's page."""
        environment = context.environment if self.environment == "(case)" else self.environment
        url = context.provider_url("/logout", {"env": environment, **self.query})
        response = context.browser.fetch(url, self.method, headers={**XHR, **self.headers})
        return context.observe(response, url)
