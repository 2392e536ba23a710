"""One document, and what is made of it: JSON that fits its schema, HTML that is safe to open, terminal lines."""

import json
import re
from pathlib import Path
from typing import get_args

import jsonschema_rs
import pytest

import conformance
from conformance.deviations import Deviation
from conformance.reports import html as html_module
from conformance.reports import json_report
from conformance.reports.document import build_document
from conformance.reports.html import matrix, render_html, write_html
from conformance.reports.json_report import write_json
from conformance.reports.terminal import summarise
from conformance.requirement_list import requirements
from conformance.scenario.facts import Kind
from conformance.verdicts import Verdict
from tests.conformance.samples import ABSENT, GITHUB, MUST, OTHER_MUST, PROXY, SHOULD, check, result, target

SCHEMA = json.loads((Path(conformance.__file__).parent / "schemas" / "report.schema.json").read_text())
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)

HOSTILE = "</pre><script>alert('x')</script><img src=x onerror=alert(1)>\ud800&amp;\"'"

EXCHANGE = {
    "request": {"line": "GET http://x/", "headers": ["Accept: */*"], "body": ""},
    "response": {"line": "200", "headers": [], "body": '{"a": 1}'},
}

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
        result(Verdict.ERROR, id="g", message=text, transcript=[{"request": EXCHANGE["request"]}], seconds=1.5),
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
        assert summary.pop("not_run") == {"no provider": 2}
        assert summary == {
            "passed": 1, "failed": 1, "warned": 1, "deviation": 1, "not-applicable": 2, "error": 1, "stale": 1,
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
        write_json(document(), str(tmp_path / "report.json"))
        assert VALIDATOR.is_valid(json.loads((tmp_path / "report.json").read_text()))
        assert [path.name for path in tmp_path.iterdir()] == ["report.json"]

    def test_odd_characters_survive(self, tmp_path):
        write_json({"x": HOSTILE}, str(tmp_path / "report.json"))
        assert json.loads((tmp_path / "report.json").read_text()) == {"x": HOSTILE}

    def test_old_file_stays_until_the_new_one_is_complete(self, tmp_path, monkeypatch):
        path = tmp_path / "report.json"
        path.write_text("old")
        with pytest.raises(TypeError):
            write_json({"x": object()}, str(path))
        assert path.read_text() == "old"
        monkeypatch.setattr(json_report.Path, "replace", lambda *_: pytest.fail("replaced before it was complete"))
        with pytest.raises(TypeError):
            write_json({"x": object()}, str(path))


class TestHtml:
    def test_hostile_text_is_shown_not_run(self):
        made = document(full_results(HOSTILE))
        made["target"]["name"] = made["deviations"][0]["reason"] = made["requirements"][0]["title"] = HOSTILE
        made["summary"]["not_run"] = {HOSTILE: 1}
        made["cases"][1]["transcript"] = [{"request": {"line": HOSTILE, "headers": [HOSTILE], "body": HOSTILE}}]
        page = render_html(made)
        assert "<script" not in page
        assert "<img" not in page
        assert page.count("&lt;script&gt;") >= 8

    def test_statement_has_its_reference_beside_it(self):
        tested = document([result(Verdict.PASSED, check("SEC-STATE-02"))], [])
        assert {row["id"]: row["reference"] for row in tested["requirements"]}["SEC-STATE-02"] in render_html(tested)
        assert "RFC 6749 §10.12; ASVS 10.1.2" in render_html(tested)

    def test_page_needs_nothing_else(self):
        page = render_html(document())
        assert not re.search(r"(?i)<(link|script|img|iframe|object|embed)\b|@import|url\(|\ssrc=", page)

    def test_begins_with_the_matrix_and_tells_what_did_not_pass_worst_first(self):
        page = render_html(document())
        places = [
            page.index(text)
            for text in (
                "Provider × area",
                "What did not run",
                "What did not pass",
                "Accepted deviations",
                "Requirements</h2>",
            )
        ]
        assert places == sorted(places)
        problems = page[page.index("What did not pass") : page.index("Accepted deviations")]
        shown = re.findall(r'<summary><span class="v ([\w-]+)">', problems)
        assert shown == ["error", "failed", "warned", "deviation"]
        assert "HTTP transcript (secrets masked)" in problems

    def test_nothing_to_complain_about(self):
        page = render_html(document([result(Verdict.PASSED, check())], []))
        assert "every case that ran passed" in page
        assert "Accepted deviations" not in page

    def test_matrix(self):
        assert matrix(document()) == {
            "area/file": {
                "github": {"verdict": "error", "cases": 5},
                "oauth2Proxy": {"verdict": "not-applicable", "cases": 1},
            },
            "z": {"okta": {"verdict": "not-applicable", "cases": 1}},
        }

    def test_file(self, tmp_path, monkeypatch):
        path = tmp_path / "report.html"
        write_html(document(full_results(HOSTILE)), str(path))
        assert path.read_text().startswith("<!doctype html>")
        assert [one.name for one in tmp_path.iterdir()] == ["report.html"]

        def broken(_):
            raise RuntimeError

        monkeypatch.setattr(html_module, "render_html", broken)
        with pytest.raises(RuntimeError):
            write_html(document(), str(path))
        assert path.read_text().startswith("<!doctype html>")


def test_terminal():
    class Reporter:
        def __init__(self):
            self.lines = []

        def section(self, title):
            self.lines.append(title)

        line = section

    reporter = Reporter()
    summarise(document(), reporter)
    text = "\n".join(reporter.lines)
    assert reporter.lines[0] == "conformance"
    assert "2 not-applicable, 1 passed, 1 deviation, 1 warned, 1 stale, 1 failed, 1 error" in text
    assert "requirements: 0 of 3 checked ones hold; the specification has " in text
    assert "  not applicable (2): no provider" in text
    assert f"  warned     {SHOULD} (SHOULD) " in text
    assert f"  stale      {MUST}: the deviation occurs no more; take it out of the file" in text
