"""Read app-config as Backstage does: files, environment variables, ``$env``, ``$file`` and ``$include``.

What is read, in this order, later ones winning: the files named on the command line, or else ``app-config.yaml`` and
its companions (:func:`default_files`); then variables like ``APP_CONFIG_app_baseUrl``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from reference_backend.config.model import Config, ConfigError
from reference_backend.formats import js_text, yaml12

DEFAULT_FILE = "app-config.yaml"
_VARIABLE = re.compile(r"\$?\$\{([^{}]*)\}")
_INCLUDES = ("$env", "$file", "$include")
_ENVIRONMENTS = "BACKSTAGE_ENV"
"""Names the environments whose files are read beside the default ones."""
_PREFIX = "APP_CONFIG_"
_KEY_PART = re.compile(r"[a-z][a-z0-9]*(?:[-_:][a-z0-9]+)*", re.IGNORECASE)
_PROTOTYPE = "__proto__"
"""In JavaScript not a member of an object, so that a configuration cannot have it as a key."""
_INHERITED = (
    *("constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString"),
    "valueOf",
)
"""Members that every object of JavaScript has already, so that no variable can add them."""


class _Undefined:
    """Stands for no value, such as that of an unset environment variable; its key disappears."""


def load(files: Sequence[Path], environment: Mapping[str, str]) -> Config:
    """Read and merge files, then variables; later ones win.

    Parameters:
        files: YAML files.
        environment: variables for ``${NAME}`` and ``$env``, and those that are configuration by themselves.

    Raises:
        ConfigError: a file is missing or broken, or a variable is; the text says where.
    """
    merged: Any = {}
    for file in files:
        merged = merge(merged, read_file(file, environment))
    source = files[-1].name if files else DEFAULT_FILE
    variables = read_variables(environment)
    return Config(merge(merged, variables), source="env" if variables else source)


def default_files(directory: Path, environment: Mapping[str, str]) -> list[Path]:
    """The files that are read if none is named; only the first has to be there.

    Parameters:
        directory: where they are.
        environment: may name environments, each with files of its own.
    """
    names = [name for part in environment.get(_ENVIRONMENTS, "").split(",") if (name := js_text.trim(part))]
    optional = [
        *(f"app-config.{name}.yaml" for name in names),
        "app-config.local.yaml",
        *(f"app-config.{name}.local.yaml" for name in names),
    ]
    return [directory / DEFAULT_FILE, *(file for name in optional if (file := directory / name).exists())]


def merge(base: Any, over: Any) -> Any:
    """Objects deep, arrays and values replaced; null removes what the earlier file had."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {key: merge(base.get(key), over.get(key, base.get(key))) for key in {**base, **over}}
    return over


def read_variables(environment: Mapping[str, str]) -> dict[str, Any]:
    """Configuration in variables: ``APP_CONFIG_a_b`` is ``a.b``; its value is JSON, or else text.

    Raises:
        ConfigError: a name or value cannot be used, or two variables contradict each other.
    """
    data: dict[str, Any] = {}
    for name, text in environment.items():
        if name.startswith(_PREFIX) and text:
            _put(data, name.removeprefix(_PREFIX), text)
    return data


def _put(data: dict[str, Any], key: str, text: str) -> None:
    parts = key.split("_")
    for part in parts:
        if not _KEY_PART.fullmatch(part):
            raise ConfigError(f"Invalid env config key '{key}'")
    *parents, last = parts
    place: Any = data
    for depth, part in enumerate(parents, start=1):
        place = place.setdefault(part, {}) if part not in _INHERITED else None
        if not isinstance(place, dict):
            raise ConfigError(f"Could not nest config for key '{key}' under existing value '{'_'.join(parts[:depth])}'")
    if last in place or last in _INHERITED:
        raise ConfigError(f"Refusing to override existing config at key '{key}'")
    try:
        value = parse_json(text)
    except ValueError:
        value = text
    if value is None:
        raise ConfigError(f"Failed to parse JSON-serialized config value for key '{key}', Error: value may not be null")
    place[last] = value


def parse_json(text: str) -> Any:
    """JSON as JavaScript reads it.

    Raises:
        ValueError: not JSON; ``NaN`` and ``Infinity``, which Python would take, are none.
    """
    return json.loads(text, parse_constant=_no_constant, object_hook=_without_prototype)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_prototype(members: dict[str, Any]) -> dict[str, Any]:
    members.pop(_PROTOTYPE, None)
    return members


