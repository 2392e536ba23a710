"""A frontend that is not behind the front but on a port of its own: `--app`."""

import pytest
import requests

from tests.mock_idp.front.conftest import SECONDS, FrontStarter
from tests.mock_idp.front.test_people import PAGE, sign_in, user

APP = "http://localhost:3000"
TOKEN = {"Authorization": "Bearer token-of-the-backend"}


def test_a_call_with_a_token_passes_without_identity(front: FrontStarter) -> None:
    claimed = {"Origin": APP, "X-Forwarded-User": "petra-reed", **TOKEN}
    seen = dict(requests.get(front(persona=None, app_url=APP), headers=claimed, timeout=SECONDS).json()["headers"])
    assert seen["Authorization"] == TOKEN["Authorization"]
    assert seen["Origin"] == APP
    assert "X-Forwarded-User" not in seen


@pytest.mark.parametrize("headers", [{"Origin": APP}, {"Origin": "http://localhost:3001", **TOKEN}, TOKEN])
def test_anything_else_of_nobody_does_not_pass(front: FrontStarter, headers: dict[str, str]) -> None:
    assert requests.get(front(persona=None, app_url=APP), headers=headers, timeout=SECONDS).status_code == 401


def test_without_app_a_token_is_no_reason_to_pass(front: FrontStarter) -> None:
    answer = requests.get(front(persona=None), headers={"Origin": APP, **TOKEN}, timeout=SECONDS)
    assert answer.status_code == 401
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_app_may_read_that_nobody_is_signed_in(front: FrontStarter) -> None:
    base = front(persona=None, app_url=APP)
    answer = requests.get(base, headers={"Origin": APP}, timeout=SECONDS)
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Vary"] == "Origin"
    other = requests.get(base, headers={"Origin": "http://localhost:3001"}, timeout=SECONDS)
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize(
    ("wanted", "landing"),
    [
        ("/", APP),
        ("", APP),
        (f"{APP}/catalog?x=1", f"{APP}/catalog?x=1"),
        ("/api/auth/oauth2Proxy/refresh", "/api/auth/oauth2Proxy/refresh"),
        ("http://localhost:3000.evil.example/", APP),
        ("http://localhost:3000@evil.example/", APP),
        ("http://localhost:3000\\@evil.example/", APP),
        ("https://localhost:3000/", APP),
    ],
)
def test_where_a_person_lands(front: FrontStarter, wanted: str, landing: str) -> None:
    url = f"{front(persona=None, app_url=APP)}/__front/sign-in"
    form = {"persona": "plain", "to": wanted}
    answer = requests.post(url, data=form, allow_redirects=False, timeout=SECONDS)
    assert answer.headers["Location"] == landing


def test_a_person_who_opens_the_front_is_led_to_the_app(front: FrontStarter) -> None:
    answer = requests.get(front(app_url=APP), headers=PAGE, allow_redirects=False, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Location"]) == (302, APP)


def test_what_the_backend_has_is_still_shown(front: FrontStarter) -> None:
    with requests.Session() as session:
        answer = sign_in(session, f"{front(persona=None, app_url=APP)}/api/auth", "many-groups")
    assert user(answer) == "petra-reed"


def test_signing_out_leads_back_to_the_app(front: FrontStarter) -> None:
    url = f"{front(persona=None, app_url=APP)}/oauth2/sign_out?rd={APP}/"
    answer = requests.get(url, headers=PAGE, allow_redirects=False, timeout=SECONDS)
    assert answer.headers["Location"] == f"{APP}/"
