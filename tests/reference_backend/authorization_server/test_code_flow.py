"""AUTHZ, ASESS, CODE: from the authorization request to the token."""

from urllib.parse import parse_qsl, urlsplit

from tests.reference_backend.authorization_server.server import CALLBACK, CHALLENGE, VERIFIER


def test_the_whole_flow(server, client, browser):
    session = server.session(client, scope="openid profile", state="s t", **CHALLENGE)
    shown = browser.get(f"/v1/sessions/{session}")
    assert (shown.status_code, shown.json) == (
        200,
        {
            "id": session,
            "clientId": client.client_id,
            "clientName": "Backstage CLI",
            "scope": "openid profile",
            "redirectUri": CALLBACK,
        },
    )
    url = urlsplit(server.decide(session).json["redirectUrl"])
    query = dict(parse_qsl(url.query))
    assert url.query == f"code={query['code']}&state=s+t"
    assert len(query["code"]) == 43
    answer = server.redeem(client, query["code"], code_verifier=VERIFIER)
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json["access_token"]
    assert answer.json == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 3600,
        "id_token": token,
        "scope": "openid profile",
    }
    claims = browser.jwt_part(token, 1)
    assert claims["sub"] == "user:default/ada.quill"
    assert "ent" not in claims
