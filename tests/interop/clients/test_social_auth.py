"""The backends of social-auth-core, which Django and Flask sites sign in with, each with its own address and habits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from social_core.backends.bitbucket import BitbucketOAuth2
from social_core.backends.github import GithubOAuth2
from social_core.backends.github_enterprise import GithubEnterpriseOAuth2
from social_core.backends.gitlab import GitLabOAuth2
from social_core.backends.google import GoogleOAuth2
from social_core.backends.google_openidconnect import GoogleOpenIdConnect
from social_core.backends.microsoft import MicrosoftOAuth2
from social_core.backends.okta import OktaOAuth2
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.exceptions import AuthCanceled
from social_core.storage import AssociationMixin, BaseStorage, NonceMixin
from social_core.strategy import BaseStrategy

from tests.interop.clients.conftest import Person, Registration, query_of
from tests.support.idp_process import IdpProcess


class Nonces(NonceMixin):
    """States of OAuth, each good for one callback."""

    known: ClassVar[set[tuple[str, int, str]]] = set()

    @classmethod
    def use(cls, server_url: str, timestamp: int, salt: str) -> bool:
        cls.known.add((server_url, timestamp, salt))
        return True

    @classmethod
    def consume(cls, server_url: str, timestamp: int, salt: str) -> bool:
        is_known = (server_url, timestamp, salt) in cls.known
        cls.known.discard((server_url, timestamp, salt))
        return is_known


class Associations(AssociationMixin):
    """Nonces of OpenID Connect."""

    known: ClassVar[dict[str, Associations]] = {}
    id: str

    @classmethod
    def store(cls, server_url: str, association: Any) -> None:
        mine = cls()
        for name in ("handle", "issued", "lifetime", "assoc_type"):
            setattr(mine, name, getattr(association, name))
        mine.id = association.handle
        cls.known[association.handle] = mine

    @classmethod
    def get(cls, server_url: str | None = None, handle: str | None = None) -> list[Any]:
        return [cls.known[handle]] if handle in cls.known else []

    @classmethod
    def remove(cls, ids_to_delete: list[str]) -> None:
        for id_ in ids_to_delete:
            del cls.known[id_]


class Memory(BaseStorage):
    """The site's database."""

    nonce = Nonces
    association = Associations


class Site(BaseStrategy[Any]):
    """A web site without a framework: a session, the parameters of a request, settings."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(Memory)
        self.settings = settings
        self.session: dict[str, Any] = {}
        self.data: dict[str, str] = {}

    def redirect(self, url: str) -> Any:
        return url

    def get_setting(self, name: str) -> Any:
        # SOCIAL_AUTH_GITHUB_KEY is looked for first; a site with one vendor needs no prefix.
        return self.settings[name]

    def html(self, content: str) -> Any:
        return content

    def request_data(self, merge: bool = True) -> dict[str, str]:
        return self.data

    def request_host(self) -> str:
        return "localhost"

    def session_get(self, name: str, default: Any = None) -> Any:
        return self.session.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        self.session[name] = value

    def session_pop(self, name: str) -> Any:
        return self.session.pop(name, None)

    def session_setdefault(self, name: str, value: Any) -> Any:
        return self.session.setdefault(name, value)

    def build_absolute_uri(self, path: str | None = None) -> str:
        return path or ""

    def authenticate(self, backend: Any, *args: Any, **kwargs: Any) -> Any:
        """In place of the site's users: what the vendor said."""
        return {**backend.get_user_details(kwargs["response"]), "uid": backend.get_user_id({}, kwargs["response"])}


BACKENDS: dict[str, tuple[str, type, dict[str, str]]] = {
    "github": ("github", GithubOAuth2, {}),
    "github-enterprise": ("github", GithubEnterpriseOAuth2, {"URL": "{idp}/github", "API_URL": "{idp}/github/api/v3"}),
    "google": ("google", GoogleOAuth2, {}),
    # Its default is the older of two spellings (OpenID Connect Core section 15.6.2).
    "google-openid": ("google", GoogleOpenIdConnect, {"ID_TOKEN_ISSUER": "https://accounts.google.com"}),
    "microsoft": ("microsoft", MicrosoftOAuth2, {}),
    "bitbucket": ("bitbucket", BitbucketOAuth2, {"SCOPE": "account email"}),
    "gitlab": ("gitlab", GitLabOAuth2, {"API_URL": "{idp}/gitlab"}),
    "okta": ("okta", OktaOAuth2, {"API_URL": "{idp}/okta/oauth2"}),
    "oidc": ("oidc", OpenIdConnectAuth, {"OIDC_ENDPOINT": "{idp}/oidc"}),
}


def backend_of(name: str, idp: IdpProcess, register: Callable[..., Registration]) -> Any:
    vendor, backend, settings = BACKENDS[name]
    client = register(vendor)
    said: dict[str, Any] = {key: value.format(idp=idp.url) for key, value in settings.items()}
    said |= {"SCOPE": said["SCOPE"].split()} if "SCOPE" in said else {}
    return backend(Site({"KEY": client.id, "SECRET": client.secret, **said}), client.redirect_uri)


@pytest.mark.parametrize("name", BACKENDS)
def test_sign_in(name: str, idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> None:
    backend = backend_of(name, idp, register)

    callback = person.consent(backend.start())
    backend.data = backend.strategy.data = query_of(callback)
    user = backend.complete()

    assert user["email"] == "ada-quill@lumenfold.example"
    assert user["uid"]


@pytest.mark.parametrize("name", BACKENDS)
def test_denial(name: str, idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> None:
    backend = backend_of(name, idp, register)

    callback = person.consent(backend.start(), decision="deny")
    backend.data = backend.strategy.data = query_of(callback)

    with pytest.raises(AuthCanceled):
        backend.complete()
