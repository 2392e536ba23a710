"""OFFLINE: refresh tokens."""

import base64
import hashlib
import re

import pytest
from sqlalchemy import select

from reference_backend.app import create_app
from reference_backend.config.model import Config, ConfigError
from reference_backend.store import tables
from tests.reference_backend.authorization_server.server import Registered, Server

DAY = 86400
KEY = "experimentalRefreshToken"
INVALID = (400, "invalid_grant", "Invalid refresh token")
ADA = "user:default/ada.quill"


@pytest.mark.requirement("OFFLINE-01", "OFFLINE-02", "OFFLINE-03", "OFFLINE-23", "SEC-AS-10")
def test_a_refresh(server, client):
    first = server.offline(client)
    assert re.fullmatch(r"[0-9a-f-]{36}\.[\w-]{43}", first)
    answer = server.refresh(client, first, scope="everything")
    second = answer.json["refresh_token"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json == {
        "access_token": answer.json["access_token"],
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": second,
    }
    claims = server.browser.jwt_part(answer.json["access_token"], 1)
    assert claims["sub"] == ADA
    assert "ent" not in claims
    assert first.partition(".")[0] == second.partition(".")[0]
    assert first != second
    assert server.refresh(client, second).status_code == 200


@pytest.mark.requirement("OFFLINE-03", "OFFLINE-04", "SEC-AS-10")
@pytest.mark.parametrize("rotations", [1, 3])
def test_a_token_that_is_used_again_ends_the_session(server, client, rotations):
    first = latest = server.offline(client)
    for _ in range(rotations):
        latest = server.refresh(client, latest).json["refresh_token"]
    assert server.error(server.refresh(client, first)) == INVALID
    assert server.error(server.refresh(client, latest)) == INVALID


@pytest.mark.requirement("OFFLINE-08", "SEC-AS-23")
def test_a_made_up_secret_does_not(server, client):
    token = server.offline(client)
    session_id = token.partition(".")[0]
    for wrong in (f"{session_id}.garbage", f"{session_id}.{'A' * 43}", f"{session_id.upper()}.x", "unknown.x"):
        assert server.error(server.refresh(client, wrong)) == INVALID
    assert server.refresh(client, token).status_code == 200


@pytest.mark.requirement("OFFLINE-05", "OFFLINE-07")
@pytest.mark.parametrize(
    ("token", "error", "description"),
    [
        (None, "invalid_request", "Missing refresh_token parameter for refresh_token grant"),
        ("", "invalid_request", "Missing refresh_token parameter for refresh_token grant"),
        *((text, "invalid_grant", "Invalid refresh token format") for text in ("x", "x.", ".x", "a.b.c", ".", "a..b")),
    ],
)
def test_malformed_tokens(server, client, token, error, description):
    assert server.error(server.refresh(client, token)) == (400, error, description)


@pytest.mark.requirement("OFFLINE-06")
def test_refreshing_while_it_is_off(settings, make):
    settings["auth"][KEY]["enabled"] = False
    server = Server(make())
    answer = server.refresh(server.register(), "a.b")
    assert server.error(answer) == (400, "invalid_request", "Refresh tokens are not enabled")


@pytest.mark.requirement("OFFLINE-09", "OFFLINE-11")
def test_credentials_in_header_or_body(server, client):
    token = server.offline(client)
    form = {"grant_type": "refresh_token"}
    wrong = Registered(client.client_id, "wrong")
    for headers, body in (
        (client.in_header, {}),
        ({}, client.in_body),
        (client.in_header, wrong.in_body),
        ({"Authorization": client.in_header["Authorization"].replace("Basic ", "bASIC   ")}, {}),
        ({"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}, client.in_body),
        ({"Authorization": "Bearer x"}, client.in_body),
    ):
        answer = server.token(headers, refresh_token=token, **form, **body)
        assert answer.status_code == 200, answer.text
        token = answer.json["refresh_token"]


@pytest.mark.requirement("OFFLINE-10", "OFFLINE-13")
def test_wrong_credentials(server, client):
    token = server.offline(client)
    form = {"grant_type": "refresh_token", "refresh_token": token}
    wrong = Registered(client.client_id, "wrong")
    unknown = Registered("nobody", "x")
    for headers, body, expected in (
        ({}, {}, "Client authentication required"),
        ({}, {"client_id": client.client_id}, "Client authentication required"),
        ({"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}, {}, "Client authentication required"),
        ({"Authorization": "Basic " + base64.b64encode(b":x").decode()}, {}, "Client authentication required"),
        ({}, wrong.in_body, "Invalid client credentials"),
        (wrong.in_header, client.in_body, "Invalid client credentials"),
        (unknown.in_header, {}, "Invalid client credentials"),
    ):
        answer = server.token(headers, **form, **body)
        assert server.error(answer) == (401, "invalid_client", expected)
    assert server.refresh(client, token).status_code == 200


@pytest.mark.requirement("OFFLINE-12", "OFFLINE-13")
def test_another_client(server, client):
    token = server.offline(client)
    other = server.register()
    expected = (400, "invalid_grant", "Refresh token was not issued to this client")
    assert server.error(server.refresh(other, token)) == expected
    assert server.error(server.refresh(None, token, client_id=other.client_id)) == expected
    assert server.refresh(client, token).status_code == 200


@pytest.mark.requirement("OFFLINE-14")
def test_unused_tokens_expire(server, client, clock):
    token = server.offline(client)
    clock.now += 30 * DAY
    token = server.refresh(client, token).json["refresh_token"]
    clock.now += 30 * DAY + 1
    assert server.error(server.refresh(client, token)) == INVALID
    clock.now -= 2
    assert server.error(server.refresh(client, token)) == INVALID  # The session is gone.


@pytest.mark.requirement("OFFLINE-14")
def test_old_sessions_expire_however_often_they_are_used(settings, make, clock):
    settings["auth"][KEY] |= {"tokenLifetime": "2 days", "maxRotationLifetime": {"days": 3}}
    server = Server(make())
    client = server.register()
    token = server.offline(client)
    for step, status in ((2 * DAY, 200), (DAY, 200), (1, 400)):
        clock.now += step
        answer = server.refresh(client, token)
        assert answer.status_code == status
        token = answer.json.get("refresh_token", token)
    assert server.error(answer) == INVALID


@pytest.mark.requirement("OFFLINE-15")
def test_one_session_for_each_user_and_client(server, client):
    other = server.register()
    twin = server.offline(client, "user:default/twin-1")
    elsewhere = server.offline(other)
    old = server.offline(client)
    new = server.offline(client)
    assert server.error(server.refresh(client, old)) == INVALID
    for who, token in ((client, new), (client, twin), (other, elsewhere)):
        assert server.refresh(who, token).status_code == 200


@pytest.mark.requirement("OFFLINE-16")
def test_the_least_recently_used_session_goes(settings, make, clock):
    settings["auth"][KEY]["maxTokensPerUser"] = 3
    server = Server(make())
    clients, tokens = [server.register() for _ in range(4)], []
    for client in clients[:3]:
        tokens.append(server.offline(client))
        clock.now += 1
    tokens[0] = server.refresh(clients[0], tokens[0]).json["refresh_token"]
    clock.now += 1
    tokens.append(server.offline(clients[3]))
    statuses = [server.refresh(client, token).status_code for client, token in zip(clients, tokens, strict=True)]
    assert statuses == [200, 400, 200, 200]


@pytest.mark.requirement("OFFLINE-17")
def test_somebody_who_has_left(server, client, catalog_file, clock):
    token = server.offline(client)
    catalog = catalog_file.read_text(encoding="utf-8")
    catalog_file.write_text(catalog.replace("Ada.Quill", "somebody.else"), encoding="utf-8")
    clock.now += 1
    answer = server.refresh(client, token)
    assert server.error(answer) == (400, "invalid_grant", "User entity no longer exists in the catalog")
    catalog_file.write_text(catalog, encoding="utf-8")
    clock.now += 1
    assert server.error(server.refresh(client, token)) == INVALID


@pytest.mark.requirement("OFFLINE-18")
def test_a_catalog_that_is_down(server, client, catalog_file, clock):
    token = server.offline(client)
    aside = catalog_file.rename(catalog_file.with_suffix(".aside"))
    clock.now += 1
    answer = server.refresh(client, token)
    assert server.error(answer) == (400, "invalid_grant", "Unable to validate user existence")
    aside.rename(catalog_file)
    clock.now += 1
    assert server.refresh(client, token).status_code == 200


@pytest.mark.requirement("OFFLINE-19")
@pytest.mark.parametrize("disabled", [True, False])
def test_without_asking_the_catalog(settings, make, catalog_file, disabled):
    settings["auth"][KEY]["dangerouslyDisableCatalogPresenceCheck"] = disabled
    server = Server(make())
    client = server.register()
    token = server.offline(client, "user:default/nobody")
    answer = server.refresh(client, token)
    if disabled:
        catalog_file.unlink()
        assert server.refresh(client, answer.json["refresh_token"]).status_code == 200
    else:
        assert answer.status_code == 400


@pytest.mark.requirement("OFFLINE-20")
def test_what_is_stored(server, client, database):
    token = server.offline(client)
    with database.engine.connect() as connection:
        stored = connection.execute(select(tables.offline_sessions.c.token_hash)).scalar_one()
    salt, hashed = (base64.b64decode(part) for part in stored.split("."))
    assert (len(salt), len(hashed)) == (16, 64)
    assert hashed == hashlib.scrypt(token.encode(), salt=salt, n=16384, r=8, p=1, dklen=64)
    token = server.refresh(client, token).json["refresh_token"]
    with database.engine.connect() as connection:
        again = connection.execute(select(tables.offline_sessions.c.token_hash)).scalar_one()
    assert base64.b64decode(again.split(".")[0]) != salt


@pytest.mark.requirement("OFFLINE-21")
@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({"tokenLifetime": {"seconds": 0}}, "tokenLifetime must be a positive duration"),
        ({"tokenLifetime": "100ms"}, "tokenLifetime must be a positive duration"),
        ({"maxRotationLifetime": {"seconds": 0}}, "maxRotationLifetime must be a positive duration"),
        ({"maxRotationLifetime": {"days": 30}}, "maxRotationLifetime must be greater than tokenLifetime"),
        ({"maxTokensPerUser": 0}, "maxTokensPerUser must be a positive number"),
        ({"maxTokensPerUser": -1}, "maxTokensPerUser must be a positive number"),
    ],
)
def test_settings_that_make_no_sense(settings, database, configured, expected):
    settings["auth"][KEY] |= configured
    with pytest.raises(ConfigError, match=re.escape(f"auth.{KEY}.{expected}")):
        create_app(Config(settings), database=database)


@pytest.mark.requirement("OFFLINE-22")
def test_expired_sessions_are_purged(server, client, database, clock):
    server.refresh(client, server.offline(client))
    clock.now += 40 * DAY
    server.offline(server.register(), "user:default/twin-1")
    with database.engine.connect() as connection:
        users = connection.execute(select(tables.offline_sessions.c.user_entity_ref)).scalars().all()
        retired = connection.execute(select(tables.retired_refresh_tokens)).all()
    assert users == ["user:default/twin-1"]
    assert retired == []


@pytest.mark.requirement("OFFLINE-24")
def test_logging_out_of_a_provider_changes_nothing(server, client):
    token = server.offline(client)
    assert server.browser.logout().status_code == 200
    assert server.refresh(client, token).status_code == 200


@pytest.mark.requirement("REVOKE-01", "REVOKE-07", "SEC-AS-19")
def test_revoking(server, client):
    revoked = server.redeem(client, server.code(client, scope="offline_access")).json
    answer = server.browser.post("/v1/revoke", data={"token": revoked["refresh_token"], **client.in_body})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert server.error(server.refresh(client, revoked["refresh_token"])) == INVALID
    bearer = f"Bearer {revoked['access_token']}"
    # The access token still opens what it opened: there is a user, but no record of a sign-in.
    assert server.browser.get("/v1/userinfo", Authorization=bearer).text == "User info not found"


@pytest.mark.requirement("REVOKE-01")
@pytest.mark.parametrize("enabled", [True, False])
def test_revoking_what_is_not_there(settings, make, enabled):
    settings["auth"][KEY]["enabled"] = enabled
    server = Server(make())
    client = server.register()
    for token in ("x", "a.b", "a.b.c"):
        for members in ({}, {"token_type_hint": "access_token"}):
            answer = server.post_json("/v1/revoke", {"token": token, **members, **client.in_body})
            assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.requirement("REVOKE-02", "REVOKE-03", "REVOKE-04", "REVOKE-05", "REVOKE-08", "SEC-AS-19")
def test_who_may_revoke(server, client):
    def revoke(headers=None, **members):
        return server.browser.post("/v1/revoke", data=members, **(headers or {}))

    missing = 'Validation error: Invalid input: expected string, received undefined at "token"'
    assert server.error(revoke(**client.in_body)) == (400, "invalid_request", missing)
    for headers, members, expected in (
        ({}, {}, "Client authentication required"),
        ({}, {"client_secret": client.secret}, "Client authentication required"),
        ({}, {"client_id": client.client_id}, "Invalid client credentials"),
        ({}, {"client_id": client.client_id, "client_secret": "x"}, "Invalid client credentials"),
        ({}, {"client_id": "nobody", "client_secret": "x"}, "Invalid client credentials"),
        ({}, {"client_id": "https://evil.test/x"}, "Invalid client credentials"),
    ):
        assert server.error(revoke(headers, token="x", **members)) == (401, "invalid_client", expected)
    assert revoke(client.in_header, token="x").status_code == 200
    assert revoke(token="x", client_id="https://a.docs.test/client.json").status_code == 200


@pytest.mark.requirement("REVOKE-05")
def test_public_clients_cannot_revoke_while_documents_are_off(settings, make):
    settings["auth"]["clientIdMetadataDocuments"]["enabled"] = False
    server = Server(make())
    answer = server.browser.post("/v1/revoke", data={"token": "x", "client_id": "https://a.docs.test/client.json"})
    assert server.error(answer) == (401, "invalid_client", "Invalid client credentials")


@pytest.mark.requirement("REVOKE-06", "SEC-AS-23")
def test_a_token_is_revoked_by_its_client_and_with_all_of_it(server, client):
    old = server.offline(client)
    token = server.refresh(client, old).json["refresh_token"]
    session_id = token.partition(".")[0]
    for who, sent in (
        (server.register().in_body, token),
        ({"client_id": "https://a.docs.test/client.json"}, token),
        (client.in_body, f"{session_id}.garbage"),
        (client.in_body, old),
    ):
        assert server.browser.post("/v1/revoke", data={"token": sent, **who}).status_code == 200
    assert server.refresh(client, token).status_code == 200
