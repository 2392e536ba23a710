"""Plays the suite on releases of the Backstage auth backend.

    python -m tests.interop.releases 0.30.1          # or: newest, all
    python -m tests.interop.releases --list
    python -m tests.interop.releases --add 0.32.0
    python -m tests.interop.releases --page

A release goes to build/releases/VERSION, its report to build/releases/results. Three minutes each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mock_idp.profiles import profiles
from tests.interop.backstage.errors import CannotRunError

from .changes import read_changes
from .page import write_page
from .play import play
from .table import Release, find_release, look_up, read_table, write_table


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.interop.releases",
        description="Play the suite on releases of the Backstage auth backend, each with its matching modules.",
    )
    parser.add_argument("release", nargs="*", help="a version of the table, 'newest' or 'all'")
    parser.add_argument("--provider", action="append", default=[], help="only this provider id; may be repeated")
    parser.add_argument("--profile", default="default", choices=list(profiles()), help="profile (default: default)")
    parser.add_argument("--list", action="store_true", help="show the table")
    parser.add_argument("--add", metavar="VERSION", help="add a release to the table, from what npm says")
    parser.add_argument("--page", action="store_true", help="make the page from the reports that are there")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    options = _parse(arguments)
    try:
        table = read_table()
        if options.add:
            return _add(table, options.add)
        if options.list:
            for release in table:
                print(_line(release))
            return 0
        chosen = table if options.release == ["all"] else [find_release(table, name) for name in options.release]
        if not chosen and not options.page:
            raise CannotRunError("Name a release, or 'newest', or 'all'; --list shows what the table has.")
        bad = [release for release in chosen if not _play(release, options)]
        if options.page:
            print(f"The page is in {write_page(table, read_changes())}.")
    except CannotRunError as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if bad else 0


def _play(release: Release, options: argparse.Namespace) -> bool:
    print(f"=== {_line(release)}", flush=True)
    report = play(release, read_changes(), profile=options.profile, providers=options.provider)
    summary = report["summary"]
    counts = ", ".join(f"{summary[verdict]} {verdict}" for verdict in summary if isinstance(summary[verdict], int))
    print(counts, flush=True)
    bad = [f"{case['verdict']:7} {case['id']}" for case in report["cases"] if case["verdict"] in {"failed", "error"}]
    bad += [f"stale   {entry['requirement']}" for entry in report["deviations"] if entry["verdict"] == "stale"]
    print("\n".join(bad), flush=True)
    return not bad


def _add(table: list[Release], version: str) -> int:
    if any(release.version == version for release in table):
        raise CannotRunError(f"The table has {version} already.")
    release = look_up(version)
    write_table([*table, release])
    print(f"Added: {_line(release)}")
    return 0


def _line(release: Release) -> str:
    parts = [f"Backstage {release.backstage or '?'}", f"Node {release.node or '?'}", f"{len(release.modules)} modules"]
    return f"{release.version:8} {', '.join([*parts, *(['SAML'] if release.has_saml else [])])}"


if __name__ == "__main__":
    sys.exit(main())
