"""Callers that are no users: services with a token of their own."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from reference_backend.backend import current_backend
from reference_backend.http import bearer, responses
from reference_backend.http.request import request
from reference_backend.identity.external_access import ExternalToken
from reference_backend.identity.token_verifier import TokenVerifier
from reference_backend.user_endpoints import routes as user_routes
from reference_backend.user_endpoints import user_cookie
from tests.defects.catalogue.client_registration import on_server
from tests.defects.defect import always, replace, wrap


@on_server("USERINFO-04", "LIM-11")
def services_are_strangers() -> None:
    """A service token is refused like an unknown token, not as one without a user."""
    replace(TokenVerifier, "is_service", always(value=False))


@on_server("VERIFY-02")
def services_go_everywhere() -> None:
    """A service's token counts at plugins that it is not for, too."""
    replace(ExternalToken, "is_for_us", property(always(value=True)))


@on_server("USERINFO-04")
def service_gets_empty_user_info() -> None:
    """A service asks for the record of its user and gets an empty one."""

    def show(original: Callable[[], Response]) -> Response:
        token = bearer.extract(request.headers.get("Authorization"))
        if token is not None and current_backend().verifier.is_service(token):
            return responses.json_response({"claims": {}})
        return original()

    wrap(user_routes, "user_info", show)


@on_server("LIM-11")
def service_gets_a_cookie() -> None:
    """A service gets its own token as the cookie of a user."""

    def issue(original: Callable[[], Response]) -> Response:
        own = current_backend()
        token = bearer.extract(request.headers.get("Authorization"))
        if token is None or not own.verifier.is_service(token):
            return original()
        responses.add_cookies([user_cookie.issue(own.settings.auth_base, token, own.clock() + 3600)])
        return responses.json_response({"expiresAt": user_cookie.timestamp(own.clock() + 3600)})

    wrap(user_routes, "issue_cookie", issue)
