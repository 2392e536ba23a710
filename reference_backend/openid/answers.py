"""Requests to an OpenID provider, with failures in the words of the protocol."""

from typing import Any

import requests

from reference_backend.errors import AuthError
from reference_backend.http.client import HttpClient
from reference_backend.openid import openid_errors

JSON_ONLY = {"Accept": "application/json"}


def send(http: HttpClient, method: str, url: str, timeout: float, **options: Any) -> requests.Response:
    """Make one request.

    Parameters:
        http: HTTP client.
        method: HTTP method.
        url: where to.
        timeout: seconds.
        options: passed on to :meth:`HttpClient.request`.

    Raises:
        AuthError: no answer; the text names no internal address.
    """
    try:
        return http.request(method, url, timeout=timeout, **options)
    except requests.Timeout as error:
        raise openid_errors.timed_out(timeout) from error
    except requests.exceptions.SSLError as error:
        raise AuthError("the TLS handshake failed") from error
    except requests.RequestException as error:
        raise AuthError("the connection failed") from error


def require_ok(response: requests.Response, *, bearer: bool = False) -> None:
    """Nothing but 200 will do (OUT-O3).

    Parameters:
        response: the answer.
        bearer: the request carried a bearer token, so the error may stand in ``WWW-Authenticate`` (RFC 6750 §3).

    Raises:
        OpError: O1, O2 or O3.
    """
    if response.status_code != openid_errors.OK:
        challenge = response.headers.get("WWW-Authenticate") if bearer else None
        raise openid_errors.refused(response.status_code, text(response), challenge)


def members(response: requests.Response, *, bearer: bool = False) -> dict[str, Any]:
    """The JSON object of an answer with status 200 (OUT-O3, OUT-O4); parameters as in :func:`require_ok`."""
    require_ok(response, bearer=bearer)
    return openid_errors.parse_answer(text(response))


def text(response: requests.Response) -> str:
    """The body; JSON is UTF-8, whatever the media type says (RFC 8259 §8.1)."""
    return response.content.decode("utf-8", "replace")
