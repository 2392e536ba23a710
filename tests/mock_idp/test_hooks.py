"""What vendors to come need of the shared endpoints, shown with a vendor made up for it."""

import base64
import hashlib
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from mock_idp.emulation import ServiceRequest
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Endpoint, TokenKind
from mock_idp.oauth.policy import GRANT_TYPES, BearerPlace, GrantType, Pkce, Policy
from mock_idp.vendors.base import Vendor
from mock_idp.vendors.google import Google
from tests.mock_idp.conftest import World, form_of, make_world

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
BASIC = frozenset({ClientAuthentication.BASIC})


class Toy(Google):
    """Google with the habits of other services."""

    grant_types: ClassVar[Any] = {
        **GRANT_TYPES,
        EXCHANGE: GrantType("trade", Endpoint.EXCHANGE, "subject_token", TokenKind.ACCESS),
    }
    posts: ClassVar[bool] = False

    def trade(self, request: ServiceRequest, client: Client, policy: Policy) -> Answer:
        who = self.holder(request, request.form["subject_token"])
        return self.token_answer(request, who.grant, policy, who.token.scopes, None, refreshing=False)

    def callback(self, request: ServiceRequest, grant: Any, redirect_uri: str, parameters: Any) -> Answer:
        said = {**parameters, "iss": request.base_url}
        if self.posts:
            return self.form_post(redirect_uri, said, request.query.get("state"))
        return super().callback(request, grant, redirect_uri, said)


class Poster(Toy):
    posts = True
    page_statuses: ClassVar[dict[Any, int]] = {}


def toy_world(vendor: Vendor) -> World:
    world = make_world("google", "google")
    service = world.idp.services.by_id["google"]
    services = world.idp.services
    services.by_id = {**services.by_id, "google": replace(service, emulation=vendor)}
    return world


@pytest.fixture
def toy() -> World:
    return toy_world(Toy())


def trade(world: World, subject_token: str, **changes: Any) -> Any:
    return world.ask_token(grant_type=EXCHANGE, subject_token=subject_token, **changes)


# --- grant types ----------------------------------------------------------------------------------


def test_a_grant_type_of_its_own_has_its_grant_and_its_faults(toy: World) -> None:
    tokens = toy.tokens()
    assert trade(toy, tokens["access_token"]).json["access_token"] != tokens["access_token"]
    entry = toy.journal()[-1]
    assert (entry["endpoint"], entry["grant"]) == ("exchange", tokens["grant"])
    toy.order(tokens["grant"], {"fault": "server-error", "at": "exchange"})
    assert trade(toy, tokens["access_token"]).status_code == 500
    assert toy.journal()[-1]["faults"] == ["server-error"]
    assert toy.refresh(tokens["refresh_token"]).status_code == 200


def test_refused_exchanges(toy: World) -> None:
    assert trade(toy, "never-issued").status_code == 401
    assert toy.journal()[-1]["refusal"]["reason"] == "access token never issued"
    answer = trade(toy, "")
    assert answer.status_code == 400
    assert toy.journal()[-1]["refusal"]["detail"] == "The parameter subject_token is missing."
    toy.ask_token(grant_type="password")
    assert EXCHANGE in toy.journal()[-1]["refusal"]["detail"]


def test_a_grant_is_found_behind_any_credential_if_the_grant_type_is_not_known(world: World) -> None:
    callback = world.callback()
    world.ask_token(grant_type="password", code=callback["code"])
    assert world.journal()[-1]["grant"] == callback["grant"]


# --- the way back to the client -------------------------------------------------------------------


def test_the_callback_is_the_vendors(toy: World) -> None:
    for decision in ("allow", "deny"):
        said = toy.callback(decision=decision)
        assert (said["iss"], said["state"]) == ("http://localhost/google", "the state")


def test_a_form_that_submits_itself() -> None:
    world = toy_world(Poster())
    page = world.decide(world.authorize())
    assert page.status_code == 200
    form = form_of(page)
    assert form.action == world.redirect_uri
    fields = dict(form.fields)
    assert (fields["iss"], fields["state"]) == ("http://localhost/google", "the state")
    assert world.redeem(fields["code"]).status_code == 200
    assert world.journal(grant=page.headers["Mock-Idp-Grant"])
    policy = page.headers["Content-Security-Policy"]
    script = page.text.partition("<script>")[2].partition("</script>")[0]
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}'" in policy and "default-src 'none'" in policy
    assert "submit()" in script
    assert page.headers.getlist("Cache-Control") == ["no-store"]


def test_faults_strike_the_fields_of_such_a_form() -> None:
    world = toy_world(Poster())
    hostile = '[{"fault": "set", "at": "callback", "members": {"state": "\\"><script>"}}, "denied-with-description"]'
    fields = dict(form_of(world.decide(world.authorize(), faults=hostile)).fields)
    assert fields["state"] == '"><script>'
    assert fields["error"] == "access_denied"
    assert "code" not in fields


def test_a_refused_request_goes_the_same_way() -> None:
    world = toy_world(Poster())
    page = world.authorize(response_type="token")
    fields = dict(form_of(page).fields)
    assert fields["error"] == "unsupported_response_type"
    assert fields["state"] == "the state"
    assert page.headers["Mock-Idp-Refusal"]


# --- client authentication ------------------------------------------------------------------------


def test_client_authentication_may_differ_by_grant_type_and_client() -> None:
    class Mixed(Google):
        policy = replace(
            Google.policy,
            client_authentication=frozenset({ClientAuthentication.BODY}),
            client_authentication_at={"authorization_code": BASIC},
            public_pkce=Pkce.SUPPORTED,
        )

    world = toy_world(Mixed())
    code = world.callback()["code"]
    assert world.redeem(code).status_code == 400
    assert world.journal()[-1]["refusal"]["reason"] == "client authentication in the wrong place"
    pair = (world.client.client_id, world.client.client_secret)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": world.redirect_uri}
    tokens = world.http.post(world.path("token"), data=form, auth=pair).json
    assert world.refresh(tokens["refresh_token"]).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert world.http.post(world.path("token"), data=form, auth=pair).status_code == 400
    public = world.of("email")
    public.idp.services.by_id["google"].clients.register(replace(public.client, is_public=True))
    code = public.callback()["code"]
    assert public.redeem(code).status_code == 400
    assert public.redeem(code, client_secret=None).status_code == 200


def test_where_an_access_token_may_be_depends_on_the_client() -> None:
    class Mixed(Google):
        def policy_for(self, client: Client) -> Policy:
            header = frozenset({BearerPlace.HEADER})
            return replace(self.policy, bearer_places=header) if client.environment == "email" else self.policy

    world = toy_world(Mixed())

    def in_query(of: World) -> int:
        http: FlaskClient = of.http
        query = {"access_token": of.tokens()["access_token"]}
        return http.get(of.path("profile"), query_string=query).status_code

    assert in_query(world) == 200
    assert in_query(world.of("email")) == 401


def test_redirects_keep_their_query(toy: World) -> None:
    answer = toy.decide(toy.authorize())
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["iss"] == ["http://localhost/google"]
