"""An auth backend and a mock IdP that do just enough to be examined and signed in at, with switches to be wrong."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from conformance import __version__
from conformance.driver.idp import NO_ENTRY_YET
from tests.support.fake_servers import FakeAnswer, FakeRequest, http_server

APP = "http://localhost:3000"
ACCESS_TOKEN = "gho_opaque/access+token="
REFRESH_TOKEN = "ghr_opaque/refresh+token="
NONCE = "bm9uY2Utbm9uY2Utbm9uY2U="
CODE = "opaque/authorization+code"
USER_TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyOmRlZmF1bHQvcGxhaW4ifQ.c2lnbmF0dXJl"
SECRETS = (ACCESS_TOKEN, REFRESH_TOKEN, NONCE, CODE, USER_TOKEN)

PERSONAS = {
    "personas": [
        {
            "id": "plain",
            "login": "plain",
            "entity_ref": "user:default/plain",
            "groups": [],
            "faces": {},
            "email": "plain@example.test",
            "name": "Plain Person",
            "picture": "https://example.test/plain.png",
        }
    ]
}


def message_page(message: dict[str, object], origin: str = APP) -> str:
    said = quote(json.dumps(message), safe="-_.!~*()")
    return (
        f"<html><body><script>var info = {{type: 'config_info', targetOrigin: '{origin}'}};"
        "window.opener.postMessage(info, '*');"
        f"window.opener.postMessage(JSON.parse(decodeURIComponent('{said}')), '{origin}');"
        "setTimeout(window.close, 100);</script></body></html>"
    )


@dataclass
class FakeIdp:
    """The mock IdP's control API and one vendor.

    Attributes:
        refusal: what the authorization endpoint says instead of showing its form.
        urls: further URLs that it says it serves.
        providers: what it says it has clients for.
        info: overrides the whole description of itself.
        journal: endpoints that every grant was used at.
        public_url: the public address of its profile.
    """

    url: str = ""
    refusal: str | None = None
    urls: dict[str, str] = field(default_factory=dict)
    providers: list[dict[str, object]] = field(
        default_factory=lambda: [
            {
                "id": "github",
                "vendor": "github",
                "environments": [
                    {"name": name, "client_id": name, "client_secret": "x" * 12}
                    # The target lacks the last one.
                    for name in ("development", "other", "nowhere")
                ],
            }
        ]
    )
    info: object = None
    journal: list[str] | None = None
    public_url: str | None = None

    def __call__(self, asked: FakeRequest) -> FakeAnswer | None:
        if asked.path.startswith("/__idp/"):
            return self._control(asked)
        if asked.path != "/github/login/oauth/authorize":
            return FakeAnswer(404, "no such page")
        if self.refusal:
            return FakeAnswer(400, "refused", [("Mock-Idp-Refusal", self.refusal)])
        hidden = "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in asked.query.items())
        form = f"<form method=post action='/__idp/consent'><input name=request value=r>{hidden}</form>"
        return FakeAnswer(body=form, headers=[("Content-Type", "text/html")])

    def _control(self, asked: FakeRequest) -> FakeAnswer:
        if asked.path == "/__idp/":
            own = {
                "kit": {"name": "fake", "version": __version__},
                "urls": {"http": self.url, **self.urls},
                "hosts": [],
                "public_url": self.public_url,
            }
            return FakeAnswer(body=self.info if self.info is not None else {**own, "providers": self.providers})
        if asked.path == "/__idp/personas":
            return FakeAnswer(body=PERSONAS)
        if asked.path == "/__idp/ca.pem":
            return FakeAnswer(body="no authority")
        if asked.path == "/__idp/journal" and (
            asked.query.get("since") == str(NO_ENTRY_YET) or self.journal is not None
        ):
            entries = [{"endpoint": endpoint, "sequence": 1} for endpoint in self.journal or ()]
            return FakeAnswer(body={"latest": len(entries), "entries": entries})
        if asked.path == "/__idp/consent":
            fields = dict(parse_qsl(asked.body.decode()))
            answer = urlencode({"code": CODE, "state": fields["state"]})
            return FakeAnswer(
                302, headers=[("Location", f"{fields['redirect_uri']}?{answer}"), ("Mock-Idp-Grant", "grant-1")]
            )
        return FakeAnswer(404, {"error": "no such thing"})


@dataclass
class FakeTarget:
    """An auth backend with one provider.

    Attributes:
        idp_url: where it sends users.
        environments: those it has; None if it has no provider at all.
        known_after: how many sign-ins fail because the catalog does not know the person yet.
        tells_origin: False if its error page does not say where the app is.
        key_set: what it publishes.
        own_url: what it calls itself.
        stops_after: how many requests it answers before it breaks every connection off.
        breaks_off_at: the one request at which it breaks the connection off.
        fails_with: what its callback page says instead of signing in.
        misled: id of a further provider that sends users to the real vendor.
    """

    idp_url: str = ""
    environments: tuple[str, ...] | None = ("development", "other")
    known_after: int = 0
    tells_origin: bool = True
    key_set: object = field(default_factory=lambda: {"keys": []})
    own_url: str = ""
    stops_after: int | None = None
    breaks_off_at: int | None = None
    fails_with: str | None = None
    misled: str | None = None
    _id: str = "github"
    asked: list[FakeRequest] = field(default_factory=list)

    def __call__(self, asked: FakeRequest) -> FakeAnswer | None:
        self.asked.append(asked)
        gone = self.stops_after is not None and len(self.asked) > self.stops_after
        if gone or len(self.asked) == self.breaks_off_at:
            return None
        if asked.path == "/api/auth/.well-known/jwks.json":
            return FakeAnswer(body=self.key_set)
        self._id = asked.path.removeprefix("/api/auth/").partition("/")[0]
        if self._id not in {"github", self.misled} or self.environments is None:
            return FakeAnswer(404, {"error": {"name": "NotFoundError", "message": "Unknown auth provider"}})
        action = asked.path.removeprefix(f"/api/auth/{self._id}/")
        if action == "handler/frame":
            return self._callback(asked)
        if asked.query.get("env") not in self.environments:
            message = f"No configuration available for the '{asked.query.get('env')}' environment of this provider."
            return FakeAnswer(404, {"error": {"name": "NotFoundError", "message": message}})
        return self._start(asked) if action == "start" else self._refresh(asked)

    def _start(self, asked: FakeRequest) -> FakeAnswer:
        state = urlencode({"nonce": NONCE, "env": asked.query["env"], "origin": asked.query.get("origin", APP)})
        query = {
            "client_id": "own",
            "redirect_uri": f"{self.own_url}/api/auth/github/handler/frame",
            "state": state.encode().hex(),
        }
        cookie = f"github-nonce={quote(NONCE, safe='')}; Path=/api/auth/github/handler; HttpOnly"
        idp_url = "https://github.com" if self._id == self.misled else self.idp_url
        location = f"{idp_url}/github/login/oauth/authorize?{urlencode(query)}"
        return FakeAnswer(302, headers=[("Location", location), ("Set-Cookie", cookie)])

    def _callback(self, asked: FakeRequest) -> FakeAnswer:
        html = [("Content-Type", "text/html; charset=utf-8")]
        error = {"name": "NotAllowedError", "message": "OAuth state is invalid, missing env"}
        if "code" not in asked.query:
            page = message_page({"type": "authorization_response", "error": error}, APP)
            return FakeAnswer(body=page if self.tells_origin else "<p>No", headers=html)
        if self.known_after > 0:
            self.known_after -= 1
            error = {"name": "Error", "message": "Failed to sign-in, unable to resolve user identity."}
            return FakeAnswer(body=message_page({"type": "authorization_response", "error": error}), headers=html)
        if self.fails_with is not None:
            error = {"name": "Error", "message": self.fails_with}
            return FakeAnswer(body=message_page({"type": "authorization_response", "error": error}), headers=html)
        session = {
            "providerInfo": {"accessToken": ACCESS_TOKEN, "scope": "read:user"},
            "profile": {"displayName": "Plain Person"},
            "backstageIdentity": {"token": USER_TOKEN},
        }
        cookie = f"github-refresh-token={quote(REFRESH_TOKEN, safe='')}; Path=/api/auth/github; HttpOnly"
        body = message_page({"type": "authorization_response", "response": session})
        return FakeAnswer(body=body, headers=[*html, ("Set-Cookie", cookie)])

    def _refresh(self, asked: FakeRequest) -> FakeAnswer:
        if "github-refresh-token" not in (asked.headers.get("Cookie") or ""):
            return FakeAnswer(401, {"error": {"name": "AuthenticationError", "message": "Missing session cookie"}})
        return FakeAnswer(
            body={"backstageIdentity": {"token": USER_TOKEN}, "providerInfo": {"accessToken": ACCESS_TOKEN}}
        )


@dataclass
class Pair:
    """Both, running."""

    idp: FakeIdp
    target: FakeTarget
    auth_url: str


@contextlib.contextmanager
def running_pair() -> Iterator[Pair]:
    """Start both; they fit each other until a test turns a switch."""
    idp, target = FakeIdp(), FakeTarget()
    with http_server(idp) as idp_url, http_server(target) as target_url:
        # The IdP by address and the target by name, as they are used together in the real world.
        idp.url = target.idp_url = f"http://127.0.0.1:{urlsplit(idp_url).port}"
        target.own_url = target_url
        yield Pair(idp, target, f"{target_url}/api/auth")
