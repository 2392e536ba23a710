"""What goes over the wire is what the test said, and what goes wrong there becomes a sentence."""

import contextlib
import socket
import ssl

import pytest
import trustme

from conformance.driver import wire as wire_module
from conformance.driver.browser import Browser, Transcript
from conformance.driver.wire import (
    NoAnswerError,
    ProxyRoute,
    PublicAddress,
    Replicas,
    Request,
    Wire,
    check_address,
    origin_of,
)
from tests.support.fake_servers import RawServer, answering, closed_port, http_answer, read_request, reset


@pytest.fixture
def wire():
    with contextlib.closing(Wire(None, timeout_seconds=10)) as open_wire:
        yield open_wire


def get(url: str, *headers: tuple[str, str]) -> Request:
    return Request("GET", url, headers)


def first_line(request: bytes) -> bytes:
    return request.split(b"\r\n")[0]


class TestRequests:
    @pytest.mark.parametrize(
        "target",
        [
            "/%zz?env=%zz&a=%2f%2F",
            "/a//b/../c;d=e?x=1&x=2&y",
            "/?",
            "/path?a=b?c",
            "/path%00?q=[1]{2}|3",
        ],
    )
    def test_target_is_sent_as_given(self, wire, target):
        with RawServer(answering(http_answer())) as server:
            wire.send(get(server.url + target))
        assert first_line(server.requests[0]) == f"GET {target} HTTP/1.1".encode()

    @pytest.mark.parametrize(("given", "sent"), [("", b"/"), ("?a=b", b"/?a=b"), ("/x#fragment", b"/x")])
    def test_what_is_no_part_of_a_target_is_not_sent(self, wire, given, sent):
        with RawServer(answering(http_answer())) as server:
            wire.send(get(server.url + given))
        assert first_line(server.requests[0]).split()[1] == sent

    def test_headers_keep_order_spelling_and_repetition_and_none_is_added(self, wire):
        with RawServer(answering(http_answer())) as server:
            wire.send(get(server.url, ("X-One", "1"), ("x-two", "ü"), ("X-One", "3")))
        lines = server.requests[0].decode().split("\r\n")[1:-2]
        assert lines == [f"Host: {server.url.removeprefix('http://')}", "X-One: 1", "x-two: ü", "X-One: 3"]

    def test_host_can_be_forged(self, wire):
        with RawServer(answering(http_answer())) as server:
            wire.send(get(server.url, ("host", "evil.example")))
        assert server.requests[0].lower().count(b"host:") == 1
        assert b"host: evil.example" in server.requests[0]

    @pytest.mark.parametrize(
        ("method", "body", "length"), [("POST", b"", b"0"), ("POST", b"a=b", b"3"), ("GET", b"x", b"1")]
    )
    def test_body_is_announced(self, wire, method, body, length):
        with RawServer(answering(http_answer())) as server:
            wire.send(Request(method, server.url, (), body))
        assert b"Content-Length: " + length in server.requests[0]
        assert server.requests[0].endswith(b"\r\n\r\n" + body)

    def test_get_without_body_announces_none(self, wire):
        with RawServer(answering(http_answer())) as server:
            wire.send(get(server.url))
        assert b"content-length" not in server.requests[0].lower()


class TestFront:
    """A public address that nobody listens at, and who passes its requests on."""

    def test_requests_to_the_public_address_reach_the_listener(self):
        with RawServer(answering(http_answer())) as server, front_of(server) as wire:
            wire.send(get("https://backstage.example/a?b", ("X-One", "1")))
        lines = server.requests[0].decode().split("\r\n")[:-2]
        assert lines == [
            "GET /a?b HTTP/1.1",
            "Host: backstage.example",
            "X-One: 1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: backstage.example",
        ]

    def test_what_the_request_says_of_itself_is_passed_on(self):
        with RawServer(answering(http_answer())) as server, front_of(server) as wire:
            wire.send(get("https://backstage.example/", ("x-forwarded-proto", "http")))
        assert server.requests[0].lower().count(b"x-forwarded-proto") == 1
        assert b"x-forwarded-proto: http\r\n" in server.requests[0]

    def test_other_addresses_are_asked_as_they_are(self):
        with RawServer(answering(http_answer())) as server, front_of(server) as wire:
            wire.send(get(server.url))
        assert b"forwarded" not in server.requests[0].lower()

    def test_a_path_is_taken_off(self):
        with RawServer(answering(http_answer())) as server, front_of(server, "https://host.example:8443/a/hub") as wire:
            wire.send(get("https://host.example:8443/a/hub/api/auth?b"))
            outside = [wire.send(get(f"https://host.example:8443{path}")) for path in ("/", "/a/hubs/x", "/api/auth")]
        [request] = server.requests
        lines = request.decode().split("\r\n")[:-2]
        assert lines == [
            "GET /api/auth?b HTTP/1.1",
            "Host: host.example:8443",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: host.example:8443",
            "X-Forwarded-Prefix: /a/hub",
        ]
        assert [answer.status for answer in outside] == [404, 404, 404]

    def test_the_public_address_is_to_blame(self):
        with (
            contextlib.closing(
                Wire(None, 10, None, PublicAddress("https://backstage.example", f"http://127.0.0.1:{closed_port()}"))
            ) as wire,
            pytest.raises(NoAnswerError, match=r"https://backstage\.example cannot be reached"),
        ):
            wire.send(get("https://backstage.example/"))


