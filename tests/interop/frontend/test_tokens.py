"""Access tokens: more scopes through the dialog, refusals, expiry, several callers at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.interop.frontend.portal import Call, Portal, allow, deny
from tests.interop.frontend.stands import REAL

MORE_SCOPES = {
    "atlassian": "write:jira-work",
    "auth0": "read:inventory",
    "bitbucket": "repository",
    "bitbucketServer": "REPO_WRITE",
    "ghe": "repo",
    "github": "repo",
    "gitlab": "read_api",
    "google": "https://www.googleapis.com/auth/calendar.readonly",
    "microsoft": "Calendars.Read",
    "oauth2": "extra1",
    "oidc": "address",
    "acme-sso": "address",
    "okta": "okta.users.read.self",
    "onelogin": "groups",
    "openshift": "user:list-projects",
}
UNGRANTED = {"oidc", "acme-sso", "bitbucket"}
"""Where the real backend's answer to a refresh repeats the scopes asked for (SEC-SCOPE-04)."""


def requests_to(page: Page, path: str) -> list[str]:
    """Collects the requests whose address contains the path, from now on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if path in request.url else None)
    return seen


def as_guest(portal: Portal, system: str = "old") -> None:
    portal.configure(system=system)
    portal.open()
    portal.enter_as_guest()


@pytest.mark.feature("more scopes: dialog, popup, token: {provider}")
@pytest.mark.parametrize("provider", MORE_SCOPES)
def test_more_scopes(portal: Portal, provider: str, lacks: Callable[[str], None]) -> None:
    as_guest(portal)
    first = portal.call(provider, "getAccessToken")
    allow(portal.press_log_in())
    assert first.result()
    scope = MORE_SCOPES[provider]
    more = portal.call(provider, "getAccessToken", [scope])
    if provider == "openshift":
        assert more.result()
        lacks("no dialog: its answers repeat the scopes asked for")
        return
    if portal.stand.name == REAL and provider in UNGRANTED:
        assert more.result()
        lacks("no dialog: its refresh reports scopes as granted that nobody granted (SEC-SCOPE-04)")
        return
    asked = allow(portal.press_log_in())
    # OneLogin's module asks for `openid` whatever the frontend wants.
    assert scope in asked or (provider == "onelogin" and asked == ["openid"])
    assert more.result()
    if provider == "onelogin":
        portal.call(provider, "getAccessToken", [scope])
        expect(portal.page.get_by_role("dialog")).to_be_visible()
        lacks(
            "asks again for every call: the scope never comes back from a module that asks for `openid` alone (FE-25)"
        )
        return
    # Now it is in the session: no dialog.
    assert portal.get(provider, "getAccessToken", [scope])


@pytest.mark.quick
@pytest.mark.feature("more scopes ({system} system)")
@pytest.mark.parametrize("system", ["old", "new"])
def test_more_scopes_in_each_system(portal: Portal, system: str) -> None:
    as_guest(portal, system)
    token = portal.call("github", "getAccessToken", ["repo"])
    assert set(allow(portal.press_log_in())) == {"read:user", "repo"}
    assert token.result()


def both_parked(portal: Portal) -> list[Call]:
    """Two calls that wait for the dialog, after each has asked in vain for a refresh."""
    calls = [portal.call("github", "getAccessToken", [scope]) for scope in ("repo", "gist")]
    expect(portal.page.get_by_role("dialog")).to_be_visible()
    portal.page.wait_for_load_state("networkidle")
    return calls


@pytest.mark.feature("reject all in the dialog")
def test_reject_all(portal: Portal) -> None:
    as_guest(portal)
    calls = both_parked(portal)
    portal.reject_all()
    assert [call.error() for call in calls] == [
        {"name": "RejectedError", "message": "Login failed, rejected by user"}
    ] * 2


@pytest.mark.feature("one popup for all that wait (FE-99)")
def test_union(portal: Portal) -> None:
    as_guest(portal)
    calls = both_parked(portal)
    assert set(allow(portal.press_log_in())) == {"read:user", "repo", "gist"}
    first, second = (call.result() for call in calls)
    assert first == second


@pytest.mark.feature("deny in the dialog's popup, then allow")
def test_deny(portal: Portal) -> None:
    as_guest(portal)
    token = portal.call("github", "getAccessToken", ["repo"])
    deny(portal.press_log_in())
    dialog = portal.page.get_by_role("dialog")
    expect(dialog.get_by_text("denied")).to_be_visible()
    token.expect_pending()
    allow(portal.press_log_in())
    assert token.result()


@pytest.mark.feature("a scope that the person does not grant: no endless prompt")
def test_unticked_scope(portal: Portal) -> None:
    as_guest(portal)
    token = portal.call("github", "getAccessToken", ["repo"])
    allow(portal.press_log_in(), without=("repo",))
    # What a popup brought is taken as it is (FE-25), and GitHub's scopes are those that were asked for (SCOPE-06): the
    # person is not asked again and again.
    assert token.result()
    assert portal.get("github", "getAccessToken", ["repo"]) == token.result()


@pytest.mark.feature("`optional` asks nobody; signOut and sessionState$ of one API")
def test_optional_and_session_state(portal: Portal) -> None:
    as_guest(portal)
    assert portal.get("github", "getAccessToken", ["repo"], {"optional": True}) == ""
    states = portal.call("github", "sessionState$")
    token = portal.call("github", "getAccessToken")
    allow(portal.press_log_in())
    assert token.result()
    portal.call("github", "signOut").result()
    assert states.result() == ["SignedOut", "SignedIn", "SignedOut"]
    assert portal.get("github", "getAccessToken", [], {"optional": True}) == ""


@pytest.mark.feature("refresh when the session ends (browser's clock + 58 minutes): {provider}")
@pytest.mark.parametrize("provider", ["google", "github", "oidc"])
def test_refresh_on_expiry(portal: Portal, provider: str) -> None:
    portal.page.clock.install()
    portal.configure(sign_in={"page": "providers", "providers": ["guest", provider]})
    portal.open()
    portal.sign_in(provider)
    before = portal.get("identity", "getCredentials")["token"]
    refreshes = requests_to(portal.page, f"/{provider}/refresh")
    portal.page.clock.fast_forward("58:00")
    assert portal.get("identity", "getCredentials")["token"] != before
    assert len(refreshes) == 1
    portal.expect_signed_in()


@pytest.mark.feature("four calls at once, one refresh")
def test_concurrent_calls(portal: Portal) -> None:
    portal.page.clock.install()
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "google"]})
    portal.open()
    portal.sign_in("google")
    held: list[Callable[[], None]] = []
    portal.page.route("**/google/refresh*", lambda route: held.append(route.continue_))
    portal.page.clock.fast_forward("58:00")
    calls = [portal.call("google", "getAccessToken") for _ in range(4)]
    for call in calls:
        call.expect_pending()
    assert len(held) == 1
    held.pop()()
    assert len({call.result() for call in calls}) == 1


@pytest.mark.feature("Microsoft: Graph, Azure DevOps, Graph again")
def test_microsoft_resources(portal: Portal) -> None:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "microsoft"]})
    portal.open()
    portal.sign_in("microsoft")
    graph = portal.get("microsoft", "getAccessToken", ["User.Read"])
    asked = portal.call("microsoft", "getAccessToken", ["499b84ac-1321-427f-aa17-267ca6975798/vso.code"])
    allow(portal.press_log_in())
    devops = asked.result()
    assert devops != graph
    assert portal.get("microsoft", "getAccessToken", ["User.Read"]) == graph
