"""What one test has at a mock, and that no other test sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import jwt
import pytest
import requests

from mock_idp.testing import Idp, IdpError, IdpServer, connect
from tests.mock_idp.testing.conftest import CALLBACK, App


def tokens_of(app: App) -> dict[str, str]:
    """Redeem the code that came last."""
    form = {"grant_type": "authorization_code", "code": app.came["code"], "redirect_uri": CALLBACK}
    credentials = (app.client.id, app.client.secret)
    found: dict[str, str] = requests.post(app.client.token_endpoint, form, auth=credentials, timeout=10).json()
    return found


def status_of(app: App, tokens: dict[str, str]) -> int:
    """What the vendor answers to somebody with these tokens."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return requests.get(app.client.profile_endpoint, headers=headers, timeout=10).status_code


def test_claims_of_a_person(idp: Idp, app: App) -> None:
    idp.person("jane", email="jane@acme.example", claims={"oidc": {"badge": 7}})
    idp.sign_in("/login", app=app)

    claims = jwt.decode(tokens_of(app)["id_token"], options={"verify_signature": False})

    assert (claims["iss"], claims["email"], claims["badge"]) == (app.client.issuer, "jane@acme.example", 7)


def test_time_passes_for_one_test_alone(idp_server: IdpServer) -> None:
    with idp_server.idp() as one, idp_server.idp() as other:
        apps = [App(idp.client("oidc", redirect_uri=CALLBACK)) for idp in (one, other)]
        tokens = []
        for idp, app in zip((one, other), apps, strict=True):
            idp.sign_in("/login", app=app)
            tokens.append(tokens_of(app))

        one.clock.advance(timedelta(hours=2))

        assert [status_of(app, tokens) for app, tokens in zip(apps, tokens, strict=True)] == [401, 200]


def test_services_made_later_have_the_same_time(idp: Idp) -> None:
    idp.clock.advance(7200)
    app = App(idp.client("oidc", redirect_uri=CALLBACK))
    idp.sign_in("/login", app=app)

    issued = jwt.decode(tokens_of(app)["id_token"], options={"verify_signature": False})["iat"]

    now = requests.get(f"{idp.url}/__idp/clock", timeout=10).json()["now"]
    assert issued - now > 7000


def test_time_does_not_go_back(idp: Idp, app: App) -> None:
    with pytest.raises(IdpError, match="advance"):
        idp.clock.advance(-1)
    assert idp.clock.advanced == 0


def test_requests_are_of_one_test_alone(idp_server: IdpServer) -> None:
    with idp_server.idp() as one, idp_server.idp() as other:
        apps = [App(idp.client("github", redirect_uri=CALLBACK, by_name=by_name)) for idp, by_name in
                ((one, False), (other, False), (one, True), (other, True))]  # fmt: skip
        for app in apps:
            one.sign_in("/login", app=app)

        assert [request.client_id for request in one.requests()] == [apps[0].client.id, apps[2].client.id]
        assert [request.client_id for request in other.requests()] == [apps[1].client.id, apps[3].client.id]


def test_a_refused_request_tells_why(idp: Idp, app: App) -> None:
    idp.sign_in("/login", app=app)
    app.came["code"] = "made-up"

    assert "error" in tokens_of(app)

    (asked,) = idp.requests("token")
    assert asked.status >= 400
    assert asked.refusal
    with pytest.raises(IdpError, match="There is no endpoint 'tokn'; there are authorization, token"):
        idp.requests("tokn")


def test_a_grant_is_taken_back(idp: Idp, app: App) -> None:
    page = idp.sign_in("/login", app=app)
    tokens = tokens_of(app)

    idp.revoke(page)

    assert status_of(app, tokens) == 401


def test_a_vendor_is_down_until_it_is_not(idp: Idp, app: App) -> None:
    idp.set_faults("oidc", [{"fault": "server-error", "at": "discovery"}])
    assert requests.get(app.client.discovery_url, timeout=10).status_code == 500

    idp.set_faults("oidc", [])
    assert requests.get(app.client.discovery_url, timeout=10).status_code == 200


def test_nothing_is_left_behind(idp_server: IdpServer) -> None:
    def there(what: str) -> list[str]:
        entries = requests.get(f"{idp_server.url}/__idp/{what}", timeout=10).json()[what]
        return sorted(entry.get("id") or entry["client_id"] for entry in entries)

    before = [there(what) for what in ("services", "clients", "people")]
    with idp_server.idp() as idp:
        idp.client("okta", redirect_uri=CALLBACK)
        idp.client("okta", redirect_uri=CALLBACK, by_name=True)
        idp.person("jane")
        assert [there(what) for what in ("services", "clients", "people")] != before
    idp.close()

    assert [there(what) for what in ("services", "clients", "people")] == before


def test_mistakes_are_told_in_a_sentence(idp: Idp) -> None:
    with pytest.raises(IdpError, match="There is no vendor 'gihub'; there are"):
        idp.client("gihub", redirect_uri=CALLBACK)
    with pytest.raises(IdpError, match="There is no service 'gihub'"):
        idp.client("gihub", redirect_uri=CALLBACK, by_name=True)
    with pytest.raises(IdpError, match="e-mail"):
        idp.person(email="no address")
    with pytest.raises(IdpError, match="github has no discovery endpoint; it has"):
        _ = idp.client("github", redirect_uri=CALLBACK).issuer


def test_a_child_process_finds_the_mock(idp: Idp) -> None:
    assert idp.environment["MOCK_IDP_URL"] == idp.url
    program = "import requests; print(requests.get('https://api.github.com/user').json()['message'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **idp.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Requires authentication\n", done.stderr


@contextmanager
def something_else() -> Iterator[str]:
    """A server that is no mock IdP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_addresses_at_which_there_is_no_mock() -> None:
    with pytest.raises(IdpError, match="is a URL such as"), connect("localhost:9000"):
        pass
    with pytest.raises(IdpError, match=r"No mock IdP answers at http://127.0.0.1:9 .*mock-idp serve"):  # noqa: SIM117
        with connect("http://127.0.0.1:9"):
            pass
    with something_else() as url, pytest.raises(IdpError, match="no mock IdP of this version"), connect(url):
        pass
