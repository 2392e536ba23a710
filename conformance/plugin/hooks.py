"""The pytest hooks. Public pytest and xdist API only."""

import contextlib
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.cases import Case
from conformance.examination.findings import in_words
from conformance.play import did_not_run
from conformance.plugin.options import add_options, read_options
from conformance.plugin.run import CLEAN_UP, RUN, Run, begin, continue_in_worker
from conformance.reports.deviations import render_deviations
from conformance.reports.document import build_document
from conformance.reports.files import write_report
from conformance.reports.groups import BAD, first_requirement
from conformance.reports.html import render_html
from conformance.reports.json_report import render_json
from conformance.reports.junit import render_junit
from conformance.reports.terminal import Progress, summarise, told_at_once
from conformance.verdicts import CaseResult

RESULT = pytest.StashKey[dict[str, Any]]()
"""Where a case leaves its result."""

ATTRIBUTE: Final = "conformance_result"
"""Attribute of pytest's report in which the result travels, from an xdist worker too."""

FUZZ: Final = "fuzz"
"""Name of the step, and of the marker of cases that play it: ``-m "not fuzz"`` leaves them out."""

SENT: Final = ("options", "library", "target", "deviations", "handover")
"""What an xdist worker is told."""

STARTED = pytest.StashKey[float]()
DOCUMENT = pytest.StashKey[dict[str, Any]]()
JUNIT = pytest.StashKey[str | None]()
"""Where ``--junit-xml`` is to be written: by the suite, whose file has a class for each scenario file."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepare the run; a configuration fault ends it here with one sentence."""
    if config.option.help or config.option.version:
        return
    config.addinivalue_line("markers", f"{FUZZ}: sends malformed requests")
    show_failures_once(config)
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[RUN] = continue_in_worker(*(given[name] for name in SENT))
        return
    options = read_options(config)
    clean_up = contextlib.ExitStack()
    config.stash[CLEAN_UP] = clean_up
    config.stash[STARTED] = time.time()
    folder = Path(clean_up.enter_context(tempfile.TemporaryDirectory(prefix="auth-conformance-")))
    try:
        config.stash[RUN] = begin(options, folder, clean_up, only_collects=config.option.collectonly)
    except BaseException:
        clean_up.close()
        raise


def show_failures_once(config: pytest.Config) -> None:
    """Leave out what pytest tells of each failed test, unless it is asked for, and its JUnit file.

    The suite's own reports put cases that failed alike together.
    """
    option = config.option
    if option.tbstyle == "auto":
        option.tbstyle = "no"
    if option.reportchars == "fE":
        option.reportchars = ""
    config.stash[JUNIT] = option.xmlpath
    option.xmlpath = None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    run = config.stash.get(RUN, None)
    if run is not None:
        run.close()
    clean_up = config.stash.get(CLEAN_UP, None)
    if clean_up is not None:
        clean_up.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker what the controller found out."""
    run = node.config.stash[RUN]
    accepted = [entry.model_dump() for entry in run.deviations]
    handover = None if run.is_examined else str(run.handover)
    told = (run.options.to_json(), run.library.to_json(), run.target.to_json(), accepted, handover)
    node.workerinput.update(zip(SENT, told, strict=True))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is tested."""
    run = config.stash.get(RUN, None)
    if run is None:
        return []
    return lines_about(run)


