"""docs/scenarios.md is fresh, complete, and its examples work."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.driver.members import MEMBERS
from conformance.driver.observation import observe_response, observe_url
from conformance.driver.wire import Response
from conformance.matchers import OPERATORS
from conformance.plugin.options import SCENARIOS
from conformance.requirement_list import requirements
from conformance.scenario.filters import FILTERS
from conformance.scenario.loader import load
from conformance.steps import RULES, STEPS
from docs.tools.language_reference import DOCUMENT, parts, with_fresh_parts
from docs.tools.markdown import text_of
from tests.conformance.fakes import message_page

ROOT = Path(__file__).parents[2]
TEXT = DOCUMENT.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_document_is_fresh():
    command = [sys.executable, "-m", "docs.tools.language_reference", "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_part_stands_in_the_document():
    assert sorted(re.findall(r"<!-- begin generated: ([\w-]+) -->", TEXT)) == sorted(parts())


def test_unknown_part_is_an_error():
    with pytest.raises(KeyError):
        with_fresh_parts("<!-- begin generated: nothing -->\n<!-- end generated -->")


def test_text_between_the_parts_is_left_alone():
    made = with_fresh_parts("before\n<!-- begin generated: filters -->\nstale\n<!-- end generated -->\nafter\n")
    assert made.startswith("before\n<!-- begin generated: filters -->\n\n| filter |")
    assert made.endswith("\n\n<!-- end generated -->\nafter\n")
    assert "stale" not in made
    assert with_fresh_parts(made) == made


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_are_scenarios(tmp_path, number):
    (tmp_path / "example.yaml").write_text(EXAMPLES[number])
    assert load([SCENARIOS, tmp_path], requirements(), RULES).scenarios


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("action", STEPS)
def test_every_argument_is_documented(action):
    assert text_of(STEPS[action])
    assert all(field.description for field in STEPS[action].model_fields.values())


@pytest.mark.parametrize("thing", [*OPERATORS.values(), *FILTERS.values()], ids=lambda thing: thing.__name__)
def test_every_operator_and_filter_is_documented(thing):
    assert re.fullmatch(r"[A-Z].*\.", text_of(thing))


class TestMembers:
    """The table of members and the observations themselves say the same."""

    FIELDS = (
        ("Set-Cookie", "x-nonce=a; Path=/; Domain=d; Secure; HttpOnly; SameSite=Lax; Priority=High; Max-Age=5"),
        (
            "Set-Cookie",
            "x-nonce=a; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Path=/; Domain=d; SameSite=Lax; Priority=High",
        ),
        *(("Set-Cookie", f"x-{name}={value}") for name in ("refresh-token", "granted-scope") for value in ("a",)),
        *(("Set-Cookie", f"x-{name}-0=a") for name in ("nonce", "refresh-token", "granted-scope")),
        ("Location", "/elsewhere"),
        ("Content-Type", "text/html"),
    )

    def observe(self, body="", *fields):
        return observe_response(Response(200, (*self.FIELDS, *fields), body.encode()), "http://localhost/", 0.0, "x")

    def test_answers(self):
        json_answer = Response(200, (("Content-Type", "application/json"),), b"{}")
        broken = Response(200, (("Content-Type", "application/json"),), b"{")
        seen = set(self.observe())
        seen |= set(observe_response(json_answer, "http://localhost/", 0.0))
        seen |= set(observe_response(broken, "http://localhost/", 0.0))
        seen |= set(self.observe(message_page({"type": "authorization_response", "response": {}})))
        seen |= set(self.observe(message_page({"type": "authorization_response", "error": {}})))
        groups = ("Every HTTP answer", "The provider's cookies", "The callback page")
        assert seen == {name for group in groups for name in MEMBERS[group]}

    def test_cookies(self):
        seen = self.observe()
        one = Response(200, (self.FIELDS[0],), b"")
        first = observe_response(one, "http://localhost/", 0.0, "x")["nonce_cookie"]
        assert {*first, *seen["nonce_cookie"]} == set(MEMBERS["A cookie"])

    def test_urls(self):
        assert {*observe_url("http://a/b?c#d"), *observe_url("http://[")} == set(MEMBERS["A URL"])

    def test_page(self):
        assert set(self.observe(message_page({}))["page"]) == set(MEMBERS["`page`"])
