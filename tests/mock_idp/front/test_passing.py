"""Requests and answers on their way through the front: bodies, upgrades, and sides that go away."""

import socket

import pytest
import requests

from mock_idp.running import RunningIdp
from tests.mock_idp.front.conftest import SECONDS, Backend, FrontStarter
from tests.mock_idp.server import wire


def read_until(connection: socket.socket, end: bytes) -> bytes:
    seen = b""
    while not seen.endswith(end):
        piece = connection.recv(65536)
        assert piece, seen
        seen += piece
    return seen


def test_request_and_answer_arrive(front: FrontStarter) -> None:
    base = front()
    answer = requests.post(f"{base}/a%2Fb/?q=%20", data="body", headers={"X-Own": "1"}, timeout=SECONDS)
    seen = answer.json()
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a%2Fb/?q=%20", "body")
    fields = dict(seen["headers"])
    assert fields["Host"] == fields["X-Forwarded-Host"] == base.removeprefix("http://")
    assert (fields["X-Own"], fields["X-Forwarded-User"], fields["X-Forwarded-For"]) == ("1", "ada-quill", "127.0.0.1")
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]


def test_a_name_in_many_scripts_arrives_as_utf_8(front: FrontStarter) -> None:
    seen = requests.get(front(persona="non-ascii"), timeout=SECONDS).json()
    assert "Ødegård" in dict(seen["headers"])["X-Forwarded-Preferred-Username"].encode("latin-1").decode()


def test_many_requests_on_one_connection(front: FrontStarter) -> None:
    request = b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /3 HTTP/1.0\r\nHost: localhost\r\n\r\n"
    said = wire.ask(front(), request % 1 + request % 2 + last)
    assert [said.count(b'"path": "/%d"' % number) for number in (1, 2, 3)] == [1, 1, 1]


def test_headers_are_minted_once_for_a_while(front: FrontStarter) -> None:
    base = front()
    with requests.Session() as session:
        tokens = {dict(session.get(base).json()["headers"])["X-OAUTH2-PROXY-ID-TOKEN"] for _ in range(3)}
    assert len(tokens) == 1


def test_an_answer_arrives_as_it_is_made(front: FrontStarter, backend: Backend) -> None:
    with requests.get(f"{front()}/stream", stream=True, timeout=SECONDS) as answer:
        pieces = answer.iter_content(None)
        assert next(pieces) == b"first"
        backend.go_on.set()
        assert next(pieces) == b"last"


def test_a_body_arrives_as_it_is_sent(front: FrontStarter, backend: Backend) -> None:
    with wire.connect(front()) as client:
        client.sendall(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nConnection: close\r\n\r\nfirst"
        )
        assert backend.arrived.wait(SECONDS)
        client.sendall(b"last")
        assert wire.until_closed(client).endswith(b"firstlast")


def test_a_chunked_body_arrives(front: FrontStarter) -> None:
    head = b"POST /chunked HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert wire.ask(front(), head + b"3\r\nabc\r\n0\r\n\r\n").endswith(b"chunked|3\r\nabc\r\n0\r\n\r\n")


def test_a_client_that_waits_to_be_asked_for_its_body(front: FrontStarter) -> None:
    with wire.connect(front()) as client:
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n"
        client.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        client.sendall(b"body")
        assert b'"body": "body"' in wire.until_closed(client)


def test_an_answer_before_the_body_arrives(front: FrontStarter) -> None:
    with wire.connect(front()) as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbegin")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_head_has_no_body(front: FrontStarter, backend: Backend) -> None:
    said = wire.ask(front(), b"HEAD /gone HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 501 ")  # http.server knows no HEAD here, and says so without a body
    assert said.endswith(b"\r\n\r\n")


