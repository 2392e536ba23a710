"""Trying a sign-in with the mock's own client, at every vendor and with every kind of client that it has."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from mock_idp.demo_client import CLIENT_IDS, PUBLIC, kinds
from mock_idp.settings import MOST_TRIALS
from mock_idp.vendors import vendors
from tests.mock_idp.conftest import World, form_of, make_world

ALL = [(vendor.id, kind) for vendor in vendors().values() for kind in kinds(vendor)]


def relative(url: str) -> str:
    parts = urlsplit(url)
    assert parts.netloc in ("", "localhost"), "a trial stays at the mock's own address"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def begin(world: World, kind: str, **fields: str) -> TestResponse:
    answer = world.http.post(f"/__idp/try/{world.vendor}", data={"client": kind, **fields})
    assert answer.status_code == 303, answer.text
    return world.http.get(relative(answer.headers["Location"]))


def come_back(world: World, decided: TestResponse) -> TestResponse:
    """Go back to the client, by redirect or by form, and on to the page it leads to."""
    if decided.status_code == 200:
        form = form_of(decided)
        back = world.http.post(relative(form.action), data=dict(form.fields))
    else:
        back = world.http.get(relative(decided.headers["Location"]))
    assert back.status_code == 303, back.text
    return world.http.get(relative(back.headers["Location"]).partition("#")[0])


@pytest.mark.parametrize(("vendor", "kind"), ALL)
def test_each_vendor_can_be_tried(vendor: str, kind: str) -> None:
    world = make_world(vendor, vendor)
    page = begin(world, kind)
    assert page.status_code == 200, page.text
    assert CLIENT_IDS[kind] in page.text
    shown = come_back(world, world.decide(page)).text
    entries = world.journal(vendor=vendor)
    asked = ("authorization", "token", "profile")
    has = world.idp.vendors[vendor].usual_paths()
    assert [entry["endpoint"] for entry in entries] == [endpoint for endpoint in asked if endpoint in has]
    assert [(entry["endpoint"], entry["refusal"]) for entry in entries if entry["refusal"]] == []
    assert {entry["status"] for entry in entries} == {200}
    assert "Ada Quill" in shown
    assert ">allowed</span>" in shown


def test_tokens_are_opened_and_stay_secret() -> None:
    world = make_world("oidc", "oidc")
    shown = come_back(world, world.decide(begin(world, "confidential"))).text
    assert "id_token, opened (JWT)" in shown
    assert "&#34;aud&#34;: &#34;try-it&#34;" in shown
    grant = world.http.get("/__idp/grants").json["grants"][0]["id"]
    token_request = world.journal(grant=grant)[1]
    for secret in (
        *token_request["form"]["code"],
        world.idp.services.by_id["oidc"].clients.by_id["try-it"].client_secret,
    ):
        assert secret not in shown


def test_a_saml_answer_is_opened() -> None:
    world = make_world("saml", "saml")
    shown = come_back(world, world.decide(begin(world, "confidential"))).text
    assert "SAMLRequest, opened (SAML)" in shown
    assert "SAMLResponse, opened (SAML)" in shown
    assert "&lt;saml:Audience&gt;try-it&lt;/saml:Audience&gt;" in shown
    assert "SignatureValue&gt;(344 characters)&lt;" in shown


def test_a_denied_trial_asks_for_no_tokens() -> None:
    github = make_world("github", "github")
    shown = come_back(github, github.decide(begin(github, "confidential"), decision="deny")).text
    assert ">denied</span>" in shown
    assert [entry["endpoint"] for entry in github.journal()] == ["authorization"]


def test_a_trial_that_goes_wrong_says_why() -> None:
    world = make_world("github", "github")
    page = begin(world, "confidential")
    shown = come_back(world, world.decide(page, faults='["stall"]')).text
    assert "fault: stall" in shown
    assert "the connection did: stall" in shown
    assert [entry["endpoint"] for entry in world.journal()] == ["authorization", "token"]


def test_a_trial_comes_back_once() -> None:
    world = make_world("github", "github")
    decided = world.decide(begin(world, "confidential"))
    come_back(world, decided)
    again = world.http.get(relative(decided.headers["Location"]))
    assert (again.status_code, "came back before" in again.text) == (400, True)


def test_trials_are_forgotten_not_hoarded() -> None:
    world = make_world("github", "github")
    first = begin(world, "confidential")
    for _ in range(MOST_TRIALS):
        world.http.post("/__idp/try/github")
    decided = world.decide(first)
    assert world.http.get(relative(decided.headers["Location"])).status_code == 400


def test_the_demo_clients_are_nobodys_own() -> None:
    world = make_world("github", "github")
    begin(world, "confidential")
    assert "try-it" not in world.http.get("/__idp/setup").text


@pytest.mark.parametrize(
    ("path", "data", "status", "sentence"),
    [
        ("/__idp/try/nobody", {}, 404, "There is no vendor"),
        ("/__idp/try/github", {"client": "strange"}, 400, "The client is"),
        ("/__idp/vendors/nobody.html", None, 404, "There is no vendor"),
        ("/__idp/try/github/callback?state=x&code=y", None, 400, "not begun here"),
    ],
)
def test_mistakes(path: str, data: dict[str, str] | None, status: int, sentence: str) -> None:
    world = make_world("github", "github")
    answer = world.http.get(path) if data is None else world.http.post(path, data=data)
    assert (answer.status_code, sentence in answer.text) == (status, True)


@pytest.mark.parametrize("vendor", vendors())
def test_the_page_of_a_vendor_and_the_first_page_lead_to_the_trial(vendor: str) -> None:
    world = make_world("github", "github")
    assert f"/__idp/vendors/{vendor}.html#try" in world.http.get("/").text
    page = world.http.get(f"/__idp/vendors/{vendor}.html").text
    assert f'action="/__idp/try/{vendor}"' in page
    assert (f"<option>{PUBLIC}</option>" in page) is (PUBLIC in kinds(vendors()[vendor]))


def test_links_of_the_first_page_lead_somewhere(github: World) -> None:
    links = set(re.findall(r'href="(/[^"#]*)', github.http.get("/").text))
    assert len(links) > 40
    for link in links - {"/__idp/ca.pem"}:
        assert github.http.get(link).status_code == 200, link


def test_pkce_where_the_vendor_reads_it() -> None:
    world = make_world("oidc", "oidc")
    answer = world.http.post("/__idp/try/oidc")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
