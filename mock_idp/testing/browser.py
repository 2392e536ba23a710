"""Plays the browser, and the person in front of it: from the application's page to the vendor's, and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from mock_idp.hosts import is_served
from mock_idp.settings import CONTROL_PREFIX
from mock_idp.testing.applications import Open, Pairs, Reply, opener, reply
from mock_idp.testing.control import IdpError

MOST_STEPS = 30
"""More pages than this on one way are a circle."""
_SECONDS = 30
_CONSENT_PATH = f"{CONTROL_PREFIX}/consent"
_GRANT = "mock-idp-grant"
_REFUSAL = "mock-idp-refusal"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_MISTAKE = 400


class SignInError(IdpError):
    """A sign-in that did not get to a decision at the vendor; the message says where it ended, and why."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person does on the vendor's page.

    Parameters:
        person: id of who it is.
        is_allowed: False to deny.
        faults: what the sign-in carries along, as the consent form takes it.
        scopes: what is allowed, or None for all that was asked for.
    """

    person: str
    is_allowed: bool
    faults: Sequence[Any] = ()
    scopes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a sign-in ended.

    Parameters:
        url: address of the last page.
        status: its HTTP status.
        text: its body.
        response: its response, as the application's client has it.
        grant: id of the grant at the mock, which also says who denied.
        visited: addresses of all pages on the way, in order.
    """

    url: str
    status: int
    text: str
    response: Any
    grant: str
    visited: tuple[str, ...]

    @property
    def json(self) -> Any:
        """The body read as JSON.

        Raises:
            SignInError: it is none.
        """
        try:
            return json.loads(self.text)
        except ValueError:
            raise SignInError(f"{self.url} answered {self.status} with what is no JSON: {self.text[:200]!r}.") from None


