"""The target as authorization server: what an application that signs its users in there does, and what they decide."""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from conformance.driver.browser import encode_query
from conformance.driver.members import ANSWER, URL
from conformance.driver.observation import observe_url
from conformance.scenario.filters import FILTERS
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, ScenarioFault, Step, body_and_headers

Text = str | None
Challenge = Literal["S256", "plain", "none"]
Authentication = Literal["body", "basic", "none"]

REDIRECT_URI: Final = "http://localhost:8765/callback"
"""Where applications have the browser sent back to; it stands in the mock IdP's client metadata documents, too."""

REGISTERED: Final = "(registered)"
AUTHORIZED: Final = "(authorized)"
SIGNED_IN: Final = "(signed in)"
LATEST: Final = "(latest)"
"""Values of arguments that stand for what an earlier step in the same browser saw."""

_HOLDER: Final = "holder of a refresh token"


class Register(Step):
    """Register an application as a client of the target (RFC 7591). Later steps in this browser act as that client.

    Observes the HTTP answer, ``client_id`` and ``client_secret``.
    """

    action: ClassVar[str] = "register"
    observes: ClassVar[Shape] = {**ANSWER, **shape_of("client_id", "client_secret", "redirect_uri")}
    redirect_uris: list[str] = [REDIRECT_URI]
    """where the browser may be sent back to."""
    metadata: dict[str, Any] = {}
    """further members of the request."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request as a program, not as a browser."""
        url = f"{context.target.auth_url}/v1/register"
        data = {"redirect_uris": self.redirect_uris, **self.metadata}
        body, headers = body_and_headers(json_body=data, form=None, text=None, headers={})
        seen = context.observe(context.browser.bare(url, "POST", headers, body), url)
        given = _mapping(seen.get("json"))
        named = {name: given[name] for name in ("client_id", "client_secret") if isinstance(given.get(name), str)}
        return {**seen, **named, "redirect_uri": self.redirect_uris[0] if self.redirect_uris else None}


class Authorize(Step):
    """Send the browser to the target's authorization endpoint, as an application does (RFC 6749 section 4.1.1).

    Observes the HTTP answer, ``session_id`` (of the consent page it leads to), ``client_id``, ``client_secret`` (if it
    is a registered client), ``redirect_uri``, ``state`` and ``verifier``.
    """

    action: ClassVar[str] = "authorize"
    observes: ClassVar[Shape] = {
        **ANSWER,
        **shape_of("session_id", "client_id", "client_secret", "redirect_uri", "state", "verifier"),
    }
    client_id: str = REGISTERED
    """by default that of the latest registered client; another one has no secret."""
    redirect_uri: str = REGISTERED
    """by default the first one that was registered."""
    scope: Text = None
    """scopes asked for; null leaves the parameter out."""
    state: Text = "state-of-the-application"
    """what the application wants back; null leaves it out."""
    challenge: Challenge = "S256"
    """how the code challenge is made: ``S256``, ``plain`` or ``none`` at all (RFC 7636)."""
    query: dict[str, Any] = {}
    """parameters changed or added; null leaves one out, a list repeats it."""

    def play(self, context: CaseContext) -> Observation:
        """Open the address; the redirect to the app's consent page is not followed."""
        client = self._client(context)
        verifier = f"{context.scope['case']['unique']}-{context.scope['case']['unique']}"
        challenges = {"S256": FILTERS["s256"](verifier), "plain": verifier, "none": None}
        parameters = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": client["redirect_uri"],
            "scope": self.scope,
            "state": self.state,
            "code_challenge": challenges[self.challenge],
            "code_challenge_method": None if self.challenge == "none" else self.challenge,
            **self.query,
        }
        url = f"{context.target.auth_url}/v1/authorize?{encode_query(parameters)}"
        seen = context.observe(context.browser.navigate(url), url)
        if "location" in seen:
            seen["session_id"] = str(seen["location"].get("path", "")).rpartition("/")[2]
        if self.challenge != "none":
            seen["verifier"] = verifier
        return {**seen, **client, "state": self.state}

    def _client(self, context: CaseContext) -> dict[str, Any]:
        """Who asks, and where to come back to."""
        if self.client_id == REGISTERED:
            latest = context.latest("register")
            if "client_id" not in latest:
                raise ScenarioFault(f"no client was registered, the answer was {latest['status']}", blamed=True)
            client: dict[str, Any] = {
                name: latest[name] for name in ("client_id", "client_secret", "redirect_uri") if name in latest
            }
        else:
            client = {"client_id": self.client_id, "redirect_uri": REDIRECT_URI}
        return client if self.redirect_uri == REGISTERED else {**client, "redirect_uri": self.redirect_uri}


