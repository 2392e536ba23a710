"""A gateway that tells in the header x-some-key who signed in, as the reference backend believes it."""

from typing import ClassVar

from reference_backend.errors import AuthenticationError
from reference_backend.identity import entity_ref
from reference_backend.identity.resolver_context import ByRef
from reference_backend.identity.resolvers import Options, ResolverFactory
from reference_backend.identity.session_response import Profile
from reference_backend.proxies.base import ProxyProvider, ProxyResult


def by_key(options, info, context):
    return context.sign_in(ByRef(entity_ref.user(info.details["key"])))


class SomeKeyGateway(ProxyProvider):
    vendor = "my-custom-provider"
    resolvers: ClassVar = {"keyMatchingUserEntityName": ResolverFactory(Options, by_key)}

    def authenticate(self, request):
        key = request.headers.get("x-some-key")
        if not key:
            raise AuthenticationError("The request has no x-some-key")
        return ProxyResult(Profile(display_name=key), details={"key": key})
