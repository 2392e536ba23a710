"""What stands for something else in an app-config: ``${NAME}``, ``$env``, ``$file`` and ``$include``.

Only requested keys are resolved, because the rest of an app's configuration may need what is not on this
machine. A variable that is not set gets a stand-in, so that a configuration works without its secrets.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mock_idp.app_config.reading import AppConfigError, read_mapping, read_text, read_yaml

_VARIABLE = re.compile(r"\$\$|\$\{([^{}]+)\}")
_INCLUDES = ("$file", "$env", "$include")

MakeStandIn = Callable[[tuple[str, ...], str, bool], str]
"""Makes the value of a variable that is not set: where it stands, its name, and whether it is all that stands there."""


class AppConfigFile:
    """One file, of which parts are resolved when they are asked for.

    Parameters:
        path: the file.
        environment: the variables there are.
        make_stand_in: makes the value of a variable that is not set.

    Raises:
        AppConfigError: the file is not there, or is no YAML mapping.
    """

    def __init__(self, path: Path, environment: Mapping[str, str], make_stand_in: MakeStandIn) -> None:
        self.path = path
        self._data = read_mapping(path)
        self._environment = environment
        self._make_stand_in = make_stand_in

    def get(self, *keys: str) -> Any:
        """What stands below some keys, resolved; None if nothing does.

        Raises:
            AppConfigError: an include cannot be resolved.
        """
        value, directory = self._included(self._data, (), self.path.parent)
        for number, key in enumerate(keys, 1):
            if not isinstance(value, Mapping):
                return None
            value, directory = self._included(value.get(key), keys[:number], directory)
        return self._resolved(value, keys, directory)

    def _resolved(self, value: Any, place: tuple[str, ...], directory: Path) -> Any:
        if isinstance(value, str):
            return self._substituted(value, place)
        if isinstance(value, Mapping):
            # What is null stays that: it takes away what an earlier file says.
            return {
                str(key): self._resolved(*self._at(member, (*place, str(key)), directory))
                for key, member in value.items()
            }
        if isinstance(value, list):
            return [self._resolved(*self._at(entry, place, directory)) for entry in value]
        return value

    def _at(self, value: Any, place: tuple[str, ...], directory: Path) -> tuple[Any, tuple[str, ...], Path]:
        value, directory = self._included(value, place, directory)
        return value, place, directory

    def _variable(self, name: str, place: tuple[str, ...], *, is_all: bool) -> str:
        value = self._environment.get(name.strip())
        return value.strip() if value is not None else self._make_stand_in(place, name.strip(), is_all)

    def _substituted(self, text: str, place: tuple[str, ...]) -> str:
        def replaced(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            name, separator, fallback = match[1].partition(":-")
            if separator:
                return self._environment.get(name.strip(), "").strip() or fallback.strip()
            return self._variable(name, place, is_all=match[0] == text.strip())

        return _VARIABLE.sub(replaced, text)

    def _included(self, value: Any, place: tuple[str, ...], directory: Path) -> tuple[Any, Path]:
        """What an include stands for, and what names of files in it are relative to; any other value as it is."""
        kind = next((key for key in _INCLUDES if isinstance(value, Mapping) and key in value), None)
        if kind is None:
            return value, directory
        target = value[kind]
        if len(value) > 1 or not isinstance(target, str):
            raise self.error(place, f"{kind} has to be the only member, and a string")
        target = self._substituted(target, place)
        if kind == "$env":
            return self._variable(target, place, is_all=True), directory
        try:
            if kind == "$file":
                return read_text(directory / target).rstrip(), directory
            name, _, inner = target.partition("#")
            file = directory / name
            return self._part(_read_data(file), inner, place, target), file.parent
        except AppConfigError as error:
            raise self.error(place, f"{kind} {target}: {error}".rstrip(".")) from error

    def _part(self, data: Any, inner: str, place: tuple[str, ...], target: str) -> Any:
        for key in inner.split(".") if inner else ():
            data = data.get(key) if isinstance(data, Mapping) else None
            if data is None:
                raise self.error(place, f"there is no {inner!r} in {target.partition('#')[0]}")
        return data

    def error(self, place: tuple[str, ...], sentence: str) -> AppConfigError:
        """A mistake at a place of this file."""
        return AppConfigError(f"{self.path}: {'.'.join(place) or 'the whole file'}: {sentence}.")

    def has(self, *keys: str) -> bool:
        """Whether this file itself has a member of that place, even a null."""
        value: Any = self._data
        for key in keys:
            if not isinstance(value, Mapping) or key not in value:
                return False
            value = value[key]
        return True


def _read_data(file: Path) -> Any:
    if file.suffix != ".json":
        return read_yaml(file)
    try:
        return json.loads(read_text(file))
    except ValueError as error:
        raise AppConfigError(f"{file}: not valid JSON: {error}.") from error