class Decide(Step):
    """Approve or reject what the latest ``authorize`` asks for, as the app's consent page does for its user.

    Observes the HTTP answer, ``redirect`` (the address the browser is to go to, taken apart) and ``code``.
    """

    action: ClassVar[str] = "decide"
    observes: ClassVar[Shape] = {**ANSWER, **shape_of("code", redirect=URL)}
    decision: Literal["approve", "reject"] = "approve"
    """``approve`` or ``reject``."""
    session_id: str = AUTHORIZED
    """by default that of the latest ``authorize``."""
    token: Text = SIGNED_IN
    """the Backstage token of who decides; by default of who signed in last in this browser; null sends none."""
    headers: dict[str, Any] = {}
    """header fields changed or added; null removes one."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request as a script of the app, with its cookies."""
        session_id = self.session_id
        if session_id == AUTHORIZED:
            asked = context.latest("authorize")
            if "session_id" not in asked:
                raise ScenarioFault(
                    f"authorize led to no consent page, it answered {asked['status']}: {asked['body'][:300]}",
                    blamed=True,
                )
            session_id = asked["session_id"]
        token = _user_token(context) if self.token == SIGNED_IN else self.token
        fields: dict[str, Any] = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{context.target.auth_url}/v1/sessions/{session_id}/{self.decision}"
        seen = context.observe(context.browser.fetch(url, "POST", headers={**fields, **self.headers}), url)
        redirect = _mapping(seen.get("json")).get("redirectUrl")
        if isinstance(redirect, str):
            seen["redirect"] = observe_url(redirect)
            if (code := seen["redirect"]["query"].get("code")) is not None:
                seen["code"] = code
                context.transcript.secrets.learn(code)
        return seen


class _TokenRequest(Step):
    """What requests to the token and revocation endpoints have in common."""

    form: dict[str, Any] = {}
    """members of the body changed or added; null leaves one out."""
    client: dict[str, Any] = {}
    """who asks, with ``id`` and ``secret``; by default the client of the latest ``authorize``."""
    authentication: Authentication = "body"
    """how: with both in the ``body``, in a ``basic`` header, or ``none``."""
    headers: dict[str, Any] = {}
    """header fields changed or added; null removes one."""
    as_json: bool = False
    """true writes the body as JSON instead of as a form."""

    def send(self, context: CaseContext, path: str, fields: Mapping[str, Any]) -> Observation:
        """Send it as the application that the latest ``authorize`` in this browser was for."""
        latest = {} if self.client else context.latest("authorize")
        client_id = self.client.get("id", latest.get("client_id"))
        secret = self.client.get("secret", latest.get("client_secret"))
        credentials: dict[str, Any] = {"client_id": client_id, "client_secret": secret}
        headers: dict[str, Any] = {}
        if self.authentication == "none":
            credentials = {}
        elif self.authentication == "basic":
            credentials = {}
            headers["Authorization"] = f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"
        whole = {name: value for name, value in {**fields, **credentials, **self.form}.items() if value is not None}
        body, headers = body_and_headers(
            json_body=whole if self.as_json else None,
            form=None if self.as_json else whole,
            text=None,
            headers={**headers, **self.headers},
        )
        url = f"{context.target.auth_url}{path}"
        return context.observe(context.browser.bare(url, "POST", headers, body), url)


