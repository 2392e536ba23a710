"""``pytest conformance --target …`` from end to end, against a backend that is made up."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from tests.conformance.fakes import SECRETS, Pair, running_pair
from tests.conformance.samples import INFO, MUST, OTHER_MUST, SHOULD
from tests.support.fake_servers import closed_port

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "conformance"
SCHEMA = json.loads((SUITE / "schemas" / "report.schema.json").read_text())

SCENARIOS = f"""\
scenario: fake-good
title: Start redirects to the vendor
applies_to: {{kind: oauth}}
steps:
  - start: {{}}
    expect:
      {MUST}: {{status: 302}}
      {INFO}: {{status: 999}}
---
scenario: fake-bad
title: The session has no access token
steps:
  - sign_in: {{}}
    why: It is there.
    expect:
      {OTHER_MUST}: {{session.providerInfo.accessToken: {{absent: true}}}}
  - refresh: {{}}
    save: renewed
  - request: {{path: /v1/x, headers: {{Authorization: "Bearer ${{renewed.session.backstageIdentity.token}}"}}}}
---
scenario: fake-should
title: Start answers something nobody answers
steps:
  - start: {{}}
    expect:
      {SHOULD}: {{status: 299}}
---
scenario: fake-elsewhere
title: Needs an environment that is not there
environment: nowhere
steps:
  - start: {{}}
    expect:
      {MUST}: {{status: 302}}
"""


@pytest.fixture
def pair():
    with running_pair() as running:
        yield running


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What a process of the suite finds; the plugins of the tests around it take longer to load than it runs."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "conformance.plugin")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


@pytest.fixture
def suite(pytester, pair):
    """Run the suite as a process of its own; only the scenarios above are selected."""
    (pytester.path / "own").mkdir()
    (pytester.path / "own" / "fake.yaml").write_text(SCENARIOS)

    def run(*arguments: str, select: str = "fake-", pair: Pair = pair):
        wiring = ("--target", pair.auth_url, "--idp", pair.idp.url, "--scenarios", "own", "--request-timeout", "10")
        own = ("-p", "xdist", "-p", "no:cacheprovider", "-k", select)
        return pytester.runpytest_subprocess(str(SUITE), *wiring, *own, *arguments)

    return run


def report_of(pytester, name="report.json"):
    report = json.loads((pytester.path / name).read_text())
    assert jsonschema_rs.is_valid(SCHEMA, report)
    return report


def verdicts(report):
    return {case["scenario"]: case["verdict"] for case in report["cases"]}


def one_sentence(result) -> str:
    """The only error of a run that did not begin."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.stderr.lines + result.stdout.lines if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
    assert "INTERNALERROR" not in result.stderr.str() + result.stdout.str()
    return errors[0]


class TestOutcomes:
    def test_whole_run(self, suite, pytester):
        result = suite("--report-json", "report.json", "--report-html", "report.html", "-rs")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.assert_outcomes(passed=2, failed=1, skipped=1, deselected=None)
        report = report_of(pytester)
        assert verdicts(report) == {
            "fake-good": "passed",
            "fake-bad": "failed",
            "fake-should": "warned",
            "fake-elsewhere": "not-applicable",
        }
        text = result.stdout.str()
        assert "the target has no environment 'nowhere' of provider 'github'" in text
        assert f"{OTHER_MUST} (MUST) " in text
        assert "why       It is there." in text
        assert "GET http://localhost" in text
        assert text.count(f"FAILED {OTHER_MUST} ") == 1
        assert "«page of the mock IdP, " in text
        assert f"  warned     {SHOULD} (SHOULD) " in text
        page = (pytester.path / "report.html").read_text()
        for secret in SECRETS:
            assert secret not in text
            assert secret not in json.dumps(report, ensure_ascii=False)
            assert secret not in page

    def test_passing_run(self, suite):
        result = suite(select="fake-good")
        assert result.ret == pytest.ExitCode.OK
        result.stdout.fnmatch_lines(["*cases: 1 passed*"])
        result.stdout.fnmatch_lines(["target: http://localhost*/api/auth (app http://localhost:3000, profile default)"])

    def test_should_rows_warn_unless_asked_for(self, suite):
        assert suite(select="fake-should").ret == pytest.ExitCode.OK
        assert suite("--level", "should", select="fake-should").ret == pytest.ExitCode.TESTS_FAILED

    def test_only_scenarios_of_a_requirement(self, suite):
        result = suite("--requirement", OTHER_MUST)
        result.assert_outcomes(failed=1)

    def test_junit(self, suite, pytester):
        suite("--junit-xml", "junit.xml")
        xml = (pytester.path / "junit.xml").read_text()
        assert 'failures="1"' in xml
        assert 'skipped="1"' in xml
        assert 'classname="fake"' in xml
        assert not any(secret in xml for secret in SECRETS)

    def test_workers_report_the_same(self, suite, pytester):
        suite("--report-json", "one.json", "--seed", "5")
        suite("--report-json", "two.json", "--seed", "5", "-n", "2")
        one, two = (report_of(pytester, name) for name in ("one.json", "two.json"))
        for report in (one, two):
            report.update(started="", seconds=0)
            for case in report["cases"]:
                case["seconds"] = 0
        assert one == two