def read_file(file: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Read one file and resolve what it refers to."""
    data = parse_yaml(file)
    if data is None:
        return {}
    resolved = _Resolver(environment).resolve(data, "", file.resolve().parent)
    if not isinstance(resolved, dict):
        raise ConfigError(f"{file}: expected an object at the root of the configuration")
    return resolved


def parse_yaml(file: Path) -> Any:
    """Parse a YAML file; errors name file and line."""
    try:
        return yaml12.load(_read_text(file))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{file}{line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: not valid YAML: {error}") from error


def _read_text(file: Path) -> str:
    """The text with its line ends as they are; bytes that are not UTF-8 become replacement characters."""
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror or error}; name another file with --config") from error


class _Resolver:
    """Resolves substitutions and includes below one file."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def resolve(self, value: Any, path: str, directory: Path) -> Any:
        """A value with everything in it resolved.

        Parameters:
            value: as it stands in the file.
            path: where it stands, for messages.
            directory: what names of files are relative to.
        """
        if isinstance(value, str):
            return self._substitute(value)
        if isinstance(value, Mapping):
            include = next((key for key in value if key in _INCLUDES), None)
            if include is not None:
                value, directory = self._include(include, value, path, directory)
        return self._members(value, path, directory)

    def _members(self, value: Any, path: str, directory: Path) -> Any:
        """What was included is not resolved once more, only what is in it."""
        if isinstance(value, Mapping):
            members = {key: self.resolve(item, f"{path}.{key}", directory) for key, item in value.items()}
            return _without_prototype({key: item for key, item in members.items() if not _is_undefined(item)})
        if isinstance(value, list):
            items = [self.resolve(item, f"{path}[{index}]", directory) for index, item in enumerate(value)]
            return [item for item in items if not _is_undefined(item)]
        return value

    def _variable(self, name: str) -> str | None:
        value = self._environment.get(name)
        return None if value is None else js_text.trim(value)

    def _substitute(self, text: str) -> Any:
        undefined = False

        def replace(match: re.Match[str]) -> str:
            nonlocal undefined
            if match[0].startswith("$$"):
                return match[0][1:]
            name, separator, fallback = match[1].partition(":-")
            value = self._variable(js_text.trim(name))
            if separator:
                value = value or js_text.trim(fallback) or None
            if value is None:
                undefined = True
                return ""
            return value

        substituted = _VARIABLE.sub(replace, text)
        return _Undefined() if undefined else substituted

    def _include(self, include: str, value: Mapping[Any, Any], path: str, directory: Path) -> tuple[Any, Path]:
        """What an include stands for, and what names of files in it are relative to."""
        where = path.lstrip(".")
        if len(value) != 1:
            raise ConfigError(f"error at {where}, include key {include} should not have adjacent keys")
        if not isinstance(value[include], str):
            raise ConfigError(f"error at {where}, {include} include value is not a string")
        target = self._substitute(value[include])
        if _is_undefined(target):
            raise ConfigError(f"error at {where}, {include} substitution value was undefined")
        if include == "$env":
            found = self._variable(target)
            return (_Undefined() if found is None else found), directory
        if include == "$file":
            return js_text.trim_end(_read_text(directory / target)), directory
        return self._include_data(target, where, directory)

    def _include_data(self, target: str, where: str, directory: Path) -> tuple[Any, Path]:
        name, _, data_path = target.partition("#")
        file = directory / name
        if file.suffix == ".json":
            try:
                value = parse_json(_read_text(file))
            except ValueError as error:
                raise ConfigError(f"{file}: not valid JSON: {error}") from error
        elif file.suffix in (".yaml", ".yml"):
            value = parse_yaml(file)
        else:
            raise ConfigError(f"error at {where}, no configuration parser available for included file {name}")
        for part in data_path.split(".") if data_path else ():
            if not isinstance(value, Mapping):
                raise ConfigError(f"error at {where}, nothing at '{data_path}' in included file {name}")
            value = value.get(part, _Undefined())
        return (self._substitute(value) if isinstance(value, str) else value), file.parent


def _is_undefined(value: Any) -> bool:
    return isinstance(value, _Undefined)