def front_of(server: RawServer, public: str = "https://backstage.example") -> contextlib.closing[Wire]:
    return contextlib.closing(Wire(None, 10, None, PublicAddress(public, server.url)))


class TestAnswers:
    def test_repeated_headers_stay_apart(self, wire):
        fields = ("Set-Cookie: a=1; Path=/", "set-cookie: b=2", "X-Latin: \xfc")
        with RawServer(answering(http_answer("200 OK", b"body", *fields))) as server:
            response = wire.send(get(server.url))
        assert response.header_values("SET-COOKIE") == ["a=1; Path=/", "b=2"]
        assert response.header("set-cookie") == "a=1; Path=/, b=2"
        assert response.header("absent") is None
        assert (response.status, response.body) == (200, b"body")

    def test_redirect_is_not_followed(self, wire):
        with RawServer(answering(http_answer("302 Found", b"", "Location: /elsewhere"))) as server:
            response = wire.send(get(server.url))
        assert (response.status, response.header("location")) == (302, "/elsewhere")
        assert len(server.requests) == 1

    def test_cookies_are_not_remembered(self, wire):
        with RawServer(answering(http_answer("200 OK", b"", "Set-Cookie: a=1"))) as server:
            wire.send(get(server.url))
            wire.send(get(server.url))
        assert all(b"cookie" not in request.lower() for request in server.requests)
        assert server.connections == 1

    def test_body_is_not_decoded(self, wire):
        with RawServer(answering(http_answer("200 OK", b"not gzip", "Content-Encoding: gzip"))) as server:
            assert wire.send(get(server.url)).body == b"not gzip"

    def test_body_without_end_is_cut(self, wire, monkeypatch):
        monkeypatch.setattr(wire_module, "MAX_BODY_BYTES", 1000)

        def flood(_: RawServer, connection: socket.socket) -> None:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with contextlib.suppress(OSError):
                while True:
                    connection.sendall(b"x" * 65536)

        with RawServer(flood) as server:
            response = wire.send(get(server.url))
        assert 1000 < len(response.body) < 10_000_000