class TestDeviations:
    def write(self, pytester, *requirements):
        rows = [f"  - {{requirement: {id_}, reason: 'Known, see the issue.'}}" for id_ in requirements]
        (pytester.path / "deviations.yaml").write_text("\n".join(["target: fake 1", "deviations:", *rows]))

    @pytest.mark.parametrize("workers", ["0", "2"])
    def test_accepted_one_is_expected_to_fail(self, suite, pytester, workers):
        self.write(pytester, OTHER_MUST)
        result = suite("--deviations", "deviations.yaml", "--report-json", "report.json", "-rx", "-n", workers)
        assert result.ret == pytest.ExitCode.OK
        result.assert_outcomes(passed=2, xfailed=1, skipped=1)
        assert f"{OTHER_MUST}: Known, see the issue." in result.stdout.str()
        assert verdicts(report_of(pytester))["fake-bad"] == "deviation"

    @pytest.mark.parametrize("workers", ["0", "2"])
    def test_one_that_occurs_no_more_fails_the_run(self, suite, pytester, workers):
        self.write(pytester, MUST)
        arguments = ("--deviations", "deviations.yaml", "--report-json", "report.json", "-n", workers)
        result = suite(*arguments, select="fake-good")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.assert_outcomes(passed=1)
        assert f"stale      {MUST}: the deviation occurs no more; take it out of the file" in result.stdout.str()
        assert report_of(pytester)["summary"]["stale"] == 1

    def test_unusable_file(self, suite, pytester):
        self.write(pytester, "GEN-999")
        assert "deviations.yaml: there is no requirement 'GEN-999'" in one_sentence(
            suite("--deviations", "deviations.yaml")
        )


class TestTargetThatStops:
    @pytest.mark.parametrize("workers", ["0", "2"])
    def test_in_the_middle(self, suite, pytester, pair, workers):
        suite(select="fake-good")
        # As many requests as it takes to be examined and to play one step.
        pair.target.stops_after = len(pair.target.asked)
        pair.target.asked.clear()
        result = suite("--report-json", "report.json", "-n", workers)
        text = result.stdout.str()
        assert result.ret in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
        assert "the target stopped answering: http://localhost" in text
        assert "Traceback" not in text
        assert "INTERNALERROR" not in text
        # Whatever was planned is in the report, and nothing that did not run is green.
        found = verdicts(report_of(pytester))
        assert len(found) == 4
        assert found["fake-bad"] in {"error", "not-run"}
        assert "error" in found.values()
        assert found["fake-elsewhere"] == "not-applicable"


