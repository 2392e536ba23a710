"""A browser without a screen: cookies, origins and redirects as a real one treats them."""

import contextlib
import json as json_codec
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from conformance.driver.cookies import CookieJar, same_site
from conformance.driver.secrets import Secrets
from conformance.driver.wire import HttpExchange, NoAnswerError, Request, Response, Wire, check_address, origin_of

COMPONENT_SAFE: Final = "-_.!~*'()"
"""What JavaScript's ``encodeURIComponent`` leaves bare; the frontend builds its queries with it."""


QueryValue = str | Sequence[str] | None


def encode_query(parameters: Mapping[str, Any]) -> str:
    """A query string as the frontend writes it: spaces as ``%20``.

    None leaves a parameter out, True writes the bare name, a list repeats it.
    """
    pairs = []
    for name, value in parameters.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is True:
                pairs.append(quote(name, safe=COMPONENT_SAFE))
            elif one is not None:
                pairs.append(f"{quote(name, safe=COMPONENT_SAFE)}={quote(str(one), safe=COMPONENT_SAFE)}")
    return "&".join(pairs)


@dataclass
class Transcript:
    """Every exchange of a case, in order, with its secrets known."""

    secrets: Secrets = field(default_factory=Secrets)
    exchanges: list[HttpExchange] = field(default_factory=list)
    _begun: list[int] = field(default_factory=list)

    def begin_step(self) -> None:
        """What follows belongs to the next step."""
        self._begun.append(len(self.exchanges))

    def step_of(self, number: int) -> int:
        """Position of the step, from 1, that an exchange belongs to; 0 before the first.

        Parameters:
            number: position of the exchange, from 0.
        """
        return bisect_right(self._begun, number)


class Browser:
    """One browser: a cookie jar and the app's origin.

    Parameters:
        wire: how requests are sent.
        app_origin: origin of the Backstage app, from which scripts fetch.
        transcript: where exchanges are written down.
        clock: seconds since the epoch; tests may move it.
    """

    def __init__(
        self, wire: Wire, app_origin: str, transcript: Transcript, clock: Callable[[], float] = time.time
    ) -> None:
        self.jar = CookieJar()
        self.now = clock
        self._wire = wire
        self._app_origin = app_origin
        self._transcript = transcript
        self._turn = 0
        self._replica: int | None = None

    def use_replica(self, number: int | None) -> None:
        """Stay with one replica of the target, or ask them in turn again.

        Parameters:
            number: which one, from 0; None for in turn.
        """
        self._replica = number

    def _next_turn(self, url: str) -> int:
        """Whose turn it is at an address: the next replica's at each request, unless one was chosen."""
        if self._replica is not None or not self._wire.has_replicas_at(url):
            return self._replica or 0
        self._turn += 1
        return self._turn - 1

    def navigate(
        self,
        url: str,
        method: str = "GET",
        *,
        headers: Mapping[str, Any] | None = None,
        body: bytes = b"",
        came_from: str | None = None,
    ) -> Response:
        """A top-level navigation; redirects are not followed.

        Parameters:
            url: absolute address.
            method: GET, or POST for a form.
            headers: further header fields; None as value removes one that the browser would send.
            body: body of the request.
            came_from: URL of the page that started it; decides about ``SameSite`` and ``Origin``.
        """
        check_address(url)
        fields: dict[str, Any] = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        foreign = came_from is not None and not same_site(came_from, url)
        if method != "GET" and came_from:
            fields["Origin"] = origin_of(came_from)
        cookies = self.jar.cookies_for(url, self.now(), cross_site=foreign, navigation=method == "GET")
        return self._send(method, url, fields, cookies, headers, body)

    def fetch(
        self,
        url: str,
        method: str = "GET",
        *,
        headers: Mapping[str, Any] | None = None,
        body: bytes = b"",
        credentials: bool = True,
    ) -> Response:
        """A script's request from the app; redirects are not followed.

        ``Origin`` is sent as browsers do: on every cross-origin request and on every method but GET and HEAD.
        """
        fields: dict[str, Any] = {"Accept": "*/*"}
        if origin_of(url) != self._app_origin or method not in {"GET", "HEAD"}:
            fields["Origin"] = self._app_origin
        cookies = None
        if credentials:
            cookies = self.jar.cookies_for(url, self.now(), cross_site=not same_site(self._app_origin, url))
        return self._send(method, url, fields, cookies, headers, body)

    def bare(self, url: str, method: str, headers: Mapping[str, Any] | None = None, body: bytes = b"") -> Response:
        """A request of no browser at all: no cookies, no header but the given ones."""
        return self._send(method, url, {}, None, headers, body)

    def _send(
        self,
        method: str,
        url: str,
        fields: dict[str, Any],
        cookies: str | None,
        headers: Mapping[str, Any] | None,
        body: bytes,
    ) -> Response:
        if cookies:
            fields["Cookie"] = cookies
        for name, value in (headers or {}).items():
            for present in [key for key in fields if key.lower() == name.lower()]:
                del fields[present]
            if value is not None:
                fields[name] = value
        sent = Request(method, url, tuple(_lines(fields)), body)
        self._transcript.secrets.learn_from_headers(sent.headers)
        try:
            response = self._wire.send(sent, self._next_turn(url))
        except NoAnswerError:
            self._transcript.exchanges.append(HttpExchange(sent, None))
            raise
        self._learn(response)
        self._transcript.exchanges.append(HttpExchange(sent, response))
        self.jar.receive(url, response.header_values("set-cookie"), self.now())
        return response

    def _learn(self, response: Response) -> None:
        secrets = self._transcript.secrets
        secrets.learn_from_headers(response.headers)
        if response.body.lstrip()[:1] in (b"{", b"["):
            with contextlib.suppress(ValueError):  # no JSON after all, so no named members to learn from
                secrets.learn_from(json_codec.loads(response.body))


def _lines(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Header fields in order; a list as value repeats the field."""
    return [
        (name, str(one)) for name, value in fields.items() for one in (value if isinstance(value, list) else [value])
    ]
