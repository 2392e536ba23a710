"""Reads files again when they change, at the next request to the mock."""

from collections.abc import Callable
from threading import Lock

from mock_idp.setup.applied import AppliedSetup
from mock_idp.setup.model import SetupFileError
from mock_idp.setup.sources import Sources


class Reloader:
    """Keeps what is in effect as the files say.

    Parameters:
        sources: the files; they have been read.
        applied: what is in effect.
        report: told one sentence about every change.
    """

    def __init__(self, sources: Sources, applied: AppliedSetup, report: Callable[[str], None]) -> None:
        self._sources = sources
        self._applied = applied
        self._report = report
        self._lock = Lock()

    def check(self) -> None:
        """Look whether files changed, and put into effect what they say now; after a mistake all stays as it was."""
        with self._lock:
            if not self._sources.have_changed():
                return
            before = self._applied.setup
            try:
                setup = self._sources.read()
                self._applied.apply(setup)
            except SetupFileError as mistake:
                self._report(f"{mistake} Everything stays as it was.")
                return
        self._report(f"Read again: {setup.in_words}.")
        if setup.settings != before.settings:
            self._report("The settings changed; they count from the next start on.")
        if setup.vendors != before.vendors:
            self._report("The vendors changed; they count from the next start on.")
        if setup.hosts != before.hosts:
            self._report("Host names changed; they count from the next start on.")
