"""A view of the configuration that knows its own path, so that errors name the full key (CFG-01)."""

from collections.abc import Mapping, Sequence
from typing import Any

from reference_backend.formats import durations

_MISSING = object()


class ConfigError(Exception):
    """The configuration is wrong; the text is meant for the person who wrote it."""


class Config:
    """A mapping somewhere in the configuration.

    Parameters:
        data: the mapping.
        source: name of the file that error messages show.
        prefix: full key of the mapping, empty at the root.
    """

    def __init__(self, data: Mapping[str, Any], source: str = "app-config.yaml", prefix: str = "") -> None:
        self._data = data
        self._source = source
        self._prefix = prefix

    def keys(self) -> list[str]:
        """Keys directly below, in file order; a key set to null counts as absent."""
        return [str(key) for key, value in self._data.items() if value is not None]

    def get(self, key: str, default: Any = None) -> Any:
        """Raw value below a dotted key, or the default.

        Raises:
            ConfigError: a key on the way is not a mapping.
        """
        value: Any = self._data
        walked: list[str] = []
        for part in key.split("."):
            if not isinstance(value, Mapping):
                raise self._wrong_type(".".join(walked), value, "object")
            value = value.get(part)
            walked.append(part)
            if value is None:
                return default
        return value

    def has(self, key: str) -> bool:
        """Tell whether there is a value other than null."""
        return self.get(key) is not None

    def string(self, key: str, default: Any = _MISSING) -> Any:
        """A non-empty string; required unless a default is given (None is a default, too).

        Raises:
            ConfigError: missing, empty or not a string.
        """
        value = self._required(key, default)
        if value is default:
            return value
        if not isinstance(value, str) or not value:
            raise self._wrong_type(key, value, "string")
        return value

    def boolean(self, key: str, default: bool | None = None) -> bool | None:
        """A boolean, also as text or number, as Backstage accepts it."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        texts = {"1": True, "true": True, "yes": True, "on": True, "t": True, "y": True}
        texts |= {"0": False, "false": False, "no": False, "off": False, "f": False, "n": False}
        known = texts.get(str(value).strip().lower())
        if known is None:
            raise ConfigError(
                f"Unable to convert config value for key '{self.full_key(key)}' in '{self._source}' to a boolean"
            )
        return known

    def number(self, key: str, default: float | None = None) -> float | None:
        """A number, also as text."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self._wrong_type(key, value, "number")
        try:
            return float(value)
        except ValueError as error:
            raise ConfigError(
                f"Unable to convert config value for key '{self.full_key(key)}' in '{self._source}' to a number"
            ) from error

    def strings(self, key: str) -> list[str] | None:
        """A list of strings, None if absent."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self._wrong_type(key, value, "string-array")
        for index, item in enumerate(value):
            if not isinstance(item, str):
                raise self._wrong_type(f"{key}[{index}]", item, "string-array")
        return list(value)

    def duration(self, key: str, default: float) -> float:
        """A duration in seconds (CFG-03)."""
        value = self.get(key)
        if value is None:
            return default
        try:
            return durations.seconds(value)
        except ValueError as error:
            raise ConfigError(
                f"Invalid duration in config at '{self.full_key(key)}' in '{self._source}', {error}"
            ) from error

    def child(self, key: str) -> "Config":
        """The mapping below a dotted key.

        Raises:
            ConfigError: missing, or not a mapping (ENV-02).
        """
        found = self.optional_child(key)
        if found is None:
            raise self._missing(key)
        return found

    def optional_child(self, key: str) -> "Config | None":
        """The mapping below a dotted key, None if absent."""
        value = self.get(key)
        if value is None:
            return None
        return self._view(key, value, "object")

    def entry(self, key: str) -> "Config":
        """The mapping directly below, for keys that may themselves hold a dot."""
        value = self._data.get(key)
        if value is None:
            raise self._missing(key)
        return self._view(key, value, "object")

    def children(self, key: str) -> list["Config"]:
        """A list of mappings; empty if absent."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self._wrong_type(key, value, "object-array")
        return [self._view(f"{key}[{index}]", item, "object-array") for index, item in enumerate(value)]

    def raw(self) -> dict[str, Any]:
        """A copy of the mapping."""
        return dict(self._data)

    def full_key(self, key: str) -> str:
        """The key from the root of the configuration."""
        return f"{self._prefix}.{key}" if self._prefix else key

    def _view(self, key: str, value: Any, expected: str) -> "Config":
        if not isinstance(value, Mapping):
            raise self._wrong_type(key, value, expected)
        return Config(value, self._source, self.full_key(key))

    def _required(self, key: str, default: Any) -> Any:
        value = self.get(key)
        if value is not None:
            return value
        if default is _MISSING:
            raise self._missing(key)
        return default

    def _missing(self, key: str) -> ConfigError:
        return ConfigError(f"Missing required config value at '{self.full_key(key)}' in '{self._source}'")

    def _wrong_type(self, key: str, value: Any, expected: str) -> ConfigError:
        return ConfigError(
            f"Invalid type in config for key '{self.full_key(key)}' in '{self._source}', "
            f"got {_type_name(value)}, wanted {expected}"
        )


def _type_name(value: Any) -> str:
    if value == "":
        return "empty-string"
    for kind, name in ((bool, "boolean"), (str, "string"), (Mapping, "object"), (Sequence, "array")):
        if isinstance(value, kind):
            return name
    return "number"
