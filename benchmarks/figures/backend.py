"""The reference backend and the real one beside our mock: ready, memory, and a sign-in with its refresh."""

from pathlib import Path
from typing import Final

from benchmarks.client import play
from benchmarks.figures.model import Figure, Results
from benchmarks.settings import BACKEND_LOGINS, WARM_LOGINS
from benchmarks.stand import running_stand

FIGURES: Final = (
    Figure("backend-ready", "backend: ready", "ms"),
    Figure("backend-memory", "backend: memory when ready", "MiB"),
    Figure("backend-login", "backend: start, frame, refresh, without the vendor's CPU", "ms"),
    Figure("backend-login-vendor", "the vendor's CPU in it", "ms"),
)


def measure(subject: str, out: Path, results: Results) -> None:
    """Measure it once.

    Parameters:
        subject: which backend, of :data:`benchmarks.stand.BACKENDS`.
        out: for files.
        results: takes the values.

    Raises:
        MeasuringError: one of them does not start.
        LoadError: a sign-in failed.
    """
    with running_stand(out, subject) as stand:
        measured = {"backend-ready": stand.backend.ready * 1000, "backend-memory": stand.backend.usage().memory}
        stand.wait_for_the_catalog()
        play(stand.logins(WARM_LOGINS), 1)
        before = stand.mock.usage().cpu
        load = play(stand.logins(BACKEND_LOGINS), 1)
        vendor = (stand.mock.usage().cpu - before) / BACKEND_LOGINS
        measured["backend-login"] = (load.seconds / BACKEND_LOGINS - vendor) * 1000
        measured["backend-login-vendor"] = vendor * 1000
        results.loaded(load.own_share, "sign-ins at the backend")
    results.enter(subject, measured)
