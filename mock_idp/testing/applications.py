"""The application under test as a browser meets it: over HTTP, or by the test client of its framework."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

Pairs = Sequence[tuple[str, str]]
Open = Callable[[str, str, Pairs], Any]
"""Method, URL and form fields -> the framework's response; follows no redirect, and keeps cookies."""

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a browser gets.

    Parameters:
        status: HTTP status.
        headers: header fields with lower-case names.
        text: the body.
        response: the response as the framework has it.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    response: Any


def opener(app: Any) -> Open:
    """How requests get to an application.

    Parameters:
        app: the test client of Flask (or Werkzeug), Django, or Starlette and FastAPI; a session of requests or httpx;
            or a callable as :data:`Open` says.

    Raises:
        TypeError: it is none of these.
    """
    if hasattr(app, "open") and hasattr(app, "application"):
        return lambda method, url, form: app.open(
            url, method=method, data=urlencode(form), content_type=_FORM if form else None, follow_redirects=False
        )
    if hasattr(app, "generic"):
        return lambda method, url, form: _by_django(app, method, url, form)
    if hasattr(app, "cookies") and hasattr(app, "request"):
        redirects = "follow_redirects" if hasattr(app, "follow_redirects") else "allow_redirects"
        return lambda method, url, form: app.request(
            method, url, data=_by_name(form) if form else None, **{redirects: False}
        )
    if callable(app):
        found: Open = app
        return found
    raise TypeError(
        "app is the test client of Flask, Django, Starlette or FastAPI, or a callable (method, url, form) -> response, "
        f"not {type(app).__name__}."
    )


def _by_django(client: Any, method: str, url: str, form: Pairs) -> Any:
    parts = urlsplit(url)
    where = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    host = {"HTTP_HOST": parts.netloc} if parts.netloc else {}
    return client.generic(method, where, urlencode(form), _FORM, secure=parts.scheme == "https", **host)


def _by_name(form: Pairs) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in form:
        fields.setdefault(name, []).append(value)
    return fields


def reply(response: Any) -> Reply:
    """A response of any of these as plain data.

    Raises:
        TypeError: it has no ``status_code`` and ``headers``.
    """
    if not hasattr(response, "status_code") or not hasattr(response, "headers"):
        raise TypeError(f"A response has status_code, headers and text, unlike {type(response).__name__}.")
    text = response.text if hasattr(response, "text") else bytes(response.content).decode("utf-8", "replace")
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return Reply(int(response.status_code), headers, str(text), response)
