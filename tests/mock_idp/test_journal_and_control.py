"""What the mock says about itself and about what it was asked."""

from typing import Any

import pytest
import yaml

from mock_idp import __version__
from mock_idp.app_config.providers import default_providers
from mock_idp.journal import Filter, Journal, masked
from mock_idp.personas import SPARE
from mock_idp.vendors import vendors
from tests.mock_idp.conftest import World, make_world

BARE_ENTRY: dict[str, Any] = {
    "time": 0.0,
    "service": "s",
    "vendor": "v",
    "endpoint": "other",
    "method": "GET",
    "scheme": "http",
    "host": "",
    "path": "/",
    "form": (),
    "headers": (),
    "status": 200,
}


# --- journal --------------------------------------------------------------------------------------


def test_a_sign_in_in_the_journal(world: World) -> None:
    tokens = world.tokens()
    world.profile(tokens["access_token"])
    world.refresh(tokens["refresh_token"])
    entries = world.journal(grant=tokens["grant"])
    assert [entry["endpoint"] for entry in entries] == ["authorization", "token", "profile", "refresh"]
    assert [entry["sequence"] for entry in entries] == sorted(entry["sequence"] for entry in entries)
    authorization, token, profile, refresh = entries
    assert authorization["query"]["state"] == ["the state"]
    assert authorization["status"] == 200
    assert token["method"] == "POST"
    assert token["form"]["client_secret"] == [world.client.client_secret]
    assert token["path"] == world.path("token").removeprefix(f"/{world.vendor}")
    assert token["client_id"] == world.client.client_id
    assert profile["headers"]["authorization"] == f"Bearer {tokens['access_token']}"
    assert profile["client_id"] == world.client.client_id
    assert refresh["form_pairs"][-1] == ["scope", ""]
    assert all(entry["refusal"] is None and entry["faults"] == [] for entry in entries)


def test_filters(world: World) -> None:
    tokens = world.tokens(asked={"state": "mine"})
    code = world.journal(grant=tokens["grant"])[1]["form"]["code"][0]
    world.tokens(asked={"state": "other"})
    everything = world.journal()
    assert len(everything) == 4
    assert world.journal(state="mine") == everything[:2]
    assert world.journal(code=code) == everything[:2]
    assert world.journal(since=everything[1]["sequence"]) == everything[2:]
    assert world.journal(vendor=world.vendor) == everything
    assert world.journal(endpoint="token") == everything[1::2]
    assert world.journal(vendor="nobody") == world.journal(grant="nothing") == []


def test_repeated_parameters_are_kept(github: World) -> None:
    github.http.get("/github/login/oauth/authorize?a=1&b=2&a=3&a=")
    entry = github.journal()[-1]
    assert entry["query"] == {"a": ["1", "3", ""], "b": ["2"]}
    assert entry["query_pairs"] == [["a", "1"], ["b", "2"], ["a", "3"], ["a", ""]]


def test_a_denied_grant_has_entries_too(world: World) -> None:
    grant = world.callback(decision="deny")["grant"]
    assert [entry["endpoint"] for entry in world.journal(grant=grant)] == ["authorization"]
    assert world.http.get(f"/__idp/grants/{grant}").json["revoked"] is True


def test_the_journal_is_bounded() -> None:
    world = make_world("github", "ghe", journal_limit=3)
    for _ in range(5):
        world.profile("x")
    assert [entry["sequence"] for entry in world.journal()] == [3, 4, 5]


def test_the_index_forgets_with_the_journal() -> None:
    journal = Journal(limit=3)
    for number in range(6):
        grant = f"g{number // 2}"
        query = (("state", f"s{number // 2}"), ("state", "common")) if number % 2 == 0 else ()
        journal.add(**BARE_ENTRY, query=query, grant=None if query else grant, request=grant if query else None)
        journal.bind(grant, grant)
    assert [entry.sequence for entry in journal.entries()] == [4, 5, 6]
    assert [entry.sequence for entry in journal.entries(Filter(grant="g1"))] == [4]
    assert journal.entries(Filter(state="s1")) == journal.entries(Filter(state="s0")) == []
    assert [entry.sequence for entry in journal.entries(Filter(state="s2"))] == [5, 6]
    assert [entry.sequence for entry in journal.entries(Filter(state="common", since=5))] == [6]
    assert journal.entries(Filter(state="s2", grant="g1")) == journal.entries(Filter(since=99)) == []
    for _ in range(3):
        journal.add(**BARE_ENTRY, query=())
    assert not journal._index, "nothing is left of entries that are gone"


