"""RES, CTX, PROFILE, PROXY, GUEST, Google."""

import re

import pytest
import requests
import yaml

from reference_backend.app import create_app
from reference_backend.config.model import Config, ConfigError
from reference_backend.http.client import HttpClient
from reference_backend.identity.catalog import Catalog

TOKEN = "https://www.googleapis.com/oauth2/v4/token"
USERINFO = "https://www.googleapis.com/oauth2/v3/userinfo"
GENERIC = "Failed to sign-in, unable to resolve user identity."


@pytest.fixture
def google(make, settings, vendor):
    """Signs somebody in with Google; returns the page's message."""

    def sign_in(resolvers, email="ada@x.test", **profile):
        settings["auth"]["providers"]["google"]["development"]["signIn"] = {"resolvers": resolvers}
        vendor.post(TOKEN, json={"access_token": "ya29", "expires_in": 3599, "scope": "openid  email"})
        vendor.get(USERINFO, json={"sub": "1", "name": "Ada", "email": email, **profile})
        browser = make()
        return browser.message(browser.finish(browser.start("google"), provider="google"))

    return sign_in


def subject(message):
    return message["response"]["backstageIdentity"]["identity"]["userEntityRef"]


def by(name, **options):
    return {"resolver": name, **options}


PROFILE_EMAIL = "emailMatchingUserEntityProfileEmail"
LOCAL_PART = "emailLocalPartMatchingUserEntityName"
ANNOTATION = "emailMatchingUserEntityAnnotation"
WITHOUT = {"dangerouslyAllowSignInWithoutUserInCatalog": True}


@pytest.mark.parametrize(
    ("resolvers", "email", "expected"),
    [
        ([by(PROFILE_EMAIL)], "ada@x.test", "user:default/ada.quill"),
        ([by(PROFILE_EMAIL)], "ada+tag@x.test", "user:default/ada.quill"),
        ([by(PROFILE_EMAIL, **WITHOUT)], "a.b+tag@X.test", "user:default/a.b@x.test"),
        ([by(PROFILE_EMAIL, allowedDomains=["x.test"])], "ada@x.test", "user:default/ada.quill"),
        ([by(LOCAL_PART)], "ADA.QUILL@other.test", "user:default/ada.quill"),
        ([by(LOCAL_PART, **WITHOUT)], "No.Body+x@other.test", "user:default/no.body+x"),
        ([by(LOCAL_PART, **WITHOUT)], "other/ada.quill@x.test", "user:default/other/ada.quill"),
        ([by(ANNOTATION)], "ada@x.test", "user:default/ada.quill"),
        ([by(ANNOTATION, **WITHOUT)], "new@x.test", "user:default/new@x.test"),
        ([by(LOCAL_PART), by(PROFILE_EMAIL)], "ada@x.test", "user:default/ada.quill"),
        ([by(PROFILE_EMAIL, unknown=1)], "ada@x.test", "user:default/ada.quill"),
    ],
)
def test_who_signs_in(google, resolvers, email, expected):
    assert subject(google(resolvers, email)) == expected


NO_EMAIL = "Login failed, user profile does not contain an email"
DOMAIN = "Sign-in user email is not from an allowed domain"


@pytest.mark.parametrize(
    ("resolvers", "email", "name", "text"),
    [
        ([by(PROFILE_EMAIL)], None, "Error", NO_EMAIL),
        ([by(LOCAL_PART)], "", "Error", NO_EMAIL),
        ([by(ANNOTATION)], None, "Error", "Google profile contained no email"),
        ([by(PROFILE_EMAIL)], "nobody@x.test", "Error", GENERIC),
        ([by(PROFILE_EMAIL)], "+x@x.test", "Error", GENERIC),
        ([by(LOCAL_PART)], "user:default/ada.quill@x.test", "Error", GENERIC),
        ([by(LOCAL_PART)], " ada.quill@x.test", "Error", GENERIC),
        ([by(LOCAL_PART)], "ada.qu\u0131ll@x.test", "Error", GENERIC),
        ([by(PROFILE_EMAIL)], "twin@x.test", "ConflictError", "User lookup resulted in multiple matches"),
        (
            [by(PROFILE_EMAIL), by(LOCAL_PART, **WITHOUT)],
            "twin@x.test",
            "ConflictError",
            "User lookup resulted in multiple matches",
        ),
        ([by(PROFILE_EMAIL, allowedDomains=["y.test"])], "ada@x.test", "NotAllowedError", DOMAIN),
        ([by(LOCAL_PART, allowedDomains=["y.test"]), by(PROFILE_EMAIL)], "ada@x.test", "NotAllowedError", DOMAIN),
        ([by(LOCAL_PART, allowedDomains=["x.test"])], "ada.quill@X.test", "NotAllowedError", DOMAIN),
        ([by(LOCAL_PART, allowedDomains=["x.test"])], "ada.quill@evil.test@x.test", "NotAllowedError", DOMAIN),
        ([by(LOCAL_PART, allowedDomains=["x.test"])], "ada.quill@x.test.", "NotAllowedError", DOMAIN),
        ([by(LOCAL_PART)], "@x.test", "Error", 'Entity reference {"name":""} had missing or empty name'),
    ],
)
def test_who_does_not(google, resolvers, email, name, text):
    error = google(resolvers, email)["error"]
    assert error["name"] == name
    assert error["message"].startswith(text)


