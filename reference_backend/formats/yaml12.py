"""YAML 1.2 for PyYAML, which speaks 1.1.

Backstage reads its files with ``yaml`` of npm, as YAML 1.2 (core schema, §10.3.2). There ``no``, ``on`` and ``12:30``
are text; in 1.1 they are a boolean, a boolean and 750.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

try:
    # Ten times as fast; absent where PyYAML was built without libyaml.
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class Loader(_SafeLoader):
    """A safe loader with the scalars of the core schema."""


# A dictionary of its own: PyYAML would otherwise change the loader of everybody else.
Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


def _integer(loader: Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text.startswith(("0x", "0o")) else int(text)


Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def load(text: str) -> Any:
    """Parse one document.

    Raises:
        yaml.YAMLError: not YAML.
    """
    return yaml.load(text, Loader)  # noqa: S506 - a subclass of the safe loader


def load_all(text: str) -> Iterator[Any]:
    """Parse all documents.

    Raises:
        yaml.YAMLError: not YAML.
    """
    yield from yaml.load_all(text, Loader)
