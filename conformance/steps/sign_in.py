"""The popup flow: ``start``, ``consent``, ``callback``, and all three in one go as ``sign_in``."""

from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlencode

from pydantic import Field

from conformance.driver import popup, saml
from conformance.driver.browser import encode_query
from conformance.driver.idp import give_consent
from conformance.driver.members import ANSWER, AUTHN_REQUEST, PAGE, URL
from conformance.driver.observation import observe_response, observe_url
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, ScenarioFault, Step, body_and_headers, put_cookies

Text = str | None
_USUAL = ("(frontend)", "(app)", "(case)")
"""Arguments that stand for what the frontend says by itself."""


def decode_state(text: str) -> dict[str, Any] | None:
    """The members of a state in the form of STATE-01 (hex of a form-encoded text); None for any other form."""
    try:
        return dict(parse_qsl(bytes.fromhex(text).decode(), keep_blank_values=True)) or None
    except ValueError:
        return None


def encode_state(members: dict[str, Any]) -> str:
    """A state in the form of STATE-01; members that are None are left out."""
    return urlencode({name: value for name, value in members.items() if value is not None}).encode().hex()


class Start(Step):
    """Open ``/start`` as the frontend's popup does (FE-10); the redirect to the vendor is not followed.

    Observes the HTTP answer, ``state`` (decoded members) and ``state_text`` (as sent); from a SAML provider
    ``authn_request``, the request it sends to the identity provider.
    """

    action: ClassVar[str] = "start"
    observes: ClassVar[Shape] = {
        **ANSWER,
        **shape_of("state", "state_text", "state_order", authn_request=AUTHN_REQUEST),
    }
    scope: Text = "(frontend)"
    """scopes asked for; by default the frontend's for this provider; null leaves the parameter out."""
    origin: Text = "(app)"
    """by default the app's origin; null leaves it out."""
    environment: Text = "(case)"
    """by default the case's; null leaves it out."""
    flow: Text = "(frontend)"
    """``popup`` or ``redirect``; by default as the frontend does; null leaves it out."""
    redirect_url: Text = None
    """where the redirect flow ends."""
    query: dict[str, Any] = {}
    """further parameters; a list repeats one, null leaves one out."""
    method: str = "GET"
    """HTTP method."""
    headers: dict[str, Any] = {}
    """header fields changed or added, by a proxy on the way, say; null removes one."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request and take the redirect apart."""
        given = {"scope": self.scope, "origin": self.origin, "flow": self.flow, "env": self.environment}
        usual = popup.start_parameters(
            context.facts.kind,
            " ".join(context.facts.scopes.frontend),
            context.target.app_origin,
            context.environment or context.target.environment,
        )
        parameters = {
            **{name: usual.get(name) if value in _USUAL else value for name, value in given.items()},
            "redirectUrl": self.redirect_url,
            **self.query,
        }
        url = context.provider_url("/start", parameters)
        seen = context.observe(context.browser.navigate(url, self.method, headers=self.headers), url)
        state = seen.get("location", {}).get("query", {}).get("state")
        if state is not None:
            seen["state_text"] = state
            seen["state"] = decode_state(state)
            seen["state_order"] = list(seen["state"] or ())
        request = seen.get("location", {}).get("query", {}).get("SAMLRequest")
        if request is not None:
            seen["authn_request"] = saml.observe_request(request, context.browser.now())
        return seen


class Consent(Step):
    """Follow the latest ``start`` to the vendor and decide at its consent page.

    Observes the vendor's ``page`` and, if it sent the browser back, ``callback_url``, ``callback`` (taken apart),
    ``code`` and ``grant`` (the grant's id in the journal). ``callback_form`` holds the fields of a vendor that sends
    the browser back with a form instead of a redirect.
    """

    action: ClassVar[str] = "consent"
    observes: ClassVar[Shape] = shape_of(
        "status",
        "callback_url",
        "callback_form",
        "code",
        "grant",
        "form_url",
        "authorization_url",
        page=PAGE,
        callback=URL,
    )
    persona: str = "plain"
    """who decides; ``own`` is a persona that no other case uses."""
    decision: Literal["allow", "deny"] = "allow"
    """``allow`` or ``deny``."""
    scopes: list[str] | None = None
    """the scopes that stay ticked; without it, all."""
    faults: list[Any] = []
    """what the grant carries along."""
    url: Text = None
    """another authorization URL than the one of the latest start."""

    def play(self, context: CaseContext) -> Observation:
        """Open the page, submit the form, read the redirect."""
        start = context.latest("start")
        url = self.url or start.get("location", {}).get("url")
        if not url:
            raise ScenarioFault(
                f"start did not redirect to the vendor, it answered {start['status']}: {start['body'][:300]}",
                blamed=True,
            )
        page, answer, action = give_consent(
            context.browser,
            url,
            persona=context.switch_persona(self.persona),
            decision=self.decision,
            scopes=self.scopes,
            faults=self.faults,
            came_from=start["url"],
        )
        seen: Observation = {"page": observe_response(page, url, context.browser.now(), runs_scripts=False)}
        final = answer or page
        seen["status"] = final.status
        if (back := popup.way_back(final, action)) is not None:
            seen["callback_url"] = back.url
            seen["callback"] = observe_url(back.url)
            seen["code"] = (back.form or seen["callback"]["query"]).get("code")
            context.transcript.secrets.learn(seen["code"])
            if back.form is not None:
                seen["callback_form"] = back.form
                context.transcript.secrets.learn(back.form.get("SAMLResponse"))
        if (grant := final.header("mock-idp-grant")) is not None:
            seen["grant"] = grant
        seen["form_url"] = action
        seen["authorization_url"] = url
        return seen


