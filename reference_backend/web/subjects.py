"""Whose refresh token is whose, so that a refresh cannot silently become somebody else (SEC-REFR-06).

The cookie holds what the vendor issued and nothing else, hence a table. It knows tokens by their hashes only. A token
that it does not know (a restart without a file, another backend's cookie) is taken as it is.
"""

import hashlib

from reference_backend.protocol.cookie_jar import CookieSettings
from reference_backend.web import backend


def token_hash(token: str) -> str:
    """What stands for a token in the table."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def remember(settings: CookieSettings, token: str, subject: str | None) -> None:
    """Note whose token this is, for as long as its cookie lives; a provider that names nobody is not asked later."""
    if subject is not None:
        own = backend.current()
        now = own.clock()
        own.store.put_subject(token_hash(token), subject, now, now + settings.session_max_age)


def recall(token: str) -> str | None:
    """Whose token this is; None if that is not known."""
    return backend.current().store.get_subject(token_hash(token))


def pass_on(settings: CookieSettings, old: str, new: str) -> None:
    """The vendor replaced a token: the new one belongs to the same person."""
    remember(settings, new, recall(old))
    forget(old)


def forget(token: str | None) -> None:
    """The token is not used any more."""
    if token:
        backend.current().store.remove_subject(token_hash(token))
