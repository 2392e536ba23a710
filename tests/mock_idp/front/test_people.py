"""Who is signed in at the front: the page, the cookie, signing out."""

from urllib.parse import urlsplit

import pytest
import requests

from mock_idp.front.visit import Visit
from mock_idp.running import RunningIdp
from tests.mock_idp.conftest import FormReader
from tests.mock_idp.front.conftest import SECONDS, FrontStarter

PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def user(answer: requests.Response) -> str:
    name: str = dict(answer.json()["headers"])["X-Forwarded-User"]
    return name


def sign_in(session: requests.Session, url: str, persona: str) -> requests.Response:
    """Open an address as a person does, and choose who to be."""
    page = session.get(url, headers=PAGE, timeout=SECONDS)
    assert "Choose who you are" in page.text
    form = FormReader()
    form.feed(page.text)
    address = urlsplit(page.url)
    fields = {**dict(form.fields), "persona": persona}
    return session.post(f"{address.scheme}://{address.netloc}{form.action}", data=fields, timeout=SECONDS)


def test_a_person_chooses_who_to_be_and_comes_back(front: FrontStarter) -> None:
    base = front(persona=None)
    with requests.Session() as session:
        answer = sign_in(session, f"{base}/catalog?filter=a%26b", "many-groups")
        assert answer.url == f"{base}/catalog?filter=a%26b"
        assert user(answer) == "petra-reed"
        cookies = [name for name, _ in answer.json()["headers"] if name == "Cookie"]
        assert cookies == []
        assert session.cookies["_oauth2_proxy"] == "many-groups"
        assert user(session.get(base, timeout=SECONDS)) == "petra-reed"


def test_own_people_come_first_and_can_be_chosen(front: FrontStarter, running: RunningIdp) -> None:
    people = f"{running.urls['http']}/__idp/people"
    made = requests.post(people, json={"id": "front-jane", "login": "jane-d"}, timeout=SECONDS)
    assert made.status_code == 201
    try:
        base = front(persona=None)
        with requests.Session() as session:
            assert user(sign_in(session, base, "front-jane")) == "jane-d"
            page = session.get(f"{base}/__front/sign-in", headers=PAGE, timeout=SECONDS).text
        assert page.index('value="front-jane" checked') < page.index('<details class="others">')
        # A front that starts later finds the person by the cookie alone.
        cookie = {"Cookie": "_oauth2_proxy=front-jane"}
        assert user(requests.get(front(persona=None), headers=cookie, timeout=SECONDS)) == "jane-d"
    finally:
        requests.delete(f"{people}/front-jane", timeout=SECONDS)


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "application/json"}, {"Accept": "text/html", "Sec-Fetch-Mode": "cors"}]
)
def test_a_script_of_nobody_is_told_so(front: FrontStarter, headers: dict[str, str]) -> None:
    base = front(persona=None)
    answer = requests.get(base, headers=headers, timeout=SECONDS)
    assert answer.status_code == 401
    assert answer.text == f"No user is signed in; open {base} in this browser first.\n"
    assert answer.headers["WWW-Authenticate"] == 'Cookie cookie-name="_oauth2_proxy"'


def test_a_preflight_passes_without_identity(front: FrontStarter) -> None:
    asked = {
        "Access-Control-Request-Method": "GET",
        "Origin": "http://localhost:3000",
        "X-Forwarded-User": "petra-reed",
    }
    seen = requests.options(front(persona=None), headers=asked, timeout=SECONDS).json()
    assert seen["method"] == "OPTIONS"
    assert "X-Forwarded-User" not in dict(seen["headers"])


@pytest.mark.parametrize("cookie", ["_oauth2_proxy=nobody", "_oauth2_proxy=", "CF_Authorization=plain"])
def test_a_cookie_that_means_nobody(front: FrontStarter, cookie: str) -> None:
    assert requests.get(front(persona=None), headers={"Cookie": cookie}, timeout=SECONDS).status_code == 401


def test_a_fixed_persona_is_not_changed_by_a_cookie(front: FrontStarter) -> None:
    answer = requests.get(front(), headers={"Cookie": "_oauth2_proxy=many-groups"}, timeout=SECONDS)
    assert user(answer) == "ada-quill"


