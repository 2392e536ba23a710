"""The backend as a client: calls to vendors, to the catalog's sources, and for documents that others named.

Every call has one deadline for everything, from the first packet to the last byte, and a longest answer; it follows no
redirect (a redirect would carry credentials to another host) and honours ``HTTPS_PROXY``, ``NO_PROXY`` and
``REQUESTS_CA_BUNDLE``, as ``requests`` does.
"""

import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from reference_backend import __version__

USER_AGENT = f"reference-backend/{__version__}"
MOST_BYTES = 2_000_000
"""More than any honest answer of a vendor needs."""
_PIECE = 65_536


class TooLongError(requests.ConnectionError):
    """The answer is longer than it may be."""


class NoCredentials(AuthBase):
    """Leaves a request as it is. Without any ``auth``, ``requests`` would look into the operator's ``.netrc``."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add nothing."""
        return prepared


@dataclass(frozen=True, slots=True)
class _Call:
    """The call that this thread is making.

    Parameters:
        end: moment (``time.monotonic``) until which the whole answer has to be there.
        addresses: IP addresses of the host, tried in this order; None for whatever the name leads to.
    """

    end: float
    addresses: Sequence[str] | None

    def remaining(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        return left


_CURRENT: ContextVar[_Call] = ContextVar("call")


class _PlainSocket(socket.socket):
    """A connection whose every operation ends at the deadline of the call; ``requests`` bounds the silence only."""

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(_CURRENT.get().remaining())
        return super().recv_into(*arguments)

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(_CURRENT.get().remaining())
        super().sendall(*arguments)


class _TlsSocket(ssl.SSLSocket):
    """The same with TLS."""

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(_CURRENT.get().remaining())
        return super().recv_into(*arguments)

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(_CURRENT.get().remaining())
        super().sendall(*arguments)


class _Connecting(HTTPConnection):
    """Connects to the addresses of the call, whatever the host is called; a proxy looks the host up by itself."""

    def _new_conn(self) -> socket.socket:
        call = _CURRENT.get()
        name = self._dns_host
        addresses = [name] if call.addresses is None or self.proxy else call.addresses
        failure: Exception = urllib3.exceptions.NewConnectionError(self, "no address")
        for address in addresses:
            self._dns_host = address
            try:
                self.timeout = call.remaining()
                opened = super()._new_conn()
            except urllib3.exceptions.NewConnectionError as error:
                failure = error
                continue
            finally:
                self._dns_host = name
            bounded = _PlainSocket(fileno=opened.detach())
            bounded.settimeout(call.remaining())
            return bounded
        raise failure


class _TlsConnecting(_Connecting, HTTPSConnection):
    """The same with TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connecting


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnecting


class BoundedAdapter(HTTPAdapter):
    """Reads answers that neither end nor arrive only up to a point (SEC-ROB-03, SEC-ROB-04, SEC-ROB-12).

    Parameters:
        limit: bytes that are accepted, as announced and as they come.
        addresses: see :class:`_Call`.
    """

    def __init__(self, limit: int, addresses: Sequence[str] | None) -> None:
        self._limit = limit
        self._addresses = addresses
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Prepare the connections without a proxy."""
        super().init_poolmanager(*arguments, ssl_context=_tls_context(), **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        """Prepare those through a proxy."""
        if proxy in self.proxy_manager:
            return self.proxy_manager[proxy]
        manager = super().proxy_manager_for(proxy, ssl_context=_tls_context(), **named)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        """Send, and read the body.

        Raises:
            requests.RequestException: the transport failed, the answer took too long or was too long.
        """
        previous = _CURRENT.set(_Call(time.monotonic() + float(named["timeout"]), self._addresses))
        try:
            response = super().send(request, *arguments, **{**named, "stream": True})
            response._content = read_bounded(response, self._limit)
        except (urllib3.exceptions.ReadTimeoutError, TimeoutError) as error:
            raise requests.ReadTimeout(error, request=request) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, requests.RequestException):
                raise
            raise requests.ConnectionError(error, request=request) from error
        finally:
            _CURRENT.reset(previous)
        return response


def _tls_context() -> ssl.SSLContext:
    context = urllib3.util.ssl_.create_urllib3_context()
    context.sslsocket_class = _TlsSocket
    return context


def read_bounded(response: requests.Response, limit: int) -> bytes:
    """The whole body.

    Parameters:
        response: the answer, of which nothing is read yet.
        limit: bytes that are accepted.

    Raises:
        TooLongError: there are more.
        OSError: the transport failed.
    """
    announced = response.headers.get("Content-Length", "")
    body = b""
    try:
        if announced.isdigit() and int(announced) > limit:
            raise TooLongError(f"more than {limit} bytes", response=response)
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > limit:
                raise TooLongError(f"more than {limit} bytes", response=response)
    except Exception:
        # Nobody reads the rest, so nobody can use the connection again.
        response.raw.close()
        raise
    return body


class HttpClient:
    """Makes calls.

    Parameters:
        timeout: seconds for a whole call.
        limit: bytes of an answer that are accepted.
        addresses: IP addresses of the host that is called, tried in this order; None for whatever its name leads to.
        authorities: file of certificate authorities, in place of the usual one.
    """

    def __init__(
        self,
        timeout: float,
        *,
        limit: int = MOST_BYTES,
        addresses: Sequence[str] | None = None,
        authorities: str | None = None,
    ) -> None:
        self.timeout = timeout
        self._authorities = authorities
        self._connections = BoundedAdapter(limit, addresses)

    def request(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str | None] | None = None,
        auth: AuthBase | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Make one call.

        Parameters:
            method: HTTP method.
            url: where to.
            form: fields of the body, or the body as it is; None sends no body.
            params: query parameters, added to those of the URL.
            headers: further headers; None leaves out one that ``requests`` would add.
            auth: adds credentials to the prepared request; None adds none, not even from a ``.netrc``.
            timeout: seconds, in place of those of the constructor.

        Raises:
            requests.RequestException: the transport failed.
        """
        # A session of its own for each call, because cookies of one user must never reach the call of another. It is
        # not closed: that would close everybody's connections.
        session = requests.Session()
        session.mount("https://", self._connections)
        session.mount("http://", self._connections)
        return session.request(
            method,
            url,
            data=form,
            params=params,
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            auth=auth or NoCredentials(),
            timeout=self.timeout if timeout is None else timeout,
            allow_redirects=False,
            verify=self._authorities,
        )
