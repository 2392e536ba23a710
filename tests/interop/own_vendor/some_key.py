"""A gateway that tells in the header x-some-key who signed in, as the mock IdP plays it."""

from typing import ClassVar

from mock_idp.proxies.base import AuthProxy, Headers, ProxyHeaderSpec, SignedIn


class SomeKeyGateway(AuthProxy):
    """Nothing that it adds is signed, so the backend must be reached through it only."""

    id = "my-custom-provider"
    title = "Acme gateway"
    variants: ClassVar = {"my-custom-provider": {"signIn": {"resolvers": [{"resolver": "keyMatchingUserEntityName"}]}}}
    # Every field and cookie that belongs to the gateway: it takes them away from what clients send.
    header_spec = ProxyHeaderSpec(
        headers=("X-Some-Key",), cookies=("acme_gateway",), session_cookie="acme_gateway", sign_out_path="/gateway/exit"
    )

    def headers(self, who: SignedIn) -> Headers:
        """What the gateway adds to a request of this person."""
        return [("X-Some-Key", who.account.persona.login)]
