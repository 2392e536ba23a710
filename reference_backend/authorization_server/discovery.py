"""What clients can find out by themselves: the discovery document, and the CLI's own client document."""

from typing import Any

from reference_backend.authorization_server import code_challenge

SIGNING_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA")
CLI_PATH = "/.well-known/oauth-client/cli.json"


def document(auth_base: str, *, registration: bool, documents: bool, offline: bool) -> dict[str, Any]:
    """``/.well-known/openid-configuration`` (OIDC-01).

    No endpoint is listed that does not exist (OIDC-04, SEC-AS-24).

    Parameters:
        auth_base: external base URL, the issuer.
        registration: clients may register (DCR).
        documents: clients may describe themselves in a document (CIMD).
        offline: there are refresh tokens (OFFLINE).
    """
    on = registration or documents
    return {
        "issuer": auth_base,
        **({"token_endpoint": f"{auth_base}/v1/token"} if on else {}),
        "userinfo_endpoint": f"{auth_base}/v1/userinfo",
        "jwks_uri": f"{auth_base}/.well-known/jwks.json",
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "scopes_supported": ["openid", *(["offline_access"] if offline else [])],
        "token_endpoint_auth_methods_supported": [
            # Clients with a document have no secret; with everything off, the default of RFC 8414 section 2 is named.
            *(["client_secret_basic", "client_secret_post"] if registration or not on else []),
            *(["none"] if on else []),
        ],
        "claims_supported": ["sub", "ent"],
        "grant_types_supported": ["authorization_code", *(["refresh_token"] if offline else [])],
        **({"authorization_endpoint": f"{auth_base}/v1/authorize"} if on else {}),
        "code_challenge_methods_supported": list(code_challenge.METHODS),
        **({"registration_endpoint": f"{auth_base}/v1/register"} if registration else {}),
        **({"revocation_endpoint": f"{auth_base}/v1/revoke"} if on else {}),
        **({"client_id_metadata_document_supported": True} if documents else {}),
    }


def cli_client_id(auth_base: str) -> str:
    """Client id of the built-in client (CIMD-04)."""
    return f"{auth_base}{CLI_PATH}"


def cli_document(auth_base: str) -> dict[str, Any]:
    """The built-in client's document (CIMD-05)."""
    return {
        "client_id": cli_client_id(auth_base),
        "client_name": "Backstage CLI",
        "redirect_uris": ["http://127.0.0.1:8055/callback"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none",
        "scope": "openid offline_access",
    }
