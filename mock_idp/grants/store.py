"""What a service remembers: authorization requests, grants and the tokens that descend from them.

The values are immutable and the store is not: a change of state is a new value in the place of the old one, under a
lock, so that threads may share it.
"""

from collections import Counter, OrderedDict
from dataclasses import replace
from threading import RLock
from typing import Any, TypeVar

from mock_idp.oauth.model import AuthorizationRequest, Grant, IssuedToken, TokenKind

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedDict(OrderedDict[Key, Value]):
    """A dictionary that forgets its oldest entry when it is full."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def put(self, key: Key, value: Value) -> None:
        """Set an entry; one that was there keeps its age."""
        self[key] = value
        while len(self) > self._limit:
            self.popitem(last=False)


class GrantStore:
    """The memory of one service; may be shared by threads.

    Parameters:
        limit: how many entries of each kind are remembered; the oldest are forgotten first, which looks to
            a client as if they had never been issued.
    """

    def __init__(self, limit: int) -> None:
        self._lock = RLock()
        self._requests: BoundedDict[str, AuthorizationRequest] = BoundedDict(limit)
        self._grants: BoundedDict[str, Grant] = BoundedDict(limit)
        self._tokens: BoundedDict[tuple[TokenKind, str], IssuedToken] = BoundedDict(3 * limit)
        self._consents: BoundedDict[tuple[str, str], bool] = BoundedDict(limit)
        self._applications: BoundedDict[str, Counter[int]] = BoundedDict(limit)
        self._assertions: BoundedDict[str, bool] = BoundedDict(limit)
        self._sessions: BoundedDict[str, dict[str, str]] = BoundedDict(limit)

    # --- requests and grants ----------------------------------------------------------------------

    def add_request(self, request: AuthorizationRequest) -> None:
        """Remember a checked authorization request until it is decided."""
        with self._lock:
            self._requests.put(request.request_id, request)

    def request(self, request_id: str) -> AuthorizationRequest | None:
        """Find an undecided request."""
        with self._lock:
            return self._requests.get(request_id)

    def take_request(self, request_id: str) -> AuthorizationRequest | None:
        """Take a request out, so that it is decided once only."""
        with self._lock:
            return self._requests.pop(request_id, None)

    def add_grant(self, grant: Grant) -> None:
        """Remember a decision, or a new value of one."""
        with self._lock:
            self._grants.put(grant.grant_id, grant)

    def grant(self, grant_id: str) -> Grant | None:
        """Find a grant by its id."""
        with self._lock:
            return self._grants.get(grant_id)

    def latest_grant(self, client_id: str) -> Grant | None:
        """The newest decision about a client."""
        with self._lock:
            of_client = (
                grant for grant in reversed(self._grants.values()) if grant.request.client.client_id == client_id
            )
            return next(of_client, None)

    def change_grant(self, grant_id: str, **changes: Any) -> Grant | None:
        """Change members of a grant, without losing what another thread changes at the same time.

        Parameters:
            grant_id: the grant.
            changes: names of :class:`Grant`'s members -> new values; new faults are counted from zero.

        Returns:
            The grant as it is now, or None if it is not known any more.
        """
        with self._lock:
            grant = self._grants.get(grant_id)
            if grant is None:
                return None
            changed = replace(grant, **changes)
            self._grants.put(grant_id, changed)
            if "faults" in changes:
                self._applications.pop(grant_id, None)
            return changed

    def forget_applications(self, owner: str) -> None:
        """Count from zero how often faults are applied, because a grant or the service carries other ones now."""
        with self._lock:
            self._applications.pop(owner, None)

    def revoke_grant(self, grant_id: str) -> None:
        """Take back a grant, and with it every token that descends from it."""
        with self._lock:
            grant = self._grants.get(grant_id)
            if grant:
                self._grants.put(grant_id, replace(grant, revoked=True))

    def revoke_grants_of(self, persona: str) -> None:
        """Revoke everything that a person granted."""
        with self._lock:
            for grant in list(self._grants.values()):
                if grant.persona == persona:
                    self._grants.put(grant.grant_id, replace(grant, revoked=True))

    def first_consent(self, client_id: str, persona: str) -> bool:
        """Say whether this persona consents to this client for the first time, and remember that it did."""
        with self._lock:
            known = self._consents.get((client_id, persona))
            self._consents.put((client_id, persona), True)
            return not known

    def first_use(self, assertion_id: str) -> bool:
        """Say whether an assertion's id comes for the first time, and remember it (RFC 7523 section 3)."""
        with self._lock:
            known = self._assertions.get(assertion_id)
            self._assertions.put(assertion_id, True)
            return not known

    def grants(self) -> list[Grant]:
        """All grants, the oldest first."""
        with self._lock:
            return list(self._grants.values())

    def forget_grant(self, grant_id: str) -> None:
        """Forget a grant, as if it had never been given; what descends from it is unknown."""
        with self._lock:
            self._grants.pop(grant_id, None)

    # --- all of it --------------------------------------------------------------------------------

    @property
    def _parts(self) -> tuple[BoundedDict[Any, Any], ...]:
        return (
            self._requests,
            self._grants,
            self._tokens,
            self._consents,
            self._applications,
            self._assertions,
            self._sessions,
        )

    def state(self) -> tuple[dict[Any, Any], ...]:
        """Everything that is remembered, for :meth:`restore`."""
        with self._lock:
            # Counters are the only values that change in their place.
            return tuple(
                {key: value.copy() if isinstance(value, Counter) else value for key, value in part.items()}
                for part in self._parts
            )

    def restore(self, state: tuple[dict[Any, Any], ...]) -> None:
        """Remember what was remembered at another time, and nothing else."""
        with self._lock:
            for part, saved in zip(self._parts, state, strict=True):
                part.clear()
                for key, value in saved.items():
                    part.put(key, value.copy() if isinstance(value, Counter) else value)

    # --- sessions of browsers ---------------------------------------------------------------------

    def remember_consent(self, session: str, grant: Grant) -> None:
        """Remember in a browser's session what was granted to a client."""
        with self._lock:
            grants = self._sessions.get(session, {})
            self._sessions.put(session, {**grants, grant.request.client.client_id: grant.grant_id})

    def knows_session(self, session: str) -> bool:
        """Whether there is a session of this id; an id that a client made up is none."""
        with self._lock:
            return session in self._sessions

    def consent_of(self, session: str, client_id: str) -> Grant | None:
        """What was last granted to a client in a browser's session, unless it was taken back."""
        with self._lock:
            grant = self._grants.get(self._sessions.get(session, {}).get(client_id, ""))
            return grant if grant and not grant.revoked else None

    def clients_of_session(self, session: str) -> tuple[str, ...]:
        """Ids of the clients that a person consented to in a browser's session."""
        with self._lock:
            return tuple(self._sessions.get(session, {}))

    def end_session(self, session: str) -> None:
        """Forget a browser's session."""
        with self._lock:
            self._sessions.pop(session, None)

    def count_application(self, owner: str, index: int, times: int | None) -> bool:
        """Count that a fault is applied once more.

        Parameters:
            owner: id of the grant that carries it, or a name for the service.
            index: which of the owner's faults.
            times: how often that fault may be applied, or None for always.

        Returns:
            False if it was applied often enough already.
        """
        with self._lock:
            counter = self._applications.get(owner) or Counter()
            if times is not None and counter[index] >= times:
                return False
            counter[index] += 1
            self._applications.put(owner, counter)
            return True

    # --- tokens -----------------------------------------------------------------------------------

    def add_token(self, token: IssuedToken) -> None:
        """Remember a credential that was handed out."""
        with self._lock:
            self._tokens.put((token.kind, token.value), token)

    def token(self, kind: TokenKind, value: str) -> IssuedToken | None:
        """Find a credential by its text."""
        with self._lock:
            return self._tokens.get((kind, value))

    def spend(self, token: IssuedToken) -> bool:
        """Use up a single-use credential.

        Returns:
            False if it was used before: of two requests at the same time only one wins.
        """
        with self._lock:
            known = self._tokens.get((token.kind, token.value))
            if known is None or known.spent:
                return False
            self._tokens.put((token.kind, token.value), replace(known, spent=True))
            return True

    def grant_of(self, kind: TokenKind, value: str) -> Grant | None:
        """Find the grant that a credential descends from, whether or not it is still good."""
        with self._lock:
            token = self._tokens.get((kind, value))
            return self._grants.get(token.grant_id) if token else None

    def issued(self, kind: TokenKind, value: str) -> tuple[IssuedToken, Grant] | None:
        """Find a credential and the grant that it descends from, whether or not they are still good."""
        with self._lock:
            token = self._tokens.get((kind, value))
            grant = self._grants.get(token.grant_id) if token else None
            return (token, grant) if token and grant else None
