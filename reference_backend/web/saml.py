"""The routes of the SAML provider (providers-oauth.md §18): no cookie, no environment, no refresh."""

import logging
from dataclasses import dataclass
from typing import Final

from flask import Response

from reference_backend.protocol import errors, session_response, web_message
from reference_backend.protocol.errors import AuthError
from reference_backend.saml import answer, authn_request, sign_in
from reference_backend.saml.answer import SamlIdentity
from reference_backend.saml.settings import SamlSettings
from reference_backend.web import backend, incoming, outgoing
from reference_backend.web.entry import Entry

log = logging.getLogger(__name__)

REQUEST_BYTES: Final = 20
NO_ANSWER: Final = "Unexpected redirect"
"""What a callback without answer hears, as if somebody wanted to be sent to the identity provider."""
REQUEST_SECONDS: Final = 8 * 3600.0
"""How long a request may stay unanswered, and an assertion without an end is remembered."""


@dataclass(frozen=True, slots=True)
class SamlEntry(Entry):
    """One SAML provider; it has no refresh (SAML-05).

    Parameters:
        settings: its configuration.
    """

    settings: SamlSettings

    def start(self) -> Response:
        """See :func:`start`."""
        return start(self.settings)

    def frame(self) -> Response:
        """See :func:`frame`."""
        return frame(self.settings)

    def logout(self) -> Response:
        """Nothing is kept here, and the identity provider is not told (SAML-05)."""
        return outgoing.empty(200)


def start(settings: SamlSettings) -> Response:
    """``GET /{p}/start``: send the browser to the identity provider (SAML-02)."""
    own = backend.current()
    request_id = authn_request.make_id(own.random_bytes(REQUEST_BYTES))
    now = own.clock()
    own.store.notes.add(_request(request_id), now, now + REQUEST_SECONDS)
    request = authn_request.xml(settings, request_id, now)
    return outgoing.to_vendor(authn_request.redirect_url(settings, request, relay_state()))


def relay_state() -> str | None:
    """What the identity provider is to send back: only what start was given."""
    return incoming.parameters().get("RelayState")


def frame(settings: SamlSettings) -> Response:
    """``GET`` and ``POST /{p}/handler/frame``: what the browser brings, ends at the app (SAML-03)."""
    try:
        message = web_message.success(session(settings))
    except AuthError as error:
        message = web_message.failure(errors.page_error(error))
    except Exception:
        log.exception("the callback failed")
        message = web_message.failure(errors.page_error(errors.invalid_thrown_value()))
    return outgoing.web_message_page(message, backend.current().settings.app_origin)


def session(settings: SamlSettings) -> dict[str, object]:
    """The session of whoever the answer names (SAML-04, SAML-19)."""
    own = backend.current()
    identity = identified(settings)
    signed_in = sign_in.by_name_id(identity, own.context)
    return session_response.session_response(sign_in.profile(identity), {}, signed_in, own.clock())


def identified(settings: SamlSettings) -> SamlIdentity:
    """Who the answer says signed in.

    Raises:
        AuthError: there is no answer, or none to be believed.
    """
    text = incoming.form().get("SAMLResponse")
    if not text:
        raise AuthError(NO_ANSWER)
    try:
        identity = answer.read(settings, text, backend.current().clock(), is_own_request)
        require_first_use(identity)
    except AuthError as error:
        raise AuthError(f"Authentication failed, {error.message}") from error
    return identity


def is_own_request(request_id: str) -> bool:
    """Tell whether this backend made that request, not too long ago (SAML-14)."""
    own = backend.current()
    return own.store.notes.has(_request(request_id), own.clock())


def require_first_use(identity: SamlIdentity) -> None:
    """An assertion signs in once (SAML-13)."""
    own = backend.current()
    now = own.clock()
    until = identity.expires_at or now + REQUEST_SECONDS
    if not own.store.notes.add(f"assertion {identity.assertion_id}", now, until):
        raise AuthError("SAML assertion was used before")


def _request(request_id: str) -> str:
    return f"request {request_id}"