class Redeem(_TokenRequest):
    """Redeem the code of the latest ``decide`` at the token endpoint (RFC 6749 section 4.1.3).

    Observes the HTTP answer.
    """

    action: ClassVar[str] = "redeem"
    observes: ClassVar[Shape] = ANSWER

    def play(self, context: CaseContext) -> Observation:
        """Send the request as a program."""
        asked, decided = context.latest("authorize"), context.latest("decide")
        if "code" not in decided and "code" not in self.form:
            raise ScenarioFault(f"there is no code, the decision was answered with {decided['status']}", blamed=True)
        fields = {
            "grant_type": "authorization_code",
            "code": decided.get("code"),
            "redirect_uri": asked["redirect_uri"],
            "code_verifier": asked.get("verifier"),
        }
        seen = self.send(context, "/v1/token", fields)
        _remember_holder(context, seen)
        return seen


class Renew(_TokenRequest):
    """Redeem a refresh token at the token endpoint (RFC 6749 section 6). Observes the HTTP answer."""

    action: ClassVar[str] = "renew"
    observes: ClassVar[Shape] = ANSWER
    refresh_token: Text = LATEST
    """by default the one that was given out last in this browser."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request as a program."""
        token = _refresh_token(context) if self.refresh_token == LATEST else self.refresh_token
        seen = self.send(context, "/v1/token", {"grant_type": "refresh_token", "refresh_token": token})
        _remember_holder(context, seen)
        return seen


class Revoke(_TokenRequest):
    """Take a refresh token back (RFC 7009). Observes the HTTP answer."""

    action: ClassVar[str] = "revoke"
    observes: ClassVar[Shape] = ANSWER
    token: Text = LATEST
    """by default the refresh token that was given out last in this browser."""

    def play(self, context: CaseContext) -> Observation:
        """Send the request as a program."""
        token = _refresh_token(context) if self.token == LATEST else self.token
        return self.send(context, "/v1/revoke", {"token": token})


class ObtainTokens(Step):
    """The whole way to tokens: ``authorize``, ``decide`` and ``redeem``, with the arguments of the first.

    Observes what ``redeem`` observes, and the parts as ``authorize`` and ``decide``.
    """

    action: ClassVar[str] = "obtain_tokens"
    observes: ClassVar[Shape] = {**ANSWER, "authorize": Authorize.observes, "decide": Decide.observes}
    client_id: str = REGISTERED
    """as of ``authorize``."""
    redirect_uri: str = REGISTERED
    """as of ``authorize``."""
    scope: Text = None
    """as of ``authorize``."""
    challenge: Challenge = "S256"
    """as of ``authorize``."""
    token: Text = SIGNED_IN
    """the Backstage token of who approves, as of ``decide``."""

    def play(self, context: CaseContext) -> Observation:
        """Play the three steps after one another."""
        parts: Observation = {}
        asked = self.model_dump(exclude={"token"})
        for step in (Authorize(**asked), Decide(token=self.token), Redeem()):
            parts[step.action] = step.play(context)
            context.remember(step.action, parts[step.action])
        return {**parts["redeem"], "authorize": parts["authorize"], "decide": parts["decide"]}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _user_token(context: CaseContext) -> str:
    """The Backstage token of who signed in last in the acting browser."""
    session = _mapping(context.latest("sign_in", "callback", "proxied_sign_in").get("session"))
    token = _mapping(session.get("backstageIdentity")).get("token")
    if not isinstance(token, str):
        raise ScenarioFault("no user is signed in who could decide", blamed=True)
    return token


def _remember_holder(context: CaseContext, seen: Observation) -> None:
    if isinstance(_mapping(seen.get("json")).get("refresh_token"), str):
        context.remember(_HOLDER, seen)


def _refresh_token(context: CaseContext) -> str:
    """The refresh token that was given out last in the acting browser."""
    try:
        return str(context.latest(_HOLDER)["json"]["refresh_token"])
    except ScenarioFault as error:
        raise ScenarioFault("no refresh token was given out before this step", blamed=True) from error