class Callback(Step):
    """Bring the vendor's answer to ``/handler/frame``, as the popup does, and run the page it answers.

    Observes the HTTP answer, ``page``, ``messages``, ``answer``, ``session`` or ``error``, ``target_origin``.
    """

    action: ClassVar[str] = "callback"
    observes: ClassVar[Shape] = ANSWER
    url: Text = None
    """another callback URL than that of the latest consent."""
    query: dict[str, Any] = {}
    """parameters changed or added; null removes one."""
    state: dict[str, Any] | None = None
    """members of the state changed or added (null removes one); the state is encoded again."""
    headers: dict[str, Any] = {}
    """header fields changed or added; null removes one."""
    method: Text = None
    """HTTP method; by default as the vendor sends the browser, and POST if there is a form."""
    form: dict[str, Any] | None = None
    """fields of a form body; added to those of the vendor's form, if it sent one (null removes one)."""
    cookies: dict[str, str] = {}
    """cookies put into the browser before, as ``put_cookie`` does: name -> value."""

    def play(self, context: CaseContext) -> Observation:
        """Send the callback and observe the page."""
        came_from: str | None = None
        form = self.form
        if self.url is not None:
            url = self.url
        else:
            consent = context.latest("consent")
            if "callback_url" not in consent:
                raise ScenarioFault(
                    f"the vendor did not redirect back but answered {consent['status']}; see the transcript",
                    blamed=True,
                )
            url, came_from = consent["callback_url"], consent["form_url"]
            if "callback_form" in consent:
                fields = {**consent["callback_form"], **(form or {})}
                form = {name: value for name, value in fields.items() if value is not None}
        url = self._changed(url, context)
        put_cookies(context, self.cookies)
        method = self.method or ("GET" if form is None else "POST")
        body, headers = body_and_headers(json_body=None, form=form, text=None, headers=self.headers)
        response = context.browser.navigate(url, method, headers=headers, body=body, came_from=came_from)
        return context.observe(response, url)

    def _changed(self, url: str, context: CaseContext) -> str:
        if not self.query and self.state is None:
            return url
        base, _, query = url.partition("?")
        parameters: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        if self.state is not None:
            members = decode_state(parameters.get("state", ""))
            if members is None:
                raise ScenarioFault("the target's state has a form of its own, so it cannot be edited")
            parameters["state"] = encode_state({**members, **self.state})
        parameters |= self.query
        return f"{base}?{encode_query(parameters)}"


class SignIn(Step):
    """The whole popup flow: ``start``, ``consent`` and ``callback``, with the arguments of the first two.

    Observes what ``callback`` observes, and the parts as ``start``, ``consent`` and ``callback``.
    """

    action: ClassVar[str] = "sign_in"
    observes: ClassVar[Shape] = {
        **ANSWER,
        "start": Start.observes,
        "consent": Consent.observes,
        "callback": Callback.observes,
    }
    persona: str = "plain"
    """who signs in; ``own`` is a persona that no other case uses."""
    decision: Literal["allow", "deny"] = "allow"
    """``allow`` or ``deny``."""
    scopes: list[str] | None = None
    """the scopes that stay ticked at the vendor."""
    faults: list[Any] = []
    """what the grant carries along."""
    scope: Text = "(frontend)"
    """scopes asked for at start."""
    origin: Text = "(app)"
    """origin given at start."""
    environment: Text = "(case)"
    """environment given at start."""
    flow: Text = "(frontend)"
    """``popup`` or ``redirect``; by default as the frontend does."""
    redirect_url: Text = None
    """where the redirect flow ends."""
    query: dict[str, Any] = Field(default={})
    """further start parameters."""

    def play(self, context: CaseContext) -> Observation:
        """Play the three steps after one another."""
        parts: Observation = {}
        consent = {"persona", "decision", "scopes", "faults"}
        given = self.model_dump()
        for step in (
            Start(**{name: value for name, value in given.items() if name not in consent}),
            Consent(**{name: given[name] for name in consent}),
            Callback(),
        ):
            parts[step.action] = step.play(context)
            context.remember(step.action, parts[step.action])
        return {**parts["callback"], **parts}
