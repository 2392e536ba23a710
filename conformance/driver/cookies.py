"""Cookies as a browser keeps them (RFC 6265bis), which the standard library's jar does not.

It must keep host-only and ``Domain`` cookies apart, honour ``SameSite`` and treat localhost as trustworthy;
see frontend.md section 20.1. The standard library's MIME parser does not fit either: it puts cookie names into
lower case and takes quotes away, so the few rules of RFC 6265 section 5.2 are written out here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from publicsuffixlist import PublicSuffixList

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")

LONGEST_LIFE_SECONDS: Final = 400 * 24 * 3600
"""Browsers keep no cookie longer, whatever it asks for (RFC 6265bis section 5.5)."""

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One ``Set-Cookie`` header field, taken apart.

    Parameters:
        raw: the field's value as received.
        name: the cookie's name.
        raw_value: its value as received.
        attributes: (name as written, value) in order; the value is empty for flags.
    """

    raw: str
    name: str
    raw_value: str
    attributes: tuple[tuple[str, str], ...]

    def attribute(self, name: str) -> str | None:
        """Value of the last attribute of that name, as RFC 6265 section 5.3 has it; None if there is none."""
        values = [value for key, value in self.attributes if key.lower() == name.lower()]
        return values[-1] if values else None

    @property
    def value(self) -> str:
        """The value with its percent-encoding undone (COOKIE-02)."""
        return unquote(self.raw_value)

    @property
    def max_age(self) -> int | None:
        """``Max-Age`` in seconds, or None if it is absent or no number."""
        text = self.attribute("max-age")
        return int(text) if text is not None and _WHOLE_NUMBER.fullmatch(text) else None

    def expires(self) -> float | None:
        """``Expires`` in seconds since the epoch, or None if it is absent or no date."""
        text = self.attribute("expires")
        if text is None:
            return None
        try:
            return parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp()
        except (ValueError, OverflowError):
            return None

    def is_deletion(self, now: float) -> bool:
        """Say whether a browser drops the cookie at once; ``Max-Age`` beats ``Expires``."""
        if self.max_age is not None:
            return self.max_age <= 0
        expires = self.expires()
        return expires is not None and expires <= now


def parse_set_cookie(raw: str) -> SetCookie:
    """Take one ``Set-Cookie`` value apart; a field without a name has the name ``""``."""
    pair, *attributes = ([part.strip() for part in field.partition("=")] for field in raw.split(";"))
    if not pair[1]:
        return SetCookie(raw, "", pair[0], ())
    return SetCookie(raw, pair[0], pair[2], tuple((name, value) for name, _, value in attributes if name))


@dataclass(frozen=True, slots=True)
class _Stored:
    name: str
    raw_value: str
    domain: str
    path: str
    host_only: bool
    secure: bool
    same_site: str
    expires_at: float | None
    number: int


