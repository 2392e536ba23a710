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


def _lines(value: Any) -> str:
    """The text in lines of 76 characters, as base64 stands in mails (RFC 2045 section 6.8)."""
    text = str(value)
    return "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))


def _percent(value: Any) -> str:
    """The text percent-encoded as JavaScript's `encodeURIComponent` does it."""
    return quote(str(value), safe="-_.!~*'()")


def _unpercent(value: Any) -> str:
    """The text with its percent-encoding undone; a plus sign stays one."""
    return unquote(str(value))


def _unhex(value: Any) -> str:
    """The UTF-8 text of which these are the bytes in hexadecimal."""
    return bytes.fromhex(str(value)).decode()


def _unbase64(value: Any) -> str:
    """The UTF-8 text of which this is the base64 or base64url, padded or not."""
    text = str(value).translate(str.maketrans("-_", "+/")).rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()


def _parsed(value: Any) -> Any:
    """The value of which this is the JSON."""
    return json.loads(str(value))


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


def _but_first(value: Any) -> Any:
    """The text or list without its first character or item."""
    return value[1:]


def _but_last(value: Any) -> Any:
    """The text or list without its last character or item."""
    return value[:-1]


def _other_first(value: Any) -> str:
    """The text with another letter or digit in the place of its first one."""
    text = str(value)
    place = next((index for index, char in enumerate(text) if char.isalnum()), 0)
    other = {"z": "a", "Z": "A", "9": "0"}.get(text[place], chr(ord(text[place]) + 1))
    return f"{text[:place]}{other}{text[place + 1 :]}"


def _swap_first(value: Any) -> str:
    """The text with its first letter in the other case."""
    text = str(value)
    place = next((index for index, char in enumerate(text) if char.isalpha()), 0)
    return f"{text[:place]}{text[place : place + 1].swapcase()}{text[place + 1 :]}"


def _without_padding(value: Any) -> str:
    """The text without the equals signs at its end."""
    return str(value).rstrip("=")


def _with_padding(value: Any) -> str:
    """The text of base64 with the equals signs that fill it up to groups of four; at least one."""
    text = str(value)
    return text + "=" * (-len(text) % 4 or 1)


def _other_base64(value: Any) -> str:
    """The text with the characters in which base64 and base64url differ exchanged."""
    return str(value).translate(str.maketrans("+/-_", "-_+/"))


def _full_width(value: Any) -> str:
    """The text in full-width letters and digits, of which Unicode's normal forms NFKC and NFKD make the usual ones."""
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in str(value))


def _look_alike(value: Any) -> str:
    """The text with the first letter that has one replaced by a Cyrillic look-alike."""
    text = str(value)
    place = next((index for index, char in enumerate(text) if char in _LOOK_ALIKES), None)
    return text if place is None else f"{text[:place]}{_LOOK_ALIKES[text[place]]}{text[place + 1 :]}"


def _folding_alike(value: Any) -> str:
    """The text with letters that only case folding makes the usual ones: the Kelvin sign and the long s."""
    return str(value).translate(str.maketrans("kKsS", "\u212a\u212a\u017f\u017f"))


def _dotless(value: Any) -> str:
    """The text with the dotless i and the dotted I, which some languages' rules of case make the usual ones."""
    return str(value).translate(str.maketrans("iI", "\u0131\u0130"))


def _percent_first(value: Any) -> str:
    """The text with its first letter or digit percent-encoded, which needs no encoding."""
    text = str(value)
    place = next((index for index, char in enumerate(text) if char.isascii() and char.isalnum()), None)
    return text if place is None else f"{text[:place]}%{ord(text[place]):02X}{text[place + 1 :]}"


def _scheme(value: Any) -> str:
    """The scheme of a URL."""
    return str(value).partition("://")[0]


def _authority(value: Any) -> str:
    """Host and port of a URL, unchanged."""
    return re.split(r"[/?#]", str(value).partition("://")[2], maxsplit=1)[0]


def _host(value: Any) -> str:
    """The host of a URL, unchanged."""
    return re.sub(r":\d*$", "", _authority(value))


def _port_part(value: Any) -> str:
    """The port of a URL with its colon; empty if it names none."""
    return _authority(value)[len(_host(value)) :]


def _below_host(value: Any) -> str:
    """What follows a URL's host and port: path, query and fragment."""
    return str(value).partition("://")[2][len(_authority(value)) :]


def _before_at(value: Any) -> str:
    """The text before its last at sign."""
    return str(value).rpartition("@")[0]


def _after_at(value: Any) -> str:
    """The text behind its last at sign."""
    return str(value).rpartition("@")[2]


def _from_last_dot(value: Any) -> str:
    """The text from its last dot on, the dot included."""
    return "".join(str(value).rpartition(".")[1:])


def _to_last_dot(value: Any) -> str:
    """The text before its last dot."""
    return str(value).rpartition(".")[0]


_LOOK_ALIKES: Final = dict(
    zip(
        "aeopcxyiABEKMHOPCTX",
        "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425",
        strict=True,
    )
)
"""Latin letter -> the Cyrillic one that looks like it."""


FILTERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "upper": _upper,
    "lower": _lower,
    "swap-case": _swap_case,
    "reverse": _reverse,
    "hex": _hex,
    "base64": _base64,
    "lines": _lines,
    "percent": _percent,
    "unpercent": _unpercent,
    "unhex": _unhex,
    "unbase64": _unbase64,
    "parsed": _parsed,
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
    "but-first": _but_first,
    "but-last": _but_last,
    "other-first": _other_first,
    "swap-first": _swap_first,
    "without-padding": _without_padding,
    "with-padding": _with_padding,
    "other-base64": _other_base64,
    "full-width": _full_width,
    "look-alike": _look_alike,
    "folding-alike": _folding_alike,
    "dotless": _dotless,
    "percent-first": _percent_first,
    "scheme": _scheme,
    "authority": _authority,
    "host": _host,
    "port-part": _port_part,
    "below-host": _below_host,
    "before-at": _before_at,
    "after-at": _after_at,
    "from-last-dot": _from_last_dot,
    "to-last-dot": _to_last_dot,
}
"""Name of a filter -> what it makes of the value."""
