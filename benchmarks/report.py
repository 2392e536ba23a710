"""What was measured, for people and programs: a table, JSON, and bars as SVG."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.figures.model import Figure, Results
from benchmarks.settings import BUSY_SHARE

_OURS: Final = "ours"
_WIDTH, _ROW, _LEFT, _BAR, _HEAD = 860, 20, 200, 420, 34


def document(figures: Sequence[Figure], results: Results, remarks: Mapping[str, str], rounds: int) -> dict[str, Any]:
    """Everything as plain data.

    Parameters:
        figures: what was asked for.
        results: what was measured.
        remarks: subject -> version and remark.
        rounds: how many rounds there were.
    """
    share, where = results.busiest
    return {
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "rounds": rounds,
        "load_generator": {"largest_share": round(share, 3), "where": where, "is_bottleneck": share > BUSY_SHARE},
        "subjects": dict(remarks),
        "left_out": results.left_out,
        "figures": [_figure(figure, results) for figure in figures],
    }


def _figure(figure: Figure, results: Results) -> dict[str, Any]:
    subjects = {subject: values for (id_, subject), values in results.values.items() if id_ == figure.id}
    return {
        "id": figure.id,
        "title": figure.title,
        "unit": figure.unit,
        "better": figure.better,
        "subjects": {
            subject: {**spread(values), "values": values, "ratio": ratio(subjects.get(_OURS, []), values)}
            for subject, values in subjects.items()
        },
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest of the rounds."""
    return {"median": median(values), "low": min(values), "high": max(values)}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float] | None:
    """Ours divided by theirs, round by round; None if there is nothing to compare."""
    quotients = [one / other for one, other in zip(ours, theirs, strict=False) if other]
    return spread(quotients) if quotients else None


def show(data: Mapping[str, Any], console: Console) -> None:
    """Print the tables."""
    for figure in data["figures"]:
        if not figure["subjects"]:
            continue
        table = Table(title=f"{figure['title']} ({figure['unit']}, {figure['better']} is better)", title_justify="left")
        for name in ("subject", "median", "low", "high", "ours / it"):
            table.add_column(name, justify="left" if name == "subject" else "right")
        for subject, one in figure["subjects"].items():
            compared = one["ratio"]
            told = f"{compared['median']:.2f} ({compared['low']:.2f} to {compared['high']:.2f})" if compared else ""
            numbers = (f"{one[name]:.4g}" for name in ("median", "low", "high"))
            table.add_row(subject, *numbers, "" if subject == _OURS else told)
        console.print(table)
    for subject, remark in data["subjects"].items():
        console.print(f"{subject}: {remark}", markup=False, highlight=False)
    for subject, why in data["left_out"].items():
        console.print(f"left out: {subject}: {why}", markup=False, highlight=False)
    load = data["load_generator"]
    told = " - it may be what was measured there" if load["is_bottleneck"] else ""
    console.print(f"The load generator used {load['largest_share']:.0%} of a core at most ({load['where']}){told}.")


def chart(data: Mapping[str, Any]) -> str:
    """The figures as bars: median, and a line from the smallest to the largest round."""
    parts: list[str] = []
    top = 10
    for figure in data["figures"]:
        if not figure["subjects"]:
            continue
        largest = max(one["high"] for one in figure["subjects"].values()) or 1.0
        title = f"{figure['title']} ({figure['unit']}, {figure['better']} is better)"
        parts.append(f'<text x="10" y="{top + 16}" class="title">{escape(title)}</text>')
        top += _HEAD - 10
        for subject, one in figure["subjects"].items():
            parts.append(_bar(subject, one, top, _BAR / largest))
            top += _ROW
        top += 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        'role="img" aria-label="Benchmarks">\n'
        "<style>text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.ours{fill:#1565c0}.other{fill:#9e9e9e}"
        "line{stroke:#222}</style>\n"
        f'<rect width="100%" height="100%" fill="#fff"/>\n{os.linesep.join(parts)}\n</svg>\n'
    )


def _bar(subject: str, one: Mapping[str, Any], top: int, scale: float) -> str:
    middle = top + _ROW // 2
    kind = "ours" if subject.startswith(_OURS) else "other"
    low, high = _LEFT + one["low"] * scale, _LEFT + one["high"] * scale
    return (
        f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(subject)}</text>'
        f'<rect class="{kind}" x="{_LEFT}" y="{top + 3}" width="{one["median"] * scale:.1f}" height="{_ROW - 6}"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<text x="{high + 8:.1f}" y="{middle + 4}">{one["median"]:.4g}</text>'
    )


def write(data: Mapping[str, Any], out: Path, name: str, picture: str) -> None:
    """Write JSON and picture.

    Parameters:
        data: what was measured.
        out: folder.
        name: of both files.
        picture: SVG.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    (out / f"{name}.svg").write_text(picture, encoding="utf-8")
