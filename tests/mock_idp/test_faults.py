"""Faults: how they are ordered, and what each of them does."""

import json
from typing import Any

import jwt
import pytest

from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.model import Parameter
from mock_idp.oauth.model import Endpoint, Reason
from mock_idp.server.transport import ENVIRON_KEY, Behaviour, Connection
from tests.mock_idp.conftest import World, make_world


def redeemed(world: World, *faults: Any, **changes: Any) -> Any:
    """The token answer of a grant that carries faults."""
    return world.redeem(world.callback(faults=json.dumps(faults), **changes)["code"])


def ordered(world: World, *faults: Any) -> Behaviour | None:
    connection = Connection()
    world.http.environ_base[ENVIRON_KEY] = connection
    redeemed(world, *faults)
    return connection.ordered


# --- the callback ---------------------------------------------------------------------------------


def test_denied_with_and_without_description(world: World) -> None:
    said = world.callback(faults='["denied-without-description"]')
    assert said["error"] == "access_denied"
    assert "error_description" not in said and "code" not in said
    said = world.callback(decision="deny", faults='[{"fault": "denied-with-description", "description": "no <b>"}]')
    assert said["error_description"] == "no <b>"
    assert said["state"] == "the state"


def test_callback_error(world: World) -> None:
    said = world.callback(faults='[{"fault": "callback-error", "error": "temporarily_unavailable"}]')
    assert said["error"] == "temporarily_unavailable"
    assert "code" not in said and "error_description" not in said


def test_callback_parameters(world: World) -> None:
    faults = [
        {"fault": "set", "at": "callback", "members": {"state": "forged", "iss": "https://x"}},
        {"fault": "remove", "at": "callback", "members": ["code"]},
    ]
    said = world.callback(faults=json.dumps(faults))
    said.pop("grant")
    assert said == {"state": "forged", "iss": "https://x"}


# --- the token endpoint ---------------------------------------------------------------------------


def test_token_error(world: World) -> None:
    answer = redeemed(world, {"fault": "token-error", "error": "server_error", "description": "d", "status": 503})
    assert (answer.status_code, answer.json) == (503, {"error": "server_error", "error_description": "d"})
    answer = redeemed(world, {"fault": "error-with-status-200"})
    assert (answer.status_code, answer.json) == (200, {"error": "invalid_grant"})


def test_rate_limit(world: World) -> None:
    answer = redeemed(world, {"fault": "rate-limited", "retry_after": 7})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_server_errors(world: World) -> None:
    assert redeemed(world, "server-error").json == {"message": "Internal Server Error"}
    answer = redeemed(world, "bad-gateway")
    assert answer.status_code == 502
    assert answer.content_type.startswith("text/html")


def test_bodies_that_are_no_answer(world: World) -> None:
    answer = redeemed(world, "empty-body")
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"", None)
    assert redeemed(world, "json-null").data == b"null"
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(redeemed(world, "truncated-json").data)