class TestNoAnswer:
    def problem(self, wire: Wire, url: str) -> NoAnswerError:
        with pytest.raises(NoAnswerError) as caught:
            wire.send(get(url))
        assert "\n" not in str(caught.value)
        return caught.value

    def test_refused(self, wire):
        origin = f"http://127.0.0.1:{closed_port()}"
        error = self.problem(wire, f"{origin}/path")
        assert error.origin == origin
        assert str(error).startswith(f"{origin} cannot be reached: ")

    def test_silence(self):
        def stay_silent(server: RawServer, connection: socket.socket) -> None:
            read_request(connection)
            server.stopping.wait(30)

        with contextlib.closing(Wire(None, timeout_seconds=0.2)) as wire, RawServer(stay_silent) as server:
            assert str(self.problem(wire, server.url)) == f"{server.url} did not answer within 0.2 s"

    def test_reset(self, wire):
        def break_off(_: RawServer, connection: socket.socket) -> None:
            read_request(connection)
            reset(connection)

        with RawServer(break_off) as server:
            assert "broke off without an HTTP answer" in str(self.problem(wire, server.url))

    def test_closed_without_a_word(self, wire):
        with RawServer(lambda _, connection: read_request(connection)) as server:
            assert "broke off without an HTTP answer" in str(self.problem(wire, server.url))

    def test_something_else_than_http(self, wire):
        with RawServer(answering(b"220 smtp.example ESMTP\r\n\r\n")) as server:
            assert "broke off without an HTTP answer" in str(self.problem(wire, server.url))

    def test_no_tls_there(self, wire):
        with RawServer(lambda _, connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            assert "cannot be reached" in str(self.problem(wire, server.url.replace("http:", "https:")))

    def test_proxy_refuses(self):
        authority = trustme.CA().cert_pem.bytes().decode()
        with RawServer(answering(http_answer("403 Forbidden"))) as proxy:
            route = ProxyRoute(("*.vendor.example",), proxy.url, authority)
            with contextlib.closing(Wire(route, timeout_seconds=10)) as wire:
                error = self.problem(wire, "https://login.vendor.example/x")
        assert "was refused by the mock IdP's proxy" in str(error)
        assert first_line(proxy.requests[0]) == b"CONNECT login.vendor.example:443 HTTP/1.1"

    @pytest.mark.parametrize("is_known", [True, False])
    def test_the_mock_over_tls_by_its_address(self, is_known):
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)

        def talk(server: RawServer, connection: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as encrypted:
                read_request(encrypted)
                encrypted.sendall(http_answer())

        trusted = authority if is_known else trustme.CA()
        with RawServer(talk) as server:
            route = ProxyRoute(("*.vendor.example",), "http://127.0.0.1:1", trusted.cert_pem.bytes().decode())
            with contextlib.closing(Wire(route, timeout_seconds=10)) as wire:
                request = get(server.url.replace("http://", "https://"))
                if is_known:
                    assert wire.send(request).status == 200
                else:
                    with pytest.raises(NoAnswerError):
                        wire.send(request)

    @pytest.mark.parametrize(
        "url",
        [
            "http://[::1",
            "javascript:alert(1)",
            "/only/a/path",
            "ftp://localhost/",
            "http://localhost:99999/",
            "http://",
            "",
        ],
    )
    def test_what_is_no_address(self, wire, url):
        assert str(self.problem(wire, url)) == f"{url} is not an http or https address"

    def test_header_that_cannot_be_sent_blames_the_request(self, wire):
        with (
            RawServer(answering(http_answer())) as server,
            pytest.raises(NoAnswerError, match="the request is no HTTP"),
        ):
            wire.send(get(server.url, ("X-Bad", "a\nb")))


def test_idle_connections_are_not_used_for_long():
    assert 0 < wire_module.IDLE_SECONDS < 5


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://LocalHost:80/x?y", "http://localhost"),
        ("https://a.example:443", "https://a.example"),
        ("https://a.example:8443/x", "https://a.example:8443"),
        ("http://[::1]:7007/", "http://[::1]:7007"),
        ("http://user:pass@host/", "http://host"),
    ],
)
def test_origin(url, origin):
    assert origin_of(url) == origin
    assert check_address(url).hostname


@pytest.mark.parametrize(
    ("host", "covered"),
    [("accounts.google.com", True), ("ACCOUNTS.google.com", True), ("x.auth0.com", True), ("auth0.com", False)],
)
def test_proxy_route_covers_patterns(host, covered):
    assert ProxyRoute(("accounts.google.com", "*.auth0.com"), "", "").covers(host) is covered


class TestReplicas:
    def test_requests_of_one_browser_go_to_all_in_turn(self):
        with RawServer(answering(http_answer(body=b"1"))) as one, RawServer(answering(http_answer(body=b"2"))) as two:
            replicas = Replicas("http://backend.example", (one.url, two.url))
            with contextlib.closing(Wire(None, 10, replicas=replicas)) as wire:
                browser = Browser(wire, "http://app.example", Transcript())
                asked = [browser.navigate("http://backend.example/").body for _ in range(4)]
                browser.use_replica(1)
                asked += [browser.navigate("http://backend.example/").body for _ in range(2)]
                other = Browser(wire, "http://app.example", Transcript())
                asked += [other.navigate("http://backend.example/").body]
        assert asked == [b"1", b"2", b"1", b"2", b"2", b"2", b"1"]
        assert b"Host: backend.example" in one.requests[0]

    def test_other_addresses_are_asked_as_ever(self):
        with RawServer(answering(http_answer(body=b"1"))) as server:
            replicas = Replicas("http://backend.example", ("http://127.0.0.1:1", "http://127.0.0.1:1"))
            with contextlib.closing(Wire(None, 10, replicas=replicas)) as wire:
                assert wire.send(Request("GET", server.url, ()), 1).body == b"1"
