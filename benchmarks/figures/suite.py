"""The suite: how long its commands take as whole processes, and who uses the CPU of a full run."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures.model import Figure, Results
from benchmarks.measuring import MeasuringError, parts_of
from benchmarks.settings import ROOT, RUN_SECONDS, SAMPLE_SECONDS
from benchmarks.stand import IN_MEMORY, PROVIDER, running_stand

PLAIN: Final = "pytest and httpcore"
FIGURES: Final = (
    Figure("suite-help", "suite: --help", "s"),
    Figure("suite-collect", "suite: --collect-only", "s"),
    Figure("suite-case", "suite: one case at a running target", "s"),
    Figure("suite-run", "suite: default run with -n 2", "s"),
    Figure("suite-run-cpu-suite", "its CPU: suite", "s"),
    Figure("suite-run-cpu-mock", "its CPU: mock", "s"),
    Figure("suite-run-cpu-backend", "its CPU: backend", "s"),
)
_PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
_FAILED: Final = 1
_PROGRAMS: Final = {"mock": "mock_idp", "backend": "reference_backend"}


def measure(wanted: Collection[str], out: Path, results: Results) -> None:
    """Measure it once.

    Parameters:
        wanted: ids of the figures.
        out: for files.
        results: takes the values.

    Raises:
        MeasuringError: a command failed.
    """
    suite = (*_PYTEST, "conformance")
    measured = {}
    if "suite-help" in wanted:
        measured["suite-help"] = timed([sys.executable, "-m", "conformance", "--help"])
    if "suite-collect" in wanted:
        measured["suite-collect"] = timed([*suite, "--collect-only"])
    if "suite-case" in wanted:
        with running_stand(out, IN_MEMORY, is_automatic=False) as stand:
            where = ("--target", stand.url, "--idp", stand.idp)
            measured["suite-case"] = timed([*_PYTEST, one_case(suite, where), *where, "--provider", PROVIDER])
            plain = [*_PYTEST, "--noconftest", str(ROOT / "benchmarks" / "plain_case.py")]
            results.enter(PLAIN, {"suite-case": timed(plain, {"BENCHMARK_TARGET": stand.url})})
    if any(id_.startswith("suite-run") for id_ in wanted):
        measured |= _full_run([*suite, "-n", "2"])
    results.enter("ours", {id_: value for id_, value in measured.items() if id_ in wanted})


def one_case(suite: Sequence[str], where: Sequence[str]) -> str:
    """The node id of the first case that is played at the provider.

    Raises:
        MeasuringError: there is none.
    """
    command = [*suite, *where, "--provider", PROVIDER, "--collect-only"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    names = [line for line in done.stdout.splitlines() if f"[{PROVIDER}/" in line]
    if not names:
        raise MeasuringError(f"the suite collects nothing for {PROVIDER}: {(done.stdout + done.stderr)[-600:]}")
    return names[0]


def timed(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """How long a command takes as a whole process, in seconds.

    Raises:
        MeasuringError: it failed.
    """
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the commands are ours
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    if done.returncode:
        raise MeasuringError(
            f"'{' '.join(command)}' ended with {done.returncode}: {(done.stdout + done.stderr)[-600:]}"
        )
    return time.perf_counter() - began


def _full_run(command: Sequence[str]) -> dict[str, float]:
    """Wall time of a run, and the CPU of its parts; all processes are descendants of one that is waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    seen: dict[tuple[str, int], float] = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # noqa: S603
        while True:
            try:
                output, _ = process.communicate(timeout=SAMPLE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                # What a server used after the last look counts as the suite's: SAMPLE_SECONDS of it at most.
                seen.update(parts_of(process.pid, _PROGRAMS))
    seconds = time.perf_counter() - began
    if process.returncode > _FAILED:
        raise MeasuringError(f"the run ended with {process.returncode}: {output.decode(errors='replace')[-600:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cpu = {part: sum(used for (name, _), used in seen.items() if name == part) for part in _PROGRAMS}
    return {
        "suite-run": seconds,
        "suite-run-cpu-suite": whole - sum(cpu.values()),
        **{f"suite-run-cpu-{part}": used for part, used in cpu.items()},
    }