def lines_about(run: Run) -> list[str]:
    """What is known about the target: a line each."""
    seed = f"seed: {run.options.seed}"
    if not run.is_examined:
        target = run.options.target or "the reference backend, with a mock IdP of its own"
        return [f"target: {target} (profile {run.target.profile}); {seed}"]
    present = [provider.id for provider in run.target.providers if not provider.not_applicable]
    missing = [provider.id for provider in run.target.providers if provider.not_applicable]
    return [
        f"target: {run.target.auth_url} (app {run.target.app_origin}, profile {run.target.profile})",
        f"mock IdP: {run.target.idp['urls']['http']}; {seed}",
        f"providers: {', '.join(present)}" + (f"; not on the target: {', '.join(missing)}" if missing else ""),
        *in_words(run.findings),
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each case."""
    if "case" in metafunc.fixturenames:
        cases = metafunc.config.stash[RUN].cases()
        parameters = [pytest.param(case, id=case.id, marks=[pytest.mark.fuzz] * _fuzzes(case)) for case in cases]
        metafunc.parametrize("case", parameters)


def _fuzzes(case: Case) -> bool:
    return any(step.action == FUZZ for step in case.scenario.steps)


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """The run, its target examined."""
    run = pytestconfig.stash[RUN]
    run.take_over()
    return run


def case_id_of(node_id: str) -> str:
    """The case's id inside pytest's node id."""
    return node_id.partition("[")[2].removesuffix("]")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put a case's result into the report of its test."""
    report = yield
    if report.when == "call" and RESULT in item.stash:
        setattr(report, ATTRIBUTE, item.stash[RESULT])
    return report


def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    """No letter for a case: a line tells how far the run is, and what failed is told in words."""
    if config.option.verbose > 0 or not hasattr(report, ATTRIBUTE):
        return None
    category = "xfailed" if hasattr(report, "wasxfail") and report.skipped else report.outcome
    return category, "", category.upper()


class Collector:
    """Collects on the controller what was planned and what came of it, here or in the workers.

    What is played needs a target: it is examined as soon as it is known that something is, and before a worker is
    given its first case.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._run = config.stash[RUN]
        self._reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._progress: Progress | None = None
        self._begun = 0.0
        self._told: set[tuple[Any, ...]] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what is about to run in this process, after ``-k`` and the like."""
        self._run.planned |= {case_id_of(item.nodeid) for item in session.items}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Examine the target before the first case of this process, if there is one."""
        if session.items and not session.testsfailed and not self._config.option.collectonly:
            self._run.examine(self._config.stash[CLEAN_UP])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Remember what a worker is about to run, and examine the target before one is given its first case.

        All workers collect the same; with ``--collect-only`` there are none.
        """
        self._run.planned |= {case_id_of(node_id) for node_id in ids}
        if ids:
            self._run.examine(self._config.stash[CLEAN_UP])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a case's result out of its report, and tell at once what failed in a new way."""
        told: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
        if told is None:
            return
        result = CaseResult.from_json(told)
        self._run.results.append(result)
        if self._config.option.verbose < -1:
            return
        self._progress = self._progress or Progress(len(self._run.planned))
        self._begun = self._begun or time.monotonic() - result.seconds
        lines = [self._progress.add(result, time.monotonic() - self._begun)]
        signature = (result.scenario, first_requirement(told)) if result.verdict.value in BAD else None
        if signature is not None and signature not in self._told:
            self._told.add(signature)
            lines.append(told_at_once(result))
        for line in filter(None, lines):
            self._reporter.ensure_newline()
            self._reporter.write_line(line)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin collecting results on the controller."""
    run = session.config.stash.get(RUN, None)
    if run is not None and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Collector(session.config), "conformance-collector")


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Write the reports, and fail the run for stale deviations."""
    yield
    run = session.config.stash.get(RUN, None)
    if run is None or hasattr(session.config, "workerinput") or not run.planned or not run.is_examined:
        return
    missing = run.planned - {result.id for result in run.results}
    lost = [case for case in run.cases() if case.id in missing] if missing else []
    run.results += [did_not_run(case, str(session.shouldstop or "")) for case in lost]
    document = build_document(
        run.results,
        run.target,
        run.deviations,
        seed=run.options.seed,
        should_fails=run.options.should_fails,
        started=session.config.stash[STARTED],
        embedded=run.options.target is None,
    )
    session.config.stash[DOCUMENT] = document
    options = run.options
    for path, render in (
        (options.report_json, render_json),
        (options.report_html, render_html),
        (options.write_deviations, render_deviations),
        (session.config.stash[JUNIT], render_junit),
    ):
        if path:
            write_report(render(document), Path(path))
    expired = any(entry["verdict"] == "expired" for entry in document["deviations"])
    bad = document["summary"]["stale"] or expired or lost
    if bad and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if session.exitstatus == pytest.ExitCode.OK and any(finding.is_set_up for finding in run.findings):
        # Nothing failed, but what could not be tested is not green either.
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what the run came to, per verdict and per requirement that did not hold."""
    document = config.stash.get(DOCUMENT, None)
    if document is not None:
        run = config.stash[RUN]
        summarise(document, terminalreporter, run.options.transcripts, run.options.own_files)
        for line in in_words(finding for finding in run.findings if finding.is_set_up):
            terminalreporter.line(line)