@pytest.mark.parametrize("flag", [False, "false"])
def test_an_unverified_address_counts_for_nothing(google, flag):
    assert google([by(PROFILE_EMAIL)], email_verified=flag)["error"]["message"] == NO_EMAIL


def test_google_reports_the_scope_it_granted(google):
    info = google([])["response"]["providerInfo"]
    assert info == {"accessToken": "ya29", "scope": "openid email", "expiresInSeconds": 3599}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, {"error": {"code": 429, "message": "Exhausted"}}, "Exhausted"),
        (401, {"error": "invalid_request", "error_description": "Invalid Credentials"}, "Invalid Credentials"),
        (500, {"error": "x"}, "Failed to fetch user profile"),
    ],
)
def test_google_profile_errors(browser, vendor, status, body, expected):
    vendor.post(TOKEN, json={"access_token": "ya29"})
    vendor.get(USERINFO, status=status, json=body)
    answer = browser.finish(browser.start("google"), provider="google")
    assert browser.page_error(answer) == ("Error", f"Authentication failed, {expected}")
    assert "ya29" not in vendor.calls[1].request.url


class TestGitHubUserId:
    @pytest.fixture
    def sign_in(self, make, settings, vendor, catalog_file):
        def call(node_id, extra="", **options):
            catalog_file.write_text(catalog_file.read_text() + extra)
            settings["auth"]["providers"]["github"]["development"]["signIn"] = {
                "resolvers": [by("userIdMatchingUserEntityAnnotation", **options)]
            }
            vendor.post("https://github.test/login/oauth/access_token", json={"access_token": "t"})
            vendor.get("https://github.test/api/v3/user", json={"login": "x", "node_id": node_id})
            browser = make()
            return browser.message(browser.finish(browser.start()))

        return call

    TWIN = "\n---\nkind: User\nmetadata: {name: t, annotations: {github.com/user-id: %s}}\nspec: {}\n"

    def test_exact(self, sign_in):
        assert subject(sign_in("U_ada")) == "user:default/ada.quill"

    def test_exact_among_candidates(self, sign_in):
        assert subject(sign_in("U_ada", self.TWIN % "u_ADA")) == "user:default/ada.quill"

    def test_only_the_case_differs(self, sign_in):
        assert sign_in("u_ADA")["error"]["message"] == "GitHub user ID does not match the catalog user"

    def test_several(self, sign_in):
        assert sign_in("U_ada", self.TWIN % "U_ada")["error"] == {
            "name": "ConflictError",
            "message": "User lookup resulted in multiple exact matches",
        }

    def test_missing(self, sign_in):
        assert sign_in(None)["error"]["message"] == "GitHub user profile does not contain a user ID"

    def test_unknown(self, sign_in):
        assert sign_in("U_new")["error"]["message"].startswith(GENERIC)
        assert subject(sign_in("U_new", **WITHOUT)) == "user:default/u_new"


def test_github_without_login(browser, vendor):
    vendor.post("https://github.test/login/oauth/access_token", json={"access_token": "t"})
    vendor.get("https://github.test/api/v3/user", json={"name": "ada.quill"})
    assert browser.page_error(browser.finish(browser.start())) == (
        "Error",
        "GitHub user profile does not contain a username",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"signIn": {"resolvers": [by("preferredUsername")]}},
            "Failed to initialize github auth provider, Sign-in resolver 'preferredUsername' is not available",
        ),
        (
            {"signIn": {"resolvers": [by(PROFILE_EMAIL, allowedDomains="x")]}},
            "Failed to initialize github auth provider, Invalid sign-in resolver options, Validation error: ",
        ),
        (
            {"signIn": {"resolvers": [by(PROFILE_EMAIL, dangerouslyAllowSignInWithoutUserInCatalog="true")]}},
            "Failed to initialize github auth provider, Invalid sign-in resolver options, Validation error: ",
        ),
        (
            {"clientId": None},
            (
                "Failed to initialize github auth provider, Missing required config value at "
                "'auth.providers.github.development.clientId' in 'app-config.yaml'"
            ),
        ),
        (
            {"clientSecret": ""},
            (
                "Failed to initialize github auth provider, Invalid type in config for key "
                "'auth.providers.github.development.clientSecret' in 'app-config.yaml', got empty-string, wanted string"
            ),
        ),
        (
            {"sessionDuration": "5"},
            (
                "Failed to initialize github auth provider, Invalid duration in config at "
                "'auth.providers.github.development.sessionDuration'"
            ),
        ),
    ],
)
def test_mistakes_in_the_configuration(settings, database, change, expected):
    settings["auth"]["providers"]["github"]["development"].update(change)
    with pytest.raises(ConfigError, match=re.escape(expected)):
        create_app(Config(settings), database=database)


