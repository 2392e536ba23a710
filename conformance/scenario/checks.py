"""What is wrong with a scenario can be said before it is played: words, matchers, paths and references. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from conformance.matchers import mistakes_in
from conformance.paths import MISSING, look_up, segments
from conformance.scenario.expansion import NAMED, bound
from conformance.scenario.facts import ProviderFacts
from conformance.scenario.filters import FILTERS
from conformance.scenario.model import Scenario, StepEntry
from conformance.scenario.near_misses import NearMisses, mistake_in_use
from conformance.scenario.references import UnknownReferenceError, references
from conformance.scenario.shape import Shape, shape_of, wrong_keys, wrong_member

ROOTS: Final[Shape] = shape_of(
    "idp",
    "persona",
    "it",
    "provider",
    case=shape_of("id", "unique"),
    target=shape_of(
        *("auth_url", "auth_path", "backend_url", "app_origin", "environment", "https", "secure", "same_site", "other"),
    ),
)
"""What ``${…}`` reaches before the first step; ``provider`` is looked up in the facts."""

OF_THE_RUN: Final = {
    "id": "",
    "vendor": "",
    "environment": "",
    "url": "",
    "path": "",
    "client": {"name": "", "client_id": "", "client_secret": "", "redirect_uris": [""]},
}
"""Members of ``provider`` that do not come from the facts."""


class StepRules(Protocol):
    """What the language's steps say about themselves."""

    def mistakes(self, action: str, arguments: dict[str, Any]) -> list[str]:
        """What is wrong with a step of that name and these arguments."""
        ...

    def shape(self, action: str, arguments: dict[str, Any]) -> Shape | None:
        """Which members its observation may have; None if there is no such step."""
        ...

    def defines(self, action: str, arguments: dict[str, Any]) -> Collection[str]:
        """Which names it gives to later steps, beside that of ``save``."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a scenario may refer to.

    Parameters:
        requirements: requirement ids.
        steps: the language's steps.
        facts: vendor id -> facts.
        capabilities: the vocabulary.
        is_whole: False if some document could not be read, so that what seems to be missing may stand there.
    """

    requirements: Collection[str]
    steps: StepRules
    facts: Mapping[str, ProviderFacts]
    capabilities: Collection[str]
    is_whole: bool = True


class Mistake(NamedTuple):
    """What is wrong with a scenario.

    Parameters:
        text: ``line: sentence``.
        lacks: vendor and member, if all that is wrong is that the vendor's facts do not say something.
    """

    text: str
    lacks: tuple[str, str] | None = None

    def at(self, where: str) -> "Mistake":
        """The same, with its place before it."""
        return self._replace(text=f"{where}: {self.text}")


def mistakes_of(scenario: Scenario, known: Known) -> Iterator[Mistake]:
    """Everything wrong with a scenario, on whichever vendor it shows."""
    yield from map(Mistake, _wrong_on_every_vendor(scenario, known))
    yield from _wrong_on_a_vendor(scenario, known)


def _wrong_on_every_vendor(scenario: Scenario, known: Known) -> Iterator[str]:
    yield from _wrong_words(scenario, known)
    if not any(step.expect for step in scenario.steps):
        yield f"{scenario.line}: scenario {scenario.scenario!r} expects nothing, so it cannot fail"
    yield from _wrong_near_misses(scenario)
    for step in scenario.steps:
        if step.is_repeated and any(requirement.startswith("${") for requirement in step.expect):
            yield f"{step.line}: step {step.action!r}: each repetition shows the same requirements; name them"


def _wrong_on_a_vendor(scenario: Scenario, known: Known) -> Iterator[Mistake]:
    fitting = [facts for facts in known.facts.values() if scenario.applies_to.fit(facts)]
    told: dict[Mistake, None] = {}
    whole = True
    for facts in _named(scenario, fitting):
        try:
            # What does not depend on the vendor is looked at once.
            is_fixed = scenario.each is None and not any(isinstance(step.each, str) for step in scenario.steps)
            variants = [scenario] if is_fixed and not whole else bound(scenario, facts)
        except UnknownReferenceError as error:
            told[Mistake(f"{scenario.line}: {error} (vendor {facts.provider!r})")] = None
            continue
        for variant in variants:
            told |= dict.fromkeys(_walk(variant, known, facts, whole=whole or scenario.each is not None))
            whole = False
    if whole and not told:
        told |= dict.fromkeys(_walk(scenario, known, None, whole=True))
    yield from told


def _wrong_near_misses(scenario: Scenario) -> Iterator[str]:
    """What is refused shows nothing unless the right value passes in the same scenario."""
    tried = [step for step in scenario.steps if isinstance(step.each, NearMisses)]
    for step in tried:
        if isinstance(step.each, NearMisses) and (mistake := mistake_in_use(step.each)):
            yield f"{step.line}: step {step.action!r}: {mistake}"
    if tried and not any((step.why or "").startswith("Control") and step.expect for step in scenario.steps):
        yield f"{tried[0].line}: near misses need a control: a step 'why: Control.' in which the right value passes"


def _named(scenario: Scenario, fitting: list[ProviderFacts]) -> list[ProviderFacts]:
    """Only the vendors that the provider ids name, if they name any; which vendor is behind another id shows later."""
    ids = scenario.applies_to.providers or []
    return [facts for facts in fitting if facts.provider in ids] or fitting


