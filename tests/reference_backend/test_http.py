"""GEN, ROUTE, HTTP: errors, unknown paths, headers, CORS, bodies, caching."""

import gzip

import pytest

from reference_backend.http import bearer


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/x/start?env=a", "x"),
        ("GET", "/github", "github"),
        ("GET", "/github/", "github"),
        ("GET", "/github/whatever", "github"),
        ("PUT", "/github/refresh?env=development", "github"),
        ("POST", "/github/start?env=development", "github"),
        ("GET", "/github/logout", "github"),
        ("POST", "/guest/logout", "guest"),
        ("POST", "/v1/register", "v1"),
        ("POST", "/.well-known/jwks.json", ".well-known"),
        ("GET", "/%41zz/start", "Azz"),
        ("OPTIONS", "/nothing/x", "nothing"),
        ("OPTIONS", "/nothing/start", "nothing"),
        ("OPTIONS", "/guest/logout", "guest"),
        ("TRACE", "/github/start", "github"),
    ],
)
def test_unknown_routes(browser, method, path, name):
    answer = browser.request(method, path)
    assert browser.error(answer) == (404, "NotFoundError", f"Unknown auth provider '{name}'")
    assert answer.get_json()["request"] == {"method": method, "url": path}


def test_an_undecodable_segment(browser):
    assert browser.error(browser.get("/%zz/start")) == (400, "URIError", "Failed to decode param '%zz'")


def test_installed_but_not_configured(make, settings):
    del settings["auth"]["providers"]["google"]
    browser = make()
    for method, path in (("GET", "/google/start"), ("PUT", "/GOOGLE/x/y"), ("GET", "/google")):
        assert browser.error(browser.request(method, path)) == (
            404,
            "NotFoundError",
            "No auth provider registered for 'google'",
        )


def test_configured_but_not_installed(make, settings):
    settings["auth"]["providers"]["weird"] = {}
    assert make().error(make().get("/weird/start"))[2] == "Unknown auth provider 'weird'"


def test_a_provider_without_environments(make, settings):
    settings["auth"]["providers"]["google"] = {}
    browser = make()
    assert browser.error(browser.get("/google/start?env=development"))[0] == 404


@pytest.mark.parametrize("path", ["/API/AUTH/GitHub/START/", "/api/auth//github//start"])
def test_paths_ignore_case_and_extra_slashes(browser, path):
    answer = browser.client.get(f"{path}?env=nope")
    assert browser.error(answer)[2].startswith("No configuration available for the 'nope'")


@pytest.mark.parametrize("path", ["/", "/api/auth", "/api/auth/", "/api/other/x", "/api/authx"])
def test_paths_that_nobody_owns(browser, path):
    answer = browser.client.get(path)
    assert (answer.status_code, answer.data) == (404, b"")
    assert "Content-Type" not in answer.headers


def test_head_is_get_without_body(browser):
    answer = browser.request("HEAD", "/github/start?env=development")
    assert answer.status_code == 302
    assert len(browser.set_cookies(answer)) == 2


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/github/start", "GET,HEAD"), ("/github/refresh", "GET,HEAD,POST"), ("/v1/userinfo", "GET,HEAD")],
)
def test_options(browser, path, allowed):
    answer = browser.request("OPTIONS", path)
    assert (answer.status_code, answer.headers["Allow"], answer.text) == (200, allowed, allowed)


def test_health(browser):
    for name in ("readiness", "liveness"):
        assert browser.client.get(f"/.backstage/health/v1/{name}").get_json() == {"status": "ok"}


def test_security_headers(browser):
    headers = browser.get("/v1/userinfo").headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Security-Policy"] == (
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;frame-ancestors 'self';"
        "img-src 'self' data:;object-src 'none';script-src 'self' 'unsafe-eval';script-src-attr 'none';"
        "style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"
    )
    assert "Access-Control-Allow-Origin" not in headers


