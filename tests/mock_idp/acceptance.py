"""What the tests of acceptance share: a client of one's own at any vendor."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mock_idp.idp import Idp
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.vendors import vendors
from mock_idp.vendors.atlassian import AUDIENCE
from mock_idp.vendors.microsoft import TENANT
from mock_idp.vendors.oauth_vendor import OAuthVendor
from tests.mock_idp.conftest import form_of, make_world

VENDORS = {vendor_id: vendor for vendor_id, vendor in vendors().items() if isinstance(vendor, OAuthVendor)}
REDIRECT_URI = "https://app.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
SCOPES = {
    "atlassian": "offline_access read:me",
    "bitbucket": "account",
    "bitbucketServer": "REPO_READ",
    "github": "read:user",
    "gitlab": "openid read_user",
    "microsoft": "openid profile email User.Read",
    "openshift": "user:full",
    "pinniped": "openid username groups",
}


@dataclass
class OwnClient:
    """A client that somebody registered, at a vendor under Flask's test client."""

    idp: Idp
    http: FlaskClient
    vendor: OAuthVendor
    registration: Mapping[str, Any]
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.registration["client_id"])

    @property
    def secret(self) -> str:
        return str(self.registration["client_secret"])

    def path(self, endpoint: str) -> str:
        found = next(route.path for route in self.vendor.routes if route.endpoint == endpoint)
        return f"/{self.vendor.id}" + found.replace("<tenant>", TENANT)

    def authorize(self, **changes: Any) -> TestResponse:
        parameters = {
            "client_id": self.id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": SCOPES.get(self.vendor.id, "openid profile email"),
            "state": "the state",
            **CHALLENGE,
            **({"audience": AUDIENCE, "prompt": "consent"} if self.vendor.id == "atlassian" else {}),
            **self.asked,
            **changes,
        }
        return self.http.get(
            self.path("authorization"),
            query_string={name: value for name, value in parameters.items() if value is not None},
        )

    def consent(self, page: TestResponse) -> TestResponse:
        assert page.status_code == 200, page.headers
        form = form_of(page)
        scopes = [value for name, value in form.fields if name == "scope"]
        fields = {name: value for name, value in form.fields if name != "scope"}
        return self.http.post(form.action, data={**fields, "scope": scopes, "persona": "plain", "decision": "allow"})

    def code(self, **asked: Any) -> str:
        answer = self.consent(self.authorize(**asked))
        return told(answer)["code"]

    def token(
        self, method: ClientAuthentication, *, how: str = "form", secret: str | None = None, **fields: Any
    ) -> Any:
        """Ask the token endpoint, authenticating by a method, in a format."""
        secret = self.secret if secret is None else secret
        headers = {"Accept": "application/json"}
        form = {
            "grant_type": "authorization_code",
            "redirect_uri": REDIRECT_URI,
            **({"code_verifier": VERIFIER} if self.vendor.policy.pkce != "ignored" else {}),
            **fields,
        }
        if method in (ClientAuthentication.BASIC, ClientAuthentication.BOTH):
            text = base64.b64encode(f"{self.id}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {text}"
        if method in (ClientAuthentication.BODY, ClientAuthentication.BOTH):
            form |= {"client_id": self.id, "client_secret": secret}
        if method is ClientAuthentication.NONE:
            form["client_id"] = self.id
        sent = {name: value for name, value in form.items() if value is not None}
        body = {"form": {"data": sent}, "JSON": {"json": sent}, "query string": {"query_string": sent}}[how]
        return self.http.post(self.path("token"), headers=headers, **body)

    def last_reason(self) -> str | None:
        entry = self.http.get("/__idp/journal").json["entries"][-1]
        return entry["refusal"] and entry["refusal"]["reason"]


def own_client(vendor_id: str, **registration: Any) -> OwnClient:
    """Register a client of one's own at a vendor."""
    world = make_world(vendor_id, vendor_id)
    body = {
        "vendor": vendor_id,
        "client_id": "my-app",
        **({} if registration.get("public") else {"client_secret": "a-secret-of-my-own"}),
        "redirect_uris": [REDIRECT_URI],
        **registration,
    }
    answer = world.http.post("/__idp/clients", json=body)
    assert answer.status_code == 201, answer.text
    return OwnClient(world.idp, world.http, VENDORS[vendor_id], answer.json)


def told(answer: TestResponse) -> dict[str, str]:
    """What a redirect tells the client, in its query or its fragment."""
    assert answer.status_code in (302, 303), answer.text
    parts = urlsplit(answer.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment, keep_blank_values=True).items()}
