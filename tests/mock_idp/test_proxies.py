"""Headers that auth proxies would add."""

from typing import Any, ClassVar

import jwt
import pytest
import yaml

from mock_idp import idp
from mock_idp.app_config import providers
from mock_idp.app_config.text import app_config_text
from mock_idp.emulation import Route, ServiceRequest
from mock_idp.oauth.model import Answer, Encoding, Endpoint
from mock_idp.oauth.tokens import SignedToken
from mock_idp.proxies.base import AuthProxy, Headers, SignedIn
from mock_idp.settings import Settings
from tests.mock_idp.conftest import World, make_world


def mint(world: World, persona: str = "plain", **order: Any) -> list[tuple[str, str]]:
    answer = world.http.post("/__idp/proxies/oauth2Proxy/headers", json={"persona": persona, **order})
    assert answer.status_code == 200, answer.text
    return [(name, value) for name, value in answer.json["headers"]]


def test_oauth2_proxy(google: World) -> None:
    headers = dict(mint(google))
    token = headers.pop("X-OAUTH2-PROXY-ID-TOKEN")
    assert headers == {
        "X-Forwarded-User": "ada-quill",
        "X-Forwarded-Email": "ada-quill@lumenfold.example",
        "X-Forwarded-Preferred-Username": "Ada Quill",
        "X-Forwarded-Groups": "harbour",
    }
    scheme, _, compact = token.partition(" ")
    assert scheme == "Bearer"
    key = google.idp.services.by_id["oauth2Proxy"].keys.pair("RS256").private.public_key()
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(compact, key, algorithms=["RS256"], audience="oauth2-proxy", options=options)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["preferred_username"] == "ada-quill"


def test_personas_without_and_with_special_values(google: World) -> None:
    assert "X-Forwarded-Email" not in dict(mint(google, "no-email"))
    assert dict(mint(google, "many-groups"))["X-Forwarded-Groups"] == "harbour,lighthouse"
    name = dict(mint(google, "non-ascii"))["X-Forwarded-Preferred-Username"]
    assert name.encode("latin-1").decode() == "Zoë Ødegård-Ελένη 山田 Жанна علي 👩🏽‍🚀"


def test_leave_out_change_and_repeat(google: World) -> None:
    headers = mint(
        google,
        remove=["x-forwarded-email", "X-OAUTH2-PROXY-ID-TOKEN"],
        replace={"X-Forwarded-User": "user:default/other", "X-Extra": "1"},
        repeat=["X-Forwarded-Groups"],
    )
    assert headers[:3] == [
        ("X-Forwarded-Preferred-Username", "Ada Quill"),
        ("X-Forwarded-Groups", "harbour"),
        ("X-Forwarded-Groups", "harbour"),
    ]
    assert sorted(headers[3:]) == [("X-Extra", "1"), ("X-Forwarded-User", "user:default/other")]


def test_forgeries(google: World) -> None:
    order = {"claims": {"exp": 1, "email": None}, "algorithm": "none", "token_headers": {"kid": "x"}}
    compact = dict(mint(google, **order))["X-OAUTH2-PROXY-ID-TOKEN"].removeprefix("Bearer ")
    assert jwt.get_unverified_header(compact) == {"alg": "none", "typ": "JWT", "kid": "x"}
    claims = jwt.decode(compact, options={"verify_signature": False})
    assert claims["exp"] == 1
    assert "email" not in claims


def test_guest_has_no_headers(google: World) -> None:
    assert google.http.post("/__idp/proxies/guest/headers", json={"persona": "plain"}).json["headers"] == []


# --- proxies with addresses, variants and faults --------------------------------------------------


class Balancer(AuthProxy):
    """Keys one by one, as a load balancer publishes them."""

    id = "balancer"
    title = "Balancer"
    hosts: ClassVar = {"keys.*.balancer.example": ""}
    routes = (Route("GET", "/<kid>", "key", Endpoint.JWKS),)
    variants: ClassVar = {"balancer": {"region": "north"}, "balancer-signer": {"region": "south"}}
    kid_is_grant = True

    def headers(self, who: SignedIn) -> Headers:
        return [("X-Data", SignedToken({"sub": who.account.persona.login, "signer": who.variant}, algorithm="ES256"))]

    def key(self, request: ServiceRequest) -> Answer:
        pem = request.service.keys.pair("ES256").public_pem
        return Answer(200, pem, Encoding.TEXT, headers=(("X-Region", request.host_parts[0]),))


class Team(AuthProxy):
    """A key set for each team, and an address that tells who a token is."""

    id = "team"
    title = "Team"
    hosts: ClassVar = {"*.team.example": ""}
    routes = (
        Route("GET", "/certs", "certs", Endpoint.JWKS),
        Route("GET", "/identity", "identity", Endpoint.PROFILE),
    )
    variants: ClassVar = {"team": {"teamName": "team"}, "team-broken": {"teamName": "team-broken"}}
    opt_in = frozenset({"team-broken"})

    def headers(self, who: SignedIn) -> Headers:
        return [("X-Assertion", SignedToken({"iss": f"https://{who.variant}.team.example"}, prefix="Token "))]

    def presented_token(self, request: ServiceRequest) -> str:
        return request.headers.get("x-assertion", "").removeprefix("Token ")

    def certs(self, request: ServiceRequest) -> Answer:
        return Answer(200, request.service.keys.jwks())

    def identity(self, request: ServiceRequest) -> Answer:
        grant = self.find_grant(request)
        return Answer(200, {"name": request.service.persona(grant).name}) if grant else Answer(403, {})


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> World:
    for module in (providers, idp):
        monkeypatch.setattr(module, "proxies", lambda: {"balancer": Balancer(), "team": Team()})
    return make_world("google", "google")


