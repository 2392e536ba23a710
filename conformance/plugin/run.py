"""One run: what the controller finds out once and every worker is told."""

import contextlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cases import Case
from conformance.collection import collect
from conformance.deviations import Deviation, DeviationFileError, read_deviations
from conformance.driver.idp import Idp
from conformance.driver.wire import Wire
from conformance.embedded import EmbeddedStartError, OwnFiles, describe_mock, embedded_pair
from conformance.examination.fault import ConfigurationFault
from conformance.examination.findings import Finding
from conformance.examination.probe import ProbeOptions, examine, planned_target, wire_for
from conformance.play import RunPolicy
from conformance.plugin.options import ENVIRONMENT, PROFILE, Options
from conformance.requirement_list import add, requirements, specified
from conformance.scenario.loader import Library, ScenarioFileError, load
from conformance.steps import RULES
from conformance.target import Target
from conformance.verdicts import CaseResult


@dataclass
class Run:
    """The state of a run in one process.

    Parameters:
        options: the checked options.
        library: all scenarios and facts.
        target: the target; until it is examined, what is planned to be there.
        deviations: accepted deviations.
        is_examined: True if the target has been examined, so that cases can be played.
        handover: where a worker finds the examined target, if it is examined later than the worker starts.
        results: results so far (all of them only on the controller).
        planned: ids of the cases that pytest collected (only on the controller).
        findings: what the examination found (only on the controller).
    """

    options: Options
    library: Library
    target: Target
    deviations: Sequence[Deviation]
    is_examined: bool
    handover: Path | None = None
    results: list[CaseResult] = field(default_factory=list)
    planned: set[str] = field(default_factory=set)
    findings: Sequence[Finding] = ()
    _wire: Wire | None = None
    _idp: Idp | None = None

    @property
    def wire(self) -> Wire:
        """The process's connections, made when first needed."""
        if self._wire is None:
            target, options = self.target, self.options
            self._wire = wire_for(
                target.idp, target.ca_pem, options.timeout, options.target_ca, target.public_address, target.behind
            )
        return self._wire

    @property
    def idp(self) -> Idp:
        """The process's client of the mock IdP, made when first needed."""
        if self._idp is None:
            self._idp = Idp(self.target.idp["urls"]["http"], self.wire)
        return self._idp

    @property
    def policy(self) -> RunPolicy:
        """On which terms cases are played."""
        return RunPolicy(self.deviations, self.options.seed, self.options.should_fails)

    def cases(self) -> list[Case]:
        """Every case of the run."""
        everything = self.options.target is None and not self.options.providers and self.options.env == ENVIRONMENT
        # Another profile may have few providers; what is written for it has to be playable there all the same.
        everything &= self.options.only_profile or self.options.profile == PROFILE
        cases = collect(self.library, self.target, self.options.requirements, is_complete=everything)
        if self.options.only_profile:
            return [case for case in cases if case.scenario.profile == self.options.profile]
        return cases

    def examine(self, clean_up: contextlib.ExitStack) -> None:
        """Examine the target before the first case is played; without ``--target``, start one first.

        Parameters:
            clean_up: stops what is started.

        Raises:
            pytest.UsageError: in one sentence what is wrong and what to do.
        """
        if self.is_examined:
            return
        options = self.options
        try:
            auth_url, idp_url, app_origin = options.target, options.idp, options.app_origin
            replicas = tuple(options.further_replicas)
            if auth_url is None:
                # Another environment is played as real files have it: alone.
                only = None if options.env == ENVIRONMENT else options.env
                pair = clean_up.enter_context(
                    embedded_pair(
                        options.seed,
                        options.profile,
                        replicas=options.replicas,
                        only_environment=only,
                        own=OwnFiles(options.vendors, options.provider_modules),
                    )
                )
                (auth_url, idp_url, app_origin), replicas = pair[:3], pair.replicas
            probe = ProbeOptions(
                auth_url,
                idp_url,
                app_origin,
                options.env,
                options.profile,
                options.providers,
                options.timeout,
                options.target_ca,
                options.app_config,
                replicas,
            )
            examination = examine(probe, self.library.facts)
            self.target = replace(examination.ready(), name=options.target_name)
            self.findings = examination.findings
        except (EmbeddedStartError, ConfigurationFault) as error:
            raise pytest.UsageError(str(error)) from error
        self.is_examined = True
        if self.handover is not None:
            self.handover.write_text(json.dumps(self.target.to_json()), encoding="utf-8")

    def take_over(self) -> None:
        """Read what the controller found out about the target; it was written before the first case was given out."""
        if not self.is_examined and self.handover is not None:
            self.target = Target.from_json(json.loads(self.handover.read_text(encoding="utf-8")))
            self.is_examined = True

    def close(self) -> None:
        """Close the process's connections."""
        if self._wire is not None:
            self._wire.close()


