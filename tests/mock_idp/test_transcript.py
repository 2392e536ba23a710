"""What people are shown of a sign-in: everything but credentials."""

import base64
import itertools
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from mock_idp.control.events import JournalFeed
from mock_idp.journal import Entry, Filter, Sent
from mock_idp.running import start
from mock_idp.settings import Settings
from mock_idp.transcript.decoding import decode_json, decode_pairs
from mock_idp.transcript.export import curl, har
from mock_idp.transcript.masking import mask_pairs, mask_text, mask_url
from mock_idp.transcript.sign_ins import describe
from tests.mock_idp.conftest import World, make_world

HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
CLAIMS = "eyJzdWIiOiIxMjMifQ"
SIGNATURE = "c2lnbmF0dXJlLW9mLWEtdG9rZW4"
JWT = f"{HEADER}.{CLAIMS}.{SIGNATURE}"


def entry(**changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "sequence": 1,
        "time": 0.0,
        "service": "github",
        "vendor": "github",
        "endpoint": "token",
        "method": "POST",
        "scheme": "http",
        "host": "localhost:9000",
        "path": "/token",
        "address": "/github/token",
        "query": (),
        "form": (),
        "headers": (),
        "status": 200,
    }
    return Entry(**{**fields, **changes})


def command(**changes: Any) -> str:
    return curl(describe(entry(**changes), ()), "http://127.0.0.1:9080", "http://127.0.0.1:9000/__idp/ca.pem")


# --- credentials --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        (json.dumps({"access_token": "top-secret-value"}), "application/json"),
        (json.dumps({"deep": [{"refresh_token": "top-secret-value"}]}), "application/json"),
        (json.dumps({"a": {"code": ["top-secret-value"]}}), "text/plain"),
        ("access_token=top-secret-value&scope=a", "application/x-www-form-urlencoded"),
        ('{"access_token": "top-secret-value", "expi', "application/json"),
        ("access_token=top-secret-value&scope=a", "text/plain"),
        (json.dumps({"whatever": JWT.replace(SIGNATURE, "top-secret-value")}), "application/json"),
        (f"see {JWT.replace(SIGNATURE, 'top-secret-value')}", "text/plain"),
    ],
)
def test_no_credential_of_a_body_is_shown(text: str, media_type: str) -> None:
    assert "top-secret-value" in text
    assert "secret-value" not in mask_text(text, media_type)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("location", "http://app/cb?code=top-secret-value&state=s"),
        ("Location", "http://app/cb#id_token=top-secret-value"),
        ("set-cookie", "session=top-secret-value; Path=/"),
        ("authorization", "Bearer top-secret-value"),
        ("id_token_hint", "top-secret-value"),
        ("x-anything", JWT.replace(SIGNATURE, "top-secret-value")),
    ],
)
def test_no_credential_of_a_parameter_or_header_is_shown(name: str, value: str) -> None:
    assert "secret-value" not in str(mask_pairs(((name, value),)))


def test_what_is_no_credential_stays() -> None:
    assert mask_url("http://app/cb?error=access_denied&state=a+b") == "http://app/cb?error=access_denied&state=a b"
    assert json.loads(mask_text('{"login": "jane", "id": 7}', "application/json")) == {"login": "jane", "id": 7}


def test_not_one_secret_of_a_whole_sign_in_is_shown(world: World) -> None:
    tokens = world.tokens()
    world.profile(tokens["access_token"])
    world.refresh(tokens["refresh_token"])
    entries = world.journal(grant=tokens["grant"])
    secrets = [
        world.client.client_secret,
        *(tokens[name] for name in ("access_token", "refresh_token", "id_token") if name in tokens),
        *(value for one in entries for name in ("code", "code_verifier") for value in one["form"].get(name, [])),
    ]
    pages = {path: world.http.get(path).text for path in ("/__idp/journal.html", "/__idp/journal.har")}
    pages["events"] = world.http.get("/__idp/journal/events?since=0").text
    assert len(secrets) >= 4
    for path, text in pages.items():
        for secret in secrets:
            assert secret not in text, path
            assert secret.rpartition(".")[2] not in text, path


# --- tokens -------------------------------------------------------------------------------------------


def test_tokens_are_opened_wherever_they_are() -> None:
    for opened in (
        decode_pairs((("client_assertion", JWT),)),
        decode_pairs((("authorization", f"Bearer {JWT}"),)),
        decode_json({"a": [{"id_token": JWT}]}),
    ):
        (token,) = opened
        assert (token.kind, json.loads(token.header)["alg"], json.loads(token.text)) == ("JWT", "HS256", {"sub": "123"})
        assert SIGNATURE not in token.header + token.text


