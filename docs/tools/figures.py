"""Figures of the house: lines in git, files and lines of each part, import circles, modules without a layer.

    python docs/tools/figures.py

``python -m tests.support.call_counts`` counts the calls and files of a sign-in and a refresh.
"""

import configparser
import subprocess
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("mock_idp", "reference_backend", "conformance")


def tracked() -> list[Path]:
    """Files that git knows, without lock files and pictures."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    files = [ROOT / name for name in listed.splitlines() if "lock" not in Path(name).name]
    return [file for file in files if file.is_file() and file.suffix not in {".png", ".svg"}]


def lines(files: Iterable[Path]) -> int:
    """How many lines some files have together."""
    return sum(len(file.read_bytes().splitlines()) for file in files)


def circles(graph: grimp.ImportGraph, package: str) -> list[str]:
    """A circle of imports in a package, if there is one."""
    modules = {module for module in graph.modules if module.partition(".")[0] == package}
    imports = {module: graph.find_modules_directly_imported_by(module) & modules for module in modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def without_layer(graph: grimp.ImportGraph, package: str) -> list[str]:
    """Top-level modules of a package that no contract of layers names."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    named: set[str] = set()
    for name in contracts.sections():
        if contracts[name].get("type") == "layers":
            text = contracts[name]["layers"].replace(":", " ").replace("|", " ").replace("(", " ").replace(")", " ")
            containers = contracts[name].get("containers", "").split() or [""]
            named |= {f"{container}.{layer}".strip(".") for container in containers for layer in text.split()}
    return sorted(graph.find_children(package) - named)


def main() -> None:
    """Print a line for each figure."""
    files = tracked()
    print(f"lines in git without locks: {lines(files)}")
    graph = grimp.build_graph(*PARTS)
    for part in PARTS:
        own = [file for file in files if file.suffix == ".py" and file.relative_to(ROOT).parts[0] == part]
        print(f"{part}: {len(own)} files, {lines(own)} lines", end="; ")
        print(f"circle: {' -> '.join(circles(graph, part)) or 'none'}", end="; ")
        print(f"without a layer: {', '.join(without_layer(graph, part)) or 'none'}")
    sources = [file for file in files if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in PARTS]
    tests = [file for file in files if file.suffix == ".py" and file.relative_to(ROOT).parts[0] == "tests"]
    print(f"source: {len(sources)} files, {lines(sources)} lines; tests: {len(tests)} files, {lines(tests)} lines")


if __name__ == "__main__":
    main()
