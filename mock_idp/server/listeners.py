"""The three listeners of the mock IdP as one thing that starts and stops.

=======  ==========================  ==============================================================
port     speaks                      what for
=======  ==========================  ==============================================================
http     HTTP                        vendors by path, the control API
tls      HTTP over TLS               vendors by name; passes on to http
proxy    HTTP CONNECT                brings processes that call vendors by name to tls; opens no connection
=======  ==========================  ==============================================================
"""

import errno
import ipaddress
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from mock_idp.server.authority import Authority
from mock_idp.server.errors import ServerError
from mock_idp.server.forward_proxy import ForwardProxy
from mock_idp.server.http_server import Address, HttpServer, Origins
from mock_idp.server.loop_thread import LoopThread
from mock_idp.server.startable import Startable
from mock_idp.server.tls import TlsTerminator
from mock_idp.settings import BACKLOG

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Listeners(Startable):
    """All listeners of one mock IdP.

    Parameters:
        app: the WSGI application behind all of them. It sees ``wsgi.url_scheme`` "https" for what came over
            TLS, and the host the client meant in the Host header.
        host: address to listen on. A client that reaches it can sign in as any user, so the command line takes
            anything beyond the loopback interface only if it is requested.
        http_port: port of the plain listener, 0 for a free one.
        tls_port: port of the TLS listener, 0 for a free one.
        proxy_port: port of the forward proxy, 0 for a free one.
        authority: issues the certificates.
        host_patterns: the host names that are served over TLS (see :mod:`mock_idp.hosts`).
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        host: str,
        http_port: int,
        tls_port: int,
        proxy_port: int,
        authority: Authority,
        host_patterns: Iterable[str],
    ) -> None:
        self._app = app
        self._host = host
        self._ports = (http_port, tls_port, proxy_port)
        self._authority = authority
        self._patterns = tuple(dict.fromkeys(host_patterns))
        self._addresses: dict[str, Address] = {}

    def open(self, running: ExitStack) -> None:
        """Open all three ports."""
        http_port, tls_port, proxy_port = self._ports
        http_socket = running.enter_context(listen(self._host, http_port, "plain HTTP", "--port"))
        tls_socket = running.enter_context(listen(self._host, tls_port, "TLS", "--tls-port"))
        proxy_socket = running.enter_context(listen(self._host, proxy_port, "the forward proxy", "--proxy-port"))
        self._addresses = {
            "http": http_socket.getsockname()[:2],
            "tls": tls_socket.getsockname()[:2],
            "proxy": proxy_socket.getsockname()[:2],
        }
        own_name = () if _is_address(self._host) else (self._host,)
        origins = Origins()
        tls = TlsTerminator(
            self._authority.server_context((*self._patterns, *own_name)),
            reachable(self._addresses["http"]),
            origins,
        )
        proxy = ForwardProxy(self._patterns, tls.serve)
        http_server = HttpServer(self._app, http_socket, origins)
        http_server.start()
        running.callback(http_server.stop)
        loop = LoopThread({tls_socket: tls.serve, proxy_socket: proxy.serve})
        loop.start()
        # First, because it ends the connections that hold the HTTP server's.
        running.callback(loop.stop)

    @property
    def urls(self) -> dict[str, str]:
        """Addresses of the listeners with their actual ports, without trailing slash: http, tls, proxy.

        A mock that listens on all interfaces names the loopback address here.
        """
        return self._urls(None)

    def _urls(self, seen_as: str | None) -> dict[str, str]:
        schemes = {"http": "http", "tls": "https", "proxy": "http"}
        urls = {}
        for name, address in self._addresses.items():
            host, port = reachable(address)
            host = seen_as or host
            urls[name] = f"{schemes[name]}://{f'[{host}]' if ':' in host else host}:{port}"
        return urls

    def describe(self, seen_as: str | None = None) -> dict[str, Any]:
        """Say what the control API must tell clients about the listeners: members of ``GET /__idp/``.

        ``mock-idp env``, ``run`` and ``browser`` need ``urls.proxy`` and ``spki`` from there, and
        ``GET /__idp/ca.pem`` (:attr:`Authority.ca_pem`).

        Parameters:
            seen_as: the host by which the client reached the mock, without port (of the Host header): a
                client in another container then gets addresses that are good for it. None takes ours.

        Returns:
            ``urls`` as :attr:`urls`, ``hosts`` (the served patterns) and ``spki`` (base64 SHA-256 of the
            authority's public key, for Chromium).
        """
        return {
            "urls": self._urls(seen_as),
            "hosts": list(self._patterns),
            "spki": self._authority.spki_fingerprint(),
        }


def listen(host: str, port: int, purpose: str, option: str) -> socket.socket:
    """Open a port.

    Raises:
        EdgeError: it cannot be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, OverflowError) as error:
        raise ServerError(f"There is no address {host!r} to listen on; choose another with --host.") from error
    # "localhost" may be both; more clients try IPv4 without being told to.
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        if port:
            # A restart must not wait for old connections' TIME-WAIT. On a free port it could share one.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and address[0] == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Accepted connections inherit it. Header and body are written one after the other; with Nagle's
        # algorithm the body waits for the client's delayed acknowledgement, 40 ms each time.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ServerError(_why_not(error, host, port, purpose, option)) from error
    return listener


def _why_not(error: OSError, host: str, port: int, purpose: str, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host}, wanted for {purpose}, is taken by another process; "
            f"stop that one, or choose another port with {option} (0 takes a free one)."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} on {host}, wanted for {purpose}, needs privileges that this process does not "
            f"have; choose a port above 1023 with {option} (0 takes a free one)."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; choose another with --host."
    return f"Port {port} on {host} cannot be opened for {purpose} ({error.strerror}); see --host and {option}."


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def reachable(address: Address) -> Address:
    """Turn "all interfaces" into the one that is always there."""
    host, port = address
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound
