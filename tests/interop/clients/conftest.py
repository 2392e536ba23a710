"""A mock IdP for clients of others, and a person who signs in there on behalf of each."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from conformance.embedded import free_port
from tests.interop.clients.browser_programs import BrowserPrograms, running_browser_programs
from tests.interop.clients.report import MatrixReport
from tests.interop.clients.runner import NodePrograms, running_node_programs
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.processes import ROOT

REDIRECT_URI = "http://localhost:8765/callback"


@dataclass(frozen=True)
class Registration:
    """A client that the mock IdP knows.

    Attributes:
        id: its id.
        secret: its secret.
        redirect_uri: the only one it may use.
    """

    id: str
    secret: str
    redirect_uri: str = REDIRECT_URI


class Person:
    """Somebody with a browser, which reaches the vendors' host names as `mock-idp browser` does.

    Parameters:
        idp: where consent is given.
    """

    def __init__(self, idp: IdpProcess) -> None:
        self._browser = requests.Session()
        self._browser.trust_env = False
        # What the vendors have at the mock's own address is reached without the proxy.
        self._browser.proxies = {"https": idp.proxy_url, idp.tls_url.rpartition(":")[0]: ""}
        self._browser.verify = str(idp.ca_file)

    def consent(self, url: str, persona: str = "plain", decision: str = "allow", faults: str = "[]") -> str:
        """Follow an authorization URL, decide, and return the callback URL that the vendor sends the browser to."""
        page = self._browser.get(url, timeout=10, allow_redirects=False)
        request = re.search(r'name="request" value="([^"]+)"', page.text)
        assert request, page.headers.get("Mock-Idp-Refusal", page.text)
        form = {
            "request": request[1],
            "persona": persona,
            "decision": decision,
            "scope": re.findall(r'name="scope" value="([^"]+)"', page.text),
            "faults": faults,
        }
        consent = urljoin(page.url, "/__idp/consent")
        answer = self._browser.post(consent, data=form, timeout=10, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def saml_answer(self, url: str) -> str:
        """Follow a SAML request, consent, and return the fields of the form that answers it, as JSON."""
        page = self._browser.get(url, timeout=10, allow_redirects=False)
        request = re.search(r'name="request" value="([^"]+)"', page.text)
        assert request, page.headers.get("Mock-Idp-Refusal", page.text)
        form = {"request": request[1], "persona": "plain", "decision": "allow", "faults": "[]"}
        answer = self._browser.post(urljoin(page.url, "/__idp/consent"), data=form, timeout=10)
        assert answer.status_code == 200, answer.text
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)
        return json.dumps({name: html.unescape(value) for name, value in fields})

    def visit(self, url: str) -> str:
        """Open a page that sends the browser elsewhere, and return where."""
        answer = self._browser.get(url, timeout=10, allow_redirects=False)
        assert answer.is_redirect, f"{answer.status_code} {answer.text[:200]}"
        return answer.headers["Location"]

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdpProcess]:
    """A mock IdP of the clients' own."""
    with running_idp(tmp_path_factory.mktemp("clients"), f"http://localhost:{free_port()}") as idp:
        yield idp


@pytest.fixture(scope="session")
def node_programs(idp: IdpProcess) -> Iterator[NodePrograms]:
    """The Node programs, which reach the vendors as `mock-idp env` says."""
    with running_node_programs(idp.environment) as programs:
        yield programs


@pytest.fixture(scope="module")
def browser_programs(idp: IdpProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserPrograms]:
    """The single-page apps in a browser."""
    with running_browser_programs(idp, tmp_path_factory.mktemp("apps")) as programs:
        yield programs


@pytest.fixture
def person(idp: IdpProcess) -> Iterator[Person]:
    somebody = Person(idp)
    yield somebody
    somebody.close()


@pytest.fixture
def register(idp: IdpProcess) -> Callable[..., Registration]:
    """Register a client of a vendor."""

    def register(vendor: str, env: str = "test") -> Registration:
        body = {"provider": "client", "vendor": vendor, "env": env, "redirect_uris": [REDIRECT_URI]}
        answer = requests.post(f"{idp.url}/__idp/clients", json=body, timeout=10)
        assert answer.status_code == 201, answer.text
        return Registration(answer.json()["client_id"], answer.json()["client_secret"])

    return register


@pytest.fixture(autouse=True)
def environment(idp: IdpProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what `mock-idp env` prints; clients read it by themselves."""
    for name, value in idp.environment.items():
        monkeypatch.setenv(name, value)


def query_of(url: str) -> dict[str, str]:
    """The parameters of a URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def pytest_configure(config: pytest.Config) -> None:
    """Report what becomes of the matrix, and say what the marker of this directory means."""
    config.addinivalue_line("markers", "quick: a cell of the matrix that shows the most in the least time")
    config.pluginmanager.register(MatrixReport(ROOT / "build" / "reports", is_worker=hasattr(config, "workerinput")))
