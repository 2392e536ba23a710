"""The frontend's proxied sign-in, against answers made up here."""

import base64
import json
from collections.abc import Mapping
from threading import Barrier, Thread

import pytest

from conformance.driver.proxied import FrontendError, ProxiedIdentity, expiry, guest_tile, read_session
from conformance.driver.wire import Response

NOW = 1_000_000.0
ENVELOPE = {"error": {"name": "AuthenticationError", "message": "no"}, "response": {"statusCode": 401}}


def token(**claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


def body(expires=NOW + 3600, **changes):
    identity = {"type": "user", "userEntityRef": "user:default/ada", "ownershipEntityRefs": ["user:default/ada"]}
    backstage = {"token": token(exp=expires), "identity": identity, "expiresInSeconds": 1}
    return {"profile": {"email": "ada@x.test"}, "providerInfo": {}, "backstageIdentity": backstage, **changes}


def answer(data, status=200):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Response(status, (("Content-Type", "application/json"),), raw)


class Backend:
    """Gives the prepared answers one after the other; the last one again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, fields: Mapping[str, object]) -> Response:
        self.asked.append(dict(fields))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Clock:
    now = NOW

    def __call__(self):
        return self.now


def failure(action, *arguments):
    with pytest.raises(FrontendError) as raised:
        action(*arguments)
    return raised.value


def changed(path, value):
    data = body()
    *parents, last = path.split(".")
    parent = data
    for name in parents:
        parent = parent[name]
    if value is KeyError:
        del parent[last]
    else:
        parent[last] = value
    return answer(data)


@pytest.mark.requirement("FE-65")
class TestRequest:
    @staticmethod
    async def awaited():
        return {"X-Own": "1", "x-requested-with": "mine"}

    @pytest.mark.parametrize(
        "headers",
        [{"X-Own": "1", "x-requested-with": "mine"}, lambda: {"X-Own": "1", "x-requested-with": "mine"}, awaited],
        ids=["static", "callable", "async"],
    )
    def test_headers_of_the_app_are_sent_but_for_the_one_of_the_frontend(self, headers):
        backend = Backend(answer(body()))
        ProxiedIdentity(backend, headers, Clock()).session()
        assert backend.asked == [{"X-Own": "1", "X-Requested-With": "XMLHttpRequest"}]

    def test_a_function_is_asked_for_each_request(self):
        backend, clock, tokens = Backend(answer(body())), Clock(), iter("ab")
        identity = ProxiedIdentity(backend, lambda: {"X-Own": next(tokens)}, clock)
        identity.session()
        clock.now += 3600
        identity.session()
        assert [fields["X-Own"] for fields in backend.asked] == ["a", "b"]


@pytest.mark.requirement("FE-66")
class TestSchema:
    def test_what_fits(self):
        session = read_session(answer(body(more=1)))
        assert session.backstageIdentity.identity.userEntityRef == "user:default/ada"
        for path in ("providerInfo", "profile.email"):
            assert read_session(changed(path, KeyError))
        assert read_session(changed("backstageIdentity.identity.ownershipEntityRefs", []))

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("profile", KeyError),
            ("profile", None),
            ("profile.email", None),
            ("profile.picture", None),
            ("profile.displayName", 5),
            ("providerInfo", None),
            ("providerInfo", "x"),
            ("backstageIdentity", KeyError),
            ("backstageIdentity.token", None),
            ("backstageIdentity.identity.type", "group"),
            ("backstageIdentity.identity.userEntityRef", KeyError),
            ("backstageIdentity.identity.ownershipEntityRefs", KeyError),
            ("backstageIdentity.identity.ownershipEntityRefs", "user:default/ada"),
            ("backstageIdentity.identity.ownershipEntityRefs", [1]),
        ],
    )
    def test_what_does_not(self, path, value):
        error = failure(read_session, changed(path, value))
        assert error.name == "ZodError"
        assert error.message.startswith(path.split(".")[0])


@pytest.mark.requirement("FE-67")
class TestTiming:
    @pytest.mark.parametrize(("later", "requests"), [(0, 1), (3299, 1), (3300, 2), (9999, 2)])
    def test_a_session_counts_until_five_minutes_before_its_expiry(self, later, requests):
        backend, clock = Backend(answer(body(NOW + 3600)), answer(body(NOW + 99_999))), Clock()
        identity = ProxiedIdentity(backend, {}, clock)
        identity.session()
        assert identity.fresh_for == 3300
        clock.now += later
        identity.session()
        assert len(backend.asked) == requests

    @pytest.mark.parametrize("expires", [None, "soon", True])
    def test_without_a_number_it_counts_for_five_minutes(self, expires):
        assert expiry(token(exp=expires), NOW) == NOW + 300
        assert expiry(token(), NOW) == NOW + 300

    def test_a_short_one_is_fetched_on_every_use(self):
        backend = Backend(answer(body(NOW + 300)))
        identity = ProxiedIdentity(backend, {}, Clock())
        for _ in range(3):
            identity.session()
        assert len(backend.asked) == 3
        assert identity.fresh_for == 0

    def test_those_who_wait_share_one_request(self):
        backend, together = Backend(answer(body())), Barrier(8)
        identity = ProxiedIdentity(backend, {}, Clock())

        def use():
            together.wait()
            identity.session()

        threads = [Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(backend.asked) == 1


@pytest.mark.requirement("FE-68")
class TestErrors:
    def test_the_envelope_becomes_the_cause(self):
        error = failure(read_session, answer(ENVELOPE, 401))
        assert (error.name, error.message) == ("ResponseError", "Request failed with 401 Unauthorized")
        assert error.cause == ENVELOPE["error"]

    @pytest.mark.parametrize("data", [b"<html>", {"error": "x", "response": {}}, {"error": {"name": "x"}}, []])
    def test_without_it_there_is_none(self, data):
        assert failure(read_session, answer(data, 502)).cause is None

    def test_a_status_of_no_name(self):
        assert failure(read_session, answer(b"", 599)).message == "Request failed with 599"

    def test_a_login_page_is_no_session(self):
        assert failure(read_session, answer(b"<html>")).name == "SyntaxError"

    def test_a_failure_is_forgotten(self):
        backend = Backend(answer(ENVELOPE, 401), answer(body()))
        identity = ProxiedIdentity(backend, {}, Clock())
        failure(identity.session)
        assert not identity.is_stuck
        assert identity.session()

    def test_a_failed_refetch_takes_the_old_session_away(self):
        backend, clock = Backend(answer(body()), answer(ENVELOPE, 401)), Clock()
        identity = ProxiedIdentity(backend, {}, clock)
        identity.session()
        clock.now += 3600
        failure(identity.session)
        assert identity.fresh_for == 0


@pytest.mark.requirement("FE-69")
@pytest.mark.parametrize("text", ["opaque", "a.!!.c", "a.W10.c"])
def test_a_token_without_payload_is_never_asked_for_again(text):
    backend = Backend(changed("backstageIdentity.token", text), answer(body()))
    identity = ProxiedIdentity(backend, {}, Clock())
    first = failure(identity.session)
    assert identity.is_stuck
    assert failure(identity.session) is first
    assert len(backend.asked) == 1


@pytest.mark.requirement("FE-70")
def test_signing_out_asks_nobody():
    backend = Backend(answer(body()))
    identity = ProxiedIdentity(backend, {}, Clock())
    identity.session()
    identity.sign_out()
    assert failure(identity.session).name == "AbortError"
    assert len(backend.asked) == 1


@pytest.mark.requirement("FE-57")
@pytest.mark.parametrize(
    ("cause", "tile"),
    [({"name": "NotFoundError"}, "not-installed"), ({"name": "NotAllowedError"}, "unavailable"), (None, "unavailable")],
)
def test_the_guests_tile(cause, tile):
    assert guest_tile(FrontendError("ResponseError", "", cause)) == tile
    assert guest_tile(None) == "offered"