def test_strangers_see_no_secrets(github: World) -> None:
    tokens = github.tokens()
    github.profile(tokens["access_token"])
    seen = github.http.get("/__idp/journal", environ_base={"REMOTE_ADDR": "192.0.2.7"}).text
    page = github.http.get("/__idp/journal.html").text
    for text in (seen, page):
        assert github.client.client_secret not in text
        assert tokens["access_token"] not in text
        assert tokens["grant"] in text


def test_masking() -> None:
    assert masked("Bearer gho_123456") == "Bearer gho_…(10 characters)"
    assert masked("") == ""


def test_a_wrong_filter_is_a_sentence(github: World) -> None:
    for query in ("?colour=red", "?since=now"):
        assert github.http.get(f"/__idp/journal{query}").status_code == 400
        assert github.http.get(f"/__idp/journal.html{query}").status_code == 400


# --- descriptions ---------------------------------------------------------------------------------


def test_description(github: World) -> None:
    said = github.http.get("/__idp/").json
    assert said["kit"] == {"name": "backstage-auth-conformance", "version": __version__}
    assert said["seed"] == 1
    by_id = {provider["id"]: provider for provider in said["providers"]}
    assert list(by_id) == list(default_providers())
    ghe = by_id["ghe"]
    assert (ghe["kind"], ghe["vendor"]) == ("oauth", "github")
    development = ghe["environments"][0]
    assert development["name"] == "development"
    assert development["client_id"] == "mock-ghe-development"
    assert development["redirect_uris"] == ["http://localhost:7007/api/auth/ghe/handler/frame"]
    assert development["service"] == ghe["service"] == "github"
    saml = by_id["saml"]
    assert (saml["kind"], saml["environments"]) == ("saml", [])
    assert saml["client"]["client_id"] == "mock-saml"
    assert saml["client"]["redirect_uris"] == ["http://localhost:7007/api/auth/saml/handler/frame"]
    assert by_id["guest"] == {
        "id": "guest",
        "kind": "proxy",
        "vendor": "guest",
        "service": "guest",
        "reserved": False,
        "client": None,
        "environments": [],
    }


def test_catalogues(github: World) -> None:
    described = github.http.get("/__idp/vendors").json["vendors"]
    assert [vendor["id"] for vendor in described] == list(vendors())
    assert github.http.get("/__idp/quirks").json["quirks"][0]["source"]
    entities = list(yaml.safe_load_all(github.http.get("/__idp/catalog.yaml").data))
    shown = list(yaml.safe_load_all(github.http.get("/__idp/people.yaml").data))
    assert len(entities) - len(shown) == len(SPARE)
    assert not SPARE.keys() & {entity["metadata"]["name"] for entity in shown}
    assert {entity["kind"] for entity in entities} == {"User", "Group"}
    assert github.http.get("/__idp/ca.pem").status_code == 404


# --- changes --------------------------------------------------------------------------------------


def test_clients_can_be_registered(github: World) -> None:
    body = {"provider": "mine", "vendor": "github", "env": "github-app", "redirect_uris": ["https://a.example/cb"]}
    answer = github.http.post("/__idp/clients", json=body)
    assert answer.status_code == 201
    assert answer.json["client_id"].startswith("Iv1."), "as the vendor makes them"
    body["redirect_uris"] = ["http://b.example/cb"]
    assert len(github.http.post("/__idp/clients", json=body).json["redirect_uris"]) == 2
    mine = make_world("github", "ghe")
    mine.http, mine.idp, mine.provider = github.http, github.idp, "mine"
    assert mine.of("github-app").tokens()["refresh_token"]


