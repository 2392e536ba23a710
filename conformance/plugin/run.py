"""One run: what the controller finds out once and every worker is told."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cases import Case
from conformance.collection import collect
from conformance.deviations import Deviation, DeviationFileError, read_deviations
from conformance.driver.idp import Idp
from conformance.driver.wire import Wire
from conformance.embedded import EmbeddedStartError, embedded_pair
from conformance.play import RunPolicy
from conformance.plugin.options import PROFILE, Options
from conformance.requirement_list import requirements
from conformance.scenario.loader import Library, ScenarioFileError, load
from conformance.steps import RULES
from conformance.target.description import Target
from conformance.target.examination import ProbeOptions, examine, wire_for
from conformance.target.fault import ConfigurationFault
from conformance.verdicts import CaseResult


@dataclass
class Run:
    """The state of a run in one process.

    Parameters:
        options: the checked options.
        library: all scenarios and facts.
        target: the examined target.
        deviations: accepted deviations.
        results: results so far (all of them only on the controller).
        planned: ids of the cases that pytest collected (only on the controller).
    """

    options: Options
    library: Library
    target: Target
    deviations: Sequence[Deviation]
    results: list[CaseResult] = field(default_factory=list)
    planned: set[str] = field(default_factory=set)
    _wire: Wire | None = None

    @property
    def wire(self) -> Wire:
        """The process's connections, made when first needed."""
        if self._wire is None:
            target, options = self.target, self.options
            self._wire = wire_for(target.idp, target.ca_pem, options.timeout, options.target_ca, target.public_address)
        return self._wire

    @property
    def idp(self) -> Idp:
        """The mock IdP."""
        return Idp(self.target.idp["urls"]["http"], self.wire)

    @property
    def policy(self) -> RunPolicy:
        """On which terms cases are played."""
        return RunPolicy(self.deviations, self.options.seed, self.options.should_fails)

    def cases(self) -> list[Case]:
        """Every case of the run."""
        everything = self.options.target is None and not self.options.providers
        # Another profile may have few providers; what is written for it has to be playable there all the same.
        everything &= self.options.only_profile or self.options.profile == PROFILE
        cases = collect(self.library, self.target, self.options.requirements, is_complete=everything)
        if self.options.only_profile:
            return [case for case in cases if case.scenario.profile == self.options.profile]
        return cases

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
    for id_ in options.requirements:
        if id_ not in requirements():
            raise pytest.UsageError(f"--requirement {id_}: there is no such requirement")
    try:
        return load([Path(folder) for folder in options.scenarios], requirements(), RULES)
    except ScenarioFileError as error:
        raise pytest.UsageError(str(error)) from error


def begin(options: Options, clean_up: contextlib.ExitStack) -> Run:
    """Prepare a run on the controller: read files, start the embedded pair if need be, examine the target.

    Raises:
        pytest.UsageError: in one sentence what is wrong and what to do.
    """
    library = load_library(options)
    try:
        deviations = read_deviations(Path(options.deviations)).deviations if options.deviations else []
        auth_url, idp_url, app_origin = options.target, options.idp, options.app_origin
        if auth_url is None:
            auth_url, idp_url, app_origin = clean_up.enter_context(embedded_pair(options.seed, options.profile))
        probe = ProbeOptions(
            auth_url,
            idp_url,
            app_origin,
            options.env,
            options.profile,
            options.providers,
            options.timeout,
            options.target_ca,
        )
        target = replace(examine(probe, library.facts), name=options.target_name)
    except (DeviationFileError, EmbeddedStartError, ConfigurationFault) as error:
        raise pytest.UsageError(str(error)) from error
    return Run(options, library, target, deviations)


def continue_in_worker(
    options: dict[str, Any], library: dict[str, Any], target: dict[str, Any], deviations: list[dict[str, Any]]
) -> Run:
    """Rebuild the controller's run in a worker; nothing is read or checked again."""
    accepted = [Deviation.model_validate(entry) for entry in deviations]
    return Run(Options(**options), Library.from_json(library), Target.from_json(target), accepted)