class CookieJar:
    """The cookies of one browser."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str, bool], _Stored] = {}
        self._count = 0

    def receive(self, url: str, fields: list[str], now: float) -> None:
        """Store what the ``Set-Cookie`` fields of an answer from ``url`` say, in order."""
        for raw in fields:
            self._receive_one(url, parse_set_cookie(raw), now)

    def _receive_one(self, url: str, cookie: SetCookie, now: float) -> None:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        domain = (cookie.attribute("domain") or "").lstrip(".").lower()
        secure = cookie.attribute("secure") is not None
        same_site = (cookie.attribute("samesite") or "").capitalize()
        if same_site not in {"Strict", "None"}:
            same_site = "Lax"  # what browsers make of anything else, and of no attribute
        if not cookie.name or (domain and not _domain_matches(host, domain)):
            return
        if secure and not _is_trustworthy(parts.scheme, host):
            return
        if same_site == "None" and not secure:
            return
        path = cookie.attribute("path") or ""
        if not path.startswith("/"):
            path = parts.path.rsplit("/", 1)[0] or "/"
        key = (cookie.name, domain or host, path, not domain)
        if cookie.is_deletion(now):
            self._cookies.pop(key, None)
            return
        lifetime = cookie.max_age
        expires_at = now + min(lifetime, LONGEST_LIFE_SECONDS) if lifetime is not None else cookie.expires()
        self._count += 1
        # A cookie that replaces another keeps its place in the order (RFC 6265 section 5.3, step 11).
        number = self._cookies[key].number if key in self._cookies else self._count
        self._cookies[key] = _Stored(
            cookie.name, cookie.raw_value, domain or host, path, not domain, secure, same_site, expires_at, number
        )

    def cookies_for(self, url: str, now: float, *, cross_site: bool = False, navigation: bool = False) -> str | None:
        """The ``Cookie`` header a browser sends to ``url``.

        Parameters:
            url: where the request goes.
            now: seconds since the epoch.
            cross_site: True if the request was started from another site.
            navigation: True for a top-level navigation by GET, to which ``Lax`` cookies are attached.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        sent = [
            cookie
            for cookie in self._live(now)
            if (cookie.domain == host if cookie.host_only else _domain_matches(host, cookie.domain))
            and _path_matches(parts.path or "/", cookie.path)
            and (not cookie.secure or _is_trustworthy(parts.scheme, host))
            and (not cross_site or cookie.same_site == "None" or (navigation and cookie.same_site == "Lax"))
        ]
        # Longer paths first, then older ones (RFC 6265 section 5.4).
        sent.sort(key=lambda cookie: (-len(cookie.path), cookie.number))
        return "; ".join(f"{cookie.name}={cookie.raw_value}" for cookie in sent) or None

    def _live(self, now: float) -> Iterator[_Stored]:
        for key, cookie in list(self._cookies.items()):
            if cookie.expires_at is not None and cookie.expires_at <= now:
                self._cookies.pop(key, None)  # another thread may have seen it first
            else:
                yield cookie

    def values(self, now: float) -> dict[str, str]:
        """Name -> decoded value of every live cookie; the most specific path wins."""
        ordered = sorted(self._live(now), key=lambda cookie: len(cookie.path))
        return {cookie.name: unquote(cookie.raw_value) for cookie in ordered}

    def put(self, url: str, name: str, raw_value: str, path: str = "/") -> None:
        """Store a host-only session cookie as a test wants it, replacing any of that name on that host.

        On https it is one that reaches the host from everywhere, as the target's own are then (COOKIE-05).
        """
        self.forget(name)
        parts = urlsplit(url)
        host, is_https = (parts.hostname or "").lower(), parts.scheme == "https"
        same_site = "None" if is_https else "Lax"
        self._count += 1
        self._cookies[(name, host, path, True)] = _Stored(
            name, raw_value, host, path, True, is_https, same_site, None, self._count
        )

    def forget(self, name: str) -> None:
        """Drop every cookie of that name."""
        for key in [key for key in self._cookies if key[0] == name]:
            del self._cookies[key]

    def clear(self) -> None:
        """Drop everything."""
        self._cookies.clear()


def _domain_matches(host: str, domain: str) -> bool:
    return host == domain or (host.endswith(f".{domain}") and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _path_matches(path: str, cookie_path: str) -> bool:
    """RFC 6265 section 5.1.4: a prefix that ends at a segment border."""
    if path == cookie_path:
        return True
    return path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")


def _is_trustworthy(scheme: str, host: str) -> bool:
    return scheme == "https" or host in LOOPBACK_NAMES or host.endswith(".localhost")


def same_site(url: str, other: str) -> bool:
    """Say whether two URLs belong to one site: scheme and registrable domain; ports do not matter."""
    one, two = urlsplit(url), urlsplit(other)
    return one.scheme == two.scheme and _site(one.hostname or "") == _site(two.hostname or "")


def _site(host: str) -> str:
    """The registrable domain; an address, ``localhost`` or a public suffix has none and is a site of its own."""
    if _is_address(host):
        return host
    return _public_suffixes().privatesuffix(host) or host


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()
