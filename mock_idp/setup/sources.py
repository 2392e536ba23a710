"""Where a set-up comes from: files that may change while the mock runs."""

import glob
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


_State = tuple[object, ...]


class Sources:
    """All sources of a mock, and whether their files changed.

    Parameters:
        sources: in order; where two say something the later counts.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._seen: _State = ()

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
        """Whether a file changed, came or went since it was last read."""
        return bool(self._sources) and self._state() != self._seen

    def _state(self) -> _State:
        return tuple(self._look(source) for source in self._sources)

    def _look(self, source: Source) -> _State:
        try:
            files = source.files()
            looks = [path.stat() for path in files]
        except (SetupFileError, OSError) as error:
            return (str(error),)
        return tuple(
            (path, look.st_mtime_ns, look.st_size, look.st_ino) for path, look in zip(files, looks, strict=True)
        )