class TestOneProviderSetUpWrongly:
    @pytest.fixture
    def misled(self, pair):
        pair.target.misled = "ghe"
        pair.idp.providers.append({**pair.idp.providers[0], "id": "ghe"})
        return pair

    @pytest.mark.parametrize("workers", [(), ("-n", "2")])
    def test_the_others_are_tested_and_the_exit_code_says_it(self, suite, pytester, misled, workers):
        result = suite("--report-json", "report.json", *workers, select="fake-good")

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        cases = {case["provider"]: case for case in report_of(pytester)["cases"]}
        assert cases["github"]["verdict"] == "passed"
        assert cases["ghe"]["verdict"] == "not-run"
        assert cases["ghe"]["message"].startswith("provider 'ghe': in the environment 'development' it sends users to")
        assert "it sends users to https://github.com" in result.stdout.str()

    def test_a_failure_counts_more(self, suite, misled):
        assert suite(select="fake-bad").ret == pytest.ExitCode.TESTS_FAILED


class TestConfigurationFaults:
    def test_target_is_down(self, suite, pair):
        pair.auth_url = f"http://127.0.0.1:{closed_port()}/api/auth"
        told = one_sentence(suite())
        assert told.startswith("ERROR: the target at http://127.0.0.1:")
        assert told.endswith("; start the backend, or correct its URL")

    def test_target_is_down_for_workers_too(self, suite, pair):
        pair.auth_url = f"http://127.0.0.1:{closed_port()}/api/auth"
        assert "start the backend, or correct its URL" in one_sentence(suite("-n", "2"))

    def test_idp_is_down(self, suite, pair):
        pair.idp.url = f"http://127.0.0.1:{closed_port()}"
        assert "start it with 'mock-idp serve', or correct --idp" in one_sentence(suite())

    def test_scenario_file_is_wrong(self, suite, pytester):
        (pytester.path / "own" / "fake.yaml").write_text(
            SCENARIOS.replace(f"{MUST}: {{status: 302}}", "GEN-999: {a: 1}", 1)
        )
        assert one_sentence(suite()).endswith("own/fake.yaml:5: step 'start': there is no requirement 'GEN-999'")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--env", "production"], "choose one with --env"),
            (["--provider", "gitlab"], "the mock IdP has no clients for a provider of that id"),
            (["--provider", "=x"], "--provider '=x' is not of the form ID or ID=VENDOR"),
            (["--requirement", "GEN-999"], "--requirement GEN-999: there is no such requirement"),
            (["--scenarios", "nowhere"], "nowhere: there is no such directory of scenarios"),
            (["--report-json", "nowhere/report.json"], "--report-json nowhere/report.json: there is no folder"),
            (["--report-html", "own"], "--report-html own: that is a folder; name a file"),
            (["--deviations", "nowhere.yaml"], "nowhere.yaml: the deviations file cannot be read"),
            (["--target-ca", "nowhere.pem"], "--target-ca nowhere.pem: there is no such file"),
            (["--target-ca", "own/fake.yaml"], "--target-ca own/fake.yaml: not a certificate in PEM form"),
            (
                ["--replicas", "2"],
                "--replicas is for the reference backend; name those of the target with --replica URL",
            ),
            (["--vendor", "acme.py"], "with --target, start the mock IdP with --vendor"),
            (["--provider-module", "acme.py"], "with --target, start the mock IdP with --vendor"),
            (["--replica", "http://localhost:1", "--profile", "bare"], "keeps signing keys in memory"),
            (["--replica", "localhost:1"], "--replica 'localhost:1' is not an http or https URL"),
            (["--request-timeout", "0"], "--request-timeout is a number of seconds above 0"),
        ],
    )
    def test_option(self, suite, arguments, told):
        assert told in one_sentence(suite(*arguments))

    def test_idp_without_target(self, pytester):
        result = pytester.runpytest_subprocess(str(SUITE), "--idp", "http://127.0.0.1:9000")
        assert "--idp goes with --target" in one_sentence(result)

    def test_vendor_file_that_is_not_there(self, pytester):
        result = pytester.runpytest_subprocess(str(SUITE), "--vendor", "nothing.py")
        assert "There is no vendor file nothing.py; name a Python file." in one_sentence(result)


def test_help_needs_no_target(pytester):
    helped = pytester.runpytest_subprocess(str(SUITE), "--help")
    assert helped.ret == 0
    assert "base URL of the auth plugin; without it" in helped.stdout.str()
