"""Turns answers into observations: plain data that ``expect`` and ``${…}`` reach."""

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from conformance.driver.cookies import SetCookie, parse_set_cookie
from conformance.driver.page import observe_page
from conformance.driver.wire import Response, origin_of


def observe_url(url: str) -> dict[str, Any]:
    """A URL taken apart: ``url``, ``origin``, ``path``, ``query`` (last wins), ``query_list``, ``fragment``.

    Of a text that is no URL there is nothing but ``url`` and ``problem``.
    """
    try:
        parts, origin = urlsplit(url), origin_of(url)
    except ValueError as error:
        return {"url": url, "problem": str(error), "query": {}}
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return {
        "url": url,
        "origin": origin if parts.netloc else None,
        "host": parts.hostname,
        "path": parts.path,
        "query_text": parts.query,
        "query": dict(pairs),
        "query_list": [list(pair) for pair in pairs],
        "fragment": parts.fragment,
    }


def observe_cookie(cookie: SetCookie, now: float) -> dict[str, Any]:
    """One ``Set-Cookie`` field: ``value`` (decoded), ``raw_value``, and its attributes by their usual names."""
    expires = cookie.expires()
    seen: dict[str, Any] = {
        "raw": cookie.raw,
        "name": cookie.name,
        "value": cookie.value,
        "raw_value": cookie.raw_value,
        "http_only": cookie.attribute("httponly") is not None,
        "secure": cookie.attribute("secure") is not None,
        "attribute_order": [name.lower() for name, _ in cookie.attributes],
    }
    for key in ("path", "domain", "priority"):
        if (value := cookie.attribute(key)) is not None:
            seen[key] = value
    if (same_site := cookie.attribute("samesite")) is not None:
        seen["same_site"] = same_site
    if cookie.max_age is not None:
        seen["max_age"] = cookie.max_age
    if expires is not None:
        seen["expires_in"] = round(expires - now)
    return seen


def observe_response(
    response: Response, url: str, now: float, provider_id: str | None = None, *, runs_scripts: bool = True
) -> dict[str, Any]:
    """An HTTP answer as a tree; docs/scenarios.md lists its members.

    Parameters:
        response: the answer.
        url: where it came from.
        now: seconds since the epoch when it came.
        provider_id: gives the provider's three cookies short names.
        runs_scripts: False for a page that is not the target's, whose scripts are not checked.
    """
    raw_cookies = response.header_values("set-cookie")
    cookies = [parse_set_cookie(raw) for raw in raw_cookies]
    live = {cookie.name: observe_cookie(cookie, now) for cookie in cookies if not cookie.is_deletion(now)}
    deleted = [observe_cookie(cookie, now) for cookie in cookies if cookie.is_deletion(now)]
    seen: dict[str, Any] = {
        "status": response.status,
        "url": url,
        "headers": {name.lower(): response.header(name) for name, _ in response.headers},
        "set_cookie": raw_cookies,
        "cookies": live,
        "cookie_header": "; ".join(f"{name}={cookie['raw_value']}" for name, cookie in live.items()),
        "cookie_order": [cookie.name for cookie in cookies],
        "deleted": deleted,
        "deleted_names": [cookie["name"] for cookie in deleted],
        "body": response.body.decode("utf-8", "replace"),
        "body_bytes": len(response.body),
    }
    if provider_id is not None:
        seen |= _provider_cookies(live, deleted, provider_id)
    location = response.header("location")
    if location is not None:
        seen["location"] = {**observe_url(_absolute(url, location)), "as_sent": location}
    media_type = (response.header("content-type") or "").split(";")[0].strip().lower()
    if media_type == "application/json":
        try:
            seen["json"] = json.loads(response.body)
        except ValueError:
            seen["json_error"] = "the body says it is JSON and is not"
    elif media_type == "text/html" and response.status == 200 and runs_scripts:
        seen |= _observe_message_page(seen["body"], response.header("content-security-policy"), origin_of(url))
    return seen


def _absolute(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _provider_cookies(
    live: dict[str, dict[str, Any]], deleted: list[dict[str, Any]], provider_id: str
) -> dict[str, Any]:
    """The three cookies of COOKIE-01 under names that fit every provider, chunks put together."""
    seen: dict[str, Any] = {}
    for role, suffix in (("nonce", "nonce"), ("refresh", "refresh-token"), ("scope", "granted-scope")):
        name = f"{provider_id}-{suffix}"
        if name in live:
            seen[f"{role}_cookie"] = live[name]
        chunks = [live[key] for key in sorted(live, key=_chunk_number) if _is_chunk_of(key, name)]
        if chunks:
            seen[f"{role}_cookie_chunks"] = chunks
        gone = [cookie for cookie in deleted if cookie["name"] == name or _is_chunk_of(cookie["name"], name)]
        seen[f"{role}_cookie_deletions"] = gone
        seen[f"{role}_cookie_cleared"] = any("domain" not in cookie for cookie in gone)
    return seen


def _is_chunk_of(name: str, base: str) -> bool:
    return name.startswith(f"{base}-") and name[len(base) + 1 :].isdigit()


def _chunk_number(name: str) -> int:
    tail = name.rsplit("-", 1)[-1]
    return int(tail) if tail.isdigit() else -1


def _observe_message_page(html: str, csp: str | None, origin: str) -> dict[str, Any]:
    """The callback page and the messages it posts; ``session`` and ``error`` come from the answer message."""
    page = observe_page(html, csp, origin)
    messages = page.pop("messages")
    seen: dict[str, Any] = {"page": {**page, "literals": [unquote(text) for text in page["encoded_literals"]]}}
    seen["messages"] = messages
    for message in messages:
        data = message.get("data")  # absent if it was nothing that JSON can say
        if not isinstance(data, dict):
            continue
        if data.get("type") == "config_info":
            seen["config_info"] = data
        if data.get("type") == "authorization_response":
            seen["target_origin"] = message["target_origin"]
            seen["answer"] = data
            if "error" in data:
                seen["error"] = data["error"]
            if "response" in data:
                seen["session"] = data["response"]
    return seen
