"""The ways back to the client: a redirect, or a form that submits itself."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from mock_idp.oauth.model import FORM_POST, Answer, Encoding, Page


def redirect(redirect_uri: str, parameters: Mapping[str, str], state: str | None) -> Answer:
    """Send the browser to the client; a query the redirect URI has is kept (RFC 6749 section 3.1.2)."""
    if state is not None:
        parameters = {**parameters, "state": state}
    parts = urlsplit(redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    location = urlunsplit(parts._replace(query=query))
    return Answer(302, None, Encoding.EMPTY, headers=(("Location", location),))


def form_post(action: str, parameters: Mapping[str, str], state: str | None = None) -> Answer:
    """Send the browser to the client with a form that submits itself (OAuth 2.0 Form Post Response Mode).

    Parameters:
        action: where the form goes.
        parameters: its fields, in order; a :class:`~mock_idp.oauth.tokens.SignedToken` is signed last.
        state: the client's opaque value, or None.
    """
    if state is not None:
        parameters = {**parameters, "state": state}
    return Answer(200, Page(FORM_POST, {"action": action, "parameters": parameters}), Encoding.HTML)
