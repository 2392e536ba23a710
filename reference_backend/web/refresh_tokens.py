"""Whose refresh token is whose, and which client's.

A refresh cannot silently become somebody else (SEC-REFR-06), and a token goes to no other client than the one that it
was issued to (SEC-ENV-05): the cookie has the same name in every environment.

The cookie holds what the vendor issued and nothing else, hence a table. It knows tokens by their hashes only. A token
that it does not know (a restart without a file, another backend's cookie) is taken as it is.
"""

import hashlib

from reference_backend.protocol.cookie_jar import CookieSettings
from reference_backend.store import TokenHolder
from reference_backend.web import backend


def token_hash(token: str) -> str:
    """What stands for a token in the table."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def remember(settings: CookieSettings, token: str, holder: TokenHolder) -> None:
    """Note whose token this is, for as long as its cookie lives."""
    own = backend.current()
    now = own.clock()
    own.store.put_refresh_token(token_hash(token), holder, now, now + settings.session_max_age)


def recall(token: str) -> TokenHolder | None:
    """Whose token this is; None if that is not known."""
    return backend.current().store.get_refresh_token(token_hash(token))


def of_environment(token: str | None, environment: str) -> str | None:
    """The token of a cookie, unless it is known to belong to another environment (SEC-ENV-05)."""
    holder = recall(token) if token else None
    return token if holder is None or holder.environment == environment else None


def pass_on(settings: CookieSettings, old: str, new: str, environment: str) -> None:
    """The vendor replaced a token: the new one belongs to the same person."""
    remember(settings, new, recall(old) or TokenHolder(environment, None))
    forget(old)


def forget(token: str | None) -> None:
    """The token is not used any more."""
    if token:
        backend.current().store.remove_refresh_token(token_hash(token))
