"""Microsoft Entra ID and Graph, as their documentation describes them."""

from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from mock_idp.vendors.microsoft import TENANT
from tests.mock_idp.acceptance import REDIRECT_URI, VERIFIER, OwnClient, own_client, told
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
    for changes in ({"prompt": "nonsense"}, {"prompt": "login consent"}, {"response_mode": "pigeon"}, {"scope": None}):
        answer = entra.authorize(**changes)
        assert "error=invalid_request" in answer.headers["Location"]


# --- OpenID Connect -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_userinfo_is_a_part_of_graph(entra: Directory, method: str) -> None:
    tokens = entra.tokens(asked={"scope": "openid profile email"})
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    who = entra.http.open("/oidc/userinfo", method=method, base_url="https://graph.microsoft.com", headers=headers).json
    assert who == {
        "sub": decoded(tokens["id_token"])["sub"],
        "name": "Ada Quill",
        "given_name": "Ada",
        "family_name": "Quill",
        "email": "ada-quill@lumenfold.example",
        "picture": "https://graph.microsoft.com/v1.0/me/photo/$value",
    }
    other = entra.tokens(asked={"scope": "User.Read"})["access_token"]
    refused = entra.http.get("/microsoft/oidc/userinfo", headers={"Authorization": f"Bearer {other}"})
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(
    ("tenant", "directory"), [("common", TENANT), ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad")]
)
def test_the_issuer_is_the_directory_s(entra: Directory, tenant: str, directory: str) -> None:
    entra.tenant = tenant
    asked = {"response_type": "code id_token", "nonce": "n", "response_mode": "form_post"}
    form = dict(form_of(entra.decide(entra.authorize(**asked))).fields)
    later = entra.redeem(form["code"]).json["id_token"]
    for token in (form["id_token"], later):
        claims = decoded(token)
        assert (claims["iss"], claims["tid"]) == (f"http://localhost/microsoft/{directory}/v2.0", directory)


def test_a_redirect_uri_without_a_path_gets_one() -> None:
    client = own_client("microsoft", redirect_uris=["https://app.example"])
    location = client.consent(client.authorize(redirect_uri="https://app.example")).headers["Location"]
    assert location.startswith("https://app.example/?code=")
    page = client.consent(client.authorize(redirect_uri="https://app.example", response_mode="form_post"))
    assert form_of(page).action == "https://app.example"


def test_pages_redeem_for_pages() -> None:
    page = {"Origin": "https://app.example"}

    def redeem(client: OwnClient, headers: dict[str, str]) -> Any:
        secret = {} if client.registration["public"] else {"client_secret": client.secret}
        form = {
            "grant_type": "authorization_code",
            "client_id": client.id,
            "code": client.code(),
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            **secret,
        }
        return client.http.post(client.path("token"), data=form, headers=headers)

    server = own_client("microsoft")
    refused = redeem(server, page)
    assert (refused.status_code, refused.json["error_codes"]) == (400, [9002326])
    assert "Access-Control-Allow-Origin" not in refused.headers
    native = own_client("microsoft", public=True)
    assert redeem(native, {}).status_code == 200
    app = own_client("microsoft", public=True, origins=["https://app.example"])
    assert redeem(app, page).status_code == 200
    assert told(app.authorize(code_challenge=None, code_challenge_method=None))["error"] == "invalid_request"
    assert "code" in told(native.consent(native.authorize(code_challenge=None, code_challenge_method=None)))
    refused = redeem(app, {})
    assert (refused.status_code, refused.json["error_codes"]) == (400, [9002327])


def test_sign_out_returns_to_an_app_of_the_session() -> None:
    client = own_client("microsoft")
    path = f"/microsoft/{TENANT}/oauth2/v2.0/logout"
    back = {"post_logout_redirect_uri": REDIRECT_URI, "state": "s"}
    assert client.http.get(path, query_string=back).status_code == 400, "nobody is signed in"
    client.code()
    elsewhere = {"post_logout_redirect_uri": "https://evil.example/"}
    assert client.http.get(path, query_string=elsewhere).status_code == 400
    client.code()
    assert client.http.get(path, query_string=back).headers["Location"] == f"{REDIRECT_URI}?state=s"
    assert told(client.authorize(prompt="none"))["error"] == "login_required"
