import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_backend.formats import glob, urls
from reference_backend.http.origins import AllowedOrigins, is_allowed


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://A.ex.test/path", "https://a.ex.test"),
        ("https://a.test:443", "https://a.test"),
        ("http://a.test:443/", "http://a.test:443"),
        ("http://a.test:0080/", "http://a.test"),
        ("HTTPS:a.test", "https://a.test"),
        ("https:/\\a.test\\b", "https://a.test"),
        (" \thttps://a.te\nst ", "https://a.test"),
        ("https://user:pw@a.test:8443/?x#y", "https://a.test:8443"),
        ("https://evil.test\\@a.test", "https://evil.test"),
        ("https://a.test?@evil.test", "https://a.test"),
        ("https://a%2etest", "https://a.test"),
        ("https://bücher.test", "https://xn--bcher-kva.test"),
        ("https://Ｇoogle.test", "https://google.test"),
        ("http://127.1", "http://127.0.0.1"),
        ("http://0x7f000001:80", "http://127.0.0.1"),
        ("http://017700000001", "http://127.0.0.1"),
        ("http://[::0001]:81", "http://[::1]:81"),
        ("ws://a.test", "ws://a.test"),
        ("data:,x", "null"),
        ("javascript:alert(1)", "null"),
        ("file:///etc/passwd", "null"),
        ("custom://a.test:5", "null"),
        ("blob:https://a.test/x", "https://a.test"),
        ("blob:ftp://a.test/x", "null"),
    ],
)
def test_origin(text, origin):
    assert urls.origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "//a.test",
        "/a",
        "https://",
        "https:///",
        "https://a b.test",
        "https://a.test:x",
        "https://a.test:65536",
        "http://1.2.3.4.5",
        "http://256.1.1.1",
        "http://1.2.3.256",
        "http://[::1",
        "http://[fe80::1%25eth0]",
        "http://a<b.test",
        "blob:x",
        "1http://a.test",
        "https://a\x00b.test",
        "https://%00.test",
    ],
)
def test_not_a_url(text):
    with pytest.raises(ValueError):
        urls.origin(text)


@given(st.text())
def test_every_text_is_a_url_or_not(text):
    with contextlib.suppress(ValueError):
        assert isinstance(urls.origin(text), str)


@pytest.mark.parametrize(
    ("pattern", "candidate", "expected"),
    [
        ("https://*.ex.com", "https://a.ex.com", True),
        ("https://*.ex.com", "https://a.b.ex.com", True),
        ("https://*.EX.com", "https://A.ex.COM", True),
        ("https://*.ex.com", "https://a.ex.com:8443", False),
        ("https://*.ex.com", "https://ex.com", False),
        ("https://*.ex.com", "https://.ex.com", False),
        ("https://*.ex.com", "https://a.ex.com.evil", False),
        ("https://*.ex.com", "https://aXex.com", False),
        ("*", "https://a.com", False),
        ("*", "null", True),
        ("https://*", "https://a.com:1", True),
        ("https://**", "https://a.com", True),
        ("https://*", "http://a.com", False),
        ("http://localhost:*", "http://localhost:3000", True),
        ("http://localhost:*", "http://localhost", False),
        ("http://localhost:{3000..3002}", "http://localhost:3001", True),
        ("http://localhost:{3000..3002}", "http://localhost:3003", False),
        ("http://localhost:300?", "http://localhost:3001", True),
        ("http://localhost:300[12]", "http://localhost:3002", True),
        ("http://localhost:300[!12]", "http://localhost:3002", False),
        ("https://{a,b}.com", "https://b.com", True),
        ("https://{a,b{c,d}}.com", "https://bd.com", True),
        ("https://{a}.com", "https://a.com", False),
        ("https://{a.com", "https://{a.com", True),
        ("!https://a.com", "https://b.com", True),
        ("!https://a.com", "https://a.com", False),
        ("!!https://a.com", "https://a.com", True),
        ("#https://a.com", "#https://a.com", False),
        ("https://a.com/", "https://a.com", False),
        ("https://a.com", "https://a.com/", True),
        ("https://a.com", "https://a.com//", True),
        ("https://a.com", "https://a.com/x", False),
        ("https://a.com*", "https://a.com.evil.test", True),
        ("https://a+b.com", "https://aab.com", False),
        ("", "", True),
        ("", "x", False),
        ("x[z-a]y", "xby", False),
        ("x[!z-a]y", "xby", False),
        ("x[z-ab]y", "xby", True),
        ("x[z-ab]y", "xay", False),
        ("x[!]y", "x!y", False),
    ],
)
def test_globs(pattern, candidate, expected):
    assert glob.matches(pattern, candidate) is expected


@given(st.text(alphabet="abc./:*?{},[]!#\\-^1", max_size=20), st.text(alphabet="abc./:1", max_size=20))
def test_no_pattern_is_too_strange(pattern, candidate):
    assert isinstance(glob.matches(pattern, candidate), bool)


def test_the_own_origin_is_compared_strictly():
    allowed = AllowedOrigins("https://app.test")
    assert is_allowed(allowed, "https://app.test")
    for other in ("https://APP.test", "https://app.test/", "https://app.test.evil", "null", ""):
        assert not is_allowed(allowed, other)
