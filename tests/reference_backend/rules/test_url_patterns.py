"""PAT: patterns of addresses."""

import pytest

from reference_backend.authorization_server import url_patterns
from reference_backend.errors import AuthError
from reference_backend.formats import urls


def matches(pattern, candidate):
    return url_patterns.matches(pattern, urls.parse(candidate))


@pytest.mark.requirement("PAT-01")
@pytest.mark.parametrize("candidate", ["https://a.test/x", "javascript:x", "cursor://y"])
def test_a_star_alone(candidate):
    assert matches("*", candidate)


@pytest.mark.requirement("PAT-02")
@pytest.mark.parametrize("pattern", ["a.test", "*://a.test", "//a.test", "", "https://a b", "https://a.test:x"])
def test_malformed_patterns(pattern):
    with pytest.raises(AuthError, match="Invalid URL pattern"):
        matches(pattern, "https://a.test/")


@pytest.mark.requirement("PAT-03", "PAT-04", "PAT-05", "PAT-06", "PAT-07")
@pytest.mark.parametrize(
    ("pattern", "candidate", "expected"),
    [
        ("http://a.test/*", "https://a.test/x", False),
        ("https://*.ok.com/cb*", "https://a.ok.com/cbx/y", True),
        ("https://*.ok.com/cb*", "https://a.b.ok.com/CB", True),
        ("https://*.ok.com/cb*", "https://ok.com/cb", False),
        ("https://*.ok.com/cb*", "https://a.ok.com.evil.test/cb", False),
        ("https://*.ok.com/cb*", "https://a.ok.com/x/cb", False),
        ("https://*.ok.com/cb*", "https://a.ok.com/cb/../evil", False),
        ("https://*.ok.com/cb*", "https://a.ok.com/cb/%2e%2E/evil", False),
        ("https://*.ok.com/cb*", "https://a.ok.com/evil/../cb", True),
        ("https://*.ok.com/cb*", "https://evil.test/x.ok.com/cb", False),
        ("https://*.ok.com/cb*", "https://evil.test\\.ok.com/cb", False),
        ("https://a.test/x.y", "https://a.test/xzy", False),
        ("http://localhost:*", "http://localhost", True),
        ("http://localhost:*", "http://localhost:99", True),
        ("http://localhost:*", "http://localhost:99/p", False),
        ("http://localhost", "http://localhost:8443", False),
        ("http://localhost", "http://localhost:80", True),
        ("http://localhost:8443", "http://localhost:8443", True),
        ("cursor://*", "cursor://anything", True),
        ("cursor://*", "cursor://a/b", True),
        ("cursor://*", "cursor:opaque", True),
        ("cursor://*", "cursors://a", False),
        ("cursor://host/only*", "cursor://host/only-this", True),
        ("cursor://host/only*", "cursor://host/that", False),
        ("https://a.test/cb", "https://a.test/cb?x=1#f", True),
        ("https://a.test/cb?x", "https://a.test/cb", True),
        ("https://a.test/%C3%A9", "https://a.test/é", True),
    ],
)
def test_matching(pattern, candidate, expected):
    assert matches(pattern, candidate) is expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("https://a.test", "/"),
        ("https://a.test/a/b/../../..", "/"),
        ("https://a.test/a/./b/.", "/a/b/"),
        ("https://a.test/a//b/..", "/a//"),
        ("https://a.test/a b\u00e9", "/a%20b%C3%A9"),
        ("cursor://a", ""),
        ("mailto:a@b", "a@b"),
    ],
)
def test_normal_paths(text, path):
    assert urls.normal_path(urls.parse(text)) == path
