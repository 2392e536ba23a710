"""The report as one self-contained HTML page."""

import re
from collections import Counter
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from conformance.reports.groups import BAD, WARNED, clusters_of, groups_of
from conformance.reports.markdown import providers_of_failures
from conformance.reports.transcript import as_text
from conformance.verdicts import SEVERITY, Verdict, worst


def render_html(document: dict[str, Any]) -> str:
    """The page as text: the verdict and what failed first, then the matrix, then every case and requirement."""
    source = files("conformance.reports").joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["code"] = with_code
    environment.filters["anchor"] = anchor
    template = environment.from_string(source)
    groups, rows = groups_of(document), matrix(document)
    failing = [row for row in document["requirements"] if row["verdict"] in {*BAD, "stale"}]
    return template.render(
        document=document,
        failing=failing,
        providers=providers_of_failures(document),
        groups=groups,
        opened={cluster[0].case["id"] for cluster in clusters_of(groups)},
        areas=areas_of(rows),
        warned=groups_of(document, frozenset({WARNED, "deviation"})),
        matrix=rows,
        ids=[provider["id"] for provider in document["providers"]],
        cases=cases_by_scenario(document),
        as_text=as_text,
    )


def matrix(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each provider that was tested: area -> verdict, how many cases passed, and of how many.

    The area of a case is its scenario file. Cases that were not applicable do not count.
    """
    areas = sorted({case["file"].removesuffix(".yaml") for case in document["cases"]})
    found: dict[str, dict[str, list[Verdict]]] = {}
    for case in document["cases"]:
        if case["verdict"] != Verdict.NOT_APPLICABLE:
            area = case["file"].removesuffix(".yaml")
            found.setdefault(case["provider"], {}).setdefault(area, []).append(Verdict(case["verdict"]))
    rows = []
    for provider, by_area in sorted(found.items()):
        cells = {area: _cell(by_area[area]) for area in areas if area in by_area}
        verdict = worst(verdict for verdicts in by_area.values() for verdict in verdicts)
        rows.append({"provider": provider, "cells": cells, "verdict": verdict.value})
    return sorted(rows, key=lambda row: (-SEVERITY[Verdict(row["verdict"])], row["provider"]))


def areas_of(rows: list[dict[str, Any]]) -> list[str]:
    """The columns of the matrix: areas with failures first, since not all fit on a screen."""
    worst_of: dict[str, int] = {}
    for row in rows:
        for area, cell in row["cells"].items():
            worst_of[area] = max(worst_of.get(area, 0), SEVERITY[Verdict(cell["verdict"])])
    bad = SEVERITY[Verdict.FAILED]
    return sorted(worst_of, key=lambda area: (worst_of[area] < bad, area))


def _cell(verdicts: list[Verdict]) -> dict[str, Any]:
    counts = Counter(verdicts)
    good = counts[Verdict.PASSED] + counts[Verdict.WARNED] + counts[Verdict.DEVIATION]
    return {"verdict": worst(verdicts).value, "good": good, "all": len(verdicts)}


def cases_by_scenario(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Scenario -> its cases, in order of file and scenario."""
    found: dict[str, list[dict[str, Any]]] = {}
    for case in sorted(document["cases"], key=lambda case: (case["file"], case["scenario"], case["id"])):
        found.setdefault(case["scenario"], []).append(case)
    return found


def with_code(text: str) -> Markup:
    """Text whose parts between backticks are code."""
    parts = re.split(r"`([^`]*)`", text)
    marked = [f"<code>{escape(part)}</code>" if odd % 2 else str(escape(part)) for odd, part in enumerate(parts)]
    return Markup("".join(marked))  # noqa: S704 - each part is escaped one line above


def anchor(text: str) -> str:
    """A text as the id of an element."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
