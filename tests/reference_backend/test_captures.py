"""Nothing keeps a function of the backend but its module, so that a defect patched into the module always works.

A table, a default value, a closure or a decorator that holds the function object would go on with the original
(decision 110). Looked for in a process that has imported everything and done nothing.
"""

import ast
import gc
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

import reference_backend

ROOT = Path(reference_backend.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
PACKAGE = reference_backend.__name__
ALLOWED = [
    # PyYAML keeps constructors in a table of the loader's class; reading YAML is no rule of the protocol.
    f"{PACKAGE}.config.yaml12._integer, held by dict",
]
PATCHABLE = (types.FunctionType, type(importlib.import_module("functools").cache(len)))


def captures(modules):
    """What holds on to a function of these modules, besides its module."""
    for module in modules:
        for name in list(vars(module)):
            value = vars(module)[name]
            if isinstance(value, PATCHABLE) and value.__module__ == module.__name__:
                # The frame of this search does not count.
                holders = [one for one in gc.get_referrers(value) if not isinstance(one, types.FrameType)]
                found = sorted(type(one).__name__ for one in holders if one is not vars(module))
                if found:
                    yield f"{module.__name__}.{name}, held by {', '.join(found)}"


def everything():
    """All modules of the package."""
    found = [reference_backend]
    for info in pkgutil.walk_packages(reference_backend.__path__, f"{PACKAGE}."):
        if not info.name.endswith("__main__"):
            found.append(importlib.import_module(info.name))
    return found


def test_no_function_is_captured_when_its_module_is_imported():
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ALLOWED


def rule():
    """Is captured below."""


def test_a_capture_is_found():
    table = {"rule": rule}
    assert [text for text in captures([sys.modules[__name__]]) if "rule" in text] == [f"{__name__}.rule, held by dict"]
    del table


def imported_values(file):
    """What a file imports by name from the package that is neither a module nor a class nor a type."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            module = importlib.import_module(node.module)
            for alias in node.names:
                # A sub-package's modules are no attributes until somebody imports them.
                value = getattr(module, alias.name, sys)
                if not (inspect.ismodule(value) or inspect.isclass(value) or is_type(value)):
                    yield f"{node.module}.{alias.name}"


def is_type(value):
    """Aliases such as ``Callable[…]`` and ``Literal[…]``."""
    return hasattr(value, "__origin__") or isinstance(value, types.UnionType)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_functions_and_constants_are_used_through_their_module(file):
    allowed = {f"{PACKAGE}.__version__", f"{PACKAGE}.cli.main"}
    assert set(imported_values(file)) <= allowed


if __name__ == "__main__":
    print(json.dumps(list(captures(everything()))))
