"""GET of a document that a client named: bounded in time and size, to known addresses, without redirects (CIMD).

``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and ``SSL_CERT_FILE`` count; a proxy looks the host up by itself.
"""

import os
from collections.abc import Sequence

import requests
from requests import utils as requests_utils
from urllib3.util import SKIP_HEADER

from reference_backend.http.client import HttpClient, TooLongError

OK_STATUSES = range(200, 300)


class FetchError(Exception):
    """There is no document; the text is meant for the log."""


class TooLargeError(FetchError):
    """There is too much of it."""


def get(url: str, addresses: Sequence[str] | None, limit: int, timeout: float) -> bytes:
    """Fetch a JSON document.

    Parameters:
        url: http or https.
        addresses: IP addresses of its host, tried in this order; None for whatever the name leads to.
        limit: bytes that are accepted, as announced and as they come (CIMD-08).
        timeout: seconds for everything (CIMD-07).

    Raises:
        FetchError: not reachable, too slow, or any answer but a 2xx; a redirect is one.
    """
    client = HttpClient(timeout, limit=limit, addresses=addresses, authorities=authorities())
    headers = {"Accept": "application/json", "Accept-Encoding": SKIP_HEADER, "Connection": None}
    try:
        response = client.request("GET", url, headers=headers)
        status, body = response.status_code, response.content
    except TooLongError as error:
        if error.response is None or error.response.status_code in OK_STATUSES:
            raise TooLargeError(str(error)) from error
        status, body = error.response.status_code, b""
    except requests.RequestException as error:
        raise FetchError(f"{type(error).__name__}: {error}") from error
    if status not in OK_STATUSES:
        raise FetchError(f"status {status}")
    return body


def authorities() -> str:
    """The file of certificate authorities that the operator wants, else certifi's."""
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    return next((os.environ[name] for name in names if os.environ.get(name)), requests_utils.DEFAULT_CA_BUNDLE_PATH)
