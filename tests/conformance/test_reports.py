"""One document, and what is made of it: JSON that fits its schema, HTML that is safe to open, terminal lines."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import get_args
from xml.etree import ElementTree

import jsonschema_rs
import pytest

import conformance
from conformance.applicability import profile_missing
from conformance.deviations import Deviation, DeviationFileError, read_deviations
from conformance.reports.badge import render_badge
from conformance.reports.deviations import render_deviations
from conformance.reports.document import build_document
from conformance.reports.files import write_report
from conformance.reports.groups import clusters_of, groups_of
from conformance.reports.html import matrix, render_html
from conformance.reports.json_report import render_json
from conformance.reports.junit import render_junit
from conformance.reports.markdown import render_markdown
from conformance.reports.sarif import render_sarif
from conformance.reports.terminal import Progress, summarise, summary_lines, told, told_at_once
from conformance.requirement_list import requirements
from conformance.scenario.facts import Kind
from conformance.verdicts import Verdict
from tests.conformance.samples import ABSENT, GITHUB, MUST, OTHER_MUST, PROXY, SHOULD, check, result, target

SCHEMA = json.loads((Path(conformance.__file__).parent / "schemas" / "report.schema.json").read_text())
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)

HOSTILE = "</pre><script>alert('x')</script><img src=x onerror=alert(1)>\ud800&amp;\"'"

EXCHANGE = {
    "step": 1,
    "request": {"line": "GET http://x/", "headers": ["Accept: */*"], "body": ""},
    "response": {"line": "200", "headers": [], "body": '{"a": 1}'},
}

UNANSWERED = {"step": 1, "request": EXCHANGE["request"]}

DEVIATIONS = [
    Deviation(requirement=OTHER_MUST, providers=["github"], reason="Known for years.", reference="https://issue"),
    Deviation(requirement=MUST, scenarios=["a-b"], reason="Gone by now, really."),
]


def full_results(text="went wrong"):
    return [
        result(Verdict.PASSED, check(MUST), id="a:a-b[github]", scenario="a-b"),
        result(Verdict.FAILED, check(MUST, holds=False), id="b", message=text, transcript=[EXCHANGE]),
        result(Verdict.WARNED, check(SHOULD, holds=False), id="c", message=text, title=text),
        result(
            Verdict.DEVIATION, check(OTHER_MUST, holds=False), id="d", message=text, deviations={OTHER_MUST: "Known."}
        ),
        result(Verdict.NOT_APPLICABLE, id="e", message="no provider", provider="okta", file="z.yaml"),
        result(Verdict.NOT_APPLICABLE, id="f", message="no provider", provider="oauth2Proxy"),
        result(
            Verdict.ERROR, id="g", message=text, transcript=[{"step": 1, "request": EXCHANGE["request"]}], seconds=1.5
        ),
        result(Verdict.NOT_RUN, id="h", message="the run ended before"),
    ]


def document(results=None, deviations=DEVIATIONS, **changes):
    given = {"seed": 7, "should_fails": False, "started": 1_700_000_000.0}
    tested = target(GITHUB, ABSENT, PROXY, name="Backstage 1.40")
    return build_document(full_results() if results is None else results, tested, deviations, **{**given, **changes})


def test_the_schema_knows_every_kind_of_provider():
    kind = SCHEMA["properties"]["providers"]["items"]["properties"]["kind"]
    assert kind == {"enum": list(get_args(Kind))}


class TestDocument:
    def test_fits_its_schema(self):
        assert [str(error) for error in VALIDATOR.iter_errors(document())] == []

    @pytest.mark.parametrize("changes", [{"results": []}, {"deviations": []}, {"should_fails": True}, {"seed": 0}])
    def test_fits_its_schema_in_other_runs(self, changes):
        assert VALIDATOR.is_valid(document(**changes))

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda made: made.update(extra=1),
            lambda made: made["target"].pop("url"),
            lambda made: made["summary"].update(passed=-1),
            lambda made: made["cases"][0].update(verdict="green"),
            lambda made: made["cases"][0].update(transcript=[]),
            lambda made: made["cases"][1].pop("message"),
            lambda made: made["cases"][1]["checks"][0].update(step=0),
            lambda made: made["requirements"][0].update(level="MAY"),
        ],
    )
    def test_schema_is_strict(self, spoil):
        made = document()
        spoil(made)
        assert not VALIDATOR.is_valid(made)

    def test_summary_counts_and_says_what_did_not_run(self):
        summary = document()["summary"]
        assert summary.pop("not_applicable") == {"no provider": 2}
        assert summary == {
            "passed": 1, "not-run": 1, "failed": 1, "warned": 1, "deviation": 1, "not-applicable": 2, "error": 1,
            "stale": 1,
        }  # fmt: skip

    def test_requirements_in_the_order_of_the_specification(self):
        rows = {row["id"]: row["verdict"] for row in document()["requirements"]}
        assert list(rows) == list(requirements())
        checked = {id_: verdict for id_, verdict in rows.items() if verdict != "not-checked"}
        assert checked == {MUST: "error", OTHER_MUST: "deviation", SHOULD: "warned"}

    def test_deviations_say_whether_they_still_occur(self):
        assert [entry["verdict"] for entry in document()["deviations"]] == ["accepted", "stale"]

    def test_deviation_that_covers_nothing(self):
        unused = Deviation(requirement=SHOULD, providers=["nobody"], reason="Known, and accepted for now.")
        assert document(deviations=[unused])["deviations"][0]["verdict"] == "not-checked"

    def test_what_passed_is_counted_and_the_rest_is_told(self):
        passed, failed = document()["cases"][:2]
        assert passed["checks_passed"] == 1
        assert "message" not in passed
        assert failed["message"] == "went wrong"
        assert failed["transcript"] == [EXCHANGE]

    def test_order_of_results_does_not_matter(self):
        forwards, backwards = document(), document(full_results()[::-1])
        assert {**forwards, "seconds": 0} == {**backwards, "seconds": 0}


class TestJson:
    def test_file_is_the_document(self, tmp_path):
        write_report(render_json(document()), tmp_path / "report.json")
        assert VALIDATOR.is_valid(json.loads((tmp_path / "report.json").read_text()))
        assert [path.name for path in tmp_path.iterdir()] == ["report.json"]

    def test_odd_characters_survive(self, tmp_path):
        write_report(render_json({"x": HOSTILE}), tmp_path / "report.json")
        assert json.loads((tmp_path / "report.json").read_text()) == {"x": HOSTILE}

    def test_old_file_stays_until_the_new_one_is_complete(self, tmp_path, monkeypatch):
        path = tmp_path / "report.json"
        path.write_text("old")
        monkeypatch.setattr(Path, "write_text", lambda *_, **__: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):
            write_report("new", path)
        assert path.read_text() == "old"


class TestHtml:
    def test_hostile_text_is_shown_not_run(self):
        made = document(full_results(HOSTILE))
        made["target"]["name"] = made["deviations"][0]["reason"] = made["requirements"][0]["title"] = HOSTILE
        made["summary"]["not_applicable"] = {HOSTILE: 1}
        told = {"line": HOSTILE, "headers": [HOSTILE], "body": HOSTILE}
        made["cases"][1]["transcript"] = [{"step": 1, "request": told}]
        page = render_html(made)
        assert page.count("<script") == 1  # the page's own
        assert "<img" not in page
        assert page.count("&lt;script&gt;") >= 8

    def test_statement_has_its_reference_beside_it(self):
        tested = document([result(Verdict.PASSED, check("SEC-STATE-02"))], [])
        assert {row["id"]: row["reference"] for row in tested["requirements"]}["SEC-STATE-02"] in render_html(tested)
        assert "RFC 6749 §10.12; ASVS 10.1.2" in render_html(tested)

    def test_page_needs_nothing_else(self):
        page = render_html(document())
        assert not re.search(r"(?i)<(link|img|iframe|object|embed)\b|@import|url\(|\ssrc=", page)

    def test_begins_with_the_verdict_and_tells_what_failed_before_everything_else(self):
        page = render_html(document())
        parts = (
            "1 requirement failed",
            "What failed",
            "Provider × area",
            "Accepted dev",
            "Requirements</h2>",
            "Cases</h2>",
        )
        places = [page.index(text) for text in parts]
        assert places == sorted(places)
        assert f'<a href="#{MUST}">' in page[: page.index("What failed")]
        assert "HTTP exchanges at github (secrets masked)" in page

    def test_every_link_within_the_page_leads_somewhere(self):
        page = render_html(document())
        ids = set(re.findall(r'\sid="([^"]+)"', page))
        assert {link for link in re.findall(r'href="#([^"]+)"', page) if link not in ids} == set()

    def test_nothing_to_complain_about(self):
        page = render_html(document([result(Verdict.PASSED, check())], []))
        assert "Nothing failed." in page
        assert "Accepted deviations" not in page

    def test_what_stands_between_backticks_is_code(self):
        assert "<code>/api/auth</code>" in render_html(document([result(Verdict.PASSED, check("GEN-01"))], []))

    def test_matrix(self):
        cell = {"verdict": "error", "good": 3, "all": 6}
        assert matrix(document()) == [{"provider": "github", "cells": {"area/file": cell}, "verdict": "error"}]


class TestGroups:
    def failed(self, provider, **changes):
        told = {"actual": f"/api/auth/{provider}", "expected": f"/api/auth/{provider}/x"}
        failing = replace(check(MUST, holds=False), **told)
        shared = replace(check(OTHER_MUST, holds=False), **told)
        given = {"id": provider, "provider": provider, "vendor": provider, "transcript": [EXCHANGE] * 2, **changes}
        return result(Verdict.FAILED, failing, shared, **given)

    def test_cases_that_failed_alike_at_several_providers_are_one(self):
        made = document([self.failed("google"), self.failed("okta", transcript=[EXCHANGE]), self.failed("github")], [])
        (group,) = groups_of(made)
        assert group.providers == ["okta", "github", "google"]  # the shortest transcript first
        (failure,) = group.failures
        assert failure.requirements == (MUST, OTHER_MUST)

    def test_another_value_is_another_group(self):
        other = self.failed("okta")
        other.checks[0] = replace(other.checks[0], actual="/")
        assert len(groups_of(document([self.failed("google"), other], []))) == 2

    def test_what_failed_often_in_a_case_is_told_once(self):
        one = result(Verdict.FAILED, *[check(MUST, holds=False)] * 16, id="a")
        (failure,) = groups_of(document([one], []))[0].failures
        assert failure.times == 16


class TestOtherForms:
    def test_junit_has_a_class_for_each_file_and_the_first_failure_as_message(self):
        root = ElementTree.fromstring(render_junit(document(full_results(HOSTILE))))
        suite = root[0]
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
            "8", "1", "1", "4",
        )  # fmt: skip
        assert {case.get("classname") for case in suite.iter("testcase")} == {"area.file", "z"}
        assert suite.find(".//failure").get("message").startswith(f"{MUST} ")

    def test_sarif_has_a_rule_for_each_failed_requirement(self):
        log = json.loads(render_sarif(document()))
        (run,) = log["runs"]
        assert log["version"] == "2.1.0"
        assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {entry["ruleId"] for entry in run["results"]}
        assert {entry["ruleId"]: entry["level"] for entry in run["results"]}[MUST] == "error"
        assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1

    def test_markdown(self):
        assert f"| {MUST} | MUST |" in render_markdown(document())
        assert "✅" in render_markdown(document([result(Verdict.PASSED, check())], []))

    @pytest.mark.parametrize(("verdict", "colour"), [(Verdict.PASSED, "green"), (Verdict.FAILED, "red")])
    def test_badge(self, verdict, colour):
        made = document([result(verdict, check(MUST, holds=verdict is Verdict.PASSED))], [])
        assert json.loads(render_badge(made))["color"] == colour

    def test_deviations_can_be_read_once_their_reasons_are_written(self, tmp_path):
        file = tmp_path / "deviations.yaml"
        file.write_text(render_deviations(document()))
        with pytest.raises(DeviationFileError, match="has no reason yet; write one, or add --allow-todo"):
            read_deviations(file)
        (entry,) = read_deviations(file, allow_todo=True).deviations
        assert (entry.requirement, entry.providers) == (MUST, ["github"])
        file.write_text(file.read_text().replace("TODO: why is this accepted?", "It is known for years."))
        assert read_deviations(file).deviations[0].reason == "It is known for years."


def test_a_deviation_is_accepted_until_its_day():
    entry = Deviation(requirement=MUST, reason="Known for years.", until=date(2020, 1, 1))
    assert document(deviations=[entry])["deviations"][0]["verdict"] == "expired"
    later = entry.model_copy(update={"until": date(2999, 1, 1)})
    assert document(deviations=[later])["deviations"][0]["verdict"] == "accepted"


def test_progress_tells_each_tenth_once_and_how_long_it_takes():
    progress = Progress(20)
    passed = result(Verdict.PASSED, check())
    lines = [progress.add(passed, seconds=number + 1.0) for number in range(20)]
    told = [line for line in lines if line]
    assert told[0] == "  10 %  2 of 20 cases, about 18 s left"
    assert len(told) == 9


def test_a_failure_is_told_at_once():
    told = told_at_once(result(Verdict.FAILED, check(MUST, holds=False), id="a"))
    assert told.startswith(f"FAILED {MUST} github: ")
    assert "\n" not in told


def test_what_other_profiles_would_add():
    text = profile_missing(SimpleNamespace(profile="oidc-server"), SimpleNamespace(profile="default"))
    whole = document()
    whole["cases"] = [
        {"verdict": "not-applicable", "message": text, "requirements": ["CODE-01", "SEC-AS-08", "CODE-02", MUST]},
        {"verdict": "not-applicable", "message": "no provider", "requirements": ["DCR-01"]},
    ]
    whole["summary"]["not_applicable"] = {text: 1}
    lines = list(summary_lines(whole))
    assert "  --profile oidc-server would check 3 more requirements: CODE, SEC-AS" in lines
    assert not [line for line in lines if "needs the profile" in line]


def test_environments_that_are_missing_stand_in_one_line():
    whole = document()
    missing = "the target has no environment {!r} of provider {!r}"
    whole["summary"]["not_applicable"] = {
        missing.format("no-sign-in", "github"): 7,
        missing.format("no-sign-in", "google"): 8,
        missing.format("email", "google"): 3,
    }
    lines = list(summary_lines(whole))
    assert "  not applicable (18): the target has no such environment: no-sign-in 15, email 3" in lines
    assert not [line for line in lines if "of provider" in line]


def test_terminal():
    class Reporter:
        def __init__(self):
            self.lines = []

        def section(self, title):
            self.lines.append(title)

        line = section

    reporter = Reporter()
    summarise(document(), reporter, "first")
    text = "\n".join(reporter.lines)
    assert reporter.lines[0] == "what failed"
    assert f"{MUST} (MUST) " in text
    assert "replay    auth-conformance run " in text
    assert "2 not-applicable, 1 passed, 1 not-run, 1 deviation, 1 warned, 1 stale, 1 failed, 1 error" in text
    assert "requirements: 0 of 3 checked ones hold; the specification has " in text
    assert "  not applicable (2): no provider" in text
    assert f"  warned     {SHOULD} (SHOULD) " in text
    assert f"  stale      {MUST}: the deviation occurs no more; take it out of the file" in text


def test_scenarios_that_fail_for_one_requirement_are_told_together():
    failed = [
        result(
            Verdict.FAILED,
            check(MUST, holds=False),
            id=f"area/file:{scenario}[{provider}/development]",
            scenario=scenario,
            provider=provider,
        )
        for scenario in ("one", "two", "three")
        for provider in ("github", "google")
    ]
    other = result(Verdict.FAILED, check(OTHER_MUST, holds=False), id="area/file:four[github]", scenario="four")
    clusters = clusters_of(groups_of(document([*failed, other])))

    assert [[group.case["scenario"] for group in cluster] for cluster in clusters] == [
        ["one", "three", "two"],
        ["four"],
    ]
    lines = list(told(clusters[0], 1, document([*failed, other]), "first"))
    assert [line for line in lines if line.startswith("   also ")] == [
        "   also      three at github, google",
        "   also      two at github, google",
    ]
