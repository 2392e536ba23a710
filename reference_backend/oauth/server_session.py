"""The server-side session of a browser, read when it is first looked into (SESSION)."""

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from reference_backend.backend import Backend, current_backend
from reference_backend.formats import encoding
from reference_backend.http import responses
from reference_backend.http.request import request
from reference_backend.oauth import session_cookie
from reference_backend.oauth.session_store import SessionStore


class ServerSession(MutableMapping[str, Any]):
    """Members of one session; they have to be JSON values.

    Parameters:
        backend: the backend.
        secret: ``auth.session.secret``.
        received: value of the session cookie that came with the request.
    """

    def __init__(self, backend: Backend, secret: str, received: str | None) -> None:
        self._backend = backend
        self._store = SessionStore(backend.database.engine)
        self._secret = secret
        self._id = session_cookie.unsign(received, secret)
        self._loaded: dict[str, Any] | None = None
        self._before = "{}"

    @property
    def _members(self) -> dict[str, Any]:
        if self._loaded is None:
            stored = self._store.get(self._id, self._backend.clock()) if self._id else None
            # An identifier that we do not know (any more) is never taken up again: whoever knows it may have
            # planted it.
            self._id = self._id if stored is not None else None
            self._before = stored or "{}"
            self._loaded = json.loads(self._before)
        return self._loaded

    def __getitem__(self, key: str) -> Any:
        return self._members[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._members[key] = value

    def __delitem__(self, key: str) -> None:
        """Take a member out at once, so that of several requests at the same moment one has it (SEC-CONC-03).

        Raises:
            KeyError: it is not there, or another request was faster.
        """
        del self._members[key]
        if self._id is None:
            return
        while not self._store.exchange(self._id, self._before, json.dumps(self._loaded)):
            # Another request changed the session; what it left counts.
            self._loaded = None
            del self._members[key]
        self._before = json.dumps(self._loaded)
        if not self._loaded:
            self._store.remove(self._id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def save(self) -> None:
        """Write what was changed, and hand out the cookie if the session is new (SESSION-03)."""
        after = json.dumps(self._loaded or {})
        if self._loaded is None or after == self._before:
            return
        if not self._loaded and self._id is not None:
            self._store.remove(self._id)
            return
        if self._id is None:
            self._id = encoding.b64url(self._backend.random_bytes(session_cookie.ID_BYTES))
            responses.add_cookies([session_cookie.cookie(self._id, self._secret, self._backend.settings.auth_base)])
        now = self._backend.clock()
        self._store.put(self._id, after, now, now + session_cookie.LIFETIME)
        self._before = after


def received() -> ServerSession | None:
    """The session of this request; None without ``auth.session.secret`` (SESSION-01)."""
    backend = current_backend()
    secret = backend.settings.session_secret
    return None if secret is None else ServerSession(backend, secret, request.all_cookies.get(session_cookie.NAME))
