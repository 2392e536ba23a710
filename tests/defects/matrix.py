"""Writes the kill matrix: which requirements fail because of which defect.

    python -m tests.defects.matrix [--jobs N] [DEFECT …]

Plays every scenario against every defect and writes ``docs/kill-matrix.md``. With names of defects it writes
nothing and prints their rows.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path

from conformance.requirement_list import requirements
from tests.defects.bench import bench
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect
from tests.interop.idp_process import ROOT

MATRIX = ROOT / "docs" / "kill-matrix.md"
SHOWN = 12
"""Further requirements that a row lists by name."""

HEAD = """\
# Kill matrix

A scenario that cannot fail proves nothing. Each row is a deliberate defect of the reference backend
(`tests/defects/catalogue/`) and the requirements that fail because of it when all scenarios are played:
**bold** are those that have to, which `tests/defects/test_defects.py` checks; the others fail as well, most of them
because nothing works after the first failure.

Written by `python -m tests.defects.matrix`; do not edit. {count} defects, {uncaught}.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.defects.matrix", description=__doc__.partition("\n")[0])
    parser.add_argument("defects", metavar="DEFECT", nargs="*", choices=[[], *catalogue()], help="only these")
    parser.add_argument("--jobs", type=int, default=2, help="mock IdPs at work side by side")
    options = parser.parse_args(arguments)
    chosen = [catalogue()[id_] for id_ in options.defects or catalogue()]
    begun = time.monotonic()
    shares = [[defect.id for defect in chosen[start :: options.jobs]] for start in range(options.jobs)]
    with ProcessPoolExecutor(options.jobs) as pool:
        failing = {id_: ids for share in pool.map(play_share, shares) for id_, ids in share.items()}
    if options.defects:
        print("\n".join(row(defect, failing[defect.id]) for defect in chosen))
    else:
        MATRIX.write_text(document(chosen, failing), encoding="utf-8")
        print(f"{MATRIX.relative_to(ROOT)}: {len(chosen)} defects in {time.monotonic() - begun:.0f} s")


def play_share(ids: Iterable[str]) -> dict[str, list[str]]:
    """Failing requirements of each of these defects, with a mock IdP of their own."""
    with tempfile.TemporaryDirectory(prefix="defects-") as folder, bench(Path(folder)) as ready:
        return {id_: sorted(ready.judge(catalogue()[id_]).failing) for id_ in ids}


def document(defects: Sequence[Defect], failing: Mapping[str, Sequence[str]]) -> str:
    """The whole file."""
    uncaught = sum(not failing[defect.id] for defect in defects)
    said = f"**{uncaught} of them uncaught**" if uncaught else "all of them caught"
    lines = [HEAD.format(count=len(defects), uncaught=said)]
    for area, members in groupby(defects, key=lambda defect: defect.area):
        lines += [
            f"\n## {area.replace('_', ' ').capitalize()}\n",
            "| defect | what the broken backend does | caught by |",
        ]
        lines += ["|---|---|---|", *(row(defect, failing[defect.id]) for defect in members)]
    return "\n".join([*lines, ""])


def row(defect: Defect, failing: Sequence[str]) -> str:
    """One line of the table."""
    ordered = [id_ for id_ in requirements() if id_ in failing]
    named = [f"**{id_}**" for id_ in ordered if id_ in defect.caught_by]
    others = [id_ for id_ in ordered if id_ not in defect.caught_by]
    shown = [*named, *others[:SHOWN]]
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    caught = ", ".join(shown) + more or "**uncaught**"
    return f"| `{defect.id}` | {defect.title} | {caught} |"


if __name__ == "__main__":
    main()
