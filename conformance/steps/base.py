"""What a step is, and the context it acts on."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict

from conformance.driver.browser import Browser, Transcript, encode_query
from conformance.driver.idp import Idp
from conformance.driver.observation import observe_response
from conformance.driver.wire import Response, Wire
from conformance.scenario.model import ProviderFacts, StepEntry
from conformance.scenario.references import resolve
from conformance.scenario.shape import Shape
from conformance.target import Provider, Target

Observation = dict[str, Any]

XHR: Mapping[str, Any] = {"X-Requested-With": "XMLHttpRequest"}


class ScenarioFault(Exception):  # noqa: N818 - the fault is the scenario's, not an error of ours
    """A step cannot be played because of the scenario or an earlier step, not because of the target's answer.

    ``blamed`` is True when an earlier answer of the target is the cause (no code to call back with, say).
    """

    def __init__(self, text: str, *, blamed: bool = False) -> None:
        super().__init__(text)
        self.blamed = blamed


@dataclass
class CaseContext:
    """What a case plays on: the target, the IdP, the browsers and what steps saved.

    Parameters:
        target: the examined target.
        provider: the provider under test.
        facts: what is known about its vendor.
        environment: the environment of the provider that the case uses.
        wire: how requests are sent.
        idp: the mock IdP.
        transcript: where exchanges are written down.
        scope: what ``${…}`` reaches; saved observations are added to it.
        provider_facts: what ``${provider.…}`` reaches, with references to personas still in it.
        wait: lets so many seconds pass.
        journal_begins: number of the entry of the IdP's journal after which this run's begin.
    """

    target: Target
    provider: Provider
    facts: ProviderFacts
    environment: str
    wire: Wire
    idp: Idp
    transcript: Transcript
    scope: dict[str, Any] = field(default_factory=dict)
    provider_facts: dict[str, Any] = field(default_factory=dict)
    _browsers: dict[str, Browser] = field(default_factory=dict)
    _latest: dict[tuple[str, str], Observation] = field(default_factory=dict)
    acting: str = "main"
    wait: Callable[[float], None] = time.sleep
    journal_begins: int = 0

    @property
    def browser(self) -> Browser:
        """The browser that acts in the current step."""
        if self.acting not in self._browsers:
            self._browsers[self.acting] = Browser(self.wire, self.target.app_origin, self.transcript)
        return self._browsers[self.acting]

    def remember(self, action: str, observation: Observation) -> None:
        """Keep the latest observation of each action and browser, which following steps build on."""
        self._latest[(self.acting, action)] = observation

    def save(self, entry: StepEntry, observation: Observation) -> None:
        """Let later steps reach an observation: as ``last``, and by the name under which it is saved."""
        self.scope["last"] = observation
        if entry.save and entry.gathers:
            self.scope.setdefault(entry.save, []).append(observation)
        elif entry.save:
            self.scope[entry.save] = observation

    def switch_persona(self, persona: str) -> str:
        """Have a persona sign in: from now on ``${it.…}`` is that one, also in the provider's facts.

        Parameters:
            persona: id, or ``own``.

        Returns:
            The id by which the IdP knows it.

        Raises:
            ScenarioFault: there is no such persona.
        """
        known = self.scope["persona"]
        if persona not in known:
            raise ScenarioFault(f"there is no persona {persona!r}; there are {', '.join(known)}")
        self.scope["it"] = known[persona]
        self.scope["provider"] = resolve(self.provider_facts, self.scope)
        return str(known[persona]["id"])

    def latest(self, *actions: str) -> Observation:
        """The latest observation of one of the actions in the acting browser.

        Raises:
            ScenarioFault: there is none.
        """
        for action in actions:
            if (self.acting, action) in self._latest:
                return self._latest[(self.acting, action)]
        raise ScenarioFault(f"this step continues {' or '.join(actions)}, which did not happen before it")

    def provider_url(self, path: str, parameters: Mapping[str, Any]) -> str:
        """Address below the provider, with a query as the frontend writes it."""
        query = encode_query(parameters)
        return f"{self.target.auth_url}/{self.provider.id}{path}" + (f"?{query}" if query else "")

    def observe(self, response: Response, url: str) -> Observation:
        """The observation of an answer of the target."""
        seen = observe_response(response, url, time.time(), self.provider.id)
        for tree in ("session", "json", "messages"):
            self.transcript.secrets.learn_from(seen.get(tree))
        return seen


class Step(BaseModel):
    """One action of the scenario language. The docstring of a subclass is its documentation.

    Class attributes:
        action: the name in YAML.
        observes: which members its observation may have; the loader refuses others in ``expect``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    action: ClassVar[str]
    observes: ClassVar[Shape]

    @classmethod
    def shape(cls, arguments: Mapping[str, Any]) -> Shape:
        """What a step with these arguments, as they stand in the file, observes."""
        return cls.observes

    @classmethod
    def defines(cls, arguments: Mapping[str, Any]) -> Collection[str]:
        """Names that it gives to later steps, beside that of ``save``."""
        return ()

    @classmethod
    def mistakes(cls, arguments: Mapping[str, Any]) -> list[str]:
        """What is wrong with these arguments, as they stand in the file, that their types do not say."""
        return []

    def play(self, context: CaseContext) -> Observation:
        """Act, and say what was seen.

        Raises:
            NoAnswerError: the target (or the IdP, by name) did not answer.
            ScenarioFault: the step cannot be played.
        """
        raise NotImplementedError


def named_steps() -> dict[str, type[Step]]:
    """Name of a step -> its class, of every step that has been imported."""
    found: dict[str, type[Step]] = {}
    waiting = list(Step.__subclasses__())
    while waiting:
        step = waiting.pop()
        waiting += step.__subclasses__()
        if "action" in vars(step):
            found[step.action] = step
    return dict(sorted(found.items()))


def body_and_headers(
    *, json_body: Any, form: Mapping[str, Any] | None, text: str | None, headers: Mapping[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """The body of a request and its headers; at most one of ``json_body``, ``form`` and ``text`` is given."""
    if json_body is not None:
        return json.dumps(json_body).encode(), {"Content-Type": "application/json", **headers}
    if form is not None:
        return urlencode(form, doseq=True).encode(), {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return (text or "").encode(), dict(headers)


def cookie_text(value: str) -> str:
    """A cookie's value as backends write it: percent-encoded as `encodeURIComponent` does."""
    return quote(value, safe="-_.!~*'()")


def put_cookies(context: CaseContext, cookies: Mapping[str, str]) -> None:
    """Put cookies for the target's host into the acting browser; each replaces any of its name."""
    for name, value in cookies.items():
        context.browser.jar.put(context.target.auth_url, name, cookie_text(value), "/")
