"""Two hundred people sign in at the same time, and everybody stays who they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from conformance.cases import Case
from conformance.driver.browser import Transcript
from conformance.driver.idp import Idp
from conformance.driver.wire import Wire
from conformance.initial_scope import initial_scope
from conformance.scenario.model import Scenario
from conformance.steps.base import CaseContext, Observation, Step
from conformance.steps.session import Refresh
from conformance.steps.sign_in import Callback, Consent, Start
from conformance.target import Provider
from tests.defects.harness import Harness
from tests.exploration.player import player_of

LOGINS = 200
AT_ONCE = 40
"""Requests that are on their way at the same time; all logins are in progress at the same time."""

PROVIDERS = ("google", "oauth2")
SEED = 20261126
NOTHING = Scenario.model_validate({"scenario": "many-logins", "title": "Many people at once", "steps": [{"start": {}}]})


@dataclass
class Login:
    """One person in one browser."""

    context: CaseContext
    persona: str
    provider: str

    def move(self, step: Step) -> Observation:
        """Make a move, as a scenario would."""
        seen = step.play(self.context)
        self.context.remember(step.action, seen)
        return seen

    @property
    def entity_ref(self) -> str:
        """Who it has to be."""
        found: str = self.context.scope["persona"][self.persona]["entity_ref"]
        return found


def login(harness: Harness, wire: Wire, provider: Provider, persona: str) -> Login:
    target, facts = harness.target, harness.library.facts[provider.vendor]
    case = Case(NOTHING, provider, target.environment)
    context = CaseContext(target, provider, facts, target.environment, wire, Idp(harness.idp.url, wire), Transcript())
    context.scope, context.provider_facts = initial_scope(case, facts, target, 0)
    return Login(context, persona, provider.id)


def who(seen: Observation) -> str | None:
    """Whose session an answer is."""
    session: dict[str, Any] = seen.get("session") or {}
    found: str | None = session.get("backstageIdentity", {}).get("identity", {}).get("userEntityRef")
    return found


def everybody(
    logins: Iterable[Login], move: Callable[[Login], Observation], shuffled: random.Random
) -> dict[tuple[str, str], str | None]:
    """Everybody makes the same move at the same time, in any order; gives who they are afterwards."""
    order = list(logins)
    shuffled.shuffle(order)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(move, order))
    return {(one.provider, one.persona): who(answer) for one, answer in zip(order, seen, strict=True)}


def test_identities_never_mix(harness: Harness) -> None:
    with player_of(harness, PROVIDERS[0], None) as player:
        target = harness.target
        people = [name for name, one in target.personas.items() if one.get("spare")]
        people += ["plain", "foreign-domain", "twin-north", "twin-south", "many-groups"]
        providers = [provider for provider in target.providers if provider.id in PROVIDERS]
        pairs = [(provider, person) for person in people for provider in providers][:LOGINS]
        assert len(pairs) == LOGINS
        logins = [login(harness, player.wire, provider, person) for provider, person in pairs]
        expected = {(one.provider, one.persona): one.entity_ref for one in logins}
        shuffled = random.Random(SEED)

        everybody(logins, lambda one: one.move(Start()), shuffled)
        everybody(logins, lambda one: one.move(Consent(persona=one.persona)), shuffled)
        assert everybody(logins, lambda one: one.move(Callback()), shuffled) == expected
        for _ in range(2):
            assert everybody(logins, lambda one: one.move(Refresh()), shuffled) == expected
