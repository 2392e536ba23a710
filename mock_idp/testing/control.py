"""Asks a mock by its control API, and says in one sentence what went wrong."""

from typing import Any
from urllib.parse import quote, urlsplit

import requests

from mock_idp.settings import ANSWER_SECONDS, CONTROL_PREFIX

_NO_CONTENT = 204
_NOT_FOUND = 404


class IdpError(AssertionError):
    """The mock cannot do what a test asks of it; the message is one sentence."""


class Control:
    """The control API of one mock.

    Parameters:
        url: base URL of its plain listener.

    Raises:
        IdpError: that is no URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise IdpError(f"The address of a mock IdP is a URL such as http://127.0.0.1:9000, not {url!r}.")
        self.url = url.rstrip("/")
        self._session = requests.Session()
        # A proxy in the test's own environment, the mock's perhaps, is not for these questions.
        self._session.trust_env = False

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def get(self, *path: str, **query: Any) -> Any:
        """Read something; the parts of the path are escaped."""
        return self._ask("GET", path, params=query).json()

    def post(self, *path: str, **body: Any) -> Any:
        """Make something."""
        return self._ask("POST", path, json=body).json()

    def patch(self, *path: str, **body: Any) -> Any:
        """Change something."""
        return self._ask("PATCH", path, json=body).json()

    def delete(self, *path: str) -> None:
        """Remove something; it may be gone."""
        self._ask("DELETE", path, allowed=_NOT_FOUND)

    def text(self, *path: str) -> str:
        """Read what is no JSON."""
        return self._ask("GET", path).text

    def _ask(self, method: str, path: tuple[str, ...], allowed: int = _NO_CONTENT, **more: Any) -> requests.Response:
        url = "/".join((self.url + CONTROL_PREFIX, *(quote(part, safe="") for part in path)))
        try:
            answer = self._session.request(method, url, timeout=ANSWER_SECONDS, allow_redirects=False, **more)
        except requests.exceptions.RequestException as error:
            raise IdpError(
                f"No mock IdP answers at {self.url} ({type(error).__name__}); start one with `mock-idp serve`, "
                "or unset MOCK_IDP_URL so that the tests start their own."
            ) from error
        if not answer.ok and answer.status_code != allowed:
            raise IdpError(_complaint(answer))
        return answer


def _complaint(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code}, so it is not a mock IdP of this version."