def test_somebody_who_is_no_persona_cannot_be_chosen(front: FrontStarter) -> None:
    answer = requests.post(f"{front(persona=None)}/__front/sign-in", data={"persona": "root"}, timeout=SECONDS)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_the_sign_in_form_takes_no_flood(front: FrontStarter) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(f"{front(persona=None)}/__front/sign-in", data=b"x" * 1_000_000, timeout=SECONDS)


SIGN_OUTS = {
    "azureEasyAuth": ("/.auth/logout", "AppServiceAuthSession", "post_logout_redirect_uri"),
    "oauth2Proxy": ("/oauth2/sign_out", "_oauth2_proxy", "rd"),
    "cfaccess": ("/cdn-cgi/access/logout", "CF_Authorization", "returnTo"),
}


@pytest.mark.parametrize("vendor", SIGN_OUTS)
def test_signing_out_where_this_proxy_has_it(front: FrontStarter, vendor: str) -> None:
    path, cookie, return_to = SIGN_OUTS[vendor]
    base = front(vendor, None)
    with requests.Session() as session:
        sign_in(session, base, "plain")
        assert session.cookies[cookie] == "plain"
        assert session.get(base, timeout=SECONDS).status_code == 200
        answer = session.get(f"{base}{path}", timeout=SECONDS)
        assert "Signed out of" in answer.text
        assert cookie not in session.cookies
        assert session.get(base, timeout=SECONDS).status_code == 401
        onward = session.get(f"{base}{path}", params={return_to: "/bye?x=1"}, allow_redirects=False, timeout=SECONDS)
        assert onward.headers["Location"] == "/bye?x=1"
        away = session.get(
            f"{base}{path}", params={return_to: "//evil.example"}, allow_redirects=False, timeout=SECONDS
        )
        assert away.headers["Location"] == "/"


def test_signing_out_by_a_query_parameter(front: FrontStarter) -> None:
    base = front("gcpIap", None)
    with requests.Session() as session:
        sign_in(session, base, "plain")
        session.cookies.set("GCP_IAP_XSRF_NONCE_x", "1")
        away = session.get(f"{base}/a?b=1&gcp-iap-mode=CLEAR_LOGIN_COOKIE", allow_redirects=False, timeout=SECONDS)
        assert (away.status_code, away.headers["Location"]) == (302, "/a?b=1")
        assert "GCP_IAP_UID" not in session.cookies
        assert [line.partition("=")[0] for line in away.raw.headers.getlist("Set-Cookie")] == [
            "GCP_IAP_UID",
            "GCP_IAP_XSRF_NONCE_x",
        ]
        assert session.get(base, timeout=SECONDS).status_code == 401
        other = session.get(f"{base}/a?gcp-iap-mode=IDENTITY", timeout=SECONDS)
        assert other.status_code == 401


def test_a_proxy_without_sign_out_leaves_it_to_the_application(front: FrontStarter) -> None:
    base = front("awsalb", None)
    with requests.Session() as session:
        sign_in(session, base, "plain")
        assert session.get(f"{base}/oauth2/sign_out", timeout=SECONDS).json()["path"] == "/oauth2/sign_out"
        # As an application does that deletes the cookie.
        del session.cookies["AWSELBAuthSessionCookie-0"]
        assert session.get(base, timeout=SECONDS).status_code == 401


def test_a_fixed_persona_is_back_after_signing_out(front: FrontStarter) -> None:
    base = front()
    assert "--as plain" in requests.get(f"{base}/oauth2/sign_out", timeout=SECONDS).text
    assert user(requests.get(base, timeout=SECONDS)) == "ada-quill"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("/a?b=c#d", "/a?b=c"),
        ("http://localhost:9070/a", "/a"),
        ("//localhost:9070/a", "/a"),
        ("", "/"),
        ("a", "/"),
        ("http://evil.example/a", "/"),
        ("//evil.example/a", "/"),
        ("/\\evil.example", "/"),
        ("http://localhost:9070//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("javascript://localhost:9070/%0aalert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("http://[::1", "/"),
    ],
)
def test_where_somebody_may_be_sent(address: str, local: str) -> None:
    assert Visit("GET", "/", [(b"Host", b"localhost:9070")]).local(address) == local
