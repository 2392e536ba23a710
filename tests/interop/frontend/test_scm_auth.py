"""ScmAuth: one API for the tokens of every code host."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.frontend.portal import Portal, allow

R = "499b84ac-1321-427f-aa17-267ca6975798"
READ = {
    "https://github.com/org/repo": {"repo", "read:org", "read:user"},
    "https://gitlab.com/org/repo": {"read_user", "read_api", "read_repository"},
    "https://bitbucket.org/org/repo": {"account", "team", "pullrequest", "snippet", "issue", "project"},
    "https://dev.azure.com/org/repo": {f"{R}/vso.{name}" for name in ("build", "code", "graph", "project", "profile")},
}
WRITE = {
    "https://github.com/org/repo": {"gist"},
    "https://gitlab.com/org/repo": {"write_repository", "api"},
    "https://bitbucket.org/org/repo": {"pullrequest:write", "snippet:write", "issue:write"},
    "https://dev.azure.com/org/repo": {f"{R}/vso.code_manage"},
}
OWN_HOSTS = {
    "https://ghe.lumenfold.example/org/repo": {"repo", "read:org", "read:user"},
    "https://gitlab.lumenfold.example/org/repo": {"read_user", "read_api", "read_repository"},
    "https://bitbucket.lumenfold.example/projects/x": {"PUBLIC_REPOS", "REPO_READ"},
    "https://github.com/org/repo": {"repo", "read:org", "read:user"},
}


def open_with(portal: Portal, scm: str, system: str = "old") -> None:
    portal.configure(scm=scm, system=system)
    portal.open()
    portal.enter_as_guest()


def expect_credentials(portal: Portal, url: str, scopes: set[str], **more: Any) -> None:
    asked = portal.call("scm", "getCredentials", {"url": url, **more})
    assert scopes <= set(allow(portal.press_log_in()))
    credentials = asked.result()
    assert credentials["headers"] == {"Authorization": f"Bearer {credentials['token']}"}
    # And now without a dialog.
    assert portal.get("scm", "getCredentials", {"url": url, **more})["token"]


@pytest.mark.feature("ScmAuth, default factory, read: {url}")
@pytest.mark.parametrize("url", READ)
def test_default_factory(portal: Portal, url: str) -> None:
    open_with(portal, "default")
    expect_credentials(portal, url, READ[url])


@pytest.mark.feature("ScmAuth, default factory, write: {url}")
@pytest.mark.parametrize("url", WRITE)
def test_write(portal: Portal, url: str) -> None:
    open_with(portal, "default")
    expect_credentials(portal, url, READ[url] | WRITE[url], additionalScope={"repoWrite": True})


@pytest.mark.feature("ScmAuth, custom scopes")
def test_custom_scopes(portal: Portal) -> None:
    open_with(portal, "default")
    scopes = {"customScopes": {"github": ["workflow"]}}
    expect_credentials(portal, "https://github.com/org/repo", {"workflow"}, additionalScope=scopes)


@pytest.mark.feature("ScmAuth, merge, own host: {url}")
@pytest.mark.parametrize("url", OWN_HOSTS)
def test_merge(portal: Portal, url: str) -> None:
    open_with(portal, "merge")
    expect_credentials(portal, url, OWN_HOSTS[url])


@pytest.mark.feature("ScmAuth, {factory}: a host it does not know")
@pytest.mark.parametrize(
    ("factory", "url"),
    [
        ("default", "https://ghe.lumenfold.example/org/repo"),
        ("subset", "https://gitlab.com/org/repo"),
        ("merge", "https://code.example/org/repo"),
    ],
)
def test_unknown_host(portal: Portal, factory: str, url: str) -> None:
    open_with(portal, factory)
    error = portal.call("scm", "getCredentials", {"url": url}).error()
    assert error["message"] == f"No auth provider available for '{url}', see https://backstage.io/link?scm-auth"


@pytest.mark.feature("ScmAuth, new system, merge with a host of one's own")
def test_new_system(portal: Portal) -> None:
    open_with(portal, "merge", system="new")
    url = "https://ghe.lumenfold.example/org/repo"
    expect_credentials(portal, url, OWN_HOSTS[url])
