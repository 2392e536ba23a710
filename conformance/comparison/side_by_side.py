"""Plays the same cases on two targets and finds what differs on the wire."""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.cases import Case, on_target
from conformance.comparison.exchanges import Difference, Reader, differences
from conformance.comparison.explanations import Explanation, explanation_of
from conformance.comparison.left_out import LeftOut, covers
from conformance.driver.browser import Transcript
from conformance.driver.idp import Idp
from conformance.driver.wire import HttpExchange, Wire, origin_of
from conformance.examination.probe import wire_for
from conformance.initial_scope import initial_scope
from conformance.play import RunPolicy, TargetStoppedError, play
from conformance.scenario.expansion import repeated
from conformance.scenario.loader import Library
from conformance.target import Target
from conformance.verdicts import CaseResult

NUMBER_OF_EXCHANGES = "number of requests"


@dataclass(frozen=True, slots=True)
class Found:
    """One difference, and where it was found.

    Parameters:
        case: id of the case.
        scenario: id of its scenario.
        provider: id of its provider.
        step: number of the step, from 1.
        action: what the step does.
        request: method and path.
        difference: what differs.
        explanation: why it may, or None.
    """

    case: str
    scenario: str
    provider: str
    step: int
    action: str
    request: str
    difference: Difference
    explanation: str | None