WRONG: list[tuple[str, str, Any, str]] = [
    ("POST", "/__idp/clients", {"vendor": "github"}, "needs the member redirect_uris"),
    (
        "POST",
        "/__idp/clients",
        {"vendor": "nobody", "provider": "p", "env": "e", "redirect_uris": ["http://a"]},
        "no vendor",
    ),
    ("POST", "/__idp/clients", {"vendor": "github", "provider": "p", "env": "e", "redirect_uris": []}, "at least one"),
    ("POST", "/__idp/clients", {"vendor": "github", "provider": "p", "env": "e", "redirect_uris": "x"}, "list"),
    ("POST", "/__idp/clients", {"vendor": "github", "provider": "p", "env": "e", "redirect_uris": ["/x"]}, "absolute"),
    (
        "POST",
        "/__idp/clients",
        {"vendor": "github", "provider": "p", "env": "e", "redirect_uris": ["http://a/#f"]},
        "abs",
    ),
    (
        "POST",
        "/__idp/clients",
        {"vendor": "github", "provider": "../p", "env": "e", "redirect_uris": ["http://a"]},
        "name",
    ),
    (
        "POST",
        "/__idp/clients",
        {"vendor": "github", "service": "nowhere", "redirect_uris": ["http://a"]},
        "no such service",
    ),
    ("POST", "/__idp/clients", {"colour": "red"}, "means nothing"),
    ("POST", "/__idp/clients", [], "JSON object"),
    ("POST", "/__idp/services", {"id": "x", "vendor": "nobody"}, "no vendor"),
    ("POST", "/__idp/services", {"id": "google", "vendor": "google"}, "already"),
    ("POST", "/__idp/services", {"id": "__idp/x", "vendor": "google"}, "name"),
    ("POST", "/__idp/services", {"id": "x", "vendor": "google", "faults": ["nothing"]}, "no fault"),
    ("POST", "/__idp/proxies/nobody/headers", {"persona": "plain"}, "no auth proxy"),
    ("POST", "/__idp/proxies/guest/headers", {"persona": "nobody"}, "must be one of"),
    ("POST", "/__idp/proxies/oauth2Proxy/headers", {"persona": "plain", "remove": ["X-Other"]}, "adds no header"),
    ("POST", "/__idp/proxies/oauth2Proxy/headers", {"persona": "plain", "replace": {"X-A": 1}}, "texts"),
    ("POST", "/__idp/proxies/oauth2Proxy/headers", {"persona": "plain", "claims": []}, "object"),
    ("POST", "/__idp/proxies/oauth2Proxy/headers", {"persona": "plain", "algorithm": "RS999"}, "algorithm"),
    ("POST", "/__idp/proxies/oauth2Proxy/headers", {"persona": "plain", "key": "mine"}, "key"),
    ("PATCH", "/__idp/grants/nothing", {"revoked": True}, "no grant"),
    ("GET", "/__idp/grants/nothing", None, "no grant"),
]


@pytest.mark.parametrize(("method", "path", "body", "description"), WRONG)
def test_mistakes_are_sentences(github: World, method: str, path: str, body: Any, description: str) -> None:
    answer = github.http.open(path, method=method, json=body)
    assert answer.status_code in (400, 404)
    assert description in answer.json["error"], answer.json


def test_a_form_of_another_website_changes_nothing(github: World) -> None:
    answer = github.http.post("/__idp/services", data='{"id": "x", "vendor": "google"}', content_type="text/plain")
    assert answer.status_code == 415
    assert answer.json["error"].startswith("Send a JSON object")
    answer = github.http.post("/__idp/services", data="{", content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_there_is_a_limit_to_services() -> None:
    world = make_world("github", "ghe", service_limit=1)
    assert world.http.post("/__idp/services", json={"id": "a", "vendor": "github"}).status_code == 201
    assert "the most" in world.http.post("/__idp/services", json={"id": "b", "vendor": "github"}).json["error"]


def test_revoked_must_be_true_or_false(github: World) -> None:
    grant = github.callback()["grant"]
    assert github.http.patch(f"/__idp/grants/{grant}", json={"revoked": "yes"}).status_code == 400


def test_what_is_not_there(github: World) -> None:
    assert github.http.get("/__idp/nothing").json["error"].startswith("Not Found")
    assert github.http.get("/nothing/at/all").status_code == 404
    answer = github.http.put("/__idp/personas")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert github.http.get("/__idp").status_code == 302
