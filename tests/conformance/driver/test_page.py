"""The callback page is judged by what it does, whatever form it has."""

import json
from urllib.parse import quote

import pytest

from conformance.driver import page as page_module
from conformance.driver.csp import source_hash
from conformance.driver.page import observe_page

ORIGIN = "http://localhost:7007"
APP = "http://localhost:3000"
ANSWER = {"type": "authorization_response", "response": {"profile": {"displayName": "Zoë O'Brien </script>"}}}

REFERENCE_SCRIPT = """
var authResponse = decodeURIComponent('{answer}');
var origin = decodeURIComponent('{origin}');
var originInfo = {{'type': 'config_info', 'targetOrigin': origin}};
(window.opener || window.parent).postMessage(originInfo, '*');
(window.opener || window.parent).postMessage(JSON.parse(authResponse), origin);
setTimeout(() => {{ window.close(); }}, 100);
"""


def reference_page() -> str:
    answer = quote(json.dumps(ANSWER), safe="-_.!~*()")
    script = REFERENCE_SCRIPT.format(answer=answer, origin=quote(APP, safe=""))
    return f"<html><body><script>{script}</script></body></html>"


def run(script: str, csp: str | None = None) -> dict:
    return observe_page(f"<script>{script}</script>", csp, ORIGIN)


@pytest.fixture
def short_limit(monkeypatch):
    monkeypatch.setattr(page_module, "SCRIPT_SECONDS", 1)


def test_reference_form():
    page = observe_page(reference_page(), None, ORIGIN)
    assert page["messages"] == [
        {"data": {"type": "config_info", "targetOrigin": APP}, "target_origin": "*", "receiver": "opener"},
        {"data": ANSWER, "target_origin": APP, "receiver": "opener"},
    ]
    assert page["close_after_ms"] == 100
    assert page["receiver_without_opener"] == "parent"
    assert page["only_a_script"] is True
    assert page["script_error"] is None
    assert len(page["encoded_literals"]) == 2


@pytest.mark.parametrize(
    "script",
    [
        "window.opener.postMessage(JSON.parse('{\"a\": 1}'), 'http://app')",
        "opener.postMessage({a: 1}, 'http://app')",
        "self.opener.postMessage({a: 1}, {targetOrigin: 'http://app'})",
        "const send = () => window.opener.postMessage({a: 1}, 'http://app'); window.onload = send;",
        "onload = function () { opener.postMessage({a: 1}, 'http://app') }",
        "window.addEventListener('load', () => opener.postMessage({a: 1}, 'http://app'))",
        "addEventListener('load', {handleEvent() { opener.postMessage({a: 1}, 'http://app') }})",
        "document.addEventListener('DOMContentLoaded', () => opener.postMessage({a: 1}, 'http://app'))",
        "setTimeout(() => setTimeout(x => opener.postMessage({a: x}, 'http://app'), 5, 1), 10)",
        "setTimeout(\"opener.postMessage({a: 1}, 'http://app')\")",
        "console.log('sending'); if (!opener.closed) opener.postMessage({a: 1}, 'http://app')",
        "(async () => { await null; opener.postMessage({a: 1}, 'http://app') })()",
        "setTimeout(() => Promise.resolve().then(() => opener.postMessage({a: 1}, 'http://app')))",
    ],
)
def test_pages_of_other_forms(script):
    page = run(script)
    assert page["messages"] == [{"data": {"a": 1}, "target_origin": "http://app", "receiver": "opener"}]
    assert page["script_error"] is None


def test_scripts_of_one_page_share_their_window():
    page = observe_page(
        "<script>var data = {a: 1}</script><script>opener.postMessage(data, '*')</script>", None, ORIGIN
    )
    assert page["messages"][0]["data"] == {"a": 1}
    assert page["scripts"] == 2
    assert page["only_a_script"] is False


