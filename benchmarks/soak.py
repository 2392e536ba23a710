"""Many sign-ins for a long time: memory and latency of mock and backend must stay flat."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.client import play
from benchmarks.settings import SOAK_AT_ONCE, SOAK_GROWTH, SOAK_SAMPLES
from benchmarks.stand import IN_MEMORY, running_stand

_WIDTH, _HEIGHT, _EDGE = 860, 160, 60


def soak(out: Path, logins: int, minutes: float) -> dict[str, Any]:
    """Sign in until both numbers are reached.

    Parameters:
        out: for files.
        logins: how often at least.
        minutes: how long at least.

    Raises:
        MeasuringError: mock or backend does not start.
        LoadError: a sign-in failed.
    """
    samples: list[dict[str, float]] = []
    done = 0
    each = max(1, logins // SOAK_SAMPLES)
    with running_stand(out, IN_MEMORY) as stand:
        began = time.monotonic()
        while done < logins or time.monotonic() - began < minutes * 60:
            load = play(stand.logins(each), SOAK_AT_ONCE)
            done += each
            samples.append(
                {
                    "seconds": time.monotonic() - began,
                    "logins": done,
                    "mock": stand.mock.usage().memory,
                    "backend": stand.backend.usage().memory,
                    "p50": median(load.durations) * 1000,
                }
            )
    growth = {name: growth_of_last_third([sample[name] for sample in samples]) for name in ("mock", "backend", "p50")}
    is_flat = all(growth[name] <= SOAK_GROWTH for name in ("mock", "backend"))
    return {"logins": done, "growth_of_last_third": growth, "is_flat": is_flat, "samples": samples}


def growth_of_last_third(values: Sequence[float]) -> float:
    """By which part the end of the last third is above its beginning.

    Parameters:
        values: in order; the two ends are medians of a quarter of the third, because single values jump.
    """
    third = values[-max(2, len(values) // 3) :]
    end = max(1, len(third) // 4)
    first = median(third[:end])
    return (median(third[-end:]) - first) / first


def chart(data: dict[str, Any]) -> str:
    """Memory and latency over the number of sign-ins, as SVG."""
    samples = data["samples"]
    most = max(sample["logins"] for sample in samples)
    parts = []
    for row, (name, title) in enumerate((("mock", "mock, MiB"), ("backend", "backend, MiB"), ("p50", "p50, ms"))):
        largest = max(sample[name] for sample in samples)
        bottom = (row + 1) * _HEIGHT
        points = " ".join(
            f"{_EDGE + sample['logins'] / most * (_WIDTH - 2 * _EDGE):.1f},"
            f"{bottom - sample[name] / largest * (_HEIGHT - 40):.1f}"
            for sample in samples
        )
        parts.append(f'<text x="{_EDGE}" y="{bottom - _HEIGHT + 20}">{title}: at most {largest:.4g}</text>')
        parts.append(f'<polyline points="{points}" fill="none" stroke="#1565c0"/>')
    height = 3 * _HEIGHT + 10
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}">'
        f"<style>text{{font:12px sans-serif}}</style>\n{body}\n</svg>\n"
    )


def write(data: dict[str, Any], out: Path) -> None:
    """Write JSON and picture."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "soak.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    (out / "soak.svg").write_text(chart(data), encoding="utf-8")
