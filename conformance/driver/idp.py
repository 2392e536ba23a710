"""The suite's side of the mock IdP: its control API and its consent form (docs/reference/control-api.md)."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from conformance.driver.browser import Browser, encode_query
from conformance.driver.forms import read_form
from conformance.driver.wire import NoAnswerError, Request, Response, Wire

FORM: dict[str, Any] = {"Content-Type": "application/x-www-form-urlencoded"}

NO_ENTRY_YET: Final = 2**53 - 1
"""A number that no entry of a journal will have; asked what came since then, the IdP tells the newest number alone."""


class IdpError(Exception):
    """The mock IdP did not do what the suite asked of it; the text says what it answered."""


class Idp:
    """A client of the control API.

    Parameters:
        url: base URL of the mock's plain listener.
        wire: how requests are sent.
    """

    def __init__(self, url: str, wire: Wire) -> None:
        self.url = url.rstrip("/")
        self._wire = wire

    def get(self, path: str, **parameters: Any) -> Any:
        """``GET`` below ``/__idp``, JSON decoded."""
        query = encode_query(parameters)
        return self._call("GET", f"{path}?{query}" if query else path)

    def post(self, path: str, data: Mapping[str, Any]) -> Any:
        """``POST`` JSON below ``/__idp``, JSON decoded."""
        return self._call("POST", path, data)

    def patch(self, path: str, data: Mapping[str, Any]) -> Any:
        """``PATCH`` JSON below ``/__idp``, JSON decoded."""
        return self._call("PATCH", path, data)

    def text(self, path: str) -> str:
        """``GET`` below ``/__idp`` as text."""
        return self._send("GET", path, None).body.decode()

    @cached_property
    def newest_before(self) -> int:
        """Number of the journal's newest entry before this client looked at it for the first time.

        A mock IdP outlives runs and targets. What an earlier one did, perhaps with the same made-up codes, is no
        concern of this one.
        """
        latest: int = self.get("/journal", since=NO_ENTRY_YET)["latest"]
        return latest

    def _call(self, method: str, path: str, data: Mapping[str, Any] | None = None) -> Any:
        response = self._send(method, path, data)
        try:
            return json.loads(response.body)
        except ValueError as error:
            raise IdpError(f"the mock IdP answered {method} /__idp{path} with something other than JSON") from error

    def _send(self, method: str, path: str, data: Mapping[str, Any] | None) -> Response:
        headers = (("Accept", "application/json"), ("Content-Type", "application/json"))
        body = b"" if data is None else json.dumps(data).encode()
        try:
            response = self._wire.send(Request(method, f"{self.url}/__idp{path}", headers, body))
        except NoAnswerError as error:
            raise IdpError(f"the mock IdP at {error}") from error
        if not 200 <= response.status < 300:
            said = response.body.decode("utf-8", "replace").strip()
            raise IdpError(f"the mock IdP refused {method} /__idp{path} with {response.status}: {said[:500]}")
        return response


def give_consent(
    browser: Browser,
    authorization_url: str,
    *,
    persona: str,
    decision: str = "allow",
    scopes: Sequence[str] | None = None,
    faults: Sequence[Any] = (),
    came_from: str | None = None,
) -> tuple[Response, Response | None, str]:
    """Open a vendor's authorization endpoint and fill in its consent form.

    Parameters:
        browser: whose cookies take part.
        authorization_url: where the backend sent the browser.
        persona: id of the persona who decides.
        decision: ``allow`` or ``deny``.
        scopes: the scopes that stay ticked; None leaves all of them.
        faults: what the grant carries along.
        came_from: the page that redirected here.

    Returns:
        The page's answer, the answer to the form (None if there was no form) and the form's address.
    """
    page = browser.navigate(authorization_url, came_from=came_from)
    form = read_form(page.body.decode("utf-8", "replace"), authorization_url, having="request")
    if form is None:
        return page, None, authorization_url
    kept = [(name, value) for name, value in form.fields if name not in {"persona", "decision", "faults", "scope"}]
    ticked = [value for name, value in form.fields if name == "scope"] if scopes is None else list(scopes)
    fields = [
        *kept,
        ("persona", persona),
        ("decision", decision),
        ("faults", json.dumps(list(faults))),
        *(("scope", scope) for scope in ticked),
    ]
    body = urlencode(fields).encode()
    answer = browser.navigate(form.action, form.method, headers=FORM, body=body, came_from=authorization_url)
    return page, answer, form.action