@pytest.mark.parametrize("value", ["", "a.b.c", "....", f"{HEADER}.!.x", f"{CLAIMS}.{CLAIMS}.x", "é.é.é", "x" * 9999])
def test_what_is_no_token_is_not_opened(value: str) -> None:
    assert decode_pairs((("code", value), ("SAMLResponse", value), ("SAMLRequest", value))) == []


def test_an_entity_in_saml_is_not_resolved() -> None:
    xml = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>'
    opened = decode_pairs((("SAMLResponse", base64.b64encode(xml.encode()).decode()),))
    assert Path("/etc/hostname").read_text().strip() not in str(opened)


# --- curl and HAR -------------------------------------------------------------------------------------


def test_curl_has_variables_in_the_place_of_credentials() -> None:
    form = (("grant_type", "authorization_code"), ("code", "c-0-d-e"), ("client_secret", "hush"))
    headers = (("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded"))
    said = command(form=form, headers=headers)
    assert shlex.split(said) == [
        *("curl", "--include", "--header", "accept: application/json"),
        *("--data-urlencode", "grant_type=authorization_code"),
        *("--data-urlencode", "code=$CODE", "--data-urlencode", "client_secret=$CLIENT_SECRET"),
        "http://localhost:9000/github/token",
    ]
    assert '"$CODE"' in said, "a shell puts it in"


@pytest.mark.parametrize("text", ['"; touch /tmp/x; "', "$(touch x)", "`x`", "a'b", "\n", "é"])
def test_nothing_in_a_request_is_a_command(text: str) -> None:
    said = command(
        method=text,
        host=text,
        address=f"/{text}",
        query=(("state", text), ("code", text), (text, text)),
        form=((text, text), ("code", text)),
        headers=(("accept", text), ("authorization", f"{text} x")),
    )
    lexer = shlex.shlex(said, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    assert not {";", "&", "|", "(", ")"} & set(lexer)
    inside_double_quotes = said.split('"')[1::2]
    for part in inside_double_quotes:
        assert "$(" not in part
        assert "`" not in part


def test_curl_of_a_vendors_own_name_goes_through_the_proxy() -> None:
    said = command(scheme="https", host="github.com", method="GET")
    assert "--proxy http://127.0.0.1:9080" in said
    assert "--cacert <(curl --silent http://127.0.0.1:9000/__idp/ca.pem)" in said
    assert "--proxy" not in command(scheme="https", host="localhost:9443", method="GET")


def test_har_of_a_sign_in(world: World) -> None:
    tokens = world.tokens()
    document = world.http.get("/__idp/journal.har", query_string={"grant": tokens["grant"]}).json["log"]
    assert document["version"] == "1.2"
    authorization, token = document["entries"]
    assert authorization["response"]["status"] == 303, "where the browser went in the end"
    assert authorization["response"]["redirectURL"].startswith(world.redirect_uri)
    assert token["request"]["postData"]["params"][0]["name"]
    assert "access_token" in token["response"]["content"]["text"]
    assert har([])["log"]["entries"] == []


def test_har_filters_like_the_journal(github: World) -> None:
    assert github.http.get("/__idp/journal.har?nonsense=1").status_code == 400


# --- the page -----------------------------------------------------------------------------------------


def cards(world: World, **wanted: str) -> Iterator[str]:
    text = world.http.get("/__idp/journal.html", query_string=wanted).text
    yield from text.split('<article class="card sign-in"')[1:]


def test_a_card_for_each_sign_in_the_latest_first(github: World) -> None:
    github.tokens(persona="plain")
    github.callback(persona="no-email", decision="deny")
    github.authorize(client_id="nobody")
    github.authorize()
    shown = list(cards(github))
    outcomes = ["waits for a decision", "refused", "denied", "allowed"]
    assert [next(outcome for outcome in outcomes if f">{outcome}</span>" in card) for card in shown] == outcomes
    assert "Registered clients" in shown[1], "why it was refused"
    assert "Bela Marsh" in shown[2]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"person": "plain"}, 1),
        ({"person": "no-email"}, 1),
        ({"person": "nobody"}, 0),
        ({"endpoint": "token"}, 1),
        ({"refused": "1"}, 1),
        ({"vendor": "github"}, 4),
        ({"vendor": "okta"}, 0),
        ({"vendor": "", "person": "", "endpoint": ""}, 4),
    ],
)
def test_filters_stand_in_the_address(github: World, wanted: dict[str, str], count: int) -> None:
    github.tokens(persona="plain")
    github.callback(persona="no-email", decision="deny")
    github.authorize(client_id="nobody")
    github.authorize()
    assert len(list(cards(github, **wanted))) == count


