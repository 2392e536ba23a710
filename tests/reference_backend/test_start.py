"""START, ORIGIN, ENV at start, SCOPE at start, COOKIE attributes of the nonce."""

from urllib.parse import parse_qs, urlsplit

import pytest

from reference_backend.oauth import state


def test_redirects_to_the_vendor_without_body_or_type(browser):
    answer = browser.get("/github/start?env=development&scope=repo&prompt=none")
    url = urlsplit(answer.headers["Location"])
    query = parse_qs(url.query)
    assert answer.status_code == 302
    assert answer.headers["Content-Length"] == "0"
    assert "Content-Type" not in answer.headers
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://github.test/login/oauth/authorize"
    assert {name: query[name] for name in query if name != "state"} == {
        "response_type": ["code"],
        "redirect_uri": ["https://backend.test/api/auth/github/handler/frame"],
        "scope": ["repo read:user"],
        "client_id": ["gh-id"],
    }


def test_state_and_nonce_cookie_belong_together(browser):
    encoded, cookie = browser.start(
        query="&origin=https://A.ex.test/path&flow=redirect&redirectUrl=https://a.ex.test/x"
    )
    decoded = state.decode(encoded)
    assert cookie == f"github-nonce={decoded.nonce.replace('=', '%3D').replace('+', '%2B').replace('/', '%2F')}"
    assert len(decoded.nonce) == 24
    assert decoded.nonce.endswith("==")
    assert list(state.members(decoded)) == ["nonce", "env", "origin", "redirectUrl", "flow", "scope"]
    assert (decoded.env, decoded.origin, decoded.redirect_url, decoded.flow) == (
        "development",
        "https://a.ex.test",
        "https://a.ex.test/x",
        "redirect",
    )


def test_minimal_state_has_no_undefined_members(browser):
    encoded, _ = browser.start("google")
    assert list(state.members(state.decode(encoded))) == ["nonce", "env"]


def test_two_starts_differ(browser):
    assert browser.start() != browser.start()


def test_cookies_of_a_start(browser):
    legacy, cookie = browser.set_cookies(browser.get("/github/start?env=development"))
    assert legacy == (
        "github-nonce=; Max-Age=0; Domain=backend.test; Path=/api/auth/github; "
        "Expires=Tue, 14 Nov 2023 22:13:20 GMT; HttpOnly; Secure; SameSite=None"
    )
    assert cookie.partition("; ")[2] == (
        "Max-Age=600; Path=/api/auth/github/handler; Expires=Tue, 14 Nov 2023 22:23:20 GMT; "
        "HttpOnly; Secure; SameSite=None"
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (400, "InputError", "Must specify 'env' query to select environment")),
        ("?env=", (400, "InputError", "Must specify 'env' query to select environment")),
        (
            "?env=a&env=b",
            (404, "NotFoundError", "No configuration available for the 'a,b' environment of this provider."),
        ),
        (
            "?env=__proto__",
            (404, "NotFoundError", "No configuration available for the '__proto__' environment of this provider."),
        ),
        ("?env=development&origin=", (400, "InputError", "App origin is invalid, failed to parse")),
        ("?env=development&origin=data:,x", (403, "NotAllowedError", "Origin 'null' is not allowed")),
        (
            "?env=development&origin=https://evil.test/x",
            (403, "NotAllowedError", "Origin 'https://evil.test' is not allowed"),
        ),
    ],
)
def test_refusals_set_no_cookie(browser, query, expected):
    answer = browser.get(f"/github/start{query}")
    assert browser.error(answer) == expected
    assert browser.set_cookies(answer) == []


def test_environment_from_state(browser):
    answer = browser.get(f"/github/start?state={browser.make_state(env='development', nonce='n')}")
    assert answer.status_code == 302


def test_parameters_of_an_answer_are_not_processed(browser, vendor):
    for query in ("&code=x", "&error=access_denied", "&error=x&error_description=d"):
        assert browser.get(f"/github/start?env=development{query}").status_code == 302
    assert len(vendor.calls) == 0


def test_google_asks_for_offline_access(browser):
    query = parse_qs(urlsplit(browser.get("/google/start?env=development").headers["Location"]).query)
    assert query["access_type"] == ["offline"]
    assert query["prompt"] == ["consent"]
    assert query["include_granted_scopes"] == ["true"]
    assert query["scope"][0].split()[0] == "openid"


def test_granted_scopes_of_a_persisting_provider_are_asked_again(browser):
    answer = browser.get("/github/start?env=development&scope=b%20a,read:user", Cookie="github-granted-scope=g1%20b")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["scope"] == ["b a read:user g1"]


def test_granted_scopes_of_another_provider_are_ignored(browser):
    answer = browser.get("/google/start?env=development", Cookie="google-granted-scope=g1")
    assert "g1" not in parse_qs(urlsplit(answer.headers["Location"]).query)["scope"][0].split()


@pytest.mark.parametrize(("configured", "scope"), [("p1,p2|p3 p4", "p1 p2 p3 p4"), (["p1 p2", "p3"], "p1 p2 p3")])
def test_additional_scopes(make, settings, configured, scope):
    settings["auth"]["providers"]["github"]["development"]["additionalScopes"] = configured
    query = parse_qs(urlsplit(make().get("/github/start?env=development").headers["Location"]).query)
    assert query["scope"] == [f"read:user {scope}"]


def test_a_vendor_under_another_id(make, settings):
    settings["auth"]["providers"]["ghe"] = settings["auth"]["providers"].pop("github")
    browser = make(extra_providers={"ghe": "github"})
    answer = browser.get("/ghe/start?env=development")
    assert "handler%2Fframe" in answer.headers["Location"]
    assert "%2Fghe%2F" in answer.headers["Location"]
    assert browser.set_cookies(answer)[1].startswith("ghe-nonce=")
    assert browser.error(browser.get("/github/start"))[2] == "No auth provider registered for 'github'"


def test_provider_ids_of_the_configuration(make, settings):
    settings["authConformance"] = {"providers": {"ghe": "github"}}
    settings["auth"]["providers"]["ghe"] = settings["auth"]["providers"]["github"]
    assert make().get("/ghe/start?env=development").status_code == 302


def test_callback_url_never_follows_the_host_header(browser):
    answer = browser.get("/github/start?env=development", Host="evil.test", X_Forwarded_Host="evil.test")
    assert "evil" not in answer.headers["Location"]


def test_a_configured_callback_url_moves_the_cookies(make, settings):
    settings["auth"]["providers"]["github"]["development"]["callbackUrl"] = "http://other.test/custom/path"
    cookies = start_cookies(make())
    assert "Path=/custom/path/github;" in cookies[0]
    assert "Path=/custom/path/github/handler;" in cookies[1]
    assert "Secure" not in cookies[1]
    assert cookies[1].endswith("SameSite=Lax")


def test_an_ipv6_callback_has_no_legacy_cookie(make, settings):
    settings["auth"]["providers"]["github"]["development"]["callbackUrl"] = "http://[::1]:7007/cb"
    assert len(start_cookies(make())) == 1


def start_cookies(browser):
    return browser.set_cookies(browser.get("/github/start?env=development"))
