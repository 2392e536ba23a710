"""What the mock's own tests share: an application under Flask's test client, and one that really runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mock_idp.application import create_app
from mock_idp.clock import MovableClock
from mock_idp.idp import Idp, make_idp
from mock_idp.oauth.model import Client
from mock_idp.running import RunningIdp, start
from mock_idp.server.transport import ENVIRON_KEY, Connection
from mock_idp.settings import Settings

BACKEND = "http://localhost:7007"


class FormReader(HTMLParser):
    """Collects the controls of a page's form."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        if (
            tag == "input"
            and "name" in values
            and (values.get("type") not in ("radio", "checkbox") or "checked" in values)
        ):
            self.fields.append((values["name"], values["value"]))


def form_of(page: TestResponse) -> FormReader:
    reader = FormReader()
    reader.feed(page.text)
    return reader


@dataclass
class World:
    """A mock IdP under Flask's test client, one vendor of it, and one client of that vendor."""

    idp: Idp
    clock: MovableClock
    http: FlaskClient
    vendor: str
    provider: str
    environment: str = "development"
    extra: dict[str, str] = field(default_factory=dict)
    accept: str = "application/json"

    @property
    def client(self) -> Client:
        clients = self.idp.services.by_id[self.vendor].clients.by_id
        return clients[self.idp.vendors[self.vendor].client_id(self.provider, self.environment)]

    @property
    def redirect_uri(self) -> str:
        return min(self.client.redirect_uris)

    def of(self, environment: str) -> "World":
        return replace(self, environment=environment)

    def path(self, endpoint: str) -> str:
        routes = self.idp.vendors[self.vendor].routes
        return f"/{self.vendor}" + next(route.path for route in routes if route.endpoint == endpoint)

    def authorize(self, **changes: Any) -> TestResponse:
        """Ask the authorization endpoint; a change to None leaves a parameter out."""
        parameters = {
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid email profile" if self.vendor == "google" else "read:user repo",
            "state": "the state",
            **self.extra,
            **changes,
        }
        query = {name: value for name, value in parameters.items() if value is not None}
        return self.http.get(self.path("authorization"), query_string=query)

    def decide(
        self, page: TestResponse, persona: str = "plain", decision: str = "allow", **changes: Any
    ) -> TestResponse:
        form = form_of(page)
        fields: dict[str, Any] = {"scope": [value for name, value in form.fields if name == "scope"]}
        fields |= {name: value for name, value in form.fields if name != "scope"}
        fields |= {"persona": persona, "decision": decision, **changes}
        return self.http.post(form.action, data=fields)

    def callback(
        self, persona: str = "plain", decision: str = "allow", *, asked: Any = None, **changes: Any
    ) -> dict[str, str]:
        """Sign in and read the parameters of the redirect; they include the grant's id."""
        answer = self.decide(self.authorize(**(asked or {})), persona, decision, **changes)
        assert answer.status_code == 303, answer.text
        query = parse_qs(urlsplit(answer.headers["Location"]).query, keep_blank_values=True)
        return {name: values[0] for name, values in query.items()} | {"grant": answer.headers["Mock-Idp-Grant"]}

    def redeem(self, code: str, **changes: Any) -> TestResponse:
        return self.ask_token(grant_type="authorization_code", code=code, redirect_uri=self.redirect_uri, **changes)

    def refresh(self, refresh_token: str, **changes: Any) -> TestResponse:
        return self.ask_token(grant_type="refresh_token", refresh_token=refresh_token, scope="", **changes)

    def ask_token(self, *, headers: Any = None, **changes: Any) -> TestResponse:
        form = {"client_id": self.client.client_id, "client_secret": self.client.client_secret, **changes}
        fields = {name: value for name, value in form.items() if value is not None}
        return self.http.post(self.path("token"), data=fields, headers={"Accept": self.accept, **(headers or {})})

    def tokens(self, persona: str = "plain", *, asked: Any = None, **changes: Any) -> dict[str, Any]:
        """Sign in and exchange the code."""
        callback = self.callback(persona, asked=asked, **changes)
        answer = self.redeem(callback["code"])
        assert answer.status_code == 200, answer.text
        return {**answer.json, "grant": callback["grant"]}

    def profile(self, access_token: str, method: str = "GET", **changes: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.http.open(self.path("profile"), method=method, headers=headers, **changes)

    def journal(self, **wanted: Any) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.http.get("/__idp/journal", query_string=wanted).json["entries"]
        return entries

    def order(self, grant: str, *faults: Any) -> TestResponse:
        return self.http.patch(f"/__idp/grants/{grant}", json={"faults": list(faults)})


def make_world(vendor: str, provider: str, **settings: Any) -> World:
    clock = MovableClock()
    idp = make_idp(Settings(seed=1, **settings), clock)
    app = create_app(idp)
    app.testing = True
    http = app.test_client()
    # Where our HTTP server would put it; tests look at what was ordered.
    http.environ_base[ENVIRON_KEY] = Connection()
    extra = {"access_type": "offline", "prompt": "consent"} if vendor == "google" else {}
    return World(idp, clock, http, vendor, provider, extra=extra)


@pytest.fixture
def github() -> World:
    return make_world("github", "ghe")


@pytest.fixture
def google() -> World:
    return make_world("google", "google")


@pytest.fixture(params=["github", "google"])
def world(request: pytest.FixtureRequest) -> World:
    """The same test for every vendor, with a client that gets refresh tokens."""
    if request.param == "github":
        return make_world("github", "ghe").of("github-app")
    return make_world("google", "google")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIdp]:
    """A mock IdP with real listeners on free ports."""
    state: Path = tmp_path_factory.mktemp("state")
    with start(Settings(port=0, tls_port=0, proxy_port=0, state_dir=state, seed=7)) as idp:
        yield idp
