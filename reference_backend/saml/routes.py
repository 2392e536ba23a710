"""The routes of the SAML provider (providers-oauth.md §18): no cookie, no environment, no refresh."""

import logging
from dataclasses import dataclass
from typing import Final

from flask import Response

from reference_backend import errors
from reference_backend.backend import current_backend
from reference_backend.errors import AuthError
from reference_backend.http import responses, web_message
from reference_backend.http.provider_routes import ProviderRoutes
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.saml import answer, authn_request, sign_in
from reference_backend.saml.answer import SamlIdentity
from reference_backend.saml.configuration import SamlSettings
from reference_backend.saml.replay_store import ReplayStore

log = logging.getLogger(__name__)

REQUEST_BYTES: Final = 20
NO_ANSWER: Final = "Unexpected redirect"
"""What a callback without answer hears, as if somebody wanted to be sent to the identity provider."""
REQUEST_SECONDS: Final = 8 * 3600.0
"""How long a request may stay unanswered, and an assertion without an end is remembered."""


@dataclass(frozen=True, slots=True)
class SamlRoutes(ProviderRoutes):
    """One SAML provider; it has no refresh (SAML-05).

    Parameters:
        settings: its configuration.
    """

    settings: SamlSettings

    def start(self) -> Response:
        """``GET /{p}/start``: send the browser to the identity provider (SAML-02)."""
        backend = current_backend()
        request_id = authn_request.make_id(backend.random_bytes(REQUEST_BYTES))
        now = backend.clock()
        ReplayStore(backend.database.engine).add(_request(request_id), now, now + REQUEST_SECONDS)
        sent = authn_request.xml(self.settings, request_id, now)
        return responses.to_vendor(authn_request.redirect_url(self.settings, sent, relay_state()))

    def frame(self) -> Response:
        """``GET`` and ``POST /{p}/handler/frame``: what the browser brings, ends at the app (SAML-03)."""
        try:
            message = web_message.success(session(self.settings))
        except AuthError as error:
            message = web_message.failure(errors.page_error(error))
        except Exception:
            log.exception("the callback failed")
            message = web_message.failure(errors.page_error(errors.invalid_thrown_value()))
        return responses.web_message_page(message, current_backend().settings.app_origin)

    def logout(self) -> Response:
        """Nothing is kept here, and the identity provider is not told (SAML-05)."""
        return responses.empty(200)


def relay_state() -> str | None:
    """What the identity provider is to send back: only what start was given."""
    return request.parameters.get("RelayState")


def session(settings: SamlSettings) -> dict[str, object]:
    """The session of the user that the response names (SAML-04, SAML-19)."""
    backend = current_backend()
    identity = identified(settings)
    signed_in = sign_in.by_name_id(identity, backend.context)
    return session_response.session_response(sign_in.profile(identity), {}, signed_in, backend.clock())


def identified(settings: SamlSettings) -> SamlIdentity:
    """Who the answer says signed in.

    Raises:
        AuthError: there is no answer, or none to be believed.
    """
    text = request.form_fields.get("SAMLResponse")
    if not text:
        raise AuthError(NO_ANSWER)
    try:
        identity = answer.read(settings, text, current_backend().clock(), is_own_request)
        require_first_use(identity)
    except AuthError as error:
        raise AuthError(f"Authentication failed, {error.message}") from error
    return identity


def is_own_request(request_id: str) -> bool:
    """Tell whether this backend made that request, not too long ago (SAML-14)."""
    backend = current_backend()
    return ReplayStore(backend.database.engine).has(_request(request_id), backend.clock())


def require_first_use(identity: SamlIdentity) -> None:
    """An assertion signs in once (SAML-13)."""
    backend = current_backend()
    now = backend.clock()
    until = identity.expires_at or now + REQUEST_SECONDS
    if not ReplayStore(backend.database.engine).add(f"assertion {identity.assertion_id}", now, until):
        raise AuthError("SAML assertion was used before")


def _request(request_id: str) -> str:
    return f"request {request_id}"
