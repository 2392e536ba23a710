"""What requests of every kind need, built once at start-up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from reference_backend.identity.resolver_context import ResolverContext
from reference_backend.identity.token_issuer import TokenIssuer
from reference_backend.identity.token_verifier import TokenVerifier
from reference_backend.identity.user_info_store import UserInfoStore
from reference_backend.settings import Settings
from reference_backend.store.database import Database

EXTENSION = "reference_backend"


@dataclass(frozen=True, slots=True)
class Backend:
    """The parts of the running backend that no single feature owns.

    Parameters:
        settings: derived configuration.
        context: passed to resolvers.
        issuer: issues tokens and lists keys.
        verifier: verifies tokens.
        database: what outlives the process.
        user_info: who has signed in.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.
    """

    settings: Settings
    context: ResolverContext
    issuer: TokenIssuer
    verifier: TokenVerifier
    database: Database
    user_info: UserInfoStore
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]


def current_backend() -> Backend:
    """The backend of the running application."""
    return cast(Backend, current_app.extensions[EXTENSION])
