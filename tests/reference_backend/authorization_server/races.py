"""What has to hold when several processes on one database do the same at once; played on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice
from typing import Any

from sqlalchemy import func, select

from reference_backend.store import tables
from tests.reference_backend.authorization_server.server import Server

AT_ONCE = 6


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of it at the same moment."""
    barrier = threading.Barrier(len(acts))

    def wait_and(act: Callable[[], Any]) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(wait_and, acts))


def spread(servers: Sequence[Server], act: Callable[[Server], Any]) -> list[Any]:
    """Do the same at several servers."""
    return at_once([partial(act, one) for one in islice(cycle(servers), AT_ONCE)])


def count(server: Server, table: Any) -> int:
    database = server.browser.app.extensions["reference_backend"].database
    with database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def one_approval(servers: Sequence[Server]) -> None:
    session = servers[0].session(servers[0].register())
    token = servers[0].token_of()
    answers = spread(servers, lambda server: server.decide(session, token=token))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * (AT_ONCE - 1)]
    assert count(servers[0], tables.authorization_codes) == 1


def one_redemption(servers: Sequence[Server]) -> None:
    client = servers[0].register()
    code = servers[0].code(client, scope="offline_access")
    answers = spread(servers, lambda server: server.redeem(client, code))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * (AT_ONCE - 1)]
    refused = {server_error(answer) for answer in answers if answer.status_code == 400}
    assert refused == {"Authorization code already used"}
    # The others were replays, so that what the first one got is gone (CODE-15).
    assert count(servers[0], tables.offline_sessions) == 0


def one_rotation(servers: Sequence[Server]) -> None:
    client = servers[0].register()
    token = servers[0].offline(client)
    answers = spread(servers, lambda server: server.refresh(client, token))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * (AT_ONCE - 1)]
    assert {server_error(answer) for answer in answers if answer.status_code == 400} == {"Invalid refresh token"}


def one_session_for_each_client(servers: Sequence[Server]) -> None:
    client = servers[0].register()
    codes = [servers[0].code(client, scope="offline_access") for _ in range(AT_ONCE)]
    answers = at_once([partial(one.redeem, client, code) for one, code in zip(cycle(servers), codes, strict=False)])
    tokens = [answer.json["refresh_token"] for answer in answers]
    assert count(servers[0], tables.offline_sessions) == 1
    assert [servers[0].refresh(client, token).status_code for token in tokens].count(200) == 1


def no_more_sessions_than_allowed(servers: Sequence[Server], most: int) -> None:
    clients = [servers[0].register() for _ in range(AT_ONCE)]
    codes = [servers[0].code(client, scope="offline_access") for client in clients]
    pairs = zip(clients, codes, strict=True)
    answers = at_once([partial(one.redeem, *pair) for one, pair in zip(cycle(servers), pairs, strict=False)])
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert all("refresh_token" in answer.json for answer in answers)
    assert count(servers[0], tables.offline_sessions) == most


def keys_are_shared(servers: Sequence[Server]) -> None:
    client = servers[0].register()
    token = servers[0].redeem(client, servers[0].code(client)).json["access_token"]
    kid = servers[0].browser.jwt_part(token, 0)["kid"]
    for server in servers:
        assert kid in [key["kid"] for key in server.browser.get("/.well-known/jwks.json").json["keys"]]
        answer = server.decide(server.session(client), token=token)
        assert answer.status_code == 200


def server_error(answer: Any) -> str:
    return Server.error(answer)[2]
