"""A gateway that tells in the header x-some-key who signed in, as the reference backend believes it."""

from collections.abc import Mapping
from typing import ClassVar

from reference_backend.errors import AuthenticationError
from reference_backend.identity import entity_ref
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult


def by_key(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``keyMatchingUserEntityName``."""
    name = info.details["key"]
    return context.sign_in(ByRef(entity_ref.user(name)), sign_in.fallback(options, name))


class SomeKeyGateway(ProxyProvider):
    """Believes the header."""

    vendor: ClassVar[str] = "my-custom-provider"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {"keyMatchingUserEntityName": ResolverFactory(Options, by_key)}

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Take the name from the header, or refuse."""
        key = request.headers.get("x-some-key")
        if not key:
            raise AuthenticationError("The request has no x-some-key")
        return ProxyResult(Profile(display_name=key), details={"key": key})
