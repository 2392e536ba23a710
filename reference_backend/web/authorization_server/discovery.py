"""What clients can find out by themselves (OIDC-01, CIMD-05, CIMD-06)."""

from flask import Response

from reference_backend.protocol.authorization_server import discovery
from reference_backend.protocol.authorization_server.oidc_error import OidcError
from reference_backend.web import backend, outgoing


def configuration() -> Response:
    """``GET /.well-known/openid-configuration``."""
    own = backend.current()
    on = own.authorization_server.settings
    return outgoing.json_response(
        discovery.document(
            own.settings.auth_base,
            registration=on.registration is not None,
            documents=on.documents is not None,
            offline=on.offline is not None,
        )
    )


def cli_client() -> Response:
    """``GET /.well-known/oauth-client/cli.json``."""
    own = backend.current()
    if own.authorization_server.settings.documents is None:
        raise OidcError("not_found", "Client ID metadata documents not enabled", 404)
    return outgoing.json_response(discovery.cli_document(own.settings.auth_base))