def test_redirect_instead(world: World) -> None:
    answer = redeemed(world, {"fault": "redirect-instead", "location": "https://elsewhere.invalid/?a=b"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.invalid/?a=b")


def test_redirects_of_every_kind(world: World) -> None:
    answer = redeemed(world, {"fault": "redirect-instead", "location": "https://elsewhere.invalid/", "status": 308})
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://elsewhere.invalid/")
    answer = redeemed(world, "redirect-loop")
    assert (answer.status_code, answer.headers["Location"]) == (307, "?again=1")


def test_text_instead(world: World) -> None:
    answer = redeemed(world, {"fault": "text-instead", "text": "[", "repeat": 100_000_000})
    assert (answer.status_code, answer.content_type, answer.data) == (200, "application/json", b"[" * 100_000)
    answer = redeemed(world, {"fault": "text-instead", "text": "<b>", "type": "text/html", "status": 503})
    assert (answer.status_code, answer.content_type, answer.data) == (503, "text/html", b"<b>")


@pytest.mark.parametrize(
    ("fault", "member"),
    [("no-access-token", "access_token"), ("no-refresh-token", "refresh_token"), ("no-scope", "scope")],
)
def test_missing_members(world: World, fault: str, member: str) -> None:
    body = redeemed(world, fault).json
    assert body
    assert member not in body


def test_no_expires_in(world: World) -> None:
    assert "expires_in" not in redeemed(world, "no-expires-in").json


def test_form_and_content_type(google: World) -> None:
    answer = redeemed(google, "form-encoded", {"fault": "content-type", "type": "text/html"})
    assert answer.content_type == "text/html"
    assert b"access_token=ya29." in answer.data


GOOGLE_SCOPES = "https://www.googleapis.com/auth/userinfo"


def test_fewer_scopes(github: World, google: World) -> None:
    assert redeemed(github, {"fault": "fewer-scopes", "without": ["repo"]}).json["scope"] == "read:user"
    body = redeemed(google, {"fault": "fewer-scopes", "without": [f"{GOOGLE_SCOPES}.email", "unknown"]}).json
    assert body["scope"] == f"openid {GOOGLE_SCOPES}.profile"


def test_short_lived(world: World) -> None:
    tokens = redeemed(world, {"fault": "short-lived", "seconds": 5}).json
    assert tokens["expires_in"] == 5
    world.clock.move(5)
    assert world.profile(tokens["access_token"]).status_code == 401


def test_set_in_the_token_answer(world: World) -> None:
    hostile = {"scope": ["a"], "token_type": "<script>\ud800", "expires_in": "soon"}
    body = redeemed(world, {"fault": "set", "at": "token", "members": hostile}).json
    assert body["scope"] == ["a"]
    assert body["token_type"] == "<script>\ud800"
    assert body["access_token"]


def test_id_token_claims_are_changed_before_it_is_signed(google: World) -> None:
    body = redeemed(
        google,
        {"fault": "set", "at": "id_token", "members": {"iss": "https://other.example", "iat": "text"}},
        {"fault": "remove", "at": "id_token", "members": ["sub"]},
    ).json
    key = google.idp.services.by_id["google"].keys.pair("RS256").public_jwk
    jws = jwt.PyJWS().decode(body["id_token"], jwt.PyJWK(key).key, algorithms=["RS256"])
    claims = json.loads(jws)
    assert (claims["iss"], claims["iat"]) == ("https://other.example", "text")
    assert "sub" not in claims


def test_codes_can_be_refused(world: World) -> None:
    for fault, reason in (("unknown-code", Reason.UNKNOWN_CODE), ("expired-code", Reason.EXPIRED_CODE)):
        code = world.callback(faults=f'[{{"fault": "{fault}", "times": 1}}]')["code"]
        assert "error" in world.redeem(code).json
        entry = world.journal()[-1]
        assert entry["refusal"]["reason"] == reason
        assert entry["faults"] == [fault]
        assert "access_token" in world.redeem(code).json, "only once, and the code was left alone"


# --- transport ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("reset", "reset"),
        ("truncate", "truncate"),
        ("stall", "stall:60"),
        ({"fault": "slow", "seconds": 0.5}, "slow:0.5"),
        ("drip", "drip:3"),
        ("endless-body", "endless:3"),
    ],
)
def test_transport_is_ordered(world: World, fault: Any, expected: str) -> None:
    assert str(ordered(world, fault)) == expected


def test_no_fault_orders_nothing(world: World) -> None:
    assert ordered(world) is None


# --- refresh and profile --------------------------------------------------------------------------


def test_refresh_faults(world: World) -> None:
    tokens = world.tokens()
    world.order(tokens["grant"], {"fault": "server-error", "at": "refresh"})
    assert world.refresh(tokens["refresh_token"]).status_code == 500
    for fault in ("unknown-refresh-token", "revoked-refresh-token", "expired-refresh-token"):
        world.order(tokens["grant"], fault)
        assert "error" in world.refresh(tokens["refresh_token"]).json
    world.order(tokens["grant"])
    assert "access_token" in world.refresh(tokens["refresh_token"]).json


def test_rotation_on_order(google: World, github: World) -> None:
    tokens = google.tokens()
    google.order(tokens["grant"], "rotated-refresh-token")
    newer = google.refresh(tokens["refresh_token"]).json
    assert newer["refresh_token"] != tokens["refresh_token"]
    assert google.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    app = github.of("github-app")
    tokens = app.tokens()
    app.order(tokens["grant"], "kept-refresh-token")
    assert "refresh_token" not in app.refresh(tokens["refresh_token"]).json
    assert "access_token" in app.refresh(tokens["refresh_token"]).json


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("revoked-access-token", {"github": 401, "google": 401}),
        ("expired-access-token", {"github": 401, "google": 401}),
        ("profile-refused", {"github": 401, "google": 401}),
        ("missing-scope", {"github": 404, "google": 403}),
        ({"fault": "server-error", "at": "profile"}, {"github": 500, "google": 500}),
        ({"fault": "json-null", "at": "profile"}, {"github": 200, "google": 200}),
    ],
)
def test_profile_faults(world: World, fault: Any, status: dict[str, int]) -> None:
    tokens = redeemed(world, fault).json
    assert world.profile(tokens["access_token"]).status_code == status[world.vendor]


