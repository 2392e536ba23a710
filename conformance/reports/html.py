"""The report as one self-contained HTML page."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from conformance.reports.transcript import as_text
from conformance.verdicts import SEVERITY, Verdict, worst


def write_html(document: dict[str, Any], path: str) -> None:
    """Write the page, replacing the file only when it is complete."""
    target = Path(path)
    partial = target.with_name(f"{target.name}.partial")
    partial.write_text(render_html(document), encoding="utf-8", errors="backslashreplace")
    partial.replace(target)


def render_html(document: dict[str, Any]) -> str:
    """The page as text: provider × area matrix first, then whatever did not pass, then every requirement."""
    source = files("conformance.reports").joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(source)
    return template.render(document=document, matrix=matrix(document), problems=_problems(document), as_text=as_text)


def matrix(document: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Area -> provider -> worst verdict and number of cases; the area of a case is its scenario file."""
    rows: dict[str, dict[str, list[Verdict]]] = {}
    for case in document["cases"]:
        area = case["file"].removesuffix(".yaml")
        rows.setdefault(area, {}).setdefault(case["provider"], []).append(Verdict(case["verdict"]))
    return {
        area: {
            provider: {"verdict": worst(verdicts).value, "cases": len(verdicts)} for provider, verdicts in row.items()
        }
        for area, row in sorted(rows.items())
    }


def _problems(document: dict[str, Any]) -> list[dict[str, Any]]:
    quiet = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    found = [case for case in document["cases"] if Verdict(case["verdict"]) not in quiet]
    return sorted(found, key=lambda case: (-SEVERITY[Verdict(case["verdict"])], case["id"]))
