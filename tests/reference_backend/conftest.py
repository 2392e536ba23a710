"""A backend on a fixed clock, with a fake GitHub and a catalog on disk."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from reference_backend.app import create_app
from reference_backend.config.model import Config
from reference_backend.formats import compact_jws, encoding
from reference_backend.store.database import Database, in_memory

NOW = 1_700_000_000.0
GITHUB = "https://github.test"

CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: Ada.Quill, annotations: {github.com/user-id: U_ada, google.com/email: ada@x.test}}
spec: {profile: {email: Ada@x.test}, memberOf: [team-a]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: twin-1}
spec: {profile: {email: twin@x.test}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: twin-2}
spec: {profile: {email: twin@x.test}}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team-b}
spec: {type: team, children: [], members: [ada.quill, user:other/somebody], profile: {email: ada@x.test}}
"""


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog_file(tmp_path: Path) -> Path:
    file = tmp_path / "catalog.yaml"
    file.write_text(CATALOG, encoding="utf-8")
    return file


@pytest.fixture
def database() -> Iterator[Database]:
    opened = in_memory()
    yield opened
    opened.close()


@pytest.fixture
def settings(catalog_file: Path) -> dict[str, Any]:
    """The app-config; tests change it before they ask for an app."""
    github = {"clientId": "gh-id", "clientSecret": "gh-secret", "enterpriseInstanceUrl": f"{GITHUB}/"}
    return {
        "app": {"baseUrl": "https://app.test/x"},
        "backend": {"baseUrl": "https://backend.test/"},
        "catalog": {"locations": [{"type": "file", "target": str(catalog_file)}]},
        "auth": {
            "experimentalExtraAllowedOrigins": ["https://*.ex.test"],
            "providers": {
                "guest": {"dangerouslyAllowOutsideDevelopment": True},
                "oauth2Proxy": {"signIn": {"resolvers": [{"resolver": "forwardedUserMatchingUserEntityName"}]}},
                "github": {
                    "development": {
                        **github,
                        "signIn": {"resolvers": [{"resolver": "usernameMatchingUserEntityName"}]},
                    },
                    "no-sign-in": dict(github),
                },
                "google": {"development": {"clientId": "go-id", "clientSecret": "go-secret"}},
            },
        },
    }


class Browser:
    """A test client with the words that tests use."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client(use_cookies=False)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.request("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> TestResponse:
        return self.request("POST", path, data=data, **headers)

    def request(self, method: str, path: str, data: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/auth{path}", method=method, headers=named, data=data)

    def start(self, provider: str = "github", env: str = "development", query: str = "") -> tuple[str, str]:
        """Start a flow; returns state and nonce cookie."""
        answer = self.get(f"/{provider}/start?env={env}{query}")
        assert answer.status_code == 302, answer.text
        state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
        return state, self.set_cookies(answer)[-1].partition(";")[0]

    def finish(self, started: tuple[str, str], query: str = "&code=c", provider: str = "github") -> TestResponse:
        state, cookie = started
        return self.get(f"/{provider}/handler/frame?state={state}{query}", Cookie=cookie)

    def refresh(self, query: str = "", provider: str = "github", **headers: str) -> TestResponse:
        headers = {"X_Requested_With": "XMLHttpRequest", **headers}
        return self.get(f"/{provider}/refresh?env=development{query}", **headers)

    def logout(self, query: str = "?env=development", provider: str = "github", **headers: str) -> TestResponse:
        headers = {"X_Requested_With": "XMLHttpRequest", **headers}
        return self.post(f"/{provider}/logout{query}", **headers)

    @staticmethod
    def set_cookies(answer: TestResponse) -> list[str]:
        return answer.headers.getlist("Set-Cookie")

    @staticmethod
    def message(answer: TestResponse) -> dict[str, Any]:
        """What the page posts."""
        literals = re.findall(r"decodeURIComponent\('([^']*)'\)", answer.text)
        assert len(literals) == 2, answer.text
        return json.loads(unquote(literals[0]))

    @staticmethod
    def target(answer: TestResponse) -> str:
        return unquote(re.findall(r"decodeURIComponent\('([^']*)'\)", answer.text)[1])

    @classmethod
    def page_error(cls, answer: TestResponse) -> tuple[str, str]:
        error = cls.message(answer)["error"]
        assert set(error) == {"name", "message"}
        return error["name"], error["message"]

    @staticmethod
    def error(answer: TestResponse) -> tuple[int, str, str]:
        body = answer.get_json()
        assert set(body) == {"error", "request", "response"}
        assert body["response"] == {"statusCode": answer.status_code}
        return answer.status_code, body["error"]["name"], body["error"]["message"]

    @staticmethod
    def make_state(**members: str) -> str:
        return encoding.form(members.items()).encode().hex()

    @staticmethod
    def jwt_part(token: str, index: int) -> dict[str, Any]:
        jws = compact_jws.decode(token)
        return dict((jws.header, jws.claims)[index])


@pytest.fixture
def make(settings: dict[str, Any], database: Database, clock: Clock) -> Any:
    def create(**options: Any) -> Browser:
        return Browser(create_app(Config(settings), database=database, clock=clock, **options))

    return create


@pytest.fixture
def browser(make: Any) -> Browser:
    return make()


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def github(vendor: responses.RequestsMock) -> responses.RequestsMock:
    """An OAuth App whose user is Ada."""
    token = {"access_token": "gho_1", "scope": "read:user", "token_type": "bearer"}
    user = {"login": "ada.quill", "id": 7, "node_id": "U_ada", "name": "Ada", "avatar_url": "https://a.test/p.png"}
    vendor.post(f"{GITHUB}/login/oauth/access_token", json=token)
    vendor.get(f"{GITHUB}/api/v3/user", json=user)
    return vendor
