"""What the callback page does, found out by running its script with a stubbed window (frontend.md section 20.2).

Running it rather than searching its text judges any backend's page, not just one form of it.
"""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

import quickjs

from conformance.driver.csp import allows_script, source_hash

SCRIPT_SECONDS: Final = 2
SCRIPT_BYTES: Final = 32_000_000
MOST_JOBS: Final = 1000
"""Continuations of promises that a page may need; an endless chain of them is cut here."""

_STUB_WINDOW: Final = """
var __log = {messages: [], timers: [], closing: null, now: 0};
function __receiver(name) {
  return {closed: false, postMessage: function (data, target) {
    if (target && typeof target === 'object') { target = target.targetOrigin; }
    __log.messages.push({data: data === undefined ? null : data, receiver: name,
      target_origin: target === undefined ? '/' : String(target)});
  }};
}
var window = globalThis, self = window, console = {};
window.window = window; window.opener = __OPENER__; window.parent = __receiver('parent');
window.location = {origin: __ORIGIN__, href: __ORIGIN__ + '/'};
['log', 'info', 'warn', 'error', 'debug'].forEach(function (name) { console[name] = function () {}; });
function close() { if (__log.closing === null) { __log.closing = __log.now; } }
function setTimeout(action, delay) {
  var rest = Array.prototype.slice.call(arguments, 2);
  return __log.timers.push({action: action, rest: rest, at: __log.now + (Number(delay) || 0)});
}
function clearTimeout(number) { if (__log.timers[number - 1]) { __log.timers[number - 1].done = true; } }
function addEventListener(type, action) {
  if (type === 'load' || type === 'DOMContentLoaded') { setTimeout(action, 0); }
}
var document = {addEventListener: addEventListener, readyState: 'loading'};
"""

_RUN_TIMERS: Final = """
(function () {
  if (typeof window.onload === 'function') { setTimeout(window.onload, 0); }
  for (;;) {
    var next = null;
    __log.timers.forEach(function (timer) { if (!timer.done && (!next || timer.at < next.at)) { next = timer; } });
    if (!next) { return; }
    next.done = true;
    __log.now = next.at;
    if (typeof next.action === 'function') { next.action.apply(null, next.rest); }
    else if (next.action && next.action.handleEvent) { next.action.handleEvent(); }
    else { (0, eval)(next.action); }
  }
})()
"""

_READ_LOG: Final = "JSON.stringify({messages: __log.messages, close_after_ms: __log.closing})"


@dataclass(slots=True)
class _Script:
    nonce: str | None
    text: str = ""


@dataclass(slots=True)
class _Document:
    scripts: list[_Script] = field(default_factory=list)
    other_elements: list[str] = field(default_factory=list)
    text_outside: str = ""


class _Reader(HTMLParser):
    """Collects inline scripts and everything else that stands in the document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = _Document()
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self._in_script = True
            self.document.scripts.append(_Script(dict(attrs).get("nonce")))
            if attrs:
                self.document.other_elements.append("script with attributes")
        elif tag not in {"html", "body", "head"}:
            self.document.other_elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.document.scripts[-1].text += data
        else:
            self.document.text_outside += data.strip()


def observe_page(html: str, csp: str | None, origin: str) -> dict[str, Any]:
    """Run the callback page twice, with and without an opener, and say what it did.

    Parameters:
        html: the document.
        csp: its ``Content-Security-Policy``, which decides whether a browser runs the script at all.
        origin: origin of the page.

    Returns:
        ``script`` (the first), ``scripts`` (how many), ``script_hash`` (as a CSP source), ``csp_allows_script``,
        ``only_a_script``, ``messages`` (each ``data``, ``target_origin``, ``receiver``),
        ``receiver_without_opener``, ``close_after_ms``, ``encoded_literals`` (arguments of
        ``decodeURIComponent``), ``script_error``.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    document = reader.document
    script = document.scripts[0].text if document.scripts else ""
    allowed = [found.text for found in document.scripts if allows_script(csp, found.text, found.nonce)]
    page: dict[str, Any] = {
        "script": script,
        "scripts": len(document.scripts),
        "script_hash": source_hash(script),
        "csp_allows_script": len(allowed) == len(document.scripts),
        "only_a_script": len(document.scripts) == 1 and not document.other_elements and not document.text_outside,
        "encoded_literals": re.findall(r"decodeURIComponent\('([^']*)'\)", script),
        "messages": [],
        "close_after_ms": None,
        "script_error": None,
    }
    if allowed:
        page |= _run(allowed, origin, with_opener=True)
        orphan = _run(allowed, origin, with_opener=False)
        page["receiver_without_opener"] = next((sent["receiver"] for sent in orphan["messages"]), None)
    return page


def _run(scripts: list[str], origin: str, *, with_opener: bool) -> dict[str, Any]:
    """Run the scripts and then their timers; what was posted before an error counts, as it does in a browser."""
    context = quickjs.Context()
    context.set_memory_limit(SCRIPT_BYTES)
    context.set_time_limit(SCRIPT_SECONDS)
    opener = "__receiver('opener')" if with_opener else "null"
    context.eval(_STUB_WINDOW.replace("__OPENER__", opener).replace("__ORIGIN__", json.dumps(origin)))
    problem: str | None = None
    for script in (*scripts, _RUN_TIMERS):
        try:
            context.eval(script)
            for _ in range(MOST_JOBS):
                if not context.execute_pending_job():
                    break
        except quickjs.JSException as error:
            problem = problem or _first_line(error)
    try:
        return {**json.loads(context.eval(_READ_LOG)), "script_error": problem}
    except quickjs.JSException as error:
        return {"messages": [], "close_after_ms": None, "script_error": problem or _first_line(error)}


def _first_line(error: quickjs.JSException) -> str:
    """What went wrong, without the stack, which can be hundreds of lines."""
    return str(error).strip().partition("\n")[0]
