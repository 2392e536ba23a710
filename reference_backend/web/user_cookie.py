"""``/.backstage/auth/v1/cookie``: a limited token as a cookie (LIM-05 … LIM-09)."""

from flask import Response, request

from reference_backend.protocol import bearer, cookies, user_cookie, user_token
from reference_backend.protocol.errors import AuthenticationError, NotAllowedError
from reference_backend.web import backend, outgoing


def issue() -> Response:
    """``GET``: set the cookie, or keep one that is still fresh (LIM-05, LIM-07, LIM-08)."""
    own = backend.current()
    token = bearer.extract(request.headers.get("Authorization"))
    if token is None:
        raise AuthenticationError("Missing credentials")
    if own.verifier.is_service(token):
        raise NotAllowedError("This endpoint does not allow 'service' credentials")  # LIM-11
    principal = own.verifier.verify(token, allow_limited=False)
    expires_at = existing_expiry()
    if expires_at is None or not user_cookie.is_fresh(expires_at, own.clock()):
        expires_at = principal.expires_at
        limited = user_token.limited_token(principal.token)
        outgoing.add_cookies([user_cookie.issue(own.settings.auth_base, limited, expires_at)])
    return outgoing.json_response({"expiresAt": user_cookie.timestamp(expires_at)})


def existing_expiry() -> float | None:
    """Expiry of a valid cookie that came with the request (LIM-08)."""
    token = cookies.parse_header(request.headers.get("Cookie")).get(user_cookie.NAME)
    if not token:
        return None
    try:
        return backend.current().verifier.verify(token, allow_limited=True).expires_at
    except AuthenticationError:
        return None


def clear() -> Response:
    """``DELETE``: clear the cookie, no questions asked (LIM-09)."""
    outgoing.add_cookies([user_cookie.clear(backend.current().settings.auth_base)])
    return outgoing.empty(204)
