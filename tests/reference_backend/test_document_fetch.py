"""CIMD-07, CIMD-08, SEC-AS-13, SEC-AS-14, SEC-AS-20: how documents of others are fetched."""

import socket
import ssl
import threading
import time

import pytest
import trustme

from reference_backend.authorization_server import document_fetch

LIMIT = 64 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HOST = "docs.test"


class Site:
    """Answers each connection with the same bytes, and remembers what it was asked."""

    def __init__(self, context=None):
        self.answer = OK + b"Content-Length: 2\r\n\r\n{}"
        self.holds = False
        self.drips = False
        self.requests = []
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._done = threading.Event()
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if self._done.is_set():
                    return
                try:
                    self._talk(connection)
                except OSError:
                    continue

    def _talk(self, connection):
        if self._context:
            connection = self._context.wrap_socket(connection, server_side=True)
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(4096)
            if not received:
                return
            request += received
        self.requests.append(request.decode())
        connection.sendall(self.answer)
        while self.drips:
            time.sleep(0.05)
            connection.sendall(b"x")
        if self.holds:
            connection.recv(1)  # Until the client gives up.
        connection.close()

    def close(self):
        self._done.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def site():
    made = Site()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def get(site, limit=LIMIT, timeout=10.0, path="/client.json"):
    return document_fetch.get(f"http://{HOST}:{site.port}{path}", ["127.0.0.1"], limit, timeout)


@pytest.mark.requirement("CIMD-07", "SEC-AS-14")
def test_the_addresses_decide_and_the_name_is_told(site):
    assert get(site) == b"{}"
    (request,) = site.requests
    lines = request.lower().splitlines()
    assert lines[0] == "get /client.json http/1.1"
    assert f"host: {HOST}:{site.port}" in lines
    assert "accept: application/json" in lines


def test_the_name_decides_if_no_addresses_are_given(site):
    url = f"http://localhost:{site.port}/"
    assert document_fetch.get(url, None, LIMIT, 10.0) == b"{}"
    with pytest.raises(document_fetch.FetchError):
        document_fetch.get(f"http://nobody.invalid:{site.port}/", None, LIMIT, 10.0)


def test_the_next_address_is_tried(site):
    # Nobody listens there: the port is bound and not listening.
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", 0))
        url = f"http://{HOST}:{site.port}/"
        assert document_fetch.get(url, ["127.0.0.2", "127.0.0.1"], LIMIT, 10.0) == b"{}"
        with pytest.raises(document_fetch.FetchError):
            document_fetch.get(url, ["127.0.0.2"], LIMIT, 10.0)


@pytest.mark.requirement("CIMD-07", "SEC-AS-13")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 404, 500])
def test_only_a_2xx_will_do(site, status):
    site.answer = f"HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    with pytest.raises(document_fetch.FetchError, match=f"status {status}"):
        get(site)
    assert len(site.requests) == 1


@pytest.mark.requirement("CIMD-08", "SEC-AS-20")
def test_what_is_announced_to_be_too_large_is_not_read(site):
    site.answer = OK + f"Content-Length: {LIMIT + 1}\r\n\r\n".encode()
    site.holds = True
    with pytest.raises(document_fetch.TooLargeError):
        get(site)


@pytest.mark.requirement("CIMD-08", "SEC-AS-20")
@pytest.mark.parametrize(("size", "fits"), [(LIMIT, True), (LIMIT + 1, False)])
def test_what_is_not_announced_is_counted(site, size, fits):
    site.answer = OK + b"Connection: close\r\n\r\n" + b"x" * size
    if fits:
        assert len(get(site)) == size
    else:
        with pytest.raises(document_fetch.TooLargeError):
            get(site)


@pytest.mark.requirement("CIMD-07", "SEC-AS-20")
@pytest.mark.parametrize("so_far", [b"", b"HTTP/1.1 200 OK\r\nX: ", OK + b"Content-Length: 9\r\n\r\n{"])
def test_a_site_that_says_nothing_more(site, so_far):
    site.answer, site.holds = so_far, True
    with pytest.raises(document_fetch.FetchError, match="Timeout"):
        get(site, timeout=0.2)


@pytest.mark.requirement("CIMD-07", "SEC-AS-20")
@pytest.mark.parametrize("so_far", [b"HTTP/1.1 200 OK\r\nX: ", OK + b"Content-Length: 1000\r\n\r\n"])
def test_the_deadline_is_one_for_everything(site, so_far):
    site.answer, site.drips = so_far, True
    begun = time.monotonic()
    with pytest.raises(document_fetch.FetchError, match="Timeout"):
        get(site, timeout=0.5)
    assert time.monotonic() - begun < 2


def test_a_site_that_breaks_off(site):
    site.answer = OK + b"Content-Length: 9\r\n\r\n{"
    with pytest.raises(document_fetch.FetchError):
        get(site)


@pytest.mark.parametrize(("name", "trusted"), [(HOST, True), ("other.test", False)])
def test_certificates_are_checked_against_the_name(tmp_path, monkeypatch, name, trusted):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    site = Site(context)
    try:
        url = f"https://{HOST}:{site.port}/client.json"
        if trusted:
            assert document_fetch.get(url, ["127.0.0.1"], LIMIT, 10.0) == b"{}"
        else:
            with pytest.raises(document_fetch.FetchError):
                document_fetch.get(url, ["127.0.0.1"], LIMIT, 10.0)
    finally:
        site.close()


def test_a_proxy_is_used(site, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{site.port}")
    assert document_fetch.get("http://docs.test/x", ["192.0.2.1"], LIMIT, 10.0) == b"{}"
    assert site.requests[0].startswith("GET http://docs.test/x HTTP/1.1")
    monkeypatch.setenv("no_proxy", "docs.test")
    direct = document_fetch.get(f"http://docs.test:{site.port}/x", ["127.0.0.1"], LIMIT, 10.0)
    assert direct == b"{}"
    assert site.requests[1].startswith("GET /x HTTP/1.1")
