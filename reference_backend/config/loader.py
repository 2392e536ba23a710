"""Read app-config files: merge, substitute environment variables, include (``$env``, ``$file``, ``$include``)."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from reference_backend.config.model import Config, ConfigError
from reference_backend.formats import yaml12

_VARIABLE = re.compile(r"\$?\$\{([^{}]*)\}")
_INCLUDES = ("$env", "$file", "$include")


class _Undefined:
    """Marks a value that refers to an unset environment variable; its key disappears."""


def load(files: Sequence[Path], environment: Mapping[str, str]) -> Config:
    """Read and merge files; later ones win. Objects are merged deeply, everything else is replaced.

    Parameters:
        files: YAML files.
        environment: variables for ``${NAME}`` and ``$env``.

    Raises:
        ConfigError: a file is missing or broken; the text says where.
    """
    merged: Any = {}
    for file in files:
        merged = merge(merged, read_file(file, environment))
    return Config(merged, source=files[-1].name if files else "app-config.yaml")


def merge(base: Any, over: Any) -> Any:
    """Objects deep, arrays and values replaced; null removes what the earlier file had."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {key: merge(base.get(key), over.get(key, base.get(key))) for key in {**base, **over}}
    return over


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
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text") from error


class _Resolver:
    """Resolves substitutions and includes below one file."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def resolve(self, value: Any, path: str, directory: Path) -> Any:
        if isinstance(value, str):
            return self._substitute(value)
        if isinstance(value, Mapping):
            return self._resolve_object(value, path, directory)
        if isinstance(value, list):
            resolved = [self.resolve(item, f"{path}[{i}]", directory) for i, item in enumerate(value)]
            return [item for item in resolved if not isinstance(item, _Undefined)]
        return value

    def _resolve_object(self, value: Mapping[Any, Any], path: str, directory: Path) -> Any:
        include = next((key for key in value if key in _INCLUDES), None)
        if include is not None:
            return self._include(include, value, path, directory)
        resolved = {str(key): self.resolve(item, f"{path}.{key}", directory) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if not isinstance(item, _Undefined)}

    def _variable(self, name: str) -> str | None:
        value = self._environment.get(name)
        return None if value is None else value.strip()

    def _substitute(self, text: str) -> Any:
        undefined = False

        def replace(match: re.Match[str]) -> str:
            nonlocal undefined
            if match[0].startswith("$$"):
                return match[0][1:]
            name, separator, fallback = match[1].partition(":-")
            value = self._variable(name.strip())
            if separator:
                value = value or fallback.strip() or None
            if value is None:
                undefined = True
                return ""
            return value

        substituted = _VARIABLE.sub(replace, text)
        return _Undefined() if undefined else substituted

    def _include(self, include: str, value: Mapping[Any, Any], path: str, directory: Path) -> Any:
        where = path.lstrip(".")
        if len(value) != 1:
            raise ConfigError(f"error at {where}, include key {include} should not have adjacent keys")
        if not isinstance(value[include], str):
            raise ConfigError(f"error at {where}, {include} include value is not a string")
        target = self._substitute(value[include])
        if isinstance(target, _Undefined):
            raise ConfigError(f"error at {where}, {include} substitution value was undefined")
        if include == "$env":
            found = self._variable(target)
            return _Undefined() if found is None else found
        if include == "$file":
            return _read_text(directory / target).rstrip()
        return self._include_data(target, where, directory)

    def _include_data(self, target: str, where: str, directory: Path) -> Any:
        name, _, data_path = target.partition("#")
        file = directory / name
        if file.suffix == ".json":
            try:
                value = json.loads(_read_text(file))
            except ValueError as error:
                raise ConfigError(f"{file}: not valid JSON: {error}") from error
        elif file.suffix in (".yaml", ".yml"):
            value = parse_yaml(file)
        else:
            raise ConfigError(f"error at {where}, no configuration parser available for included file {name}")
        for part in filter(None, data_path.split(".")):
            if not isinstance(value, Mapping):
                raise ConfigError(f"error at {where}, nothing at '{data_path}' in included file {name}")
            value = value.get(part)
        return self.resolve(value, where, file.parent)
