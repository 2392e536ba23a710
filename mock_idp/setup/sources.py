"""Where a set-up comes from: files that may change while the mock runs."""

import glob
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mock_idp.setup.model import Setup, SetupFileError


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one kind.

    Parameters:
        patterns: paths, in which ``*``, ``?``, ``[…]`` and ``**`` stand for names.
        read: makes a set-up of the files; raises :class:`~mock_idp.setup.model.SetupFileError`.
    """

    patterns: tuple[str, ...]
    read: Callable[[Sequence[Path]], Setup]

    def files(self) -> tuple[Path, ...]:
        """The files there are now.

        Raises:
            SetupFileError: a pattern finds none.
        """
        found: dict[Path, None] = {}
        for pattern in self.patterns:
            names = [pattern] if Path(pattern).exists() else _found(pattern)
            if not names:
                raise SetupFileError(f"There is no file {pattern}.")
            found |= dict.fromkeys(Path(name) for name in names if Path(name).is_file())
        if not found:
            raise SetupFileError(f"{', '.join(self.patterns)} names no file, only directories.")
        return tuple(found)


def _found(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - it may be absolute, which Path.glob refuses


_PAUSE = 20
"""How many times as long as a search took passes until the next one."""
_State = tuple[tuple[tuple[Path, ...], tuple[object, ...]], ...]


class Sources:
    """All sources of a mock, and whether their files changed.

    Parameters:
        sources: in order; where two say something the later counts.
        clock: seconds, from any start.
    """

    def __init__(self, sources: Sequence[Source], clock: Callable[[], float] = time.monotonic) -> None:
        self._sources = tuple(sources)
        self._clock = clock
        self._seen: _State = ()
        self._search_again_at = 0.0

    def read(self) -> Setup:
        """Read everything, and remember what the files look like.

        Raises:
            SetupFileError: a file cannot be used.
        """
        # Before the contents, so that a change meanwhile is seen the next time.
        self._seen = self._state()
        setup = Setup()
        for source in self._sources:
            setup = setup.merged(source.read(source.files()))
        return setup

    def have_changed(self) -> bool:
        """Whether a file changed, came or went since it was last read.

        A pattern may lead through many directories: files that come are looked for at a twentieth of the time at most.
        """
        if not self._sources:
            return False
        if self._clock() < self._search_again_at:
            return any(_looks(files) != seen for files, seen in self._seen)
        return self._state() != self._seen

    def _state(self) -> _State:
        began = self._clock()
        found = [_files(source) for source in self._sources]
        ended = self._clock()
        self._search_again_at = ended + _PAUSE * (ended - began)
        return tuple((files, _looks(files)) for files in found)


def _files(source: Source) -> tuple[Path, ...]:
    try:
        return source.files()
    except SetupFileError:
        return ()


def _looks(files: tuple[Path, ...]) -> tuple[object, ...]:
    """What tells whether files have other contents."""
    return tuple(_look(file) for file in files)


def _look(file: Path) -> object:
    try:
        status = file.stat()
    except OSError as error:
        return error.errno
    return status.st_mtime_ns, status.st_size, status.st_ino
