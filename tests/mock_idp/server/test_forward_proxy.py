import asyncio

import pytest
import requests

from mock_idp.server.forward_proxy import ForwardProxy
from mock_idp.settings import PROXY_HEADER_BYTES
from tests.mock_idp.server.wire import ask


def refusal(listeners, request: bytes) -> tuple[int, str]:
    head, _, body = ask(listeners.urls["proxy"], request).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert "Mock-Idp: forward-proxy" in lines
    assert body.endswith(b".\n")
    return int(lines[0].split(" ")[1]), body.decode().strip()


@pytest.mark.parametrize("host", ["www.example.org", "google.com", "accounts.google.com.evil.example", "127.0.0.1"])
def test_other_hosts_are_refused(listeners, host):
    status, sentence = refusal(listeners, f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert status == 403
    assert sentence == (
        f"The mock IdP does not serve {host} and calls no other host; put it into NO_PROXY if it is not a vendor's."
    )


def test_other_ports_are_refused(listeners):
    request = b"CONNECT accounts.google.com:8443 HTTP/1.1\r\nHost: x\r\n\r\n"
    assert refusal(listeners, request) == (
        403,
        "The mock IdP serves accounts.google.com on port 443 only, not on 8443.",
    )


def test_plain_http_by_proxy_is_refused(listeners):
    answer = requests.get("http://www.example.org/", proxies={"http": listeners.urls["proxy"]}, timeout=10)
    assert answer.status_code == 403
    assert "takes https:// only" in answer.text


def test_refusal_of_a_large_upload_arrives(listeners):
    proxies = {"http": listeners.urls["proxy"]}
    assert requests.post("http://a.example/", data=b"x" * 3_000_000, proxies=proxies, timeout=10).status_code == 403


def test_website_visitor_is_told_what_this_is(listeners):
    answer = requests.get(listeners.urls["proxy"], timeout=10)
    assert answer.status_code == 400
    assert "not a website" in answer.text


@pytest.mark.parametrize(
    "target",
    ["accounts.google.com", "accounts.google.com:", "accounts.google.com:x", "a@accounts.google.com:443",
     "https://accounts.google.com:443", "accounts.google.com:443/", ":443", "[::1:443", "accounts.google.com:99999"],
)  # fmt: skip
def test_bad_tunnel_target(listeners, target):
    status, sentence = refusal(listeners, f"CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status == 400
    assert sentence == "CONNECT takes a host name and a port, such as accounts.google.com:443."


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS
        b"HELLO\r\n\r\n",
        b"CONNECT a.example:443 HTTP/1.1\r\n\r\n",  # without Host
    ],
)
def test_bad_request(listeners, request_):
    status, sentence = refusal(listeners, request_)
    assert status == 400
    assert sentence.startswith("The mock IdP's forward proxy did not understand this request: ")


def test_too_large_header(listeners):
    request = b"CONNECT accounts.google.com:443 HTTP/1.1\r\nHost: x\r\nX: " + b"x" * (PROXY_HEADER_BYTES + 10)
    assert refusal(listeners, request)[0] == 431


def test_request_has_a_time_limit():
    async def hesitant_client() -> bytes:
        async def no_tunnel(reader, writer, first):
            raise AssertionError

        proxy = ForwardProxy([], no_tunnel, header_seconds=0.05)

        async def serve(reader, writer):
            await proxy.serve(reader, writer)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"CONNECT accounts.goo")
            received = await reader.read()
            writer.close()
            return received

    assert asyncio.run(asyncio.wait_for(hesitant_client(), 10)) == b""