def wrong_facts(facts: ProviderFacts, known: Known) -> Iterator[str]:
    """Everything wrong with a vendor's facts, as ``line: sentence``."""
    yield from (f"{facts.line}: {mistake}" for mistake in _wrong_capabilities(facts.capabilities, known))
    for path, filters in references(facts.model_dump()):
        root = (segments(path) or [""])[0]
        if root not in {"it", "persona", "target", "idp"}:
            yield f"{facts.line}: ${{{path}}}: facts reach it, persona, target and idp only"
        yield from (f"{facts.line}: ${{{path}}}: {mistake}" for mistake in _wrong_filters(filters))
    named = [resolver.requirement for resolver in facts.resolvers]
    named += [resolver.requirement for resolver in facts.idle_resolvers]
    for requirement in named:
        if requirement not in known.requirements:
            yield f"{facts.line}: there is no requirement {requirement!r}"


def _wrong_words(scenario: Scenario, known: Known) -> Iterator[str]:
    words = (*scenario.applies_to.has, *scenario.applies_to.lacks)
    yield from (f"{scenario.line}: {mistake}" for mistake in _wrong_capabilities(words, known))
    for vendor in scenario.applies_to.vendors or ():
        if vendor not in known.facts and known.is_whole:
            yield f"{scenario.line}: no facts are known of a vendor {vendor!r}; there are {', '.join(known.facts)}"


def _wrong_capabilities(words: Collection[str], known: Known) -> Iterator[str]:
    there = ", ".join(known.capabilities) or "none"
    for word in words:
        if word not in known.capabilities and known.is_whole:
            yield f"the vocabulary has no capability {word!r}; there are {there}"


def _walk(scenario: Scenario, known: Known, facts: ProviderFacts | None, *, whole: bool) -> Iterator[Mistake]:
    """Look at the steps in order; without ``whole``, at nothing but what the vendor's facts decide."""
    scope: dict[str, Any] = {**ROOTS}
    if facts is None and scenario.each is not None:
        scope["each"] = None
    provider = {**facts.model_dump(), **OF_THE_RUN} if facts else None
    if provider:
        provider["token_request"]["authorization"] = provider["refresh_request"]["authorization"] = ""
    own = {"title": scenario.title, "environment": scenario.environment}
    yield from (one.at(str(scenario.line)) for one in _wrong_references(own, scope, provider, facts, whole=whole))
    for step in scenario.steps:
        where = f"{step.line}: step {step.action!r}"
        if whole:
            yield from (Mistake(one).at(where) for one in _wrong_step(step, known))
        in_step = {**scope, "each": None} if step.is_repeated else scope
        for mistake in _wrong_references(step.arguments, in_step, provider, facts, whole=whole):
            yield mistake.at(where)
        shape = known.steps.shape(step.action, step.arguments)
        saved = {step.save: None if step.gathers or step.is_repeated else shape} if step.save else {}
        in_step = {**in_step, **saved, "last": shape}
        for mistake in _wrong_references(step.expect, in_step, provider, facts, whole=whole):
            yield mistake.at(where)
        scope |= {**saved, "last": shape}
        scope |= dict.fromkeys(known.steps.defines(step.action, step.arguments))


def _wrong_step(step: StepEntry, known: Known) -> Iterator[str]:
    for requirement, groups in step.expect.items():
        if requirement.startswith("SEC-") and (step.why or "").startswith("Control"):
            # A backend that refuses what is right would be accused of letting in what is wrong.
            yield f"{requirement} is a threat, which no control shows; name what it does show, or CONTROL-…"
        if not requirement.startswith("${") and requirement not in known.requirements:
            yield f"there is no requirement {requirement!r}"
        if not groups or not all(groups if isinstance(groups, list) else [groups]):
            yield f"{requirement} expects nothing, so it cannot fail"
    if step.save in ROOTS:
        yield f"{step.save!r} cannot be saved under that name, which is taken"
    shape = known.steps.shape(step.action, step.arguments)
    for requirement, path, matcher in step.checks():
        told: list[str | None] = [*mistakes_in(matcher)]
        if shape is not None and path != NAMED:
            told += [wrong_member(shape, path), *wrong_keys(shape, path, matcher)]
        yield from (f"{requirement} {path}: {mistake}" for mistake in told if mistake)
    yield from known.steps.mistakes(step.action, step.arguments)


def _wrong_references(
    value: Any, scope: Mapping[str, Any], provider: Any, facts: ProviderFacts | None, *, whole: bool
) -> Iterator[Mistake]:
    for path, filters in references(value):
        place = f"${{{path}}}"
        root, *rest = segments(path) or [""]
        if root == "provider":
            if provider is not None and facts is not None and look_up(provider, ".".join(_bracketed(rest))) is MISSING:
                member = path.partition(".")[2]
                yield Mistake(f"{place}: the facts of {facts.provider!r} do not say that", (facts.provider, member))
        elif whole and root not in scope:
            there = ", ".join(scope)
            yield Mistake(f"{place}: nothing is called {root!r} here; there are {there}")
        elif whole and scope[root] is not None and (mistake := wrong_member(scope[root], rest)):
            yield Mistake(f"{place}: {mistake}")
        if whole:
            yield from (Mistake(f"{place}: {one}") for one in _wrong_filters(filters))


def _bracketed(parts: list[str]) -> list[str]:
    return [f"[{part}]" for part in parts]


def _wrong_filters(filters: list[str]) -> Iterator[str]:
    for name in filters:
        if name not in FILTERS:
            yield f"no filter {name!r}; there are {', '.join(FILTERS)}"
