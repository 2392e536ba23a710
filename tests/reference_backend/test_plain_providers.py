"""oauth2, Okta, OneLogin, Atlassian and OpenShift: what a vendor that behaves does not show."""

import pytest

from reference_backend.config.model import ConfigError

CLIENT = {"clientId": "id", "clientSecret": "secret"}
VENDOR = "https://vendor.test"
OPENSHIFT_USER = f"{VENDOR}/apis/user.openshift.io/v1/users/~"
ATLASSIAN_ME = "https://api.atlassian.com/me"
ATLASSIAN_SITES = "https://api.atlassian.com/oauth/token/accessible-resources"


@pytest.fixture(autouse=True)
def configured(settings):
    """One environment of each, before an app is asked for."""
    addresses = {"authorizationUrl": f"{VENDOR}/authorize", "tokenUrl": f"{VENDOR}/token"}
    settings["auth"]["providers"] |= {
        "oauth2": {"development": {**CLIENT, **addresses}},
        "okta": {"development": {**CLIENT, "audience": VENDOR}},
        "onelogin": {"development": {**CLIENT, "issuer": VENDOR}},
        "atlassian": {"development": dict(CLIENT)},
        "openshift": {"development": {**CLIENT, **addresses, "openshiftApiServerUrl": VENDOR}},
    }


@pytest.mark.requirement("UP-31")
@pytest.mark.parametrize("key", ["scope", "scopes"])
def test_atlassian_refuses_retired_keys(settings, make, key):
    settings["auth"]["providers"]["atlassian"]["development"][key] = "read:me"
    with pytest.raises(ConfigError, match='no longer supports the "scope" or "scopes"'):
        make()


@pytest.mark.requirement("UP-31")
def test_oauth2_refuses_the_retired_key(settings, make):
    settings["auth"]["providers"]["oauth2"]["development"]["scope"] = "openid"
    with pytest.raises(ConfigError, match='oauth2 provider no longer supports the "scope"'):
        make()


@pytest.mark.requirement("OKTA-02")
def test_okta_refuses_an_audience_that_is_no_address(settings, make):
    settings["auth"]["providers"]["okta"]["development"]["audience"] = "okta.example"
    with pytest.raises(ConfigError, match=r'audience "okta\.example" is not a valid URL'):
        make()


@pytest.mark.parametrize("user", [{}, {"metadata": {}}, {"metadata": {"name": 1}}, [], "x"])
def test_an_openshift_user_without_a_name(browser, vendor, user):
    vendor.post(f"{VENDOR}/token", json={"access_token": "sha256~1"})
    vendor.get(OPENSHIFT_USER, json=user)
    answer = browser.finish(browser.start("openshift"), provider="openshift")
    error = browser.message(answer)["error"]
    assert error["message"] == "Authentication failed, Failed to parse user profile"


def test_openshift_deletes_the_token_under_its_hash(browser, vendor):
    vendor.get(OPENSHIFT_USER, json={"metadata": {"name": "ada"}})
    # The name was computed with another tool: printf 1 | openssl dgst -sha256 -binary | basenc --base64url
    name = "sha256~a4ayc_80_OGda4BO_1o_V0etpOqiLx1JwB5S3beHW0s"
    vendor.delete(f"{VENDOR}/apis/oauth.openshift.io/v1/oauthaccesstokens/{name}", json={})
    answer = browser.logout(provider="openshift", Cookie="openshift-refresh-token=sha256~1")
    assert answer.status_code == 200
    assert [call.request.method for call in vendor.calls] == ["GET", "DELETE"]
    assert vendor.calls[1].request.headers["Authorization"] == "Bearer sha256~1"


def test_openshift_forgets_the_session_whatever_the_cluster_says(browser, vendor):
    vendor.get(OPENSHIFT_USER, status=401)
    answer = browser.logout(provider="openshift", Cookie="openshift-refresh-token=sha256~1")
    assert answer.status_code == 200
    assert len(vendor.calls) == 1
    assert browser.set_cookies(answer)


def test_atlassian_keeps_the_rotated_token_although_the_profile_failed(browser, vendor):
    vendor.post("https://auth.atlassian.com/oauth/token", json={"access_token": "a", "refresh_token": "new"})
    vendor.get(ATLASSIAN_ME, json={"account_id": "1", "name": "Ada"})
    vendor.get(ATLASSIAN_SITES, status=500)
    answer = browser.refresh(provider="atlassian", Cookie="atlassian-refresh-token=old")
    assert answer.status_code == 401
    assert any("atlassian-refresh-token=new" in cookie for cookie in browser.set_cookies(answer))


def test_onelogin_asks_for_one_scope_only(browser, vendor):
    answer = browser.get("/onelogin/start?env=development&scope=openid%20email")
    assert "scope=openid&" in answer.headers["Location"] + "&"
    vendor.post(f"{VENDOR}/token", json={"access_token": "a"})
    vendor.get(f"{VENDOR}/me", json={"sub": "7"})
    refreshed = browser.refresh("&scope=openid%20email", provider="onelogin", Cookie="onelogin-refresh-token=r")
    assert refreshed.get_json()["profile"] == {"displayName": "7"}
    assert "scope=openid&" in vendor.calls[0].request.body + "&"
