"""What the callback page does, found out by running its script with a stubbed window (frontend.md section 20.2).

Running it rather than searching its text judges any backend's page, not just one form of it.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

import quickjs

SCRIPT_SECONDS: Final = 2
SCRIPT_BYTES: Final = 32_000_000

_STUB_WINDOW: Final = """
var __log = {messages: [], timers: [], closed: false};
function __receiver(name) {
  return {postMessage: function (data, target) {
    __log.messages.push({data: data, target_origin: target, receiver: name});
  }};
}
var window = {opener: __OPENER__, parent: __receiver('parent'),
  close: function () { __log.closed = true; },
  location: {origin: '__ORIGIN__', href: '__ORIGIN__/'}};
window.window = window; var self = window; var opener = window.opener; var parent = window.parent;
function setTimeout(action, delay) {
  __log.timers.push({action: action, delay: delay || 0});
  return __log.timers.length;
}
window.setTimeout = setTimeout;
function close() { window.close(); }
var document = {addEventListener: function () {}, readyState: 'complete'};
window.addEventListener = function (type, action) { if (type === 'load') { action(); } };
"""

_RUN_TIMERS: Final = """
(function () {
  var closing = null;
  __log.timers.slice().sort(function (a, b) { return a.delay - b.delay; }).forEach(function (timer) {
    var before = __log.closed;
    if (typeof timer.action === 'function') { timer.action(); } else { (0, eval)(timer.action); }
    if (!before && __log.closed) { closing = timer.delay; }
  });
  return JSON.stringify({messages: __log.messages, close_after_ms: closing});
})()
"""


@dataclass(slots=True)
class _Document:
    scripts: list[str] = field(default_factory=list)
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
            self.document.scripts.append("")
            if attrs:
                self.document.other_elements.append("script with attributes")
        elif tag not in {"html", "body", "head"}:
            self.document.other_elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.document.scripts[-1] += data
        else:
            self.document.text_outside += data.strip()


def observe_page(html: str, csp: str | None, origin: str) -> dict[str, Any]:
    """Run the callback page twice, with and without an opener, and say what it did.

    Parameters:
        html: the document.
        csp: its ``Content-Security-Policy``, which decides whether a browser runs the script at all.
        origin: origin of the page.

    Returns:
        ``script``, ``script_hash`` (as a CSP source), ``csp_allows_script``, ``only_a_script``,
        ``messages`` (each ``data``, ``target_origin``, ``receiver``), ``receiver_without_opener``,
        ``close_after_ms``, ``literals`` (decoded arguments of ``decodeURIComponent``), ``script_error``.
    """
    reader = _Reader()
    reader.feed(html)
    document = reader.document
    script = document.scripts[0] if document.scripts else ""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page: dict[str, Any] = {
        "script": script,
        "scripts": len(document.scripts),
        "script_hash": f"sha256-{digest}",
        "csp_allows_script": csp is None or "script-src" not in csp or f"'sha256-{digest}'" in csp,
        "only_a_script": len(document.scripts) == 1 and not document.other_elements and not document.text_outside,
        "encoded_literals": re.findall(r"decodeURIComponent\('([^']*)'\)", script),
        "messages": [],
        "close_after_ms": None,
        "script_error": None,
    }
    if script and page["csp_allows_script"]:
        page |= _run(script, origin, with_opener=True)
        orphan = _run(script, origin, with_opener=False)
        page["receiver_without_opener"] = next((sent["receiver"] for sent in orphan["messages"]), None)
    return page


def _run(script: str, origin: str, *, with_opener: bool) -> dict[str, Any]:
    context = quickjs.Context()
    context.set_memory_limit(SCRIPT_BYTES)
    context.set_time_limit(SCRIPT_SECONDS)
    opener = "__receiver('opener')" if with_opener else "null"
    try:
        context.eval(_STUB_WINDOW.replace("__OPENER__", opener).replace("__ORIGIN__", origin))
        context.eval(script)
        result: dict[str, Any] = json.loads(context.eval(_RUN_TIMERS))
    except quickjs.JSException as error:
        return {"messages": [], "close_after_ms": None, "script_error": str(error).strip()}
    return {**result, "script_error": None}
