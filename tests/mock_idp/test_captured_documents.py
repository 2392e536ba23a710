"""Discovery documents say what the real services' say, as far as the mock does it."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_idp.vendors.microsoft import TENANT
from tests.mock_idp.conftest import make_world

CAPTURES = Path(__file__).parent / "captures"
DOCUMENT = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Captured:
    """A document of the real service beside the mock's.

    Attributes:
        vendor: the vendor.
        at: where it is.
        unfulfilled: members that promise what the mock does not do.
        shorter: members that promise more than the mock does, so that it lists a part.
    """

    vendor: str
    at: str
    unfulfilled: frozenset[str]
    shorter: frozenset[str]


ENTRA = Captured(
    "microsoft",
    "https://login.microsoftonline.com/{}/v2.0",
    frozenset(
        {
            "device_authorization_endpoint",
            "http_logout_supported",
            "frontchannel_logout_supported",
            "kerberos_endpoint",
        }
    ),
    frozenset({"token_endpoint_auth_methods_supported", "response_types_supported", "claims_supported"}),
)
DOCUMENTS = {
    "entra-common": ENTRA,
    "entra-organizations": ENTRA,
    "okta": Captured(
        "okta",
        "https://common.okta.com",
        frozenset(
            {
                "device_authorization_endpoint",
                "registration_endpoint",
                "request_parameter_supported",
                "request_object_signing_alg_values_supported",
            }
        ),
        frozenset(
            {
                "claims_supported",
                "grant_types_supported",
                "response_types_supported",
                *(f"{name}_endpoint_auth_methods_supported" for name in ("token", "revocation", "introspection")),
            }
        ),
    ),
    "auth0": Captured(
        "auth0",
        "https://common.auth0.com",
        frozenset({"device_authorization_endpoint", "mfa_challenge_endpoint", "registration_endpoint"}),
        frozenset(
            {
                "claims_supported",
                "scopes_supported",
                "response_types_supported",
                "id_token_signing_alg_values_supported",
            }
        ),
    ),
    "onelogin": Captured(
        "onelogin",
        "https://common.onelogin.com/oidc/2",
        frozenset({"acr_values_supported", "registration_endpoint", "userinfo_signing_alg_values_supported"}),
        frozenset(
            {
                "claims_supported",
                "grant_types_supported",
                "response_types_supported",
                "id_token_signing_alg_values_supported",
            }
        ),
    ),
}
# Tenants of newer date have it (auth0.com/docs, log users out of Auth0).
NEWER = {"auth0": {"end_session_endpoint"}}
# The mock's document says so, while the real one's says the contrary.
CONTRARY = {"onelogin": {"claims_parameter_supported"}}


def published(vendor: str, url: str) -> dict[str, object]:
    parts = urlsplit(url)
    world = make_world(vendor, vendor)
    found: dict[str, object] = world.http.get(parts.path + DOCUMENT, base_url=f"https://{parts.netloc}").json
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_the_real_one(name: str) -> None:
    captured = DOCUMENTS[name]
    theirs = json.loads((CAPTURES / f"{name}.discovery.json").read_text(encoding="utf-8"))
    ours = published(captured.vendor, captured.at.format(name.removeprefix("entra-")))
    assert set(theirs) - set(ours) == captured.unfulfilled
    assert set(ours) - set(theirs) == NEWER.get(name, set())
    for member in set(ours) & set(theirs) - CONTRARY.get(name, set()):
        if member in captured.shorter:
            assert set(ours[member]) < set(theirs[member]), member  # type: ignore[call-overload]
        elif isinstance(theirs[member], list):
            assert sorted(ours[member]) == sorted(theirs[member]), member  # type: ignore[call-overload]
        else:
            assert ours[member] == theirs[member], member


@pytest.mark.parametrize(
    ("vendor", "at", "issuer"),
    [
        ("okta", "https://harbour.okta.com/oauth2/default", "https://harbour.okta.com/oauth2/default"),
        ("okta", "https://harbour.okta-emea.com", "https://harbour.okta-emea.com"),
        ("okta", "http://localhost/okta", "http://localhost/okta"),
        ("onelogin", "http://localhost/onelogin/oidc/2", "http://localhost/onelogin/oidc/2"),
        ("microsoft", "https://login.microsoftonline.com/{}/v2.0", None),
        ("microsoft", "https://login.microsoftonline.com/lumenfold.example/v2.0", None),
        (
            "microsoft",
            "https://login.microsoftonline.com/consumers/v2.0",
            "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        ),
    ],
)
def test_issuers(vendor: str, at: str, issuer: str | None) -> None:
    parts = urlsplit(at.format(TENANT))
    found = make_world(vendor, vendor).http.get(parts.path + DOCUMENT, base_url=f"{parts.scheme}://{parts.netloc}").json
    assert found["issuer"] == (issuer or f"https://login.microsoftonline.com/{TENANT}/v2.0")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_address_in_a_document_is_there(name: str) -> None:
    captured = DOCUMENTS[name]
    ours = published(captured.vendor, captured.at.format(TENANT))
    world = make_world(captured.vendor, captured.vendor)
    for member, url in ours.items():
        if not member.endswith("_endpoint") and member != "jwks_uri":
            continue
        parts = urlsplit(str(url))
        answer = world.http.options(parts.path, base_url=f"https://{parts.netloc}")
        assert answer.status_code != 404, url


def test_okta_has_metadata_for_those_who_do_not_speak_openid_connect() -> None:
    world = make_world("okta", "okta")
    for server in ("", "/oauth2/default"):
        openid = world.http.get(f"/okta{server}{DOCUMENT}").json
        assert world.http.get(f"/okta{server}/.well-known/oauth-authorization-server").json == openid
