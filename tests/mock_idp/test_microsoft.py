"""Microsoft Entra ID and Graph, as their documentation describes them."""

from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from mock_idp.vendors.microsoft import TENANT
from tests.mock_idp.conftest import World, form_of, make_world

GRAPH = "00000003-0000-0000-c000-000000000000"
EVERYTHING = "openid profile email offline_access User.Read"


class Directory(World):
    """A world whose paths begin with a tenant."""

    tenant = TENANT

    def path(self, endpoint: str) -> str:
        return super().path(endpoint).replace("<tenant>", self.tenant)


@pytest.fixture
def entra() -> Directory:
    world = make_world("microsoft", "microsoft")
    extra = {"scope": EVERYTHING}
    return Directory(world.idp, world.clock, world.http, "microsoft", "microsoft", extra=extra)


def decoded(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def refresh(entra: World, refresh_token: str, scope: str) -> TestResponse:
    return entra.ask_token(grant_type="refresh_token", refresh_token=refresh_token, scope=scope)


def test_tokens_for_graph(entra: Directory) -> None:
    tokens = entra.tokens()
    assert tokens["scope"] == "openid profile email User.Read", "offline_access is no scope of a token"
    assert (tokens["expires_in"], tokens["ext_expires_in"], tokens["token_type"]) == (4799, 4799, "Bearer")
    access = decoded(tokens["access_token"])
    assert (access["aud"], access["tid"]) == (GRAPH, TENANT)
    assert "User.Read" in access["scp"].split(" ")
    keys = jwt.PyJWKSet.from_dict(entra.http.get(f"/microsoft/{TENANT}/discovery/v2.0/keys").json)
    facts = entra.http.get(f"/microsoft/{TENANT}/v2.0/.well-known/openid-configuration").json
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    claims = jwt.decode(
        tokens["id_token"],
        keys.keys[0].key,
        ["RS256"],
        options,
        audience=entra.client.client_id,
        issuer=facts["issuer"],
    )
    assert (claims["oid"], claims["email"]) == (access["oid"], "ada-quill@lumenfold.example")


def test_scopes_have_no_case(entra: Directory) -> None:
    asked = {"scope": "OpenId user.read https://graph.microsoft.com/user.read mail.read"}
    assert entra.tokens(asked=asked)["scope"] == "openid User.Read Mail.Read"
    answer = entra.authorize(scope="openid Nonsense.Read")
    assert "AADSTS650053" in answer.headers["Location"]
    answer = entra.authorize(scope="https://graph.microsoft.com/Nonsense.Read")
    assert "AADSTS650053" in answer.headers["Location"]


def test_one_resource_at_a_time(entra: Directory) -> None:
    tokens = entra.tokens(asked={"scope": "api://inventory/read offline_access"})
    assert (tokens["scope"], "id_token" in tokens) == ("api://inventory/read", False)
    access = decoded(tokens["access_token"])
    assert (access["aud"], access["scp"]) == ("api://inventory", "read")
    answer = entra.profile(tokens["access_token"])
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "InvalidAuthenticationToken")
    newer = refresh(entra, tokens["refresh_token"], "openid email User.Read offline_access").json
    assert entra.profile(newer["access_token"]).json["displayName"] == "Ada Quill"
    answer = refresh(entra, tokens["refresh_token"], "api://payroll/read")
    assert (answer.status_code, answer.json["error_codes"]) == (400, [65001])


def test_refresh_tokens_stay_good(entra: Directory) -> None:
    tokens = entra.tokens()
    newer = refresh(entra, tokens["refresh_token"], EVERYTHING).json
    assert newer["refresh_token"] != tokens["refresh_token"]
    assert newer["access_token"] != tokens["access_token"]
    assert refresh(entra, tokens["refresh_token"], "").status_code == 200
    assert "refresh_token" not in entra.tokens(asked={"scope": "openid"})


def test_personal_accounts_have_opaque_tokens(entra: Directory) -> None:
    entra.tenant = "consumers"
    tokens = entra.tokens()
    assert tokens["access_token"].startswith("EwB")
    assert entra.profile(tokens["access_token"]).status_code == 200


def test_unknown_tenant(entra: Directory) -> None:
    code = entra.callback()["code"]
    entra.tenant = "nowhere.example"
    assert entra.authorize().status_code == 400, "nothing is told to the client"
    answer = entra.redeem(code)
    assert (answer.status_code, answer.json["error_codes"]) == (400, [90002])


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"code": "wrong"}, 400, "invalid_grant", 9002313),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"redirect_uri": "http://localhost/other"}, 400, "invalid_grant", 500112),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_refusals(entra: Directory, changes: dict[str, str], status: int, error: str, number: int) -> None:
    form = {"grant_type": "authorization_code", "code": entra.callback()["code"], "redirect_uri": entra.redirect_uri}
    answer = entra.ask_token(**{**form, **changes})
    body = answer.json
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    lines = body["error_description"].split("\r\n")
    assert lines[0].startswith(f"AADSTS{number}: ")
    assert lines[1:3] == [f"Trace ID: {body['trace_id']}", f"Correlation ID: {body['correlation_id']}"]


def test_a_code_is_redeemed_once(entra: Directory) -> None:
    code = entra.callback()["code"]
    assert entra.redeem(code).status_code == 200
    assert entra.redeem(code).json["error_codes"] == [54005]


def test_who_has_no_mailbox_has_a_principal_name(entra: Directory) -> None:
    user = entra.profile(entra.tokens("no-email")["access_token"]).json
    assert (user["mail"], user["userPrincipalName"]) == (None, "bela-marsh@onmicrosoft.lumenfold.example")


def test_graph_wants_a_permission(entra: Directory) -> None:
    tokens = entra.tokens(asked={"scope": "openid Mail.Read"})
    answer = entra.profile(tokens["access_token"])
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert entra.profile("nonsense").json["error"]["innerError"].keys() == {"date", "request-id", "client-request-id"}


def test_photo(entra: Directory) -> None:
    headers = {"Authorization": f"Bearer {entra.tokens()['access_token']}"}
    answer = entra.http.get("/microsoft/v1.0/me/photos/96x96/$value", headers=headers)
    assert answer.content_type == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8\xff") and answer.data.endswith(b"\xff\xd9")


def test_parameters_of_its_own(entra: Directory) -> None:
    form = form_of(entra.decide(entra.authorize(response_mode="form_post")))
    assert {"code", "state"} <= {name for name, _ in form.fields}
    for changes in ({"prompt": "nonsense"}, {"response_mode": "fragment"}, {"scope": None}):
        answer = entra.authorize(**changes)
        assert "error=invalid_request" in answer.headers["Location"]