RUN = pytest.StashKey[Run]()
CLEAN_UP = pytest.StashKey[contextlib.ExitStack]()


def load_library(options: Options) -> Library:
    """Read the scenarios.

    Raises:
        pytest.UsageError: with every mistake in them.
    """
    try:
        library = load([Path(folder) for folder in options.scenarios], specified(), RULES)
    except ScenarioFileError as error:
        raise pytest.UsageError(str(error)) from error
    add(library.requirements)
    for id_ in options.requirements:
        if id_ not in requirements():
            raise pytest.UsageError(f"--requirement {id_}: there is no such requirement")
    return library


def begin(options: Options, folder: Path, clean_up: contextlib.ExitStack, *, only_collects: bool) -> Run:
    """Prepare a run on the controller, as far as collecting the cases needs it.

    A target that the suite did not start is examined now, since which cases there are depends on it. Our own pair has
    what the mock IdP says it has; it is started when a case is about to be played (:meth:`Run.examine`).

    Parameters:
        options: the checked options.
        folder: for what workers are handed later.
        clean_up: stops what is started.
        only_collects: True if no case will be played.

    Raises:
        pytest.UsageError: in one sentence what is wrong and what to do.
    """
    try:
        with ThreadPoolExecutor() as aside:
            # A process of its own, so that both take no longer than one.
            is_planned = options.target is None or only_collects
            described_as = (options.profile, options.providers, options.vendors)
            describing = aside.submit(describe_mock, *described_as) if is_planned else None
            library = load_library(options)
            file = Path(options.deviations) if options.deviations else None
            deviations = read_deviations(file, allow_todo=options.allow_todo).deviations if file else []
            described = describing.result() if describing else {}
    except (DeviationFileError, EmbeddedStartError) as error:
        raise pytest.UsageError(str(error)) from error
    if described:
        target = planned_target(described, options.env, options.profile, options.providers, library.facts)
        # Where they are is not known yet; that there are some decides which cases there are.
        several = ("",) * options.replicas if options.replicas > 1 else ()
        planned = replace(target, replicas=several)
        return Run(options, library, planned, deviations, is_examined=False, handover=folder / "target.json")
    run = Run(options, library, Target.unknown(options.target or ""), deviations, is_examined=False)
    run.examine(clean_up)
    return run


def continue_in_worker(
    options: dict[str, Any],
    library: dict[str, Any],
    target: dict[str, Any],
    deviations: list[dict[str, Any]],
    handover: str | None,
) -> Run:
    """Rebuild the controller's run in a worker; nothing is read or checked again.

    Parameters:
        options: as :meth:`Options.to_json` gives them.
        library: as :meth:`Library.to_json` gives it.
        target: as :meth:`Target.to_json` gives it.
        deviations: accepted deviations.
        handover: where the examined target will stand; None if ``target`` is examined already.
    """
    accepted = [Deviation.model_validate(entry) for entry in deviations]
    place = Path(handover) if handover else None
    read = Library.from_json(library)
    add(read.requirements)
    return Run(
        Options(**options),
        read,
        Target.from_json(target),
        accepted,
        is_examined=place is None,
        handover=place,
    )
