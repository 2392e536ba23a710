"""The cookie jar follows RFC 6265bis as docs/spec/frontend.md section 20.1 sums it up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.driver.cookies import LONGEST_LIFE_SECONDS, CookieJar, parse_set_cookie, same_site

NOW = 1_700_000_000.0
BACKEND = "http://localhost:7007/api/auth/github/handler/frame"


def jar_with(*fields: str, url: str = BACKEND) -> CookieJar:
    jar = CookieJar()
    jar.receive(url, list(fields), NOW)
    return jar


def sent(jar: CookieJar, url: str = BACKEND, **how: bool) -> str | None:
    return jar.cookies_for(url, NOW, **how)


class TestParsing:
    def test_name_and_value_stay_as_they_are(self):
        cookie = parse_set_cookie('bitbucketServer-nonce="a%2Fb==" ; Path=/api; HttpOnly; Max-Age=600')
        assert cookie.name == "bitbucketServer-nonce"
        assert cookie.raw_value == '"a%2Fb=="'
        assert cookie.value == '"a/b=="'
        assert cookie.max_age == 600
        assert cookie.attribute("PATH") == "/api"
        assert cookie.attribute("httponly") == ""
        assert cookie.attribute("secure") is None

    def test_attribute_order_and_spelling_are_kept(self):
        cookie = parse_set_cookie("a=b; Max-Age=1; Domain=localhost; Path=/; SameSite=Lax; Priority=High")
        assert [name for name, _ in cookie.attributes] == ["Max-Age", "Domain", "Path", "SameSite", "Priority"]
        assert cookie.attribute("priority") == "High"

    def test_last_attribute_wins(self):
        assert parse_set_cookie("a=b; Path=/one; Path=/two").attribute("path") == "/two"

    def test_semicolon_ends_a_value_even_within_quotes(self):
        assert parse_set_cookie('a="b;c"; Path=/').raw_value == '"b'

    @pytest.mark.parametrize("text", ["x", "--5", "²", "1.5", "", "9" * 400])
    def test_max_age_that_is_no_number_counts_as_absent(self, text):
        assert parse_set_cookie(f"a=b; Max-Age={text}").max_age is None

    @pytest.mark.parametrize(
        ("attributes", "deleted"),
        [
            ("Max-Age=0", True),
            ("Max-Age=-1", True),
            ("Max-Age=1", False),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
            ("Expires=Thu, 01 Jan 2070 00:00:00 GMT", False),
            ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
            ("Max-Age=0; Expires=Thu, 01 Jan 2070 00:00:00 GMT", True),
            ("Expires=some day", False),
            ("Path=/", False),
        ],
    )
    def test_max_age_beats_expires(self, attributes, deleted):
        assert parse_set_cookie(f"a=b; {attributes}").is_deletion(NOW) is deleted

    @given(st.text())
    def test_any_text_can_be_received(self, text):
        cookie = parse_set_cookie(text)
        assert cookie.raw == text
        cookie.is_deletion(NOW)
        jar_with(text)

    @given(st.text(), st.text())
    def test_any_lifetime_can_be_received(self, age, date):
        jar_with(f"a=b; Max-Age={age}; Expires={date}")


class TestScope:
    def test_host_only_cookie_goes_to_its_host_only(self):
        jar = jar_with("a=b; Path=/", url="https://app.example.test/")
        assert sent(jar, "https://app.example.test/x") == "a=b"
        assert sent(jar, "https://sub.app.example.test/") is None
        assert sent(jar, "https://example.test/") is None

    def test_domain_cookie_goes_to_subdomains_too(self):
        jar = jar_with("a=b; Path=/; Domain=.Example.test", url="https://app.example.test/")
        assert sent(jar, "https://example.test/") == "a=b"
        assert sent(jar, "https://other.example.test/") == "a=b"
        assert sent(jar, "https://notexample.test/") is None

    def test_domain_localhost_is_sent_back_to_localhost(self):
        assert sent(jar_with("backstage-auth=x; Domain=localhost; Path=/; Secure; HttpOnly")) == "backstage-auth=x"

    def test_foreign_domain_is_refused(self):
        assert sent(jar_with("a=b; Domain=evil.test; Path=/")) is None

    def test_part_of_an_address_is_no_domain(self):
        jar = jar_with("a=b; Domain=0.0.1; Path=/", url="http://127.0.0.1:7007/")
        assert sent(jar, "http://127.0.0.1:7007/") is None

    def test_localhost_and_its_address_are_different_hosts(self):
        assert sent(jar_with("a=b; Path=/"), "http://127.0.0.1:7007/") is None

    def test_ports_share_cookies(self):
        assert sent(jar_with("a=b; Path=/"), "http://localhost:3000/") == "a=b"

    @pytest.mark.parametrize(
        ("path", "reached"),
        [
            ("/api/auth/github", True),
            ("/api/auth/github/", True),
            ("/api/auth/github/refresh", True),
            ("/api/auth/githubber", False),
            ("/api/auth", False),
            ("/", False),
        ],
    )
    def test_path_matches_at_segment_borders(self, path, reached):
        jar = jar_with("a=b; Path=/api/auth/github")
        assert (sent(jar, f"http://localhost:7007{path}") is not None) is reached

    @pytest.mark.parametrize("attribute", ["", "; Path=", "; Path=relative"])
    def test_without_a_path_the_folder_of_the_request_counts(self, attribute):
        jar = jar_with(f"a=b{attribute}")
        assert sent(jar, "http://localhost:7007/api/auth/github/handler/other") == "a=b"
        assert sent(jar, "http://localhost:7007/api/auth/github/refresh") is None

    def test_longest_path_first_then_the_older_one(self):
        jar = jar_with("first=1; Path=/", "second=2; Path=/", "deep=3; Path=/api/auth")
        assert sent(jar) == "deep=3; first=1; second=2"

    def test_replaced_cookie_keeps_its_place(self):
        jar = jar_with("first=1; Path=/", "second=2; Path=/", "first=3; Path=/")
        assert sent(jar) == "first=3; second=2"


class TestSecurity:
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "app.localhost"])
    def test_secure_works_on_loopback_without_tls(self, host):
        url = f"http://{host}:7007/"
        assert sent(jar_with("a=b; Secure; Path=/", url=url), url) == "a=b"

    def test_secure_is_refused_from_a_plain_origin(self):
        jar = jar_with("a=b; Secure; Path=/", url="http://backend.test/")
        assert sent(jar, "https://backend.test/") is None

    def test_secure_is_not_sent_to_a_plain_origin(self):
        jar = jar_with("a=b; Secure; Path=/", url="https://backend.test/")
        assert sent(jar, "http://backend.test/") is None
        assert sent(jar, "https://backend.test/") == "a=b"

    def test_same_site_none_needs_secure(self):
        assert sent(jar_with("a=b; SameSite=None; Path=/")) is None
        assert sent(jar_with("a=b; SameSite=None; Secure; Path=/"), cross_site=True) == "a=b"

    @pytest.mark.parametrize(
        ("attribute", "by_script", "by_navigation"),
        [
            ("; SameSite=Strict", False, False),
            ("; SameSite=Lax", False, True),
            ("; SameSite=lax", False, True),
            ("", False, True),
            ("; SameSite=made-up", False, True),
            ("; SameSite=None; Secure", True, True),
        ],
    )
    def test_cross_site_requests(self, attribute, by_script, by_navigation):
        jar = jar_with(f"a=b; Path=/{attribute}")
        assert sent(jar) == "a=b"
        assert (sent(jar, cross_site=True) is not None) is by_script
        assert (sent(jar, cross_site=True, navigation=True) is not None) is by_navigation


class TestLifetime:
    def test_deletion_drops_the_same_key_only(self):
        jar = jar_with("a=1; Path=/", "a=2; Path=/api", "a=; Path=/api; Max-Age=0")
        assert sent(jar) == "a=1"

    def test_legacy_domain_deletion_leaves_the_real_cookie(self):
        real = "github-refresh-token=secret; Path=/api/auth/github; HttpOnly"
        legacy = "github-refresh-token=; Domain=localhost; Path=/api/auth/github; Max-Age=0"
        assert sent(jar_with(real, legacy)) == "github-refresh-token=secret"
        assert sent(jar_with(legacy, real)) == "github-refresh-token=secret"

    def test_host_only_deletion_leaves_the_domain_cookie(self):
        assert sent(jar_with("a=1; Domain=localhost; Path=/", "a=; Path=/; Max-Age=0")) == "a=1"

    def test_expired_cookie_is_not_sent(self):
        jar = jar_with("a=b; Path=/; Max-Age=600")
        assert jar.cookies_for(BACKEND, NOW + 599) == "a=b"
        assert jar.cookies_for(BACKEND, NOW + 600) is None
        assert jar.values(NOW + 600) == {}

    def test_no_cookie_lives_longer_than_browsers_let_it(self):
        jar = jar_with("a=b; Path=/; Max-Age=999999999999999")
        assert jar.cookies_for(BACKEND, NOW + LONGEST_LIFE_SECONDS - 1) == "a=b"
        assert jar.cookies_for(BACKEND, NOW + LONGEST_LIFE_SECONDS) is None


class TestInTheHandsOfATest:
    def test_values_are_decoded_and_the_most_specific_path_wins(self):
        assert jar_with("a=x%2Fy; Path=/", "a=z%20; Path=/api").values(NOW) == {"a": "z "}

    def test_put_replaces_every_cookie_of_that_name(self):
        jar = jar_with("a=1; Path=/api", "a=2; Path=/", "b=3; Path=/")
        jar.put(BACKEND, "a", "new")
        assert sent(jar) == "b=3; a=new"

    def test_forget_and_clear(self):
        jar = jar_with("a=1; Path=/api", "b=2; Path=/", "c=3; Path=/")
        jar.forget("a")
        assert sent(jar) == "b=2; c=3"
        jar.clear()
        assert sent(jar) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://localhost:3000", "http://localhost:7007/api", True),
        ("http://localhost:3000", "http://127.0.0.1:7007", False),
        ("http://127.0.0.1", "http://127.0.0.2", False),
        ("http://[::1]:1", "http://[::1]:2", True),
        ("https://app.example.test", "https://auth.example.test", True),
        ("https://app.example.test", "https://example.test", True),
        ("http://app.example.test", "https://app.example.test", False),
        ("https://example.test", "https://evil.test", False),
        ("https://app.shop.co.uk", "https://auth.shop.co.uk", True),
        ("https://one.co.uk", "https://two.co.uk", False),
        ("https://one.github.io", "https://two.github.io", False),
        ("https://deep.below.example.test", "https://auth.example.test", True),
        ("https://co.uk", "https://co.uk", True),
        ("http://one.localhost", "http://two.localhost", False),
        ("http://deep.one.localhost", "http://one.localhost", True),
        ("http://one.localhost", "http://localhost", False),
    ],
)
def test_site_is_scheme_and_registrable_domain(one, other, same):
    assert same_site(one, other) is same
    assert same_site(other, one) is same
