"""Files that are made from the code: write them, or check that they are fresh."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_or_check(files: Mapping[Path, str], arguments: Sequence[str], command: str) -> int:
    """Write the files, or with ``--check`` say which ones are stale.

    Parameters:
        files: path -> what it has to hold.
        arguments: of the command line: nothing, or ``--check``.
        command: how to write them, for the message.

    Returns:
        The exit status: 1 if a file is stale, 2 if the command line is wrong.
    """
    if list(arguments) not in ([], ["--check"]):
        print(f"usage: {command} [--check]", file=sys.stderr)
        return 2
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if arguments:
        for path in stale:
            print(f"{path} is stale; run {command}", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path}")
    return 0
