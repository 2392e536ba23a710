"""The report as JUnit XML, as CI systems group it: a class for each scenario file, a test for each case."""

from typing import Any
from xml.etree import ElementTree

from conformance.reports.groups import failures_of
from conformance.reports.transcript import as_text


def render_junit(document: dict[str, Any]) -> str:
    """The document as XML text."""
    cases = document["cases"]
    summary = document["summary"]
    counts = {
        "tests": len(cases),
        "failures": summary["failed"],
        "errors": summary["error"],
        "skipped": summary["not-applicable"] + summary["deviation"] + summary["not-run"],
    }
    suite = ElementTree.Element("testsuite", name="auth-conformance", time=str(document["seconds"]))
    suite.set("timestamp", document["started"])
    for name, count in counts.items():
        suite.set(name, str(count))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("target", document["target"]["url"]), ("profile", document["target"]["profile"])):
        ElementTree.SubElement(properties, "property", name=name, value=value)
    for case in cases:
        suite.append(_case(case))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(case: dict[str, Any]) -> ElementTree.Element:
    place = case["file"].removesuffix(".yaml").replace("/", ".")
    name = case["id"].partition(":")[2] or case["id"]
    element = ElementTree.Element("testcase", classname=place, name=name, time=str(case["seconds"]))
    verdict = case["verdict"]
    if verdict in {"failed", "error"}:
        first = next(failures_of(case), None)
        told = (
            f"{first.requirements[0]} {first.path}: expected {first.expected}, actual {first.actual}" if first else ""
        )
        tag = "failure" if verdict == "failed" else "error"
        child = ElementTree.SubElement(element, tag, message=_printable(told or case["message"].partition("\n")[0]))
        child.text = _printable(f"{case['title']}\n\n{case['message']}\n\n{as_text(case['transcript'])}")
    elif verdict in {"not-applicable", "deviation", "not-run"}:
        ElementTree.SubElement(
            element, "skipped", message=_printable(f"{verdict}: {case['message']}".partition("\n")[0])
        )
    return element


def _printable(text: str) -> str:
    """Without what XML 1.0 cannot carry, written as a code point instead."""
    return "".join(char if _is_xml(char) else f"\\u{ord(char):04x}" for char in text)


def _is_xml(char: str) -> bool:
    return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
