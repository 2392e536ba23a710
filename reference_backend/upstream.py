"""The backend as a client: calls to vendors and to the catalog's sources.

Every call has a timeout, follows no redirect (a redirect would carry credentials to a host nobody chose) and
honours ``HTTPS_PROXY``, ``NO_PROXY`` and ``REQUESTS_CA_BUNDLE``, as ``requests`` does.
"""

from typing import Any

import requests
from authlib.integrations.requests_client import OAuth2Session

from reference_backend import __version__

USER_AGENT = f"reference-backend/{__version__}"


class Upstream:
    """Makes calls.

    Parameters:
        timeout: seconds to wait for a connection, and for each part of an answer.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout

    def get(
        self, url: str, *, params: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """``GET`` a URL.

        Raises:
            requests.RequestException: the transport failed.
        """
        return self._request("GET", url, params, headers)

    def post(
        self, url: str, *, params: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """``POST`` to a URL without a body.

        Raises:
            requests.RequestException: the transport failed.
        """
        return self._request("POST", url, params, headers)

    def _request(
        self, method: str, url: str, params: dict[str, str] | None, headers: dict[str, str] | None
    ) -> requests.Response:
        # A session of its own for each call: cookies of one user never reach the call of another.
        with requests.Session() as session:
            return session.request(
                method,
                url,
                params=params,
                headers={"User-Agent": USER_AGENT, **(headers or {})},
                timeout=self.timeout,
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
        return session
