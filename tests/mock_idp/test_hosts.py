import pytest

from mock_idp.hosts import certificate_covers, fits_certificate, matches
from tests.mock_idp.conftest import make_world


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


# --- a host without a path ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("gitlab.localhost:9000", "/oauth/authorize"),
        ("GHE.localhost:9000", "/login/oauth/authorize"),
        ("bitbucketserver.localhost", "/rest/oauth2/latest/authorize"),
    ],
)
def test_a_service_has_a_name_below_localhost(host: str, path: str) -> None:
    world = make_world("github", "github")
    answer = world.http.get(path, base_url=f"http://{host}", query_string={"client_id": "nobody"})
    assert "refuses this request" in answer.text


def test_addresses_below_localhost_have_no_path() -> None:
    world = make_world("oidc", "oidc")
    document = world.http.get("/.well-known/openid-configuration", base_url="http://oidc.localhost:9000").json
    assert document["issuer"] == "http://oidc.localhost:9000"
    assert world.http.get("/", base_url="http://nothing.localhost:9000").status_code == 200, "the mock itself"
