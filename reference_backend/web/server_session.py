"""The server-side session of a browser, read when it is first looked into (SESSION)."""

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from flask import request

from reference_backend.protocol import cookies, server_session
from reference_backend.web import backend, outgoing
from reference_backend.web.backend import Backend


class ServerSession(MutableMapping[str, Any]):
    """Members of one session; they have to be JSON values.

    Parameters:
        own: the backend.
        secret: ``auth.session.secret``.
        received: value of the session cookie that came with the request.
    """

    def __init__(self, own: Backend, secret: str, received: str | None) -> None:
        self._own = own
        self._secret = secret
        self._id = server_session.unsign(received, secret)
        self._loaded: dict[str, Any] | None = None
        self._before = "{}"

    @property
    def _members(self) -> dict[str, Any]:
        if self._loaded is None:
            stored = self._own.store.get_session(self._id, self._own.clock()) if self._id else None
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
        del self._members[key]

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
            self._own.store.remove_session(self._id)
            return
        if self._id is None:
            self._id = server_session.generate_id(self._own.random_bytes)
            outgoing.add_cookies([server_session.cookie(self._id, self._secret, self._own.settings.auth_base)])
        now = self._own.clock()
        self._own.store.put_session(self._id, after, now, now + server_session.LIFETIME)
        self._before = after


def received() -> ServerSession | None:
    """The session of this request; None without ``auth.session.secret`` (SESSION-01)."""
    own = backend.current()
    secret = own.settings.session_secret
    if secret is None:
        return None
    return ServerSession(own, secret, cookies.parse_header(request.headers.get("Cookie")).get(server_session.NAME))


def save(session: ServerSession | None) -> None:
    """Save a session, if there is one."""
    if session is not None:
        session.save()
