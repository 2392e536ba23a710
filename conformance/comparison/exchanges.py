"""Two answers to the same request, compared value by value. Pure.

An answer is spread into *places*: ``status``, ``header x-frame-options``, ``cookie github-nonce Path``,
``location query scope``, ``body session.profile.email``. What differs from play to play is masked on the way, as
``left-out.yaml`` says. A place that one of the answers does not have has the value None.
"""

import base64
import binascii
import contextlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from conformance.comparison.left_out import LeftOut, covers
from conformance.driver.cookies import parse_set_cookie
from conformance.driver.observation import observe_response
from conformance.driver.wire import Response

MASKED: Final = "«left out»"
_JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2}){12,}")
_ANY_HEADER: Final = 32
"""Lets zlib read gzip's header as well as its own."""

_SHOWN: Final = 300

Places = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two answers differ.

    Parameters:
        place: where.
        one: the value of the first target, or None if it has none there.
        other: that of the second.
    """

    place: str
    one: str | None
    other: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the answers of one target.

    Parameters:
        own: addresses of the target -> what stands for them.
        without: what is left out.
    """

    own: Mapping[str, str]
    without: LeftOut

    def places(self, response: Response, url: str) -> Places:
        """Everything an answer says, by place.

        Parameters:
            response: the answer.
            url: where it came from.
        """
        found: Places = {"status": str(response.status)}
        for name in dict.fromkeys(name.lower() for name, _ in response.headers):
            if not covers(self.without.headers, name):
                found[f"header {name}"] = self._plain(response.header(name) or "")
        for raw in response.header_values("set-cookie"):
            found |= self._cookie(raw)
        seen = observe_response(_unpacked(response), url, 0.0)
        if "location" in seen:
            found |= self._address("location", seen["location"])
        found |= dict(self._body(seen))
        return found

    def _cookie(self, raw: str) -> Places:
        cookie = parse_set_cookie(raw)
        # A deletion beside a new value is a cookie of its own (COOKIE-12).
        gone = " (deleted)" if cookie.max_age == 0 or not cookie.raw_value else ""
        domain = " (with Domain)" if cookie.attribute("domain") is not None else ""
        name = f"cookie {self._plain(cookie.name)}{gone}{domain}"
        hidden = covers(self.without.cookies, cookie.name) and bool(cookie.raw_value)
        found: Places = {f"{name} value": MASKED if hidden else self._plain(cookie.value)}
        for attribute, value in cookie.attributes:
            shown = MASKED if covers(self.without.attributes, attribute.lower()) else self._plain(value)
            found[f"{name} {attribute.lower()}"] = shown
        return found

    def _address(self, place: str, seen: Mapping[str, Any]) -> Places:
        found: Places = {place: self._plain(str(seen.get("as_sent", "")).partition("?")[0].partition("#")[0])}
        for name, value in seen.get("query_list", ()):
            found |= dict(self._spread(f"{place} query {name}", name, value))
        if seen.get("fragment"):
            found[f"{place} fragment"] = self._plain(seen["fragment"])
        return found

    def _body(self, seen: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
        if "json" in seen:
            yield from self._spread("body", "", seen["json"])
        elif seen.get("messages"):
            # What a page does is compared, not how it is written.
            yield from self._spread("page", "", seen["messages"])
        elif seen["body"]:
            yield "body", self._plain(seen["body"])

    def _spread(self, place: str, name: str, value: Any) -> Iterator[tuple[str, str | None]]:
        if covers(self.without.members, name):
            yield place, MASKED
        elif isinstance(value, dict):
            yield from self._spread_all(place, value)
            if not value:
                yield place, "{}"
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._spread(f"{place}[{number}]", name, item)
            if not value:
                yield place, "[]"
        elif isinstance(value, str):
            yield from self._spread_text(place, value)
        else:
            yield place, json.dumps(value)

    def _spread_all(self, place: str, members: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
        for name, value in members.items():
            yield from self._spread(f"{place}.{name}", str(name), value)

    def _spread_text(self, place: str, text: str) -> Iterator[tuple[str, str | None]]:
        """A text, taken apart where it is a token or a state."""
        if _JWT.fullmatch(text):
            parts = [_decoded(part) for part in text.split(".")[:2]]
            if all(parts):
                yield from self._spread_all(f"{place} header", parts[0] or {})
                yield from self._spread_all(f"{place} claims", parts[1] or {})
                return
        if _HEX.fullmatch(text):
            with contextlib.suppress(ValueError):
                pairs = parse_qsl(bytes.fromhex(text).decode(), keep_blank_values=True)
                if pairs:
                    yield from self._spread_all(f"{place} member", dict(pairs))
                    return
        yield place, self._plain(text)

    def _plain(self, text: str) -> str:
        for address, label in self.own.items():
            for form in (address, quote(address, safe=""), address.replace("/", "\\/")):
                text = text.replace(form, label)
        text = _JWT.sub("«jwt»", text)
        for entry in self.without.values:
            text = re.sub(entry.pattern, f"«{entry.name}»", text)
        decoded = unquote(text)
        if decoded != text and any(address in decoded for address in self.own):
            return self._plain(decoded)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _unpacked(response: Response) -> Response:
    """The answer with its body as it was before it was compressed (RFC 9110 section 8.4)."""
    coding = (response.header("content-encoding") or "").strip().lower()
    if coding not in {"gzip", "deflate"}:
        return response
    with contextlib.suppress(zlib.error):
        return replace(response, body=zlib.decompress(response.body, wbits=zlib.MAX_WBITS | _ANY_HEADER))
    return response


def differences(one: Places, other: Places) -> list[Difference]:
    """The places at which two answers differ, in order.

    A cookie that only one of them sets is one difference. Where the statuses differ, so do the bodies, which is not
    told once more.
    """
    found: dict[str, Difference] = {}
    follows = ("body", "page", "location", "header content-type") if one.get("status") != other.get("status") else ()
    for place in dict.fromkeys([*one, *other]):
        if one.get(place) == other.get(place) or place.startswith(follows):
            continue
        whole = place.rpartition(" ")[0] if place.startswith("cookie ") else ""
        has_one, has_other = (any(known.startswith(f"{whole} ") for known in places) for places in (one, other))
        if whole and has_one is not has_other:
            found[whole] = Difference(whole, "set" if has_one else None, "set" if has_other else None)
        else:
            found[place] = Difference(place, one.get(place), other.get(place))
    return list(found.values())


def _decoded(part: str) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, binascii.Error):
        data = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return data if isinstance(data, dict) else None
    return None