def test_configured_security_headers(make, settings):
    settings["backend"]["csp"] = {"upgradeInsecureRequests": False, "script-src": ["'self'"]}
    settings["backend"]["referrer"] = {"policy": ["origin", "same-origin"]}
    headers = make().get("/x").headers
    assert "upgrade" not in headers["Content-Security-Policy"]
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "origin,same-origin"


class TestCors:
    @pytest.fixture
    def cors(self, settings):
        settings["backend"]["cors"] = {"origin": ["https://*.app.test"], "credentials": True}
        return settings["backend"]["cors"]

    def test_a_matching_origin_is_reflected_on_errors_too(self, make, cors):
        headers = make().get("/x", Origin="https://a.app.test").headers
        assert headers["Access-Control-Allow-Origin"] == "https://a.app.test"
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Vary"] == "Origin, Accept-Encoding"

    @pytest.mark.parametrize("origin", ["https://evil.test", "https://a.app.test.evil.test", "null"])
    def test_others_get_nothing(self, make, cors, origin):
        answer = make().get("/x", Origin=origin)
        assert answer.status_code == 404
        assert not any(name.startswith("Access-Control") for name in dict(answer.headers))

    def test_preflight(self, make, cors):
        answer = make().request(
            "OPTIONS", "/anything", Origin="https://a.app.test", Access_Control_Request_Headers="x-a"
        )
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
        assert answer.headers["Access-Control-Allow-Headers"] == "x-a"
        assert answer.headers["Content-Length"] == "0"
        assert answer.headers["Vary"] == "Origin, Access-Control-Request-Headers"

    def test_options_are_honoured(self, make, cors):
        cors.update(
            methods=["GET"], allowedHeaders=["A", "B"], exposedHeaders=["C"], maxAge=5, optionsSuccessStatus=200
        )
        answer = make().request("OPTIONS", "/anything", Origin="https://a.app.test")
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Methods"] == "GET"
        assert answer.headers["Access-Control-Allow-Headers"] == "A,B"
        assert answer.headers["Access-Control-Expose-Headers"] == "C"
        assert answer.headers["Access-Control-Max-Age"] == "5"

    def test_any_origin_is_never_combined_with_credentials(self, make, cors):
        del cors["origin"]
        headers = make().get("/x", Origin="https://evil.test").headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers

    def test_cors_and_start_have_lists_of_their_own(self, make, cors):
        assert make().get("/github/start?env=development&origin=https://a.app.test").status_code == 403


@pytest.mark.parametrize(
    ("content_type", "body", "status", "name"),
    [
        ("application/json", "{bad", 400, "SyntaxError"),
        ("application/json", "null", 400, "SyntaxError"),
        ("application/json", "NaN", 400, "SyntaxError"),
        ("application/json", "[" * 50_000, 400, "SyntaxError"),
        ("application/json; charset=foo", "{}", 415, "UnsupportedMediaTypeError"),
        ("application/x-www-form-urlencoded; charset=foo", "a=b", 415, "UnsupportedMediaTypeError"),
        ("application/x-www-form-urlencoded", "a" * 102_401, 413, "PayloadTooLargeError"),
    ],
)
def test_bad_bodies(browser, content_type, body, status, name):
    for path in ("/guest/refresh", "/nothing"):
        answer = browser.post(path, body, Content_Type=content_type)
        assert browser.error(answer)[:2] == (status, name)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", "{}"),
        ("application/json", "[]"),
        ("application/json", ""),
        ("text/plain", "{bad"),
        ("application/x-www-form-urlencoded", "&".join(f"a{i}=b" for i in range(2000))),
    ],
)
def test_ignored_bodies(browser, content_type, body):
    assert browser.post("/guest/refresh", body, Content_Type=content_type).status_code == 200


def test_conditional_requests(browser):
    answer = browser.get("/.well-known/jwks.json")
    assert answer.headers["ETag"].startswith('W/"b-')
    assert answer.headers["Vary"] == "Accept-Encoding"
    for sent in ("*", answer.headers["ETag"]):
        again = browser.get("/.well-known/jwks.json", If_None_Match=sent)
        assert (again.status_code, again.data) == (304, b"")
    assert browser.get("/.well-known/jwks.json", If_None_Match='"x"').status_code == 200


