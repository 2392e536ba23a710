"""Who is signed in as whom."""

from __future__ import annotations

from collections.abc import Callable

from reference_backend.protocol import entity_ref
from reference_backend.protocol.errors import AuthError
from reference_backend.protocol.session_response import SignIn
from reference_backend.sign_in import resolvers
from reference_backend.sign_in.context import ResolverContext
from reference_backend.sign_in.resolvers import Resolver, SignInInfo
from tests.defects.defect import defect, wrap


@defect("RES-07", "SEC-IDENT-05", "FRAME-15")
def unknown_user_signed_in() -> None:
    """A user whom the catalog does not know is signed in all the same."""

    def first_match(
        original: Callable[..., SignIn], found: list[Resolver], info: SignInInfo, context: ResolverContext
    ) -> SignIn:
        try:
            return original(found, info, context)
        except AuthError:
            return context.sign_in_without_catalog(entity_ref.user("somebody"))

    wrap(resolvers, "first_match", first_match)
