"""Plain requests to the target, and what a test does to a browser's cookies."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from conformance.driver.browser import encode_query
from conformance.driver.members import ANSWER
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, Step, body_and_headers, cookie_text
from conformance.steps.tokens import ForgeToken, SignToken


class RequestStep(Step):
    """Send any request to the target. Observes the HTTP answer."""

    action: ClassVar[str] = "request"
    observes: ClassVar[Shape] = ANSWER
    path: str
    """below the auth plugin (``/github/start``), or below the backend with ``below: backend``; sent as it is."""
    below: Literal["auth", "backend"] = "auth"
    """what ``path`` is relative to."""
    method: str = "GET"
    """HTTP method."""
    query: dict[str, Any] = {}
    """query parameters; a list repeats one, true writes the bare name."""
    headers: dict[str, Any] = {}
    """header fields; a list repeats one, null removes one."""
    json_body: Any = Field(default=None, alias="json")
    """JSON body."""
    form: dict[str, Any] | None = None
    """fields of a form body."""
    text: str | None = None
    """any other body."""
    bearer: str | None = None
    """token of the ``Authorization`` field."""
    signed_bearer: SignToken | None = None
    """instead, what ``sign_token`` makes of these arguments."""
    forged_bearer: ForgeToken | None = None
    """instead, what ``forge_token`` makes of these arguments."""
    acting: Literal["script", "navigation", "nobody"] = "nobody"
    """``script`` (the app's page, with cookies), ``navigation`` (a page visit), ``nobody`` (no cookies)."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request as the chosen caller."""
        base = context.target.auth_url if self.below == "auth" else context.target.backend_url
        url = base + self.path
        if self.query:
            url += ("&" if "?" in self.path else "?") + encode_query(self.query)
        body, headers = body_and_headers(json_body=self.json_body, form=self.form, text=self.text, headers=self.headers)
        made = self.signed_bearer or self.forged_bearer
        token = made.play(context)["token"] if made else self.bearer
        if token is not None:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        browser = context.browser
        if self.acting == "script":
            response = browser.fetch(url, self.method, headers=headers, body=body)
        elif self.acting == "navigation":
            response = browser.navigate(url, self.method, headers=headers, body=body)
        else:
            response = browser.bare(url, self.method, headers=headers, body=body)
        return context.observe(response, url)


class PutCookie(Step):
    """Put a cookie for the target's host into the browser, replacing any of that name."""

    action: ClassVar[str] = "put_cookie"
    observes: ClassVar[Shape] = shape_of("cookies")
    name: str
    """name of the cookie."""
    value: str
    """its value, which is percent-encoded unless ``encoded`` is set."""
    path: str = "/"
    """its path; by default every path of the target."""
    encoded: bool = False
    """True if the value is already as it is sent."""

    def play(self, context: CaseContext) -> Observation:
        """Change the jar; nothing is sent."""
        raw = self.value if self.encoded else cookie_text(self.value)
        context.browser.jar.put(context.target.auth_url, self.name, raw, self.path)
        return {"cookies": context.browser.jar.values(context.browser.now())}


class ForgetCookies(Step):
    """Take cookies out of the browser."""

    action: ClassVar[str] = "forget_cookies"
    observes: ClassVar[Shape] = shape_of("cookies")
    names: list[str] | None = None
    """which ones; without it, all."""

    def play(self, context: CaseContext) -> Observation:
        """Change the jar; nothing is sent."""
        if self.names is None:
            context.browser.jar.clear()
        for name in self.names or ():
            context.browser.jar.forget(name)
        return {"cookies": context.browser.jar.values(context.browser.now())}


class LookAtCookies(Step):
    """Look at the cookies the browser holds. Observes ``cookies``: name -> decoded value."""

    action: ClassVar[str] = "look_at_cookies"
    observes: ClassVar[Shape] = shape_of("cookies")

    def play(self, context: CaseContext) -> Observation:
        """Read the jar; nothing is sent."""
        return {"cookies": context.browser.jar.values(context.browser.now())}