@dataclass
class Comparison:
    """What a comparison came to.

    Attributes:
        cases: how many cases were played on both.
        exchanges: how many answers were compared.
        found: every difference.
        stopped: why it ended early, or None.
        not_compared: reason -> how many cases.
    """

    cases: int = 0
    exchanges: int = 0
    found: list[Found] = field(default_factory=list)
    stopped: str | None = None
    not_compared: dict[str, int] = field(default_factory=dict)

    @property
    def unexplained(self) -> list[Found]:
        """The differences that nothing explains."""
        return [one for one in self.found if one.explanation is None]


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms two targets are compared.

    Parameters:
        library: scenarios and facts.
        without: what is left out.
        explanations: what is known to differ.
        seed: of random choices.
        timeout_seconds: limit for each request.
    """

    library: Library
    without: LeftOut
    explanations: Sequence[Explanation]
    seed: int
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class _Played:
    result: CaseResult
    by_step: Mapping[int, list[HttpExchange]]
    reader: Reader


class SideBySide:
    """Plays cases on both targets, one after the other.

    Parameters:
        one: the first target.
        other: the second.
        terms: see :class:`Terms`.
    """

    def __init__(self, one: Target, other: Target, terms: Terms) -> None:
        self._targets = (one, other)
        self._terms = terms
        self._local = threading.local()
        self._wires: list[Wire] = []
        self._lock = threading.Lock()

    def compare(self, cases: Sequence[Case], jobs: int, progress: Callable[[int, int], None]) -> Comparison:
        """Play cases and compare what both targets answered.

        Parameters:
            cases: as they were collected for the first target.
            jobs: how many are played at once.
            progress: told how many are done, and how many differences there are.
        """
        comparison = Comparison()
        wanted = []
        for case in cases:
            reason = self._not_compared(case)
            if reason is None:
                wanted.append(case)
            else:
                comparison.not_compared[reason] = comparison.not_compared.get(reason, 0) + 1
        with contextlib.ExitStack() as stack, ThreadPoolExecutor(max_workers=jobs) as pool:
            stack.callback(self._close)
            try:
                for exchanges, found in pool.map(self._compare_case, wanted):
                    comparison.cases += 1
                    comparison.exchanges += exchanges
                    comparison.found += found
                    progress(comparison.cases, len(comparison.unexplained))
            except TargetStoppedError as error:
                comparison.stopped = str(error)
                pool.shutdown(cancel_futures=True)
        return comparison

    def _not_compared(self, case: Case) -> str | None:
        for target in self._targets:
            here = on_target(case, target)
            if not here.is_playable:
                return here.not_applicable or here.mistake or here.fault
        left_out = [step.action for step in case.scenario.steps if covers(self._terms.without.steps, step.action)]
        return f"it has the step {left_out[0]!r}" if left_out else None

    def _wire(self, target: Target) -> Wire:
        """A connection of this thread."""
        known: dict[str, Wire] = self._local.__dict__.setdefault("wires", {})
        if target.auth_url not in known:
            seconds = self._terms.timeout_seconds
            known[target.auth_url] = wire_for(target.idp, target.ca_pem, seconds, None, target.public_address)
            with self._lock:
                self._wires.append(known[target.auth_url])
        return known[target.auth_url]

    def _close(self) -> None:
        for wire in self._wires:
            wire.close()

    def _compare_case(self, case: Case) -> tuple[int, list[Found]]:
        one, other = (self._play(case, target, number) for number, target in enumerate(self._targets))
        count, found = 0, []
        for number in sorted({*one.by_step, *other.by_step}):
            here, there = one.by_step.get(number, []), other.by_step.get(number, [])
            count += min(len(here), len(there))
            pairs = zip(here, there, strict=False)
            for sent, difference in _of_step(here, there, [(one.reader, other.reader, *pair) for pair in pairs]):
                found.append(self._found(case, number, sent, difference, (one.result, other.result)))
        return count, found

    def _play(self, case: Case, target: Target, number: int) -> _Played:
        facts = self._terms.library.facts[case.provider.vendor]
        # Values that one play makes up are remembered by the mock IdP, so the other makes up its own.
        policy = RunPolicy((), self._terms.seed + number, should_fails=False)
        wire, transcript = self._wire(target), Transcript()
        here = on_target(case, target)
        scope, _ = initial_scope(here, facts, target, policy.seed)
        idp = Idp(target.idp["urls"]["http"], wire)
        result = play(here, facts, target, wire, idp, policy, transcript)
        by_step: dict[int, list[HttpExchange]] = {}
        for position, exchange in enumerate(transcript.exchanges):
            if origin_of(exchange.request.url) == origin_of(target.auth_url):
                by_step.setdefault(transcript.step_of(position), []).append(exchange)
        own = {
            target.auth_url: "«auth»",
            target.backend_url: "«backend»",
            urlsplit(target.backend_url).netloc: "«backend host»",
            target.app_origin: "«app»",
            scope["case"]["unique"]: "«unique»",
        }
        return _Played(result, by_step, Reader(own, self._terms.without))

    def _found(
        self, case: Case, number: int, sent: HttpExchange | None, difference: Difference, results: Sequence[CaseResult]
    ) -> Found:
        steps = repeated(case.scenario, self._terms.library.facts[case.provider.vendor]).steps
        action = steps[number - 1].action if number else "set-up"
        request = f"{sent.request.method} {urlsplit(sent.request.url).path}" if sent else ""
        explained = explanation_of(difference, case.scenario.scenario, number, results, self._terms.explanations)
        return Found(case.id, case.scenario.scenario, case.provider.id, number, action, request, difference, explained)


def _of_step(
    here: Sequence[HttpExchange],
    there: Sequence[HttpExchange],
    pairs: Sequence[tuple[Reader, Reader, HttpExchange, HttpExchange]],
) -> Iterator[tuple[HttpExchange | None, Difference]]:
    if len(here) != len(there):
        yield None, Difference(NUMBER_OF_EXCHANGES, str(len(here)), str(len(there)))
    for reader, other_reader, one, other in pairs:
        places = _places(reader, one), _places(other_reader, other)
        for difference in differences(*places):
            yield one, difference


def _places(reader: Reader, exchange: HttpExchange) -> dict[str, str | None]:
    if exchange.response is None:
        return {"status": "no answer"}
    return reader.places(exchange.response, exchange.request.url)


@dataclass(frozen=True, slots=True)
class Group:
    """The same difference, wherever it was found.

    Parameters:
        first: one of them.
        found: all of them.
    """

    first: Found
    found: tuple[Found, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "place": self.first.difference.place,
            "one": self.first.difference.one,
            "other": self.first.difference.other,
            "explanation": self.first.explanation,
            "count": len(self.found),
            "cases": sorted({one.case for one in self.found}),
            "first": {"case": self.first.case, "step": self.first.step, "action": self.first.action}
            | {"request": self.first.request},
        }


def groups_of(found: Sequence[Found]) -> list[Group]:
    """Differences that are the same but for the provider, the most frequent first."""
    together: dict[tuple[Any, ...], list[Found]] = {}
    for one in found:
        texts = (one.difference.place, one.difference.one, one.difference.other)
        key = (*(_alike(text, one.provider) for text in texts), one.explanation)
        together.setdefault(key, []).append(one)
    groups = [Group(ones[0], tuple(ones)) for ones in together.values()]
    return sorted(groups, key=lambda group: -len(group.found))


def _alike(text: str | None, provider: str) -> str | None:
    return None if text is None else re.sub(rf"(?<![\w]){re.escape(provider)}(?![\w])", "…", text)
