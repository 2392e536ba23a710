"""A backend with everything on, a registered client, and words for what a client and a person do."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.oauth2 import rfc7636

CALLBACK = "http://localhost:9999/cb"
SERVICE_TOKEN = "static-service-token"
VERIFIER = "v" * 43
CHALLENGE = {
    "code_challenge": rfc7636.create_s256_code_challenge(VERIFIER),
    "code_challenge_method": "S256",
}


@dataclass(frozen=True)
class Registered:
    """A client and its credentials."""

    client_id: str
    secret: str

    @property
    def in_body(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.secret}

    @property
    def in_header(self) -> dict[str, str]:
        pair = f"{self.client_id}:{self.secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


class Server:
    """The authorization server as clients and the consent page see it."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        browser.app.extensions["reference_backend"].context.catalog.refresh()

    def post_json(self, path: str, body: Any, **headers: str) -> Any:
        return self.browser.post(path, data=json.dumps(body), Content_Type="application/json", **headers)

    def register(self, *redirect_uris: str, **members: Any) -> Registered:
        answer = self.post_json("/v1/register", {"redirect_uris": list(redirect_uris) or [CALLBACK], **members})
        assert answer.status_code == 201, answer.text
        return Registered(answer.json["client_id"], answer.json["client_secret"])

    def authorize(self, client: Any, **parameters: Any) -> Any:
        client_id = getattr(client, "client_id", client)
        query = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", **parameters}
        sent = {name: value for name, value in query.items() if value is not None}
        return self.browser.get(f"/v1/authorize?{urlencode(sent, doseq=True)}")

    def session(self, client: Any, **parameters: Any) -> str:
        answer = self.authorize(client, **parameters)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def token_of(self, user: str = "user:default/ada.quill") -> str:
        return self.browser.app.extensions["reference_backend"].issuer.issue(user, [user], {}).token

    def decide(self, session: str, decision: str = "approve", token: str | None = None) -> Any:
        return self.browser.post(
            f"/v1/sessions/{session}/{decision}", Authorization=f"Bearer {token or self.token_of()}"
        )

    def code(self, client: Any, user: str = "user:default/ada.quill", **parameters: Any) -> str:
        answer = self.decide(self.session(client, **parameters), token=self.token_of(user))
        assert answer.status_code == 200, answer.text
        return dict(parse_qsl(urlsplit(answer.json["redirectUrl"]).query))["code"]

    def token(self, headers: dict[str, str] | None = None, **form: Any) -> Any:
        sent = {name: value for name, value in form.items() if value is not None}
        return self.browser.post("/v1/token", data=sent, **(headers or {}))

    def redeem(self, client: Registered, code: str, **form: Any) -> Any:
        members = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **client.in_body}
        return self.token(**{**members, **form})

    def offline(self, client: Registered, user: str = "user:default/ada.quill") -> str:
        answer = self.redeem(client, self.code(client, user, scope="openid offline_access"))
        assert answer.status_code == 200, answer.text
        return answer.json["refresh_token"]

    def refresh(self, client: Registered | None, token: str, **form: Any) -> Any:
        credentials = client.in_body if client else {}
        return self.token(**{"grant_type": "refresh_token", "refresh_token": token, **credentials, **form})

    @staticmethod
    def error(answer: Any) -> tuple[int, str, str]:
        """OERR-01: two members and nothing else."""
        assert set(answer.json) == {"error", "error_description"}, answer.text
        return answer.status_code, answer.json["error"], answer.json["error_description"]