def test_a_grant_that_is_gone(github: World) -> None:
    tokens = github.tokens()
    github.http.delete(f"/__idp/grants/{tokens['grant']}")
    (card,) = cards(github)
    assert ">not remembered</span>" in card


def test_filters_that_are_none(github: World) -> None:
    for query in ("nonsense=1", "refused=perhaps", "since=soon"):
        assert github.http.get(f"/__idp/journal.html?{query}").status_code == 400


def test_what_belongs_to_no_sign_in_has_a_card_of_its_own(google: World) -> None:
    google.http.get("/google/.well-known/openid-configuration")
    text = google.http.get("/__idp/journal.html").text
    assert list(cards(google)) == []
    assert "Requests that belong to no sign-in" in text


def test_a_fault_is_told_with_what_the_connection_did(github: World) -> None:
    callback = github.callback(faults='["reset"]')
    github.redeem(callback["code"])
    (card,) = cards(github)
    assert "fault: reset" in card
    assert "the connection did: reset" in card


def test_an_answer_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_idp.journal.JOURNAL_ANSWERS", 1)
    world = make_world("github", "github")
    tokens = world.tokens()
    assert [len(world.idp.journal.answers(one["sequence"])) for one in world.journal()] == [0, 1]
    (card,) = cards(world, grant=tokens["grant"])
    assert "too old to be remembered" in card


def test_only_the_beginning_of_a_long_answer_is_kept(github: World) -> None:
    callback = github.callback(faults='["oversized"]')
    github.redeem(callback["code"])
    latest = github.idp.journal.entries()[-1]
    (answer,) = github.idp.journal.answers(latest.sequence)
    assert len(answer.body) < answer.length
    assert "The first 16384 of" in next(cards(github))


def test_a_body_that_nobody_can_read() -> None:
    sent = Sent(200, (("Content-Type", "application/json"),), b"\x00\xff", 2)
    (shown,) = describe(entry(), (sent,)).answers
    assert shown.text == ""


# --- events -------------------------------------------------------------------------------------------


def test_events_tell_of_new_entries_and_of_decisions(github: World) -> None:
    feed = JournalFeed(github.idp.journal, since=0)
    assert feed.greeting() == b"retry: 1000\n\n"
    assert feed.news() == b""
    page = github.authorize()
    news = feed.news()
    assert news.startswith(b"id: 1\nevent: entry\ndata: {")
    github.decide(page)
    assert feed.news().startswith(b"event: change")
    assert feed.news() == b""


def test_events_since(github: World) -> None:
    for _ in range(3):
        github.authorize()

    def ids(**how: Any) -> list[str]:
        text = github.http.get("/__idp/journal/events", **how).text
        return [line for line in text.splitlines() if line.startswith("id: ")]

    assert ids() == []
    assert ids(query_string={"since": "1"}) == ["id: 2", "id: 3"]
    assert ids(headers={"Last-Event-ID": "2"}) == ["id: 3"]
    assert github.http.get("/__idp/journal/events?since=soon").status_code == 400
    assert github.http.get("/__idp/journal/events?vendor=okta").status_code == 400


def test_events_over_the_wire(tmp_path: Path) -> None:
    settings = Settings(port=0, tls_port=0, proxy_port=0, state_dir=tmp_path)
    with start(settings) as running, requests.Session() as session:
        session.trust_env = False
        url = running.urls["http"]
        with session.get(f"{url}/__idp/journal/events", stream=True, timeout=10) as events:
            lines = events.iter_lines(chunk_size=1)
            assert next(lines) == b"retry: 1000"
            assert events.headers["Content-Type"].startswith("text/event-stream")
            session.get(f"{url}/github/login/oauth/authorize?client_id=nobody", timeout=10)
            told = [line for line in itertools.islice(lines, 4) if line]
            assert told[:2] == [b"id: 1", b"event: entry"]
            assert json.loads(told[2].removeprefix(b"data: "))["refusal"]["reason"] == "unknown client"


def test_entries_of_saml_are_found_by_relay_state() -> None:
    world = make_world("saml", "saml")
    world.http.get("/saml/sso?RelayState=mine")
    assert len(world.idp.journal.entries(Filter(state="mine"))) == 1