def test_a_websocket_passes_with_identity(front: FrontStarter) -> None:
    with wire.connect(front()) as client:
        client.sendall(
            b"GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: key\r\nX-Forwarded-User: petra-reed\r\n\r\n"
        )
        head = read_until(client, b"\r\n\r\n").decode()
        assert head.startswith("HTTP/1.1 101 ")
        for line in ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: key", "X-User: ada-quill"):
            assert f"\r\n{line}\r\n" in head
        for word in (b"one", b"two"):
            client.sendall(word)
            assert client.recv(100) == word.upper()
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_a_client_that_leaves_frees_the_backend(front: FrontStarter, backend: Backend) -> None:
    with wire.connect(front()) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"first" in read_until(client, b"first\r\n")
    assert backend.arrived.wait(SECONDS)


def test_a_client_that_leaves_in_mid_body_frees_the_backend(front: FrontStarter, backend: Backend) -> None:
    with wire.connect(front()) as client:
        client.sendall(b"POST /endless HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
        assert b"first" in read_until(client, b"first\r\n")
    assert backend.arrived.wait(SECONDS)


def test_an_answer_that_breaks_off_does_not_look_complete(front: FrontStarter) -> None:
    with pytest.raises(requests.exceptions.RequestException):
        requests.get(f"{front()}/truncated", timeout=SECONDS)


@pytest.mark.parametrize("path", ["silence", "garbage"])
def test_a_backend_that_does_not_answer(front: FrontStarter, backend: Backend, path: str) -> None:
    answer = requests.get(f"{front()}/{path}", timeout=SECONDS)
    assert answer.status_code == 502
    assert answer.text == f"The backend at {backend.url} ended the connection without an answer; see its log.\n"


def test_no_backend(front: FrontStarter, dead_url: str) -> None:
    base = front(upstream=dead_url)
    sentence = f"No backend answers at {dead_url}; start it, or name another with --upstream."
    with requests.Session() as session:
        answer = session.post(base, data=b"x" * 1000, timeout=SECONDS)
        assert (answer.status_code, answer.text) == (502, f"{sentence}\n")
        page = session.get(base, headers={"Accept": "text/html"}, timeout=SECONDS)
    assert page.status_code == 502
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'<p class="sentence">{sentence}</p>' in page.text


def test_a_backend_over_tls(front: FrontStarter, running: RunningIdp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    base = front(upstream=running.urls["tls"])
    refused = requests.get(f"{base}/__idp/", timeout=SECONDS)
    assert refused.status_code == 502
    assert refused.text.startswith(
        f"The backend at {running.urls['tls']} has no certificate that this machine trusts ("
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(running.idp.settings.state_dir / "ca.pem"))
    assert requests.get(f"{base}/__idp/", timeout=SECONDS).json()["kit"]


def test_a_backend_that_should_speak_tls(front: FrontStarter, backend: Backend) -> None:
    url = backend.url.replace("http:", "https:")
    answer = requests.get(front(upstream=url), timeout=SECONDS)
    assert (answer.status_code, answer.text) == (502, f"What answers at {url} speaks no TLS; name it with http://.\n")


def test_trailers_do_not_pass(front: FrontStarter) -> None:
    head = b"POST /chunked HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    said = wire.ask(front(), head + b"3\r\nabc\r\n0\r\nX-Forwarded-User: petra-reed\r\n\r\n")
    assert said.endswith(b"chunked|3\r\nabc\r\n0\r\n\r\n")


def test_no_mock(front: FrontStarter, dead_url: str) -> None:
    answer = requests.get(front(idp=dead_url), timeout=SECONDS)
    assert answer.status_code == 502
    assert answer.text == f"No mock IdP answers at {dead_url} any more; start it again with `mock-idp serve`.\n"


def test_something_else_in_place_of_the_mock(front: FrontStarter, backend: Backend) -> None:
    answer = requests.get(front(idp=f"{backend.url}/early?"), timeout=SECONDS)
    assert answer.status_code == 502
    assert "is not a mock IdP of this version" in answer.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n", 400),
        (b"CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", 421),
        (b"GET /__front/else HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-User : petra-reed\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000, 431),
    ],
)
def test_requests_that_go_nowhere(front: FrontStarter, request_: bytes, status: int) -> None:
    with wire.connect(front()) as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        assert wire.until_closed(client).startswith(b"HTTP/1.1 %d " % status)