@pytest.mark.requirement("ROUTE-10", "PROXY-08", "OAUTH2PROXY-10")
@pytest.mark.parametrize(
    ("provider", "value", "expected"),
    [
        ("github", {"development": "x"}, "got string, wanted object"),
        ("github", "x", "got string, wanted object"),
        ("oauth2Proxy", {}, "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'"),
        (
            "oauth2Proxy",
            {"signIn": {"resolvers": []}},
            "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'",
        ),
        (
            "oauth2Proxy",
            {"development": {"signIn": {"resolvers": [{"resolver": "forwardedUserMatchingUserEntityName"}]}}},
            "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'",
        ),
    ],
)
def test_more_mistakes(settings, database, provider, value, expected):
    settings["auth"]["providers"][provider] = value
    with pytest.raises(ConfigError, match=f"Failed to initialize {provider} auth provider, .*{expected}"):
        create_app(Config(settings), database=database)


def test_an_unknown_vendor(settings, database):
    with pytest.raises(ConfigError, match="provider 'x' wants the vendor 'y', which does not exist; use one of"):
        create_app(Config(settings), database=database, extra_providers={"x": "y"})


class TestOAuth2Proxy:
    def test_signs_in(self, browser):
        answer = browser.get(
            "/oauth2proxy/refresh",
            X_Forwarded_User="ada.quill",
            X_Forwarded_Email="é@x.test",
            X_OAUTH2_PROXY_ID_TOKEN="bearer   e30.e30.x",
        )
        body = answer.get_json()
        assert body["providerInfo"] == {"accessToken": "e30.e30.x"}
        assert body["profile"]["displayName"] == "ada.quill"
        assert subject({"response": body}) == "user:default/ada.quill"
        assert browser.set_cookies(answer) == []

    @pytest.mark.parametrize(
        ("headers", "status", "text"),
        [
            ({}, 500, "Request did not contain a user"),
            ({"X_Forwarded_User": "nobody"}, 500, GENERIC),
            ({"X_Forwarded_User": "user:default/ada.quill"}, 500, GENERIC),
            ({"X_Forwarded_User": "ada.quill, ada.quill"}, 500, GENERIC),
            (
                {"X_OAUTH2_PROXY_ID_TOKEN": "Bearer bad"},
                401,
                "Authentication failed; caused by JWTInvalid: Invalid JWT",
            ),
        ],
    )
    def test_refusals(self, browser, headers, status, text):
        answer = browser.post("/oauth2Proxy/refresh?env=zzz", **headers)
        assert browser.error(answer)[0] == status
        assert browser.error(answer)[2].startswith(text)

    def test_other_routes(self, browser):
        for method, path in (("GET", "/start"), ("GET", "/handler/frame"), ("POST", "/handler/frame")):
            answer = browser.request(method, f"/oauth2Proxy{path}")
            assert browser.error(answer) == (501, "NotImplementedError", "Not implemented")

    def test_preferred_username(self, make, settings):
        settings["auth"]["providers"]["oauth2Proxy"]["signIn"]["resolvers"] = [
            by("forwardedPreferredUsernameMatchingUserEntityName", **WITHOUT)
        ]
        browser = make()
        answer = browser.get("/oauth2Proxy/refresh", X_Forwarded_Preferred_Username="New.One")
        assert subject({"response": answer.get_json()}) == "user:default/new.one"
        assert browser.error(browser.get("/oauth2Proxy/refresh"))[2] == ("Request did not contain a preferred username")


