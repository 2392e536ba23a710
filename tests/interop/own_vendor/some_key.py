"""A gateway that tells in the header x-some-key who signed in, as the mock IdP plays it."""

from typing import ClassVar

from mock_idp.proxies.base import AuthProxy, ProxyHeaderSpec


class SomeKeyGateway(AuthProxy):
    id = "my-custom-provider"
    title = "Acme gateway"
    variants: ClassVar = {"my-custom-provider": {"signIn": {"resolvers": [{"resolver": "keyMatchingUserEntityName"}]}}}
    # Every field and cookie that belongs to the gateway, which takes them away from what clients send.
    header_spec = ProxyHeaderSpec(headers=("X-Some-Key",), cookies=("acme_gateway",), session_cookie="acme_gateway")

    def headers(self, who):
        return [("X-Some-Key", who.account.persona.login)]
