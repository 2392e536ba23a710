"""What a sign-in resolver can ask for: catalog users, ownership, tokens (CTX)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reference_backend.errors import AuthError, ConflictError, InputError, NotFoundError
from reference_backend.identity import entity_ref
from reference_backend.identity.catalog import Catalog, Entity, Filter
from reference_backend.identity.entity_ref import EntityRef
from reference_backend.identity.session_response import SignIn
from reference_backend.identity.token_issuer import TokenIssuer
from reference_backend.identity.user_info_store import UserInfoStore

USER_KIND = "user"
MEMBERSHIP_PREFIX = "group:"
"""Only memberships in groups give ownership (CTX-09)."""


@dataclass(frozen=True, slots=True)
class ByRef:
    """Look a user up by reference; kind and namespace have defaults (CTX-02)."""

    ref: EntityRef


@dataclass(frozen=True, slots=True)
class ByAnnotations:
    """Look a user up by annotations, all of which have to match (CTX-03)."""

    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ByFilter:
    """Look a user up by alternatives of field values (CTX-04)."""

    filters: Sequence[Filter]


Query = ByRef | ByAnnotations | ByFilter


class ResolverContext:
    """Passed to every resolver.

    Parameters:
        catalog: users and groups.
        issuer: issues tokens.
        user_info: remembers who signed in.
        clock: seconds since the epoch.
    """

    def __init__(
        self, catalog: Catalog, issuer: TokenIssuer, user_info: UserInfoStore, clock: Callable[[], float]
    ) -> None:
        self.catalog = catalog
        self._issuer = issuer
        self._user_info = user_info
        self._clock = clock

    def find_user(self, query: Query) -> Entity:
        """Find exactly one user.

        Raises:
            NotFoundError: no user (CTX-05).
            ConflictError: several (CTX-06).
            InputError: not a query (CTX-07).
        """
        return require_single(self._matches(query))

    def _matches(self, query: Query) -> list[Entity]:
        if isinstance(query, ByRef):
            found = self.catalog.by_ref(query.ref)
            return [found] if found else []
        if isinstance(query, ByAnnotations):
            return self.catalog.query([annotation_filter(query.annotations)])
        if isinstance(query, ByFilter):
            return self.catalog.query([with_user_kind(one) for one in query.filters])
        raise InputError("Invalid user lookup query")

    def sign_in(self, query: Query, fallback: EntityRef | None = None) -> SignIn:
        """Sign a catalog user in.

        Parameters:
            query: who.
            fallback: signed in if no user was found (CTX-11).

        Raises:
            AuthError: see :meth:`find_user` and :meth:`issue`.
        """
        try:
            return self.sign_in_entity(self.find_user(query))
        except AuthError as error:
            if not may_fall_back(error, fallback):
                raise
        return self.sign_in_without_catalog(fallback)

    def sign_in_entity(self, entity: Entity) -> SignIn:
        """Sign this entity in, with its groups (CTX-08, CTX-09)."""
        return self.issue(entity_ref.stringify(entity.ref), ownership(entity))

    def sign_in_without_catalog(self, ref: EntityRef | None) -> SignIn:
        """Sign in a user outside the catalog; owns only itself (CTX-11)."""
        if ref is None:
            raise NotFoundError("User not found")
        subject = entity_ref.stringify(ref)
        return self.issue(subject, [subject])

    def issue(self, subject: str, owned: Sequence[str], additional: Mapping[str, Any] | None = None) -> SignIn:
        """Issue a token and remember the user's info (CTX-12, CTX-13).

        Parameters:
            subject: full user entity ref.
            owned: ownership refs.
            additional: further claims.
        """
        sign_in = self._issuer.issue(subject, owned, additional or {})
        claims = {"sub": subject, "ent": list(owned), **(additional or {})}
        self._user_info.put(subject, {"claims": claims}, self._clock())
        return sign_in


def require_single(found: Sequence[Entity]) -> Entity:
    """Exactly one match, or an error (CTX-05, CTX-06)."""
    if len(found) > 1:
        raise ConflictError("User lookup resulted in multiple matches")
    if not found:
        raise NotFoundError("User not found")
    return found[0]


def may_fall_back(error: AuthError, fallback: EntityRef | None) -> bool:
    """Only a user who was not found may be signed in without the catalog (CTX-11)."""
    return fallback is not None and error.name == "NotFoundError"


def annotation_filter(annotations: Mapping[str, str]) -> dict[str, str]:
    """Annotations of users (CTX-03)."""
    return {"kind": USER_KIND} | {f"metadata.annotations.{name}": value for name, value in annotations.items()}


def with_user_kind(one: Filter) -> Filter:
    """A filter that names no kind means users (CTX-04)."""
    return one if any(key.lower() == "kind" for key in one) else {**one, "kind": USER_KIND}


def ownership(entity: Entity) -> list[str]:
    """The user itself and the groups it is directly a member of, without duplicates (CTX-09, CTX-10)."""
    groups = [ref for ref in entity.member_of if ref.startswith(MEMBERSHIP_PREFIX)]
    return list(dict.fromkeys([entity_ref.stringify(entity.ref), *groups]))
