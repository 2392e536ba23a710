"""The table of releases, what belongs to one, and what is not held against it; without npm and without a backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.interop.backstage import node
from tests.interop.backstage.errors import CannotRunError
from tests.interop.releases import registry
from tests.interop.releases.app_config import fitting
from tests.interop.releases.changes import Change, deviations, read_changes
from tests.interop.releases.page import FAILS, HOLDS, column, differences, write_page
from tests.interop.releases.registry import Published, closure, newest_matching
from tests.interop.releases.table import Release, find_release, read_table, write_table

API, NODE = "@backstage/backend-plugin-api", "@backstage/plugin-auth-node"
ASKED = {API: "^1.9.0", NODE: "^0.7.0", "express": "^4.0.0"}


def module(version: str, api: str, auth_node: str) -> Published:
    return Published(version, {API: api, NODE: auth_node})


def test_the_newest_version_that_asks_for_no_more_belongs_to_the_release() -> None:
    candidates = [
        module("0.5.1", "^1.8.0", "^0.6.14"),
        module("0.5.10", "^1.9.0", "^0.7.0"),
        module("0.5.9", "^1.9.0", "^0.7.0"),
        module("0.5.11", "^1.9.0", "^0.7.1"),
        module("0.6.0", "^1.10.0", "^0.7.0"),
        module("0.5.12-next.0", "^1.9.0", "^0.7.0"),
    ]
    assert newest_matching(candidates, ASKED) == "0.5.10"
    assert newest_matching(candidates[-2:], ASKED) is None


def test_packages_behind_are_of_the_same_release(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {
        "@backstage/module": [module("1.0.0", "^1.9.0", "^0.7.0")],
        NODE: [Published("0.7.0", {API: "^1.9.0", "@backstage/behind": "^2.0.0"}), Published("0.7.5", {})],
        API: [Published("1.9.0", {}), Published("1.12.0", {})],
        "@backstage/behind": [Published("2.0.0", {API: "^1.9.0"}), Published("2.1.0", {API: "^1.12.0"})],
    }
    monkeypatch.setattr(registry, "published", lambda name: packages.get(name, []))
    chosen = closure(["@backstage/module"], ASKED)
    assert chosen == {"@backstage/module": "1.0.0", NODE: "0.7.0", API: "1.9.0", "@backstage/behind": "2.0.0"}


def test_the_oracle_is_the_newest_of_the_table() -> None:
    package = json.loads((node.HERE / "package.json").read_text(encoding="utf-8"))
    newest = read_table()[-1]
    assert package["dependencies"].items() <= newest.dependencies.items()
    assert package["absent"] == newest.absent


def test_the_table_can_be_written_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "table.yaml"
    file.write_text("# a comment\nreleases: []\n", encoding="utf-8")
    write_table(read_table(), file)
    assert read_table(file) == read_table()
    assert file.read_text(encoding="utf-8").startswith("# a comment\n")
    with pytest.raises(CannotRunError, match=r"--add 9\.9\.9"):
        find_release(read_table(), "9.9.9")


def test_every_change_happened_in_a_release_of_the_table() -> None:
    versions = {release.version for release in read_table()}
    assert {change.turning_point for change in read_changes()} <= versions


LATER = Change(since="0.30.1", changelog="a 1.0.0 abc", what="something came later", rows={"REDIR-12": ["one"]})


def test_what_came_later_is_not_held_against_an_older_release() -> None:
    [entry] = deviations([LATER], "0.29.2")
    assert entry["requirement"] == "REDIR-12"
    assert entry["reason"].startswith("Not applicable before 0.30.1: ")
    assert deviations([LATER], "0.30.1") == []


def test_what_left_is_not_held_against_a_newer_release() -> None:
    left = Change(until="0.30.1", changelog="a 1.0.0 abc", what="something left again", rows={"REDIR-12": []})
    assert [left.excuses(version) for version in ("0.29.2", "0.30.1", "0.31.0")] == [False, True, True]


def test_an_environment_whose_resolver_is_unknown_is_left_out() -> None:
    def environment(**resolver: Any) -> dict[str, Any]:
        return {"signIn": {"resolvers": [{"resolver": "byName", **resolver}]}}

    def environments() -> dict[str, Any]:
        return {"good": environment(), "options": environment(allowedDomains=["a.example"])}

    config = {
        "auth": {"providers": {"ghe": environments(), "proxyOne": environment(), "other": environments()}},
        "authConformance": {"providers": {"ghe": "github"}},
    }
    fitted, left_out = fitting(config, {"github": {"byName": []}, "proxy-one": {"byMail": []}})
    assert fitted["auth"]["providers"] == {"ghe": {"good": environment()}, "other": environments()}
    assert left_out == ["ghe/options: byName without allowedDomains", "proxyOne: no byName"]


def report(*, holds: bool) -> dict[str, Any]:
    check = {"requirement": "REDIR-04", "holds": holds}
    case = {"scenario": "one", "provider": "github", "verdict": "passed" if holds else "failed", "checks": [check]}
    row = {"id": "REDIR-04", "level": "MUST", "checks": 1, "failed_checks": 0 if holds else 1}
    return {"cases": [case], "requirements": [{**row, "verdict": "passed" if holds else "failed"}]}


def test_the_page_says_what_changed_and_why(tmp_path: Path) -> None:
    change = Change(since="0.30.1", changelog="auth-node 0.7.6 (507e65a)", what="words of ours", rows={"REDIR-04": []})
    older, newer = column("0.29.2", report(holds=False), [change]), column("0.30.1", report(holds=True), [change])
    assert older.verdicts["github"] == {"earlier": 1}
    [found] = differences(older, newer, [change])
    assert (found["before"], found["now"], found["changelog"]) == (FAILS, HOLDS, change.changelog)
    assert differences(older, newer, [])[0]["changelog"] == "unexplained"

    results = tmp_path / "results"
    results.mkdir()
    for name, document in (("0.29.2", report(holds=False)), ("0.30.1", report(holds=True))):
        (results / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    table = [Release(version=name, packages={}, modules={}) for name in ("0.29.2", "0.30.1")]
    output = write_page(table, [change], results, tmp_path / "page")
    assert "| REDIR-04 | holds | auth-node 0.7.6 (507e65a) | words of ours |" in (output / "releases.md").read_text()
    assert json.loads((output / "badge-0.29.2.json").read_text())["label"] == "auth backend 0.29.2"
