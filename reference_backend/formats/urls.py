"""URLs as browsers read them: origin and host of the WHATWG URL standard (ORIGIN-06, ORIGIN-07).

``urllib.parse`` follows RFC 3986 and disagrees with browsers about backslashes, control characters, default
ports and odd hosts. An allow-list that reads an origin differently from the browser that enforces it is a
hole, hence this small parser. It covers what origins and patterns of addresses are made of.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

import idna

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
OPAQUE = "null"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f]")
_NUMBER = re.compile(r"(0[xX][0-9A-Fa-f]*|[0-9]+)\Z")
_MAX_PORT = 65535
_PATH_SAFE = "!$%&'()*+,/:;=@[]|\\-._~"
"""What a path may hold as it is (WHATWG URL §1.3)."""


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of an absolute URL that decide about origins and cookies.

    Parameters:
        scheme: lower case, without colon.
        hostname: normalised host; empty if there is none.
        port: the port, None if it is the scheme's default or absent.
        path: raw path, at least ``/`` for http and https.
        query: raw query without question mark, empty if absent.
        fragment: raw fragment without number sign, empty if absent.
        has_credentials: there is user info before the host, be it empty.
    """

    scheme: str
    hostname: str
    port: int | None
    path: str
    query: str = ""
    fragment: str = ""
    has_credentials: bool = False

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``, or ``null`` for schemes without a network origin."""
        if self.scheme not in DEFAULT_PORTS:
            return OPAQUE
        return f"{self.scheme}://{self.hostname}" + ("" if self.port is None else f":{self.port}")


def parse(text: str) -> Url:
    """Parse an absolute URL.

    Raises:
        ValueError: a browser would not parse it either.
    """
    text = re.sub(r"[\t\n\r]", "", text.strip("".join(map(chr, range(0x21)))))
    match = _SCHEME.match(text)
    if match is None:
        raise ValueError("Invalid URL")
    scheme, rest = match[1].lower(), text[match.end() :]
    if scheme in DEFAULT_PORTS:
        return _parse_special(scheme, rest)
    return _parse_other(scheme, rest)


def origin(text: str) -> str:
    """Origin of a URL (ORIGIN-06), ``null`` if it is opaque (ORIGIN-07).

    Raises:
        ValueError: not a URL.
    """
    url = parse(text)
    if url.scheme == "blob":
        inner = parse(url.path)
        return inner.origin if inner.scheme in ("http", "https") else OPAQUE
    return url.origin


def normal_path(url: Url) -> str:
    """The path without dot segments, with everything percent-encoded that has to be.

    What an allow-list compares has to be where a browser would go: ``/ok/../evil`` is not below ``/ok/``.
    """
    if not url.path.startswith("/"):
        return quote(url.path, safe=_PATH_SAFE)
    kept: list[str] = []
    segments = url.path[1:].split("/")
    for index, segment in enumerate(segments):
        dots = segment.lower().replace("%2e", ".")
        if dots not in (".", ".."):
            kept.append(segment)
            continue
        if dots == "..":
            kept[-1:] = []
        if index == len(segments) - 1:
            kept.append("")
    return quote("/" + "/".join(kept), safe=_PATH_SAFE)


def without_query(url: Url) -> str:
    """The address as far as its path, for error texts: no credentials, no query, no fragment."""
    return f"{url.scheme}://{url.hostname}{'' if url.port is None else f':{url.port}'}{normal_path(url)}"


def _parse_special(scheme: str, rest: str) -> Url:
    rest = rest.replace("\\", "/") if "?" not in rest and "#" not in rest else _slashes_before_query(rest)
    rest = rest.lstrip("/")
    end = min((index for index in (rest.find(mark) for mark in "/?#") if index >= 0), default=len(rest))
    authority, tail = rest[:end], rest[end:]
    _, at, location = authority.rpartition("@")
    host, port = _split_port(location)
    path, query, fragment = _split_tail(tail)
    shown = None if port == DEFAULT_PORTS[scheme] else port
    return Url(scheme, _special_host(host), shown, path or "/", query, fragment, bool(at))


def _split_tail(tail: str) -> tuple[str, str, str]:
    """Path, query and fragment."""
    head, _, fragment = tail.partition("#")
    path, _, query = head.partition("?")
    return path, query, fragment


def _slashes_before_query(rest: str) -> str:
    cut = min(index for index in (rest.find("?"), rest.find("#")) if index >= 0)
    return rest[:cut].replace("\\", "/") + rest[cut:]


def _parse_other(scheme: str, rest: str) -> Url:
    if not rest.startswith("//"):
        return Url(scheme, "", None, *_split_tail(rest))
    tail, query, fragment = _split_tail(rest[2:])
    authority, slash, path = tail.partition("/")
    _, at, location = authority.rpartition("@")
    host, port = _split_port(location)
    hostname = _ipv6(host) if host.startswith("[") else host
    return Url(scheme, hostname, port, slash + path, query, fragment, bool(at))


def _split_port(text: str) -> tuple[str, int | None]:
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        return text, None
    if not port:
        return host, None
    if not re.fullmatch(r"[0-9]+", port) or int(port) > _MAX_PORT:
        raise ValueError("Invalid URL")
    return host, int(port)


def _special_host(host: str) -> str:
    if host.startswith("["):
        return _ipv6(host)
    name = unquote_to_bytes(host).decode("utf-8", "replace")
    ascii_name = name.lower() if name.isascii() else _to_ascii(name)
    if not ascii_name or _FORBIDDEN_IN_HOST.search(ascii_name):
        raise ValueError("Invalid URL")
    return _ipv4(ascii_name)


def _to_ascii(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError("Invalid URL") from error


def _ipv6(host: str) -> str:
    if not host.endswith("]"):
        raise ValueError("Invalid URL")
    address = host[1:-1]
    if "%" in address:
        raise ValueError("Invalid URL")
    return f"[{ipaddress.IPv6Address(address).compressed}]"


def _ipv4(host: str) -> str:
    """Normalise a host whose last label is a number: it has to be an IPv4 address, in any spelling."""
    labels = host.removesuffix(".").split(".")
    if not _NUMBER.match(labels[-1]):
        return host
    if len(labels) > 4 or not all(_NUMBER.match(label) for label in labels):
        raise ValueError("Invalid URL")
    numbers = [_ipv4_number(label) for label in labels]
    if any(number > 255 for number in numbers[:-1]):
        raise ValueError("Invalid URL")
    value = numbers[-1]
    if value >= 256 ** (5 - len(numbers)):
        raise ValueError("Invalid URL")
    for index, number in enumerate(numbers[:-1]):
        value += number * 256 ** (3 - index)
    return str(ipaddress.IPv4Address(value))


def _ipv4_number(label: str) -> int:
    if label[:2] in ("0x", "0X"):
        return int(label[2:] or "0", 16)
    if len(label) > 1 and label[0] == "0":
        return int(label, 8)
    return int(label)