@pytest.mark.parametrize(
    ("script", "closed"),
    [
        ("", None),
        ("window.close()", 0),
        ("self.close(); setTimeout(close, 100)", 0),
        ("setTimeout(() => setTimeout(window.close, 100), 50)", 150),
        ("const t = setTimeout(close, 10); clearTimeout(t)", None),
        ("setTimeout(close, 200); setTimeout(close, 120)", 120),
    ],
)
def test_when_the_popup_closes(script, closed):
    assert run(script)["close_after_ms"] == closed


@pytest.mark.parametrize(
    ("call", "data", "target"),
    [
        ("opener.postMessage()", None, "/"),
        ("opener.postMessage(undefined, '*')", None, "*"),
        ("opener.postMessage('text', '*')", "text", "*"),
        ("opener.postMessage({a: 1})", {"a": 1}, "/"),
        ("opener.postMessage({a: 1}, null)", {"a": 1}, "null"),
    ],
)
def test_odd_messages(call, data, target):
    assert run(call)["messages"] == [{"data": data, "target_origin": target, "receiver": "opener"}]


@pytest.mark.parametrize("script", ["opener.postMessage(function () {}, '*')", "opener.postMessage(1n, '*')"])
def test_messages_that_cannot_be_sent_break_nothing(script):
    assert all("data" not in message for message in run(script)["messages"])


def test_page_without_opener_that_does_not_look_for_one():
    page = run("window.opener.postMessage({a: 1}, '*')")
    assert page["receiver_without_opener"] is None
    assert page["script_error"] is None


def test_what_was_posted_before_an_error_counts():
    page = run("opener.postMessage({a: 1}, '*'); undefinedFunction(); opener.postMessage({b: 2}, '*')")
    assert [message["data"] for message in page["messages"]] == [{"a": 1}]
    assert "undefinedFunction" in page["script_error"]


def test_syntax_error_is_told():
    page = run("this is no script")
    assert page["messages"] == []
    assert page["script_error"].startswith("SyntaxError")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("while (true) {}", "InternalError"),
        ("(function again() { setTimeout(again, 0) })()", "InternalError"),
        ("(function deeper() { deeper() })()", "RangeError"),
    ],
)
def test_endless_scripts_are_stopped(script, error, short_limit):
    page = run(script)
    assert page["script_error"].startswith(error)
    assert "\n" not in page["script_error"]


def test_endless_promises_are_stopped():
    assert run("(async () => { for (;;) await null })()")["messages"] == []


def test_greedy_scripts_are_stopped(short_limit):
    assert "out of memory" in run("const all = []; while (true) all.push('x'.repeat(1e6) + all.length)")["script_error"]


def test_forbidden_script_does_not_run():
    page = run("opener.postMessage({a: 1}, '*')", csp="default-src 'none'; script-src 'self'")
    assert page["csp_allows_script"] is False
    assert page["messages"] == []
    assert page["script_error"] is None


def test_allowed_script_runs():
    script = "opener.postMessage({a: 1}, '*')"
    page = run(script, csp=f"script-src '{source_hash(script)}'")
    assert page["csp_allows_script"] is True
    assert page["script_hash"] == source_hash(script)
    assert len(page["messages"]) == 1


def test_nonce_of_the_element_counts():
    html = "<script nonce=abc>opener.postMessage({a: 1}, '*')</script>"
    assert len(observe_page(html, "script-src 'nonce-abc'", ORIGIN)["messages"]) == 1
    assert observe_page(html, "script-src 'nonce-xyz'", ORIGIN)["messages"] == []


@pytest.mark.parametrize(
    ("html", "only"),
    [
        ("<script>1</script>", True),
        ("<!doctype html><html><head></head><body>\n<script>1</script>\n</body></html>", True),
        ("<p>Signed in</p><script>1</script>", False),
        ("<script src=/other.js></script>", False),
        ("Signed in<script>1</script>", False),
        ("<script>1</script><script>2</script>", False),
        ("<img src=x onerror=alert(1)><script>1</script>", False),
        ("<p>No script at all</p>", False),
        ("", False),
    ],
)
def test_only_a_script(html, only):
    assert observe_page(html, None, ORIGIN)["only_a_script"] is only
