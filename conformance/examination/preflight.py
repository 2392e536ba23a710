"""The last part of the examination: one trial sign-in with every provider.

What fails here before the target asked the vendor for a token is a matter of the set-up (trust, proxy, clients), and
would otherwise show as a hundred failed requirements. What fails later is for the scenarios to judge.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from conformance.driver import popup
from conformance.driver.browser import Browser, Transcript, encode_query
from conformance.driver.idp import Idp, IdpError, give_consent
from conformance.driver.observation import observe_response
from conformance.driver.wire import NoAnswerError, Request, Wire
from conformance.examination.fault import ConfigurationFault
from conformance.scenario.model import ProviderFacts
from conformance.target import Provider, Target

CATALOG_SECONDS: Final = 30.0
"""How long a catalog may take to learn about the personas before that counts as a fault."""

CATALOG_POLL_SECONDS: Final = 0.2

FIRST_PERSONA: Final = "plain"
"""The persona that has nothing special, so nothing but the set-up can keep it from signing in."""

UNKNOWN_PERSONA: Final = "resolve user identity"
"""Part of the message of RES-07."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial sign-in came to.

    Parameters:
        problem: None if it worked, else what was said.
        grant: the grant at the vendor, if it came that far.
    """

    problem: str | None
    grant: str | None = None

    @property
    def is_unknown_persona(self) -> bool:
        """Say whether the target asked its catalog in vain."""
        return self.problem is not None and UNKNOWN_PERSONA in self.problem


def check_sign_ins(target: Target, facts: Mapping[str, ProviderFacts], wire: Wire) -> None:
    """Sign the plain persona in with every provider, waiting for the catalog if it is not ready yet.

    Raises:
        ConfigurationFault: the IdP refuses the target's request, the target cannot reach the vendor, or the catalog
            does not know the persona.
    """
    deadline = time.monotonic() + CATALOG_SECONDS
    for provider in target.providers:
        is_there = (
            target.environment in provider.environments if provider.has_environments else not provider.not_applicable
        )
        if not provider.has_popup or not is_there:
            continue
        _check_client(target, provider, wire)
        outcome = _sign_in(target, provider, facts, wire)
        while outcome.is_unknown_persona and time.monotonic() < deadline:
            time.sleep(CATALOG_POLL_SECONDS)
            outcome = _sign_in(target, provider, facts, wire)
        if outcome.is_unknown_persona:
            raise ConfigurationFault(
                f"the target's catalog does not know the persona {FIRST_PERSONA!r} after {CATALOG_SECONDS:g} s; "
                f"add the location {target.idp['urls']['http']}/__idp/catalog.yaml to catalog.locations, "
                f"as 'mock-idp app-config' prints it"
            )
        has_back_channel = provider.kind == "oauth"
        asked = not has_back_channel or not outcome.grant or _asked_for_a_token(target, outcome.grant, wire)
        if outcome.problem is not None and not asked:
            raise ConfigurationFault(
                f"the target does not reach the vendor of provider {provider.id!r} ({outcome.problem}); start it "
                f"inside 'mock-idp run -- …', which sends its traffic for the vendor's hosts to the mock and trusts it"
            )


def _asked_for_a_token(target: Target, grant: str, wire: Wire) -> bool:
    try:
        entries = Idp(target.idp["urls"]["http"], wire).get("/journal", grant=grant)["entries"]
    except (IdpError, KeyError, TypeError):
        return True  # nothing is known, so nothing is blamed on the set-up
    return any(entry["endpoint"] == "token" for entry in entries)


def _start_url(target: Target, provider: Provider, scope: str) -> str:
    parameters = popup.start_parameters(provider.kind, scope, target.app_origin, target.environment)
    return f"{target.auth_url}/{provider.id}/start?{encode_query(parameters)}"


def _check_client(target: Target, provider: Provider, wire: Wire) -> None:
    try:
        location = wire.send(Request("GET", _start_url(target, provider, ""), ())).header("location")
    except NoAnswerError as error:
        raise ConfigurationFault(f"the target at {error} while it was examined") from error
    if location is None:
        return
    try:
        page = wire.send(Request("GET", location, (("Accept", "application/json"),)))
    except NoAnswerError as error:
        raise ConfigurationFault(
            f"the page that provider {provider.id!r} sends users to cannot be opened from here: {error}"
        ) from error
    if (refusal := page.header("mock-idp-refusal")) is not None:
        raise ConfigurationFault(
            f"the mock IdP refuses the request of provider {provider.id!r} (environment {target.environment!r}): "
            f"{refusal}; start it with 'mock-idp serve --backend-url {target.backend_url}'"
        )


def _sign_in(target: Target, provider: Provider, facts: Mapping[str, ProviderFacts], wire: Wire) -> Outcome:
    browser = Browser(wire, target.app_origin, Transcript())
    start = _start_url(target, provider, " ".join(facts[provider.vendor].scopes.frontend))
    grant: str | None = None
    try:
        location = browser.navigate(start).header("location")
        if location is None:
            return Outcome("start did not redirect")
        _, answer, _ = give_consent(browser, location, persona=FIRST_PERSONA, came_from=start)
        back = popup.way_back(answer, location) if answer else None
        if answer is None or back is None:
            return Outcome("the vendor did not redirect back")
        grant = answer.header("mock-idp-grant")
        page = back.follow(browser)
    except NoAnswerError as error:
        return Outcome(str(error), grant)
    seen = observe_response(page, back.url, time.time())
    if "session" in seen:
        return Outcome(None, grant)
    return Outcome(str(seen.get("error", {}).get("message", "no answer in the page")), grant)