def sign_in(world: World, proxy: str, provider: str, **order: Any) -> tuple[str, str]:
    """The only header's value and the grant."""
    body = {"persona": "plain", "provider": provider, **order}
    answer = world.http.post(f"/__idp/proxies/{proxy}/headers", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["headers"][0][1], answer.json["grant"]


def test_the_key_of_a_grant(proxied: World) -> None:
    for provider in ("balancer", "balancer-signer"):
        token, grant = sign_in(proxied, "balancer", provider)
        kid = jwt.get_unverified_header(token)["kid"]
        assert kid == grant
        answer = proxied.http.get(f"/{kid}", headers={"Host": "keys.north.balancer.example"})
        assert answer.headers["X-Region"] == "north"
        claims = jwt.decode(token, answer.text, algorithms=["ES256"])
        assert claims == {"sub": "ada-quill", "signer": provider}
        (entry,) = proxied.journal(grant=grant)
        names = [entry[name] for name in ("service", "vendor", "endpoint", "status")]
        assert names == [provider, "balancer", "jwks", 200]


def test_variants_sign_with_keys_of_their_own(proxied: World) -> None:
    services = proxied.idp.services.by_id
    kids = {services[name].keys.pair("ES256").kid for name in ("balancer", "balancer-signer", "team")}
    assert len(kids) == 3


def test_a_proxys_grant_carries_faults(proxied: World) -> None:
    _, broken = sign_in(proxied, "balancer", "balancer", faults=[{"fault": "json-null", "at": "jwks"}])
    _, sound = sign_in(proxied, "balancer", "balancer")
    host = {"Host": "keys.north.balancer.example"}
    assert proxied.http.get(f"/{broken}", headers=host).text == "null"
    assert proxied.http.get(f"/{sound}", headers=host).text.startswith("-----BEGIN")
    assert [entry["faults"] for entry in proxied.journal(grant=broken)] == [["json-null"]]
    proxied.order(broken)
    assert proxied.http.get(f"/{broken}", headers=host).text.startswith("-----BEGIN")
    said = proxied.http.get(f"/__idp/grants/{broken}").json
    assert (said["provider"], said["persona"], said["service"]) == ("balancer", "plain", "balancer")


def test_a_token_brought_back_tells_the_grant(proxied: World) -> None:
    assertion, grant = sign_in(proxied, "team", "team-broken")
    claims = jwt.decode(assertion.removeprefix("Token "), options={"verify_signature": False})
    host = claims["iss"].removeprefix("https://")
    answer = proxied.http.get("/identity", headers={"Host": host, "X-Assertion": assertion})
    assert answer.json == {"name": "Ada Quill"}
    assert [entry["endpoint"] for entry in proxied.journal(grant=grant)] == ["profile"]
    # It is nobody at another team.
    answer = proxied.http.get("/identity", headers={"Host": "team.team.example", "X-Assertion": assertion})
    assert answer.status_code == 403


def test_a_variant_can_be_changed_where_the_proxy_itself_is_everybodys(proxied: World) -> None:
    faults = {"faults": [{"fault": "json-null", "at": "jwks"}]}
    assert proxied.http.patch("/__idp/services/team-broken", json=faults).status_code == 200
    assert proxied.http.patch("/__idp/services/team", json=faults).status_code == 400
    assert proxied.http.get("/certs", headers={"Host": "team-broken.team.example"}).json is None
    assert proxied.http.get("/certs", headers={"Host": "team.team.example"}).json["keys"]


def test_addresses_a_proxy_does_not_have(proxied: World) -> None:
    host = {"Host": "team.team.example"}
    assert proxied.http.get("/nothing", headers=host).status_code == 404
    answer = proxied.http.post("/certs", headers=host)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_variants_are_providers(proxied: World) -> None:
    told = yaml.safe_load(app_config_text(Settings(), "http://127.0.0.1:9000"))
    providers = told["auth"]["providers"]
    assert providers["balancer-signer"] == {"region": "south"}
    assert providers["team-broken"] == {"teamName": "team-broken"}
    assert told["authConformance"]["providers"]["team-broken"] == "team"
    described = proxied.http.get("/__idp/").json["providers"]
    assert [entry["id"] for entry in described if entry["reserved"]] == ["team-broken"]
    mine = make_world("google", "google", providers=("mine=team",))
    assert yaml.safe_load(app_config_text(mine.idp.settings, "http://a"))["auth"]["providers"]["mine"] == {
        "teamName": "team"
    }
    assertion, _ = sign_in(mine, "team", "mine")
    claims = jwt.decode(assertion.removeprefix("Token "), options={"verify_signature": False})
    assert claims["iss"] == "https://team.team.example"