def test_profile_members(world: World) -> None:
    tokens = redeemed(
        world,
        {"fault": "set", "members": {"name": "</script><script>alert(1)</script>"}},
        {"fault": "remove", "members": ["email"]},
    ).json
    profile = world.profile(tokens["access_token"]).json
    assert profile["name"].startswith("</script>")
    assert "email" not in profile


def test_members_of_a_list(github: World) -> None:
    faults = [{"fault": "set", "at": "follow-up", "members": {"verified": "yes"}}]
    tokens = github.tokens(asked={"scope": "user"}, faults=json.dumps(faults))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert github.http.get("/github/api/v3/user/emails", headers=headers).json[0]["verified"] == "yes"


# --- whose faults they are ------------------------------------------------------------------------


def test_a_fault_belongs_to_its_grant(world: World) -> None:
    assert redeemed(world, "server-error").status_code == 500
    assert redeemed(world).status_code == 200


def test_times(world: World) -> None:
    tokens = redeemed(world, {"fault": "server-error", "at": "profile", "times": 2}).json
    statuses = [world.profile(tokens["access_token"]).status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
    world.order(world.journal()[-1]["grant"], {"fault": "server-error", "at": "profile", "times": 1})
    assert [world.profile(tokens["access_token"]).status_code for _ in range(2)] == [500, 200]


def test_a_service_has_faults_and_keys_of_its_own(google: World) -> None:
    answer = google.http.post(
        "/__idp/services",
        json={"id": "broken", "vendor": "google", "faults": [{"fault": "json-null", "at": "jwks"}]},
    )
    assert answer.status_code == 201
    assert (answer.json["id"], answer.json["vendor"], answer.json["path"]) == ("broken", "google", "/broken")
    assert google.http.get("/broken/oauth2/v3/certs").data == b"null"
    assert google.http.get("/google/oauth2/v3/certs").json["keys"]
    own = google.idp.services.by_id["broken"].keys.pair("RS256").kid
    assert own != google.idp.services.by_id["google"].keys.pair("RS256").kid
    entry = google.journal(service="broken")[-1]
    assert (entry["vendor"], entry["endpoint"], entry["faults"]) == ("google", "jwks", ["json-null"])


# --- orders ---------------------------------------------------------------------------------------

WRONG_ORDERS: list[tuple[Any, str]] = [
    ("text", "list"),
    ({}, "list"),
    ([1], "name or an object"),
    ([{"name": "reset"}], "name or an object"),
    (["no-such-fault"], "There is no fault 'no-such-fault'; there are"),
    ([{"fault": "reset", "loud": True}], "has no parameter 'loud'; it has at, times"),
    ([{"fault": "set"}], "needs one of the parameters members, headers"),
    ([{"fault": "content-type"}], "needs the parameter 'type'"),
    ([{"fault": "remove", "members": []}], "needs one of the parameters members, headers"),
    ([{"fault": "set", "headers": {"a b": "c"}}], "header fields"),
    ([{"fault": "set", "headers": {"X-A": "a\r\nb"}}], "header fields"),
    ([{"fault": "set", "headers": {"Content-Length": "5"}}], "header fields"),
    ([{"fault": "forged"}], "needs one of the parameters algorithm"),
    ([{"fault": "forged", "key": "mine"}], "is one of own, next, previous, foreign, spare, public"),
    ([{"fault": "forged", "algorithm": "RS999"}], "is one of RS256"),
    ([{"fault": "forged", "edit": "eat"}], "is one of garble"),
    ([{"fault": "forged", "claims": []}], "is an object"),
    ([{"fault": "set", "members": []}], "is an object, not"),
    ([{"fault": "remove", "members": "a"}], "is a list of texts, not"),
    ([{"fault": "reset", "at": "moon"}], "is one of token"),
    ([{"fault": "reset", "at": []}], "is a text, not"),
    ([{"fault": "reset", "times": -1}], "is a whole number"),
    ([{"fault": "slow", "seconds": True}], "is a number of seconds"),
    ([{"fault": "slow", "seconds": 0}], "is a number of seconds"),
    ([{"fault": "stall", "seconds": 601}], "is a number of seconds"),
    ([{"fault": "slow", "seconds": None}], "is a number of seconds"),
    ([{"fault": "server-error", "status": 99}], "is an HTTP status"),
    ([{"fault": "redirect-instead", "location": "a\r\nb: c"}], "printable ASCII"),
    ([{"fault": "redirect-instead", "location": "\ud800"}], "printable ASCII"),
    (["reset"] * 21, "At most 20 faults"),
]


@pytest.mark.parametrize(("order", "description"), WRONG_ORDERS)
def test_wrong_orders_are_refused_with_a_sentence(github: World, order: Any, description: str) -> None:
    grant = github.callback()["grant"]
    answer = github.http.patch(f"/__idp/grants/{grant}", json={"faults": order})
    assert answer.status_code == 400
    assert description in answer.json["error"]
    page = github.authorize()
    refused = github.decide(page, faults=json.dumps(order))
    assert refused.status_code == 400
    assert "MOCK" in refused.text
    assert github.decide(page).status_code == 303, "the form can be sent again"


def test_faults_that_are_no_json(github: World) -> None:
    for text in ("[", "[" * 100_000, '"' + "x" * 50):
        answer = github.decide(github.authorize(), faults=text)
        assert answer.status_code == 400


def test_the_catalogue_is_complete(github: World) -> None:
    described = github.http.get("/__idp/faults").json["faults"]
    assert len(described) == len(FAULTS.by_id)
    for fault in described:
        assert fault["title"] and fault["clause"] and fault["expect"] and fault["at"]
        assert [parameter["name"] for parameter in fault["parameters"]][-2:] == ["at", "times"]


def test_headers_of_an_answer(world: World) -> None:
    tokens = redeemed(
        world,
        {"fault": "set", "headers": {"X-Ausername": "ada", "cache-control": "public"}},
        {"fault": "set", "at": "token", "headers": {"Content-Type": "text/html"}},
        {"fault": "remove", "at": "token", "headers": ["cache-control", "X-Not-There"]},
    )
    assert tokens.content_type == "text/html"
    assert "Cache-Control" not in tokens.headers
    profile = world.profile(tokens.json_module.loads(tokens.data)["access_token"])
    assert profile.headers["X-Ausername"] == "ada"
    assert profile.headers.getlist("Cache-Control") == ["public"]
    world.order(world.journal()[-1]["grant"], {"fault": "remove", "headers": ["Content-Type", "X-Ausername"]})
    profile = world.profile(tokens.json_module.loads(tokens.data)["access_token"])
    assert "Content-Type" not in profile.headers and "X-Ausername" not in profile.headers
    assert profile.data


def _example(parameter: Parameter) -> Any:
    if parameter.choices:
        return parameter.choices[0]
    return {
        "headers": {"X": "1"},
        "object": {"x": 1},
        "objects": [{"x": 1}],
        "texts": ["x"],
        "token": "x",
        "text": "x",
        "integer": 1,
        "status": 500,
        "seconds": 1,
    }[parameter.kind]


@pytest.mark.parametrize("fault_id", FAULTS.by_id)
def test_every_fault_can_be_ordered_everywhere_it_says(fault_id: str) -> None:
    """With no effect on the mock itself: it neither breaks nor answers another grant differently."""
    world = make_world("google", "google")
    fault = FAULTS.by_id[fault_id]
    needed = {parameter.name: _example(parameter) for parameter in fault.parameters if parameter.required}
    first = next((entry for entry in fault.parameters if entry.name in fault.needs_one_of), None)
    if first:
        needed[first.name] = _example(first)
    for place in fault.places:
        order = {"fault": fault_id, "at": place, **needed}
        grant = world.callback(faults=json.dumps([order]))["grant"]
        assert world.http.get(f"/__idp/grants/{grant}").json["faults"][0]["fault"] == fault_id
        assert any(fault.applies_at(endpoint, {"at": place}) for endpoint in Endpoint)
    assert "access_token" in world.tokens()
