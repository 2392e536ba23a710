"""User info, the cookie of a limited token, and the public keys (USERINFO, LIM, JWKS)."""

from flask import Response

from reference_backend.backend import current_backend
from reference_backend.errors import AuthenticationError, InputError, NotAllowedError
from reference_backend.http import bearer, responses
from reference_backend.http.request import request
from reference_backend.identity import user_token
from reference_backend.user_endpoints import user_cookie


def user_info() -> Response:
    """``GET /v1/userinfo``: the record of the token's user; full and limited tokens will do (LIM-03)."""
    backend = current_backend()
    token = bearer.require(request.headers.get("Authorization"))
    if backend.verifier.is_service(token):
        raise InputError("Userinfo endpoint must be called with a token that represents a user principal")
    principal = backend.verifier.verify(token, allow_limited=True)
    info = backend.user_info.get(principal.user_entity_ref)
    if info is None:
        return responses.text_page("User info not found", 404)
    return responses.json_response(info)


def issue_cookie() -> Response:
    """``GET /.backstage/auth/v1/cookie``: set the cookie, or keep one that is still fresh (LIM-05, LIM-07, LIM-08)."""
    backend = current_backend()
    token = bearer.extract(request.headers.get("Authorization"))
    if token is None:
        raise AuthenticationError("Missing credentials")
    if backend.verifier.is_service(token):
        raise NotAllowedError("This endpoint does not allow 'service' credentials")  # LIM-11
    principal = backend.verifier.verify(token, allow_limited=False)
    expires_at = existing_expiry()
    if expires_at is None or not user_cookie.is_fresh(expires_at, backend.clock()):
        expires_at = principal.expires_at
        limited = user_token.limited_token(principal.token)
        responses.add_cookies([user_cookie.issue(backend.settings.auth_base, limited, expires_at)])
    return responses.json_response({"expiresAt": user_cookie.timestamp(expires_at)})


def existing_expiry() -> float | None:
    """Expiry of a valid cookie that came with the request (LIM-08)."""
    token = request.all_cookies.get(user_cookie.NAME)
    if not token:
        return None
    try:
        return current_backend().verifier.verify(token, allow_limited=True).expires_at
    except AuthenticationError:
        return None


def clear_cookie() -> Response:
    """``DELETE /.backstage/auth/v1/cookie``: clear the cookie, no questions asked (LIM-09)."""
    responses.add_cookies([user_cookie.clear(current_backend().settings.auth_base)])
    return responses.empty(204)


def user_keys() -> Response:
    """``GET /.well-known/jwks.json``: keys of user tokens (JWKS-01 … JWKS-04)."""
    return responses.json_response({"keys": current_backend().issuer.public_keys()})


def service_keys() -> Response:
    """``GET /.backstage/auth/v1/jwks.json``: keys between plugins, a different set (JWKS-05).

    This backend calls no other plugin, so it has none.
    """
    return responses.json_response({"keys": []})