def test_compression(browser, github):
    small = browser.get("/.well-known/jwks.json", Accept_Encoding="gzip")
    assert "Content-Encoding" not in small.headers
    state, cookie = browser.start()
    large = browser.get(f"/github/handler/frame?state={state}&code=c", Cookie=cookie, Accept_Encoding="gzip")
    assert large.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(large.data).startswith(b"<html>")


def test_development_shows_stacks_and_indents(make, settings):
    settings["auth"]["providers"]["github"] = {"development": {}}
    browser = make(development=True)
    answer = browser.get("/github/start?env=development")
    assert browser.error(answer)[2].startswith("Auth provider registered for 'github' is misconfigured.")
    assert "\n  " in answer.text
    assert "NotFoundError" in answer.get_json()["error"]["stack"]


@pytest.mark.requirement("GEN-13")
def test_errors_of_our_own_stay_inside(browser, monkeypatch):
    def fail(*args):
        raise RuntimeError("secret")

    monkeypatch.setattr(bearer, "require", fail)
    answer = browser.get("/v1/userinfo")
    status, name, text = browser.error(answer)
    assert (status, name) == (500, "Error")
    assert text.startswith("An internal error occurred logId=")
    assert len(text.rpartition("=")[2]) == 20
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "query", ["%", "%zz", "%E0%A4%A", "%00", "env=%", "env[a]=b", "env=a&env[b]=c", "state=%ff", "=&&="]
)
def test_strange_queries_are_client_errors(browser, query):
    for path in ("/github/start", "/github/handler/frame", "/github/refresh"):
        assert 400 <= browser.get(f"{path}?{query}").status_code < 500


@pytest.mark.parametrize("cookie", ["%", "a=%zz; github-nonce=%E0%A4%A", "github-refresh-token=%00", '"', "=;=;;"])
def test_strange_cookies_do_no_harm(browser, cookie):
    assert browser.refresh(Cookie=cookie).status_code == 401


def test_a_flood_of_chunks_is_not_answered_in_kind(browser):
    flood = "; ".join(f"github-refresh-token-{index}=x" for index in range(300))
    assert len(browser.set_cookies(browser.logout(Cookie=flood))) == 20


class TestRateLimit:
    def test_none_by_default(self, browser):
        for _ in range(10):
            answer = browser.client.get("/api/auth/v1/userinfo", environ_base={"REMOTE_ADDR": "192.0.2.1"})
        assert answer.status_code == 401
        assert "X-RateLimit-Limit" not in answer.headers

    @pytest.mark.requirement("HTTP-13")
    @pytest.mark.parametrize(
        "configured",
        [
            {"incomingRequestLimit": 2, "window": "10s"},
            {"global": False, "plugin": {"auth": {"incomingRequestLimit": 2}}},
        ],
    )
    def test_refuses_after_the_limit(self, make, settings, clock, configured):
        settings["backend"]["rateLimit"] = configured
        browser = make()

        def ask(address="192.0.2.1"):
            return browser.client.get("/api/auth/v1/userinfo", environ_base={"REMOTE_ADDR": address})

        assert [ask().headers["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
        answer = ask()
        assert answer.status_code == 429
        assert answer.get_json() == {
            "error": {"name": "Error", "message": "Too many requests, please try again later"},
            "response": {"statusCode": 429},
        }
        assert int(answer.headers["Retry-After"]) in (10, 60)
        assert ask("192.0.2.2").status_code == 401
        assert ask("127.0.0.1").status_code == 401
        clock.now += 60
        assert ask().status_code == 401

    @pytest.mark.requirement("HTTP-13")
    def test_nobody_is_exempt_if_the_list_says_so(self, make, settings):
        settings["backend"]["rateLimit"] = {"ipAllowList": []}
        browser = make()
        assert [browser.get("/v1/userinfo").status_code for _ in range(6)] == [401] * 5 + [429]

    def test_true_means_the_defaults(self, make, settings):
        settings["backend"]["rateLimit"] = True
        assert make().get("/v1/userinfo").status_code == 401
