from hypothesis import given
from hypothesis import strategies as st

from reference_backend.formats import urls
from reference_backend.http import cookies
from reference_backend.oauth import provider_cookies
from reference_backend.oauth.provider_cookies import CookieContext

SETTINGS = provider_cookies.settings_for("p", "https://b.test/api/auth/p/handler/frame", "https://app.test", 100)


def browse(jar, written):
    """What a browser keeps of host-only cookies."""
    for cookie in written:
        if cookie.domain is None:
            name, _, value = cookies.header(cookie).partition(";")[0].partition("=")
            jar.pop(name, None)
            if cookie.max_age:
                jar[name] = value
    return jar


def received(jar):
    return cookies.parse_header("; ".join(f"{name}={value}" for name, value in jar.items()))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50), max_size=5))
def test_whatever_was_stored_last_is_read(values):
    jar = {}
    for index, value in enumerate(values):
        token = value * (200 if index % 2 else 1)
        context = CookieContext(received(jar), 0, "Lax")
        browse(jar, provider_cookies.set_refresh_token(SETTINGS, context, token))
        assert provider_cookies.read(received(jar), "p-refresh-token") == token
    browse(jar, provider_cookies.clear_refresh_token(SETTINGS, CookieContext(received(jar), 0, "Lax")))
    assert jar == {}


@given(st.text(min_size=1, max_size=20_000))
def test_chunks_are_complete_and_small(value):
    parts = provider_cookies.chunks(value)
    assert "".join(parts) == value
    assert max(map(len, parts)) <= 4000


@given(st.text())
def test_every_header_can_be_read(text):
    assert isinstance(cookies.parse_header(text), dict)


def test_the_first_of_several_counts():
    assert cookies.parse_header('a=1; a=2; b="x%20y"; c=%zz; d; =e') == {"a": "1", "b": "x y", "c": "%zz", "": "e"}


def test_signed_cookies_are_taken_out():
    assert cookies.without_signed({"a": "s:x", "b": "sx"}) == {"b": "sx"}


def test_paths():
    assert provider_cookies.path(urls.parse("http://b.test/api/auth/p/handler/frame"), "p") == "/api/auth/p"
    assert provider_cookies.path(urls.parse("http://b.test/custom/path"), "p") == "/custom/path/p"
    assert (
        provider_cookies.path(urls.parse("http://b.test/api/auth/q/handler/frame"), "p")
        == "/api/auth/q/handler/frame/p"
    )


def test_same_site():
    assert provider_cookies.same_site(urls.parse("https://auth.test/x"), "https://app.test") == "None"
    assert provider_cookies.same_site(urls.parse("https://app.test:1/x"), "https://app.test") == "Lax"
    assert provider_cookies.same_site(urls.parse("http://auth.test/x"), "https://app.test") == "Lax"
    assert provider_cookies.same_site(urls.parse("https://auth.test/x"), "null") == "None"