class _Forms(HTMLParser):
    """The first form of a page, as a browser sends it if it is not changed."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.method = "get"
        self.fields: list[tuple[str, str]] = []
        self.has_buttons = False
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action, self.method, self._is_inside = values.get("action", ""), values.get("method", "get"), True
        if not self._is_inside:
            return
        kind = values.get("type", "text")
        if tag == "button" and "name" in values:
            self.has_buttons = True
        if tag == "input" and "name" in values and (kind not in ("radio", "checkbox") or "checked" in values):
            self.fields.append((values["name"], values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False


def _form_of(text: str) -> _Forms:
    forms = _Forms()
    forms.feed(text)
    return forms


@dataclass
class Browser:
    """A browser for one sign-in; close it afterwards.

    Parameters:
        urls: addresses of the mock's listeners.
        hosts: the host name patterns that the mock serves.
        ca_file: its certificate authority.
        app: the application, or None if it is reached over HTTP.
    """

    urls: Mapping[str, str]
    hosts: Sequence[str]
    ca_file: Path
    app: Any = None
    _visited: list[str] = field(default_factory=list)
    _grant: str = ""
    _refusal: str = ""

    def __post_init__(self) -> None:
        own = (urlsplit(url) for url in self.urls.values())
        # Some vendors call the loopback interface by its other name, so that cookies stay apart.
        names = [(where.port, name) for where in own for name in {where.hostname, *_other_names(where.hostname)}]
        self._own = {f"[{name}]:{port}" if ":" in str(name) else f"{name}:{port}" for port, name in names}
        self._session = requests.Session()
        self._session.trust_env = False
        self._open_app: Open = opener(self.app) if self.app is not None else self._over_http

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def sign_in(self, start: str, decision: Decision) -> SignIn:
        """Go from an application's address to where the sign-in ends.

        Parameters:
            start: the address that begins a sign-in.
            decision: what to do on the vendor's page.

        Raises:
            SignInError: the way did not lead to a decision at the vendor, or goes in a circle.
        """
        url, method, form = start, "GET", list[tuple[str, str]]()
        for _ in range(MOST_STEPS):
            page = self._open(method, url, form)
            step = self._next(url, method, form, page, decision)
            if step is None:
                return self._ended(url, page)
            url, method, form = step
        raise SignInError(f"The sign-in that began at {start} went on for {MOST_STEPS} pages: {self._way()}.")

    def _open(self, method: str, url: str, form: Pairs) -> Reply:
        self._visited.append(url)
        is_vendor = self._is_vendor(url)
        try:
            answer = reply(self._over_http(method, url, form) if is_vendor else self._open_app(method, url, form))
        except requests.exceptions.RequestException as error:
            raise SignInError(
                f"{url} does not answer ({type(error).__name__}); the way there was {self._way()}."
            ) from error
        if is_vendor:
            self._grant = answer.headers.get(_GRANT, self._grant)
            self._refusal = answer.headers.get(_REFUSAL, self._refusal)
        return answer

    def _next(
        self, url: str, method: str, form: list[tuple[str, str]], page: Reply, decision: Decision
    ) -> tuple[str, str, list[tuple[str, str]]] | None:
        if page.status in _REDIRECTS and "location" in page.headers:
            target = urljoin(url, page.headers["location"])
            return (target, method, form) if page.status in _KEEP_METHOD else (target, "GET", [])
        if not self._is_vendor(url):
            return None
        if urlsplit(url).path == _CONSENT_PATH and page.status == _MISTAKE:
            raise SignInError(_sentence(page.text))
        forms = _form_of(page.text)
        if forms.action is None:
            return None
        target = urljoin(url, forms.action)
        if urlsplit(target).path == _CONSENT_PATH:
            return target, "POST", _decided(forms.fields, decision)
        # An answer that travels as a form (OAuth 2.0 Form Post Response Mode), which the browser sends by itself.
        return None if forms.has_buttons else (target, forms.method.upper(), forms.fields)

    def _ended(self, url: str, page: Reply) -> SignIn:
        if not self._grant:
            reason = self._refusal or f"the last page answered {page.status}: {_plain(page.text)[:300]}"
            raise SignInError(f"No sign-in page was shown. The redirects were {self._way()}; {reason}")
        return SignIn(url, page.status, page.text, page.response, self._grant, tuple(self._visited))

    def _is_vendor(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.netloc in self._own or is_served(tuple(self.hosts), parts.hostname or "")

    def _over_http(self, method: str, url: str, form: Pairs) -> Any:
        if not urlsplit(url).netloc:
            raise SignInError(f"{url!r} is no whole address; give one, or the application's test client as app=….")
        # By name a vendor is behind the mock's own proxy; what is by path is reached at once.
        is_by_name = urlsplit(url).netloc not in self._own and self._is_vendor(url)
        return self._session.request(
            method,
            url,
            data=list(form) or None,
            headers={"Accept": "application/json" if urlsplit(url).path == _CONSENT_PATH else "text/html,*/*;q=0.8"},
            proxies={"https": self.urls["proxy"]} if is_by_name else {},
            verify=str(self.ca_file),
            timeout=_SECONDS,
            allow_redirects=False,
        )

    def _way(self) -> str:
        return " → ".join(url.partition("?")[0] for url in self._visited)


def _other_names(host: str | None) -> tuple[str, ...]:
    return ("localhost", "127.0.0.1") if host in ("localhost", "127.0.0.1") else ()


def _decided(fields: Pairs, decision: Decision) -> list[tuple[str, str]]:
    """The consent form, filled in."""
    asked = [value for name, value in fields if name == "scope"]
    unknown = [scope for scope in decision.scopes or () if scope not in asked]
    if unknown:
        raise SignInError(f"The application did not ask for the scope {unknown[0]!r}; it asked for {asked}.")
    kept = asked if decision.scopes is None else list(decision.scopes)
    return [
        *((name, value) for name, value in fields if name not in ("persona", "scope", "decision", "faults")),
        *(("scope", scope) for scope in kept),
        ("persona", decision.person),
        ("decision", "allow" if decision.is_allowed else "deny"),
        ("faults", json.dumps(list(decision.faults))),
    ]


def _sentence(answer: str) -> str:
    """Why the mock does not carry out a decision."""
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return f"The mock did not take the decision: {answer[:300]}"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("style", "script", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()


def _plain(page: str) -> str:
    """What a person reads on a page, without the mark-up."""
    text = _Text()
    text.feed(page)
    return " ".join(text.words)
