import pytest

from mock_idp.hosts import certificate_covers, fits_certificate, matches


@pytest.mark.parametrize(
    ("pattern", "host", "matched"),
    [
        ("accounts.google.com", "accounts.google.com", True),
        ("accounts.google.com", "ACCOUNTS.Google.com.", True),
        ("accounts.google.com", "accountsXgoogle.com", False),
        ("accounts.google.com", "evil.accounts.google.com", False),
        ("accounts.google.com", "accounts.google.com.evil.example", False),
        ("*.auth0.com", "acme.auth0.com", True),
        ("*.auth0.com", "acme.eu.auth0.com", True),
        ("*.auth0.com", "auth0.com", False),
        ("*.auth0.com", ".auth0.com", False),
        ("*.auth0.com", "a..auth0.com", False),
        ("*.auth0.com", "acme.auth0.com\n", False),
        ("a.*.b.com", "a.eu-west-1.b.com", True),
        ("a.*.b.com", "a.b.com", False),
    ],
)
def test_star_is_one_or_more_whole_labels(pattern, host, matched):
    assert matches(pattern, host) is matched


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("*.auth0.com", "acme.auth0.com", True),
        ("*.auth0.com", "acme.eu.auth0.com", False),
        ("a.*.b.com", "a.x.b.com", False),
        ("localhost", "localhost", True),
    ],
)
def test_certificate_wildcard_is_one_label(pattern, host, covered):
    assert certificate_covers(pattern, host) is covered


def test_wildcard_fits_a_certificate_only_at_the_left():
    assert [fits_certificate(p) for p in ("a.b", "*.b", "a.*.b", "*.*.b")] == [True, True, False, False]
