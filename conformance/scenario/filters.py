"""Filters: what may follow a bar in a reference. Pure.

Add one by writing a function and listing it in :data:`FILTERS`; its docstring is its documentation.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit


def _upper(value: Any) -> str:
    """The text in upper case."""
    return str(value).upper()


def _lower(value: Any) -> str:
    """The text in lower case."""
    return str(value).lower()


def _swap_case(value: Any) -> str:
    """The text with upper and lower case exchanged."""
    return str(value).swapcase()


def _reverse(value: Any) -> Any:
    """The text or list backwards."""
    return value[::-1]


def _hex(value: Any) -> str:
    """The text's UTF-8 bytes in hexadecimal."""
    return str(value).encode().hex()


def _base64(value: Any) -> str:
    """The text's UTF-8 bytes in base64, padded."""
    return base64.b64encode(str(value).encode()).decode()


def _percent(value: Any) -> str:
    """The text percent-encoded as JavaScript's `encodeURIComponent` does it."""
    return quote(str(value), safe="-_.!~*'()")


def _unpercent(value: Any) -> str:
    """The text with its percent-encoding undone; a plus sign stays one."""
    return unquote(str(value))


def _integer(value: Any) -> int:
    """The text or number as a whole number."""
    return int(value)


def _length(value: Any) -> int:
    """The length of a text, list or mapping."""
    return len(value)


def _text(value: Any) -> str:
    """The value as text."""
    return str(value)


def _json(value: Any) -> str:
    """The value as JSON without white space."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _words(value: Any) -> list[str]:
    """The words of a text, separated by white space, commas or bars, as a list."""
    return [word for word in re.split(r"[\s,|]+", str(value)) if word]


def _joined(value: Any) -> str:
    """The items of a list as one text, separated by spaces."""
    return " ".join(str(part) for part in value)


def _quoted_pattern(value: Any) -> str:
    """The text as a regular expression that matches exactly it."""
    return re.escape(str(value))


def _half(value: Any) -> Any:
    """The first half of a text or list."""
    return value[: len(value) // 2]


def _before_dot(value: Any) -> str:
    """The text before its first dot."""
    return str(value).partition(".")[0]


def _after_dot(value: Any) -> str:
    """The text behind its first dot."""
    return str(value).partition(".")[2]


def _port(value: Any) -> int | None:
    """The port that a URL names."""
    return urlsplit(str(value)).port


def _folder(value: Any) -> str:
    """The path of a URL up to its last slash, without that."""
    return urlsplit(str(value)).path.rpartition("/")[0]


def _thousand_times(value: Any) -> str:
    """The text a thousand times over."""
    return str(value) * 1000


def _s256(value: Any) -> str:
    """The code challenge of a code verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(str(value).encode()).digest()).rstrip(b"=").decode()


def _kebab_case(value: Any) -> str:
    """The name `inCamelCase` as `in-camel-case`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", str(value)).lower()


def _known(value: Any) -> dict[str, Any]:
    """The mapping without members that are null."""
    return {name: member for name, member in value.items() if member is not None}


FILTERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "upper": _upper,
    "lower": _lower,
    "swap-case": _swap_case,
    "reverse": _reverse,
    "hex": _hex,
    "base64": _base64,
    "percent": _percent,
    "unpercent": _unpercent,
    "length": _length,
    "text": _text,
    "integer": _integer,
    "json": _json,
    "words": _words,
    "joined": _joined,
    "quoted-pattern": _quoted_pattern,
    "half": _half,
    "before-dot": _before_dot,
    "after-dot": _after_dot,
    "port": _port,
    "folder": _folder,
    "thousand-times": _thousand_times,
    "s256": _s256,
    "kebab-case": _kebab_case,
    "known": _known,
}
"""Name of a filter -> what it makes of the value."""
