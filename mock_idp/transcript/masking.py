"""Shortens credentials wherever they stand: in parameters, header fields, addresses, JSON and forms.

Stricter than the journal: what looks like a signed token is one, whatever its member is called.
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from mock_idp.journal import SECRET_NAMES, Pairs, masked
from mock_idp.oauth.model import JsonValue

_ALSO_SECRET = frozenset({"id_token_hint", "set-cookie", "logout_token", "device_code", "jwt"})
_READABLE = "():/ ,"
_TOKEN = re.compile(r"[\w-]{4,}\.[\w-]{4,}\.[\w-]*")
"""The compact form of a JWS (RFC 7515 section 7.1)."""


def is_secret(name: str, value: str = "") -> bool:
    """Say whether a value is a credential, by its name or its form."""
    name = name.lower()
    return name in SECRET_NAMES or name in _ALSO_SECRET or _TOKEN.fullmatch(value) is not None


def mask_pairs(pairs: Pairs) -> Pairs:
    """Parameters or header fields with their credentials shortened; a Location keeps what is none."""
    return tuple((name, _mask_value(name, value)) for name, value in pairs)


def _mask_value(name: str, value: str) -> str:
    if name.lower() == "set-cookie":
        cookie, _, rest = value.partition("=")
        secret, semicolon, attributes = rest.partition(";")
        return f"{cookie}={masked(secret)}{semicolon}{attributes}"
    if is_secret(name, value):
        return masked(value)
    return mask_url(value) if name.lower() in ("location", "referer") else value


def mask_url(url: str) -> str:
    """An address with the credentials of its query and fragment shortened."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(query=_mask_query(parts.query), fragment=_mask_query(parts.fragment)))


def _mask_query(text: str) -> str:
    if "=" not in text:
        return text
    try:
        pairs = parse_qsl(text, keep_blank_values=True)
    except ValueError:
        return ""
    return query_text(mask_pairs(tuple(pairs)))


def query_text(pairs: Pairs) -> str:
    """Masked parameters as a query that people can read."""
    return urlencode(pairs, safe=_READABLE, quote_via=quote, errors="replace").replace("%E2%80%A6", "…")


def mask_json(value: JsonValue, name: str = "") -> JsonValue:
    """JSON with its credentials shortened, at any depth."""
    if isinstance(value, Mapping):
        return {str(member): mask_json(inner, str(member)) for member, inner in value.items()}
    if isinstance(value, list | tuple):
        return [mask_json(inner, name) for inner in value]
    return masked(value) if isinstance(value, str) and is_secret(name, value) else value


def mask_text(text: str, media_type: str) -> str:
    """A body with its credentials shortened; JSON is laid out. What cannot be read is cut short.

    Parameters:
        text: the body.
        media_type: what it says it is.
    """
    if "json" in media_type or text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(mask_json(json.loads(text)), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    if "x-www-form-urlencoded" in media_type:
        return _mask_query(text)
    return _unreadable(text)


_MEMBER = re.compile(r"""(["']?)([\w.-]+)\1(\s*[:=]\s*)(["']?)([^"'&\s,}]+)""")


def _unreadable(text: str) -> str:
    """A text in no known form (a broken JSON, a cut-off one): whatever follows a credential's name is shortened."""

    def shortened(found: re.Match[str]) -> str:
        quote, name, between, opened, value = found.groups()
        return f"{quote}{name}{quote}{between}{opened}{masked(value) if is_secret(name, value) else value}"

    return _TOKEN.sub(lambda found: masked(found[0]), _MEMBER.sub(shortened, text))
