"""The backend as a client: calls to vendors and to the catalog's sources.

Every call has a timeout, follows no redirect (a redirect would carry credentials to a host nobody chose) and
honours ``HTTPS_PROXY``, ``NO_PROXY`` and ``REQUESTS_CA_BUNDLE``, as ``requests`` does.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import requests
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


class Upstream:
    """Makes calls.

    Parameters:
        timeout: seconds to wait for a connection, and for each part of an answer.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._connections = HTTPAdapter()

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
