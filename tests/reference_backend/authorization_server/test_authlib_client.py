"""A client library that knows nothing of Backstage finds its way by the discovery document (OIDC-01, SEC-AS-24)."""

import threading
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from reference_backend import server as listener
from reference_backend.app import create_app
from reference_backend.backend import EXTENSION
from reference_backend.config.model import Config
from tests.reference_backend.authorization_server.server import CALLBACK, VERIFIER

ADA = "user:default/ada.quill"


@pytest.fixture
def served(settings, database):
    """The backend at a port of its own; returns its base URL and the application."""

    def answer(environ, start_response):
        # The application has to know the port, which is known when there is a listener.
        return app(environ, start_response)

    opened = listener.bind(answer, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.bound_port(opened)}"
    settings["backend"]["baseUrl"] = base
    app = create_app(Config(settings), database=database)
    thread = threading.Thread(target=opened.serve)
    thread.start()
    yield f"{base}/api/auth", app
    opened.stop()
    thread.join()


@pytest.mark.requirement("OIDC-01", "SEC-AS-24", "CODE-01", "OFFLINE-01", "REVOKE-07")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_client_from_discovery_to_revocation(served, method):
    base, app = served
    own = app.extensions[EXTENSION]
    metadata = requests.get(f"{base}/.well-known/openid-configuration", timeout=10).json()
    assert method in metadata["token_endpoint_auth_methods_supported"]
    registered = requests.post(metadata["registration_endpoint"], json={"redirect_uris": [CALLBACK]}, timeout=10).json()
    with OAuth2Session(
        registered["client_id"],
        registered["client_secret"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope="openid offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as session:
        url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=VERIFIER)
        page = requests.get(url, allow_redirects=False, timeout=10).headers["Location"]
        approval = requests.post(
            f"{base}/v1/sessions/{page.rpartition('/')[2]}/approve",
            headers={"Authorization": f"Bearer {own.issuer.issue(ADA, [ADA], {}).token}"},
            timeout=10,
        ).json()
        token = session.fetch_token(
            metadata["token_endpoint"],
            authorization_response=approval["redirectUrl"],
            state=state,
            code_verifier=VERIFIER,
        )
        keys = jwt.PyJWKClient(metadata["jwks_uri"])
        claims = jwt.decode(
            token["id_token"],
            keys.get_signing_key_from_jwt(token["id_token"]),
            algorithms=metadata["id_token_signing_alg_values_supported"],
            audience="backstage",
            issuer=metadata["issuer"],
        )
        assert (claims["sub"], claims["exp"] - claims["iat"]) == (ADA, token["expires_in"])
        renewed = session.refresh_token(metadata["token_endpoint"])
        assert renewed["refresh_token"] != token["refresh_token"]
        revoked = session.revoke_token(metadata["revocation_endpoint"], token=renewed["refresh_token"])
        assert revoked.status_code == 200
        with pytest.raises(OAuthError, match="Invalid refresh token"):
            session.refresh_token(metadata["token_endpoint"], refresh_token=renewed["refresh_token"])
    assert parse_qs(urlsplit(approval["redirectUrl"]).query)["state"] == [state]
