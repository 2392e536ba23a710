"""The backend as a client: calls to vendors and to the catalog's sources.

Every call has a timeout and a longest answer, follows no redirect (a redirect would carry credentials to a host
nobody chose) and honours ``HTTPS_PROXY``, ``NO_PROXY`` and ``REQUESTS_CA_BUNDLE``, as ``requests`` does.
"""

import time
from collections.abc import Mapping
from typing import Any, TypeVar

import requests
import urllib3
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from reference_backend import __version__

USER_AGENT = f"reference-backend/{__version__}"

_Session = TypeVar("_Session", bound=requests.Session)


class NoCredentials(AuthBase):
    """Leaves a request as it is. Without any ``auth``, ``requests`` would look into the operator's ``.netrc``."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add nothing."""
        return prepared


MOST_BYTES = 2_000_000
"""More than any honest answer needs."""

_PIECE = 65_536


class BoundedAdapter(HTTPAdapter):
    """Reads answers that neither end nor arrive only up to a point (SEC-ROB-03, SEC-ROB-04, SEC-ROB-12).

    The timeout of ``requests`` is one of silence: a drop every few seconds would keep a call waiting for good. Here it
    is also the time in which the whole answer has to be there.
    """

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        """Send, and read the body.

        Raises:
            requests.RequestException: the transport failed, the answer took too long or was too long.
        """
        begun = time.monotonic()
        response = super().send(request, *arguments, **{**named, "stream": True})
        try:
            response._content = read_bounded(response, begun + float(named["timeout"]))
        except (urllib3.exceptions.ReadTimeoutError, TimeoutError) as error:
            response.raw.close()
            raise requests.ReadTimeout(error, request=request) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            response.raw.close()
            raise requests.ConnectionError(error, request=request) from error
        return response


def read_bounded(response: requests.Response, end: float) -> bytes:
    """The whole body.

    Parameters:
        response: the answer, of which nothing is read yet.
        end: moment (``time.monotonic``) until which it has to be there.

    Raises:
        OSError: it is too long, or (``TimeoutError``) takes too long, or the transport failed.
    """
    body = b""
    while piece := response.raw.read1(_PIECE, decode_content=True):
        body += piece
        if len(body) > MOST_BYTES:
            raise OSError("the answer is too long")
        if time.monotonic() > end:
            raise TimeoutError("the answer takes too long")
    return body


class HttpClient:
    """Makes calls.

    Parameters:
        timeout: seconds to wait for a connection, for each part of an answer, and for the whole of it.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._connections = BoundedAdapter()

    def request(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: AuthBase | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Make one call.

        Parameters:
            method: HTTP method.
            url: where to.
            form: fields of the body; None sends no body.
            params: query parameters, added to those of the URL.
            headers: further headers.
            auth: adds credentials to the prepared request; None adds none, not even from a ``.netrc``.
            timeout: seconds, in place of those of the constructor.

        Raises:
            requests.RequestException: the transport failed.
        """
        return self._with_connections(requests.Session()).request(
            method,
            url,
            data=form,
            params=params,
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            auth=auth or NoCredentials(),
            timeout=self.timeout if timeout is None else timeout,
            allow_redirects=False,
        )

    def oauth_session(self, **options: Any) -> OAuth2Session:
        """An OAuth client session for one exchange.

        Parameters:
            options: passed on to Authlib.
        """
        session = OAuth2Session(default_timeout=self.timeout, **options)
        session.headers["User-Agent"] = USER_AGENT
        # The vendors of the passport family choose the format by this header, and are not asked (§2.4).
        del session.headers["Accept"]
        session.max_redirects = 0
        return self._with_connections(session)

    def _with_connections(self, session: _Session) -> _Session:
        """Let a session use the connections that are open.

        Each call has a session of its own, because cookies of one user must never reach the call of another. It is
        not closed: that would close everybody's connections.
        """
        session.mount("https://", self._connections)
        session.mount("http://", self._connections)
        return session