class TestGuest:
    @pytest.fixture
    def guest(self, settings):
        return settings["auth"]["providers"]["guest"]

    def test_default(self, browser):
        body = browser.post("/guest/refresh").get_json()
        assert body["profile"] == {}
        assert "providerInfo" not in body
        assert body["backstageIdentity"]["identity"] == {
            "type": "user",
            "userEntityRef": "user:development/guest",
            "ownershipEntityRefs": ["user:development/guest"],
        }

    @pytest.mark.parametrize("flag", [False, None, "true", 1])
    def test_outside_development(self, make, guest, flag):
        guest["dangerouslyAllowOutsideDevelopment"] = flag
        browser = make()
        assert browser.error(browser.get("/guest/refresh"))[:2] == (403, "NotAllowedError")
        assert make(development=True).get("/guest/refresh").status_code == 200

    def test_a_catalog_user(self, make, guest):
        guest.update(userEntityRef="ADA.quill", ownershipEntityRefs=["group:default/ignored"])
        identity = make().get("/guest/refresh").get_json()["backstageIdentity"]["identity"]
        assert identity["userEntityRef"] == "user:default/ada.quill"
        assert "group:default/team-a" in identity["ownershipEntityRefs"]

    def test_a_user_of_its_own(self, make, guest):
        guest.update(userEntityRef="User:Default/Foo", ownershipEntityRefs=["group:default/x"])
        identity = make().get("/guest/refresh").get_json()["backstageIdentity"]["identity"]
        assert identity["userEntityRef"] == "user:default/foo"
        assert identity["ownershipEntityRefs"] == ["group:default/x"]

    @pytest.mark.requirement("PROXY-09", "GUEST-09")
    def test_resolvers_of_the_configuration_do_not_count(self, make, guest):
        guest["signIn"] = {"resolvers": [by("emailMatchingUserEntityProfileEmail")]}
        assert subject({"response": make().get("/guest/refresh").get_json()}) == "user:development/guest"

    @pytest.mark.requirement("GUEST-08", "FE-57")
    def test_without_configuration_there_is_no_guest(self, make, settings):
        del settings["auth"]["providers"]["guest"]
        browser = make()
        assert browser.error(browser.get("/guest/refresh")) == (
            404,
            "NotFoundError",
            "No auth provider registered for 'guest'",
        )

    def test_an_incomplete_ref(self, make, guest):
        guest["userEntityRef"] = "visitor"
        browser = make()
        assert browser.error(browser.get("/guest/refresh")) == (
            500,
            "Error",
            '"sub" claim provided by the auth resolver is not a valid EntityRef.',
        )


class TestCatalog:
    URL = "http://catalog.test/c.yaml"

    def catalog(self, clock, locations):
        return Catalog(Config({"catalog": {"locations": locations}}), HttpClient(1), clock)

    def names(self, catalog):
        return [entity.ref.name for entity in catalog.query([{"kind": "user"}])]

    def test_that_comes_up_later(self, clock, vendor):
        vendor.get(self.URL, body=requests.ConnectionError("down"))
        catalog = self.catalog(clock, [{"type": "url", "target": self.URL}])
        assert self.names(catalog) == []
        vendor.replace("GET", self.URL, body="kind: User\nmetadata: {name: late}\n")
        assert self.names(catalog) == []
        clock.now += 1
        assert self.names(catalog) == ["late"]

    def test_that_goes_away_keeps_what_it_said(self, clock, vendor):
        vendor.get(self.URL, body="kind: User\nmetadata: {name: a}\n")
        catalog = self.catalog(clock, [{"type": "url", "target": self.URL}])
        assert self.names(catalog) == ["a"]
        vendor.replace("GET", self.URL, status=500)
        clock.now += 100
        assert self.names(catalog) == ["a"]

    def test_that_changes(self, clock, vendor):
        vendor.get(self.URL, body="kind: User\nmetadata: {name: a}\n")
        catalog = self.catalog(clock, [{"type": "url", "target": self.URL}])
        assert self.names(catalog) == ["a"]
        vendor.replace("GET", self.URL, body="kind: User\nmetadata: {name: b}\n")
        clock.now += 30
        assert self.names(catalog) == ["b"]

    def test_broken_documents_do_not_break_sign_in(self, clock, tmp_path):
        for index, text in enumerate(["{", "kind: User\nmetadata: {}", "kind: User\nmetadata: {name: ok}\n---\n7"]):
            (tmp_path / f"{index}.yaml").write_text(text)
        locations = [{"type": "file", "target": str(tmp_path / f"{index}.yaml")} for index in range(3)]
        assert self.names(self.catalog(clock, locations)) == ["ok"]

    def test_locations_lead_to_others(self, clock, tmp_path):
        (tmp_path / "all.yaml").write_text(
            yaml.safe_dump({"kind": "Location", "spec": {"targets": ["./users.yaml"], "target": "./all.yaml"}})
        )
        (tmp_path / "users.yaml").write_text("kind: User\nmetadata: {name: inner}\n")
        assert self.names(self.catalog(clock, [{"type": "file", "target": str(tmp_path / "all.yaml")}])) == ["inner"]

    def test_namespaces(self, clock, tmp_path):
        file = tmp_path / "c.yaml"
        file.write_text(
            "kind: User\nmetadata: {name: a, namespace: Other}\nspec: {memberOf: [x, default/y, foo:default/z]}\n"
        )
        (entity,) = self.catalog(clock, [{"type": "file", "target": str(file)}]).query([{"KIND": "USER"}])
        assert entity.member_of == ("foo:default/z", "group:default/y", "group:other/x")
