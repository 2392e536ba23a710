"""A request as a curl command, and sign-ins as HTTP Archive (HAR 1.2). Credentials stay shortened in both."""

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from mock_idp import __version__
from mock_idp.journal import Pairs
from mock_idp.settings import KIT_NAME
from mock_idp.transcript.masking import is_secret
from mock_idp.transcript.sign_ins import Exchange, Shown

FORM_TYPE: Final = "application/x-www-form-urlencoded"
_SENT: Final = ("accept", "authorization", "content-type", "origin", "access-control-request-method")


def curl(exchange: Exchange, proxy: str, authority: str) -> str:
    """The command that sends a request again; a shell variable stands for each credential.

    Parameters:
        exchange: the request.
        proxy: address of the forward proxy, for vendors' own host names.
        authority: address of the certificate authority.
    """
    entry = exchange.entry
    words = ["curl", "--include"]
    if entry.scheme == "https":
        words += ["--cacert", f"<(curl --silent {shlex.quote(authority)})"]
        if ":" not in entry.host:
            words += ["--proxy", shlex.quote(proxy)]
    if entry.method not in ("GET", "POST") or (entry.method == "POST" and not entry.form):
        words += ["--request", shlex.quote(entry.method)]
    words += [word for name, value in entry.headers for word in _header(name, value, is_form=bool(entry.form))]
    words += [word for name, value in entry.form for word in ("--data-urlencode", _assigned(name, value))]
    if not entry.form and dict(entry.headers).get("content-length", "0") != "0":
        words += ["--data", "@body"]
    words.append(_address(exchange))
    return " ".join(words)


def _header(name: str, value: str, *, is_form: bool) -> list[str]:
    if name not in _SENT or (name == "content-type" and is_form) or (name == "accept" and "html" in value):
        return []
    if not is_secret(name, value):
        return ["--header", shlex.quote(f"{name}: {value}")]
    scheme, space, _ = value.rpartition(" ")
    return ["--header", f'"{name}: {_plain(scheme)}{space}{_variable("credentials")}"']


def _assigned(name: str, value: str) -> str:
    return f"{shlex.quote(name)}={_variable(name)}" if is_secret(name, value) else shlex.quote(f"{name}={value}")


def _address(exchange: Exchange) -> str:
    entry = exchange.entry
    query = "&".join(_in_query(name, value) for name, value in entry.query)
    host = quote(entry.host, safe=":[]")
    address = f"{entry.scheme}://{host}{quote(entry.address or entry.path)}{'?' if query else ''}{query}"
    # Between double quotes only where a variable is: nothing else in it means anything to a shell there.
    return f'"{address}"' if any(is_secret(*pair) for pair in entry.query) else shlex.quote(address)


def _in_query(name: str, value: str) -> str:
    text = _variable(name).strip('"') if is_secret(name, value) else quote(value, safe="", errors="replace")
    return f"{quote(name, safe='', errors='replace')}={text}"


def _plain(text: str) -> str:
    """A text as it may stand between double quotes of a shell."""
    return "".join(character for character in text if character.isalnum() or character in "-_ ")


def _variable(name: str) -> str:
    return '"$' + "".join(c if c.isalnum() and c.isascii() else "_" for c in name).upper() + '"'


def har(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """Requests and answers as a HAR document.

    Parameters:
        exchanges: in order.
    """
    creator = {"name": KIT_NAME, "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "entries": [_har_entry(one) for one in exchanges]}}


def _har_entry(exchange: Exchange) -> dict[str, Any]:
    entry = exchange.entry
    # At a consent page the last answer is the way back to the client.
    answer = exchange.answers[-1] if exchange.answers else None
    request: dict[str, Any] = {
        "method": entry.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _har_pairs(exchange.headers),
        "queryString": _har_pairs(exchange.query),
        "headersSize": -1,
        "bodySize": -1,
    }
    if entry.form:
        request["postData"] = {"mimeType": FORM_TYPE, "params": _har_pairs(exchange.form), "text": ""}
    return {
        "startedDateTime": datetime.fromtimestamp(entry.time, UTC).isoformat().replace("+00:00", "Z"),
        "time": 0,
        "request": request,
        "response": _har_response(entry.status, answer),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "comment": f"{entry.reason}: {entry.detail}" if entry.reason else "",
        "_vendor": entry.vendor,
        "_service": entry.service,
        "_endpoint": entry.endpoint,
        "_grant": entry.grant,
        "_faults": list(entry.faults),
    }


def _har_response(status: int, answer: Shown | None) -> dict[str, Any]:
    headers = answer.headers if answer else ()
    named = {name.lower(): value for name, value in headers}
    content = {"size": -1, "mimeType": named.get("content-type", ""), "text": answer.text if answer else ""}
    return {
        "status": answer.status if answer else status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _har_pairs(headers),
        "content": content,
        "redirectURL": named.get("location", ""),
        "headersSize": -1,
        "bodySize": -1,
        "comment": answer.note if answer else "",
    }


def _har_pairs(pairs: Pairs) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
