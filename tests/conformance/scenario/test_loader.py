"""Every mistake in a scenario file is told with file, line and a sentence; all of them at once."""

import textwrap

import execnet
import pytest

from conformance.scenario.loader import Library, ScenarioFileError, load
from conformance.scenario.model import Applies, Scopes, StepEntry
from conformance.steps import RULES

REQUIREMENTS = {"GEN-01": 1, "FRAME-07": 1, "SEC-TOKX-01": 1}

GOOD = """\
scenario: good-one
title: A good backend answers
steps:
  - start: {}
    expect:
      GEN-01: {status: 200}
"""

BEGINNINGS = (
    "a document begins with scenario: or provider: or expectation: or near_misses: or requirements: or capabilities:"
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "scenarios"


def write(folder, text, name="one.yaml"):
    folder.mkdir(exist_ok=True)
    content = text if isinstance(text, bytes) else textwrap.dedent(text).encode()
    (folder / name).write_bytes(content)


def read(*folders):
    return load(folders, REQUIREMENTS, RULES)


def mistakes(*folders):
    with pytest.raises(ScenarioFileError) as caught:
        read(*folders)
    return str(caught.value).splitlines()


class TestGoodFiles:
    def test_scenario(self, folder):
        write(
            folder,
            """\
            # A comment.
            provider: github
            title: GitHub
            kind: oauth
            capabilities: [refresh]
            ---
            capabilities: {refresh: A session can be renewed.}
            ---
            scenario: first
            title: The first scenario of the file
            applies_to: {kind: oauth, has: [refresh]}
            environment: no-sign-in
            profile: https
            once: true
            steps:
              - start: {scope: "a b"}
                save: begun
                browser: other
                why: Control.
                expect:
                  GEN-01: {status: 200, body: ""}
                  FRAME-07:
                    - {status: 200}
                    - {status: {one_of: [200, 201]}}
              - consent:
            """,
        )
        library = read(folder)
        scenario = library.scenarios[0]
        assert (scenario.scenario, scenario.file, scenario.line) == ("first", "one.yaml", 9)
        assert scenario.applies_to == Applies(kind="oauth", has=["refresh"])
        assert scenario.requirements == ["GEN-01", "FRAME-07"]
        start, consent = scenario.steps
        assert (start.action, start.arguments, start.line) == ("start", {"scope": "a b"}, 16)
        assert (start.save, start.browser, start.why) == ("begun", "other", "Control.")
        assert [check[:2] for check in start.checks()] == [
            ("GEN-01", "status"),
            ("GEN-01", "body"),
            ("FRAME-07", "status"),
            ("FRAME-07", "status"),
        ]
        assert (consent.action, consent.arguments, consent.browser, consent.line) == ("consent", {}, "main", 25)
        assert library.facts["github"].scopes == Scopes()

    def test_folders_are_read_in_depth_and_order(self, folder, tmp_path):
        write(folder, GOOD, "b.yaml")
        (folder / "deep").mkdir()
        write(folder / "deep", GOOD.replace("good-one", "deep-one"), "a.yaml")
        other = tmp_path / "other"
        write(other, GOOD.replace("good-one", "other-one"))
        found = read(folder, other).scenarios
        assert [(one.scenario, one.file) for one in found] == [
            ("good-one", "b.yaml"),
            ("deep-one", "deep/a.yaml"),
            ("other-one", "one.yaml"),
        ]

    @pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n---\n", "\n---\n# nothing\n---\n"])
    def test_files_without_documents_hold_nothing(self, folder, text):
        write(folder, text)
        assert read(folder).scenarios == ()

    def test_empty_documents_between_others_do_no_harm(self, folder):
        write(folder, "---\n---\n" + GOOD + "---\n")
        assert read(folder).scenarios[0].line == 3

    def test_byte_order_mark_does_no_harm(self, folder):
        write(folder, b"\xef\xbb\xbf" + GOOD.encode())
        assert read(folder).scenarios[0].scenario == "good-one"

    def test_anchors_and_merge_keys(self, folder):
        write(
            folder,
            """\
            scenario: good-one
            title: A good backend answers
            steps:
              - start: {}
                expect:
                  GEN-01: &good {status: 200}
                  FRAME-07: *good
                  SEC-TOKX-01: {<<: *good, body: ""}
            """,
        )
        assert read(folder).scenarios[0].steps[0].expect["SEC-TOKX-01"] == {"status": 200, "body": ""}

    def test_references_stand_for_any_type(self, folder):
        write(
            folder, GOOD.replace("start: {}", 'consent: {faults: "${it.a}", scopes: ["${it.b}"], decision: "${it.c}"}')
        )
        assert read(folder)


TITLE = "title: A good backend answers"
STEP = "  - start: {}\n"
MISTAKES = [
    # what to replace in the good file, by what, line and text of the message
    ("good-one", "Good One", 1, "scenario: String should match pattern"),
    (
        "scenario:",
        "scenarios:",
        1,
        BEGINNINGS,
    ),
    (TITLE + "\n", "", 1, "title: is missing"),
    (TITLE, "title: Short", 2, "title: is too short; say it in a sentence"),
    (TITLE, f"titel: x\n{TITLE}", 2, "titel: there is no such key here"),
    (TITLE, f"{TITLE}\nonce: perhaps", 3, "once: has to be true or false"),
    (TITLE, f"{TITLE}\napplies_to: oauth", 3, "applies_to: has to be a mapping"),
    (TITLE, f"{TITLE}\napplies_to: {{kind: x}}", 3, "applies_to.kind: Input should be 'oauth', 'saml' or 'proxy'"),
    (TITLE, f"{TITLE}\napplies_to:\n  haz: []", 4, "applies_to.haz: there is no such key here"),
    (TITLE, f"{TITLE}\n5: x", 3, "5: a key has to be a text"),
    ("start:", "begin:", 4, "step 'begin': there is no step 'begin'; there are authorize, "),
    ("start: {}", "start: {scoop: x}", 4, "step 'start': scoop: there is no such key here"),
    ("start: {}", "start: {query: x}", 4, "step 'start': query: has to be a mapping"),
    ("start: {}", "request: {}", 4, "step 'request': path: is missing"),
    ("start: {}", "start: 5", 4, "steps.0.arguments: has to be a mapping"),
    (
        STEP,
        f"{STEP}    consent: {{}}\n",
        4,
        "one action beside expect, save, browser, why, each, times; found: start, consent",
    ),
    (STEP, "  - save: x\n", 4, "exactly one action beside expect, save, browser, why, each, times; found: none"),
    (STEP, f"  - start\n{STEP}", 4, "steps.0: has to be a mapping"),
    ("GEN-01", "gen-1", 6, "steps.0.expect.gen-1: String should match pattern"),
    ("GEN-01", "GEN-99", 4, "step 'start': there is no requirement 'GEN-99'"),
    ("{status: 200}", "200", 6, "steps.0.expect.GEN-01: has to be a mapping"),
    ("{status: 200}", "{}", 4, "step 'start': GEN-01 expects nothing, so it cannot fail"),
    ("{status: 200}", "[]", 4, "step 'start': GEN-01 expects nothing, so it cannot fail"),
    ("{status: 200}", "[{status: 200}, {}]", 4, "step 'start': GEN-01 expects nothing, so it cannot fail"),
    ("200", "{at_leest: 5}", 4, "GEN-01 status: there is no operator 'at_leest'; 'at_least' is one"),
    ("200", "{lacks_keys: token}", 4, "GEN-01 status: lacks_keys: 'token' is not a list"),
    ("200}", "200, status: 201}", 6, "not YAML: 'status' is defined twice"),
    (TITLE, f"{TITLE}\nscenario: again", 3, "not YAML: 'scenario' is defined twice"),
    (TITLE, f"{TITLE}\n? [a, b]\n: x", 3, "not YAML: ['a', 'b'] cannot be a key"),
    ("200}", "200", 7, "not YAML: expected ',' or '}'"),
    ("{}", "*nowhere", 4, "not YAML: found undefined alias 'nowhere'"),
    ("{}", "&self {query: *self}", 4, "not YAML: an alias is within its own value"),
    ("{}", "{scopes: &self [*self]}", 4, "not YAML: an alias is within its own value"),
    ("{}", "!!python/none {}", 4, "not YAML: could not determine a constructor"),
    ("good back", "good \x07 back", 2, "not YAML: the character U+0007 is not allowed here"),
]


@pytest.mark.parametrize(("old", "new", "line", "told"), MISTAKES)
def test_one_mistake(folder, old, new, line, told):
    assert old in GOOD
    write(folder, GOOD.replace(old, new, 1))
    found = mistakes(folder)
    assert any(one.startswith(f"{folder}/one.yaml:{line}: ") and told in one for one in found), found
    assert "Value error" not in " ".join(found)


def test_file_and_line_cannot_be_made_up(folder):
    write(folder, GOOD.replace(TITLE, f"{TITLE}\nfile: x.yaml\nline: 99"))
    assert (read(folder).scenarios[0].file, read(folder).scenarios[0].line) == ("one.yaml", 1)


@pytest.mark.parametrize("text", ["just a text", "- a\n- list\n", "5\n"])
def test_document_that_is_no_mapping(folder, text):
    write(folder, text)
    assert mistakes(folder) == [f"{folder}/one.yaml:1: {BEGINNINGS}"]


def test_scenario_that_expects_nothing(folder):
    write(folder, GOOD[: GOOD.index("    expect")])
    expected = f"{folder}/one.yaml:1: scenario 'good-one' expects nothing, so it cannot fail"
    assert mistakes(folder) == [expected]


def test_scenario_without_steps(folder):
    write(folder, "scenario: empty-one\ntitle: A good backend answers\nsteps: []\n")
    assert mistakes(folder) == [f"{folder}/one.yaml:3: steps: must not be empty"]


def test_not_utf8(folder):
    write(folder, "# Grüße\nscenario: x\ntitle: Übung\n".encode("latin-1"))
    write(folder, b"# fine\n# \xff\n", "two.yaml")
    assert mistakes(folder) == [
        f"{folder}/one.yaml:1: not UTF-8; save the file in that encoding",
        f"{folder}/two.yaml:2: not UTF-8; save the file in that encoding",
    ]


def test_scenario_id_twice(folder, tmp_path):
    write(folder, GOOD)
    write(folder, "# moved\n" + GOOD, "two.yaml")
    assert mistakes(folder) == [f"{folder}/two.yaml:2: 'good-one' is already defined in one.yaml:1"]


def test_later_folder_replaces_nothing(folder, tmp_path):
    facts = "provider: github\ntitle: GitHub\nkind: oauth\n"
    write(folder, facts)
    write(tmp_path / "own", facts)
    assert mistakes(folder, tmp_path / "own") == [
        f"{tmp_path}/own/one.yaml:1: 'github' is already defined in one.yaml:1"
    ]


def test_several_mistakes_at_once(folder):
    write(folder, GOOD.replace(TITLE, f"extra: 1\n{TITLE}").replace("start: {}", "start: 5"))
    write(folder, GOOD.replace("GEN-01", "GEN-99").replace("start: {}", "start: {a: 1, b: 2}"), "two.yaml")
    write(folder, "a: [", "zoo.yaml")
    found = [one.removeprefix(f"{folder}/").split(": ")[0] for one in mistakes(folder)]
    assert found == ["one.yaml:2", "one.yaml:5", "two.yaml:4", "two.yaml:4", "two.yaml:4", "zoo.yaml:1"]


def test_documents_before_a_broken_one_are_checked_too(folder):
    write(folder, GOOD.replace("GEN-01", "GEN-99") + "---\na: [\n")
    assert len(mistakes(folder)) == 2


def test_folder_that_is_not_there(folder):
    assert mistakes(folder) == [f"{folder}: there is no such directory of scenarios"]


def test_other_ending(folder):
    write(folder, GOOD, "one.yml")
    assert mistakes(folder) == [f"{folder}/one.yml: scenario files end in .yaml"]


def test_file_that_cannot_be_read(folder):
    folder.mkdir()
    (folder / "one.yaml").symlink_to(folder / "nowhere")
    (folder / "two.yaml").mkdir()
    assert mistakes(folder) == [
        f"{folder}/one.yaml: cannot be read: No such file or directory",
        f"{folder}/two.yaml: cannot be read: Is a directory",
    ]


def test_step_entry_can_be_made_in_code():
    assert StepEntry(action="start", arguments={"scope": None}).checks() == []


CHANGES = (
    GOOD.replace("- start: {}", "- change_service: {faults: []}")
    .replace("good-one", "changing-one")
    .replace("status: 200", "faults: []")
)
VENDORS = "".join(f"---\nprovider: {id_}\ntitle: T\nkind: oauth\n" for id_ in ("one", "other"))
CHANGES_OWN = CHANGES.replace("steps:", "environment: keys-down\nsteps:")
OTHERS = [
    ("environment: keys-down", False),
    ("environment: email", True),
    ("environment: keys-down\napplies_to: {vendors: [other]}", True),
    ("environment: keys-down\napplies_to: {kind: proxy}", True),
    ("environment: keys-down\napplies_to: {vendors: [one, other]}", False),
]


@pytest.mark.parametrize(("other", "is_good"), OTHERS)
def test_a_changed_service_belongs_to_one_scenario(folder, other, is_good):
    changes = CHANGES_OWN.replace("steps:", "applies_to: {vendors: [one]}\nsteps:")
    write(folder, f"{changes}---\n{GOOD.replace('steps:', other + chr(10) + 'steps:')}{VENDORS}")
    if is_good:
        assert len(read(folder).scenarios) == 2
    else:
        (told,) = mistakes(folder)
        assert "'changing-one' changes a service that 'good-one' uses too" in told


def test_a_changed_service_is_named(folder):
    write(folder, CHANGES)
    (told,) = mistakes(folder)
    assert "so it names an environment (or, of auth proxies, the providers)" in told


@pytest.mark.parametrize(
    ("other", "is_good"),
    [("{providers: [p, q]}", False), ("{providers: [q]}", True), ("{kind: proxy}", True), ("{kind: oauth}", True)],
)
def test_a_changed_auth_proxy_belongs_to_one_scenario(folder, other, is_good):
    changes = CHANGES.replace("steps:", "applies_to: {kind: proxy, providers: [p]}\nsteps:")
    write(folder, f"{changes}---\n{GOOD.replace('steps:', f'applies_to: {other}' + chr(10) + 'steps:')}")
    if is_good:
        assert len(read(folder).scenarios) == 2
    else:
        assert "uses too" in mistakes(folder)[0]


def test_what_facts_of_somebody_else_lack_is_told_at_the_facts(folder, tmp_path):
    step = "  - start: {scope: '${provider.scopes.extra.0} ${provider.wordings.denied}'}\n"
    write(folder, GOOD.replace("  - start: {}\n", step))
    own = tmp_path / "own"
    write(own, "# Facts.\nprovider: acme\ntitle: Acme\nkind: oauth\n", "acme.yaml")
    lack = "the facts of 'acme' lack what generic scenarios need: scopes.extra.0, wordings.denied"
    assert mistakes(folder, own) == [f"{own}/acme.yaml:2: {lack}"]
    # In one folder, it may as well be the scenario that is wrong.
    write(folder, "provider: acme\ntitle: Acme\nkind: oauth\n", "acme.yaml")
    assert len(mistakes(folder)) == 2
    assert all(mistake.startswith(f"{folder}/one.yaml:") for mistake in mistakes(folder))


OWN = """\
requirements:
  ACME-01: {level: MUST, title: A good backend of ours answers}
---
"""


class TestOwnRequirements:
    def test_are_there_for_the_scenarios_beside_them(self, folder):
        write(folder, OWN + GOOD.replace("GEN-01", "ACME-01"))
        found = read(folder)
        (own,) = found.requirements
        assert (own.id, own.level, own.source) == ("ACME-01", "MUST", f"{folder}/one.yaml:1")
        assert found.scenarios[0].requirements == ["ACME-01"]
        # Workers of xdist take nothing but plain values.
        assert Library.from_json(execnet.loads(execnet.dumps(found.to_json()))) == found

    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            (OWN.replace("ACME", "GEN"), "1: the specification has a requirement 'GEN-01' already; rename yours"),
            (OWN + OWN, "4: 'ACME-01' stands already in {folder}/one.yaml:1"),
            (OWN.replace("MUST", "MAY"), "2: "),
            (OWN.replace("ACME-01", "acme"), "2: "),
            (OWN.replace("A good backend of ours answers", "Good"), "2: "),
        ],
    )
    def test_mistake(self, folder, text, mistake):
        write(folder, text)
        (told,) = mistakes(folder)
        assert told.startswith(f"{folder}/one.yaml:{mistake.format(folder=folder)}")
