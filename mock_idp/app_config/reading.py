"""Reads app-config files as Backstage does: YAML 1.2, several files merged, nothing substituted yet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mock_idp.profiles import merged

MARKER = "# Written by mock-idp "
"""How the first line of every app-config begins that this kit wrote."""


class AppConfigError(ValueError):
    """An app-config that cannot be used; the message names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class AppConfig:
    """What some app-config files say.

    Parameters:
        data: the files, a later one over an earlier one.
        files: where it stands.
    """

    data: Mapping[str, Any]
    files: tuple[Path, ...] = ()

    def get(self, *keys: str) -> Any:
        """The value below some keys, or None."""
        value: Any = self.data
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def items(self, *keys: str) -> list[Any]:
        """The list below some keys; empty if there is none."""
        value = self.get(*keys)
        return list(value) if isinstance(value, list) else []


def read_app_config(files: Sequence[Path]) -> AppConfig:
    """Read app-config files as they stand; a later one wins.

    Raises:
        AppConfigError: a file is not there, or is no YAML mapping.
    """
    data: dict[str, Any] = {}
    for file in files:
        data = merged(data, read_mapping(file))
    return AppConfig(data, tuple(files))


def read_mapping(file: Path) -> dict[str, Any]:
    """Read one app-config file as it stands.

    Raises:
        AppConfigError: the file is not there, or is no YAML mapping.
    """
    data = read_yaml(file)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise AppConfigError(f"{file}: an app-config is a mapping, with `auth:` and the like in it.")
    return data


def read_yaml(file: Path) -> Any:
    """Read a YAML file.

    Raises:
        AppConfigError: the file is not there, or is no YAML.
    """
    try:
        return yaml.load(read_text(file), ConfigLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise AppConfigError(f"{file}{line}: not valid YAML: {error.problem or error.context}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise AppConfigError(f"{file}: not valid YAML: {error}.") from error


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        AppConfigError: it is not there, or cannot be read.
    """
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise AppConfigError(f"There is no file {file}.") from error
    except OSError as error:
        raise AppConfigError(f"{file} cannot be read: {error.strerror}.") from error


def refuse_foreign(output: Path) -> None:
    """See that a file to be written is not a file of the user's.

    Raises:
        AppConfigError: it is there, has content, and the kit did not write it.
    """
    if not output.is_file():
        return
    first, *_ = read_text(output).splitlines() or [""]
    if first and not first.startswith(MARKER):
        raise AppConfigError(
            f"{output} is there already, and mock-idp did not write it. Write a file that Backstage puts over it, "
            "-o app-config.local.yaml, or overwrite it with --force."
        )


class ConfigLoader(yaml.SafeLoader):
    """YAML 1.2 with its core schema, as Backstage reads it: ``on``, ``yes`` and dates are texts."""


ConfigLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+0123456789.")),
    ("merge", r"<<", ["<"]),
):
    ConfigLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)
ConfigLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(str(node.value)))
ConfigLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(str(node.value)))
