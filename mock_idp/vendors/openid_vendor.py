"""A vendor that issues ID tokens (OpenID Connect Core): what it says about people, and the keys it signs with."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from mock_idp.emulation import ServiceRequest
from mock_idp.oauth import authorization
from mock_idp.oauth.model import Answer, Client, Grant, IssuedToken
from mock_idp.oauth.tokens import SignedToken, left_half_hash
from mock_idp.people import Account, Person
from mock_idp.settings import ID_TOKEN_SECONDS
from mock_idp.vendors.oauth_vendor import OAuthVendor

PROMPTS = ("none", "login", "consent", "select_account")
"""The values of OIDC Core section 3.1.2.1."""


_PROFILE_CLAIMS: Mapping[str, Callable[[Person], str]] = {
    "name": lambda persona: persona.name,
    "given_name": lambda persona: persona.given_name,
    "family_name": lambda persona: persona.family_name,
    "preferred_username": lambda persona: persona.login,
    "picture": lambda persona: persona.picture,
}


class OpenIdVendor(OAuthVendor):
    """An OpenID provider. Overrides :meth:`claims` if it says anything but the standard claims.

    Among the routes' handlers, ``userinfo`` and ``jwks`` are the shared endpoints.

    Class attributes (all data) beside those of :class:`~mock_idp.vendors.oauth_vendor.OAuthVendor`:
        signing_algorithms: JWS algorithms whose keys are published; ID tokens are signed with the first.
        id_token_seconds: lifetime of an ID token.
        profile_claims: what the scope profile allows to say, out of the standard claims (OIDC Core section 5.1).
        userinfo_scopes: of which an access token must have one at the user info endpoint.
    """

    usual_scopes: ClassVar[tuple[str, ...]] = ("openid", "profile", "email")
    signing_algorithms: ClassVar[tuple[str, ...]] = ("RS256",)
    id_token_seconds: ClassVar[int] = ID_TOKEN_SECONDS
    profile_claims: ClassVar[tuple[str, ...]] = tuple(_PROFILE_CLAIMS)
    userinfo_scopes: ClassVar[tuple[str, ...]] = ("openid",)

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What this vendor says about a person, as far as the scopes allow; by default OIDC Core section 5.4."""
        persona = account.persona
        claims: dict[str, Any] = {"sub": account.uuid}
        if "profile" in scopes:
            claims |= {name: _PROFILE_CLAIMS[name](persona) for name in self.profile_claims}
        if "email" in scopes and persona.email:
            claims |= {"email": persona.email, "email_verified": persona.email_verified}
        return claims

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """What the ID token says beside what all ID tokens say; the same as the user info endpoint by default."""
        return self.claims(request, request.service.account(grant), grant.scopes)

    def id_token_algorithm(self, client: Client) -> str:
        """The JWS algorithm of a client's ID tokens."""
        return self.signing_algorithms[0]

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """An ID token, if the scopes have openid (OIDC Core section 3.1.2.1)."""
        return {"id_token": self.id_token(request, grant, access_token)} if "openid" in grant.scopes else {}

    def consented(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """What the client is told after consent: a code, an ID token, or both (OIDC Core section 3.3.2.5)."""
        told = super().consented(request, grant)
        if "id_token" not in authorization.response_type(request.query).split():
            return told
        return told | {"id_token": self.id_token(request, grant, code=told.get("code", ""))}

    def introspection_members(self, request: ServiceRequest, token: IssuedToken, grant: Grant) -> dict[str, Any]:
        """Whom and whom for, as the ID token says it."""
        claims = self.claims(request, request.service.account(grant), ())
        members = {"sub": claims["sub"], "aud": grant.request.client.client_id}
        return super().introspection_members(request, token, grant) | members

    def id_token(self, request: ServiceRequest, grant: Grant, access_token: str = "", code: str = "") -> SignedToken:
        """Make an ID token (OIDC Core section 2).

        Parameters:
            request: the token request, or the authorization request.
            grant: the grant it belongs to.
            access_token: the access token beside it, for ``at_hash``.
            code: the code beside it, for ``c_hash``.
        """
        now = int(request.service.clock.now())
        client = grant.request.client
        usual: dict[str, Any] = {
            "iss": grant.request.base_url,
            "azp": client.client_id,
            "aud": client.client_id,
            **({"at_hash": left_half_hash(access_token)} if access_token else {}),
            **({"c_hash": left_half_hash(code)} if code else {}),
            "iat": now,
            "exp": now + self.id_token_seconds,
        }
        nonce = grant.request.parameters.get("nonce")
        if nonce is not None:
            usual["nonce"] = nonce
        padding = request.service.persona(grant).padding
        if padding:
            usual["padding"] = "x" * padding
        claims = {**usual, **self.id_token_claims(request, grant), **request.service.persona(grant).claims_at(self.id)}
        return SignedToken(claims, algorithm=self.id_token_algorithm(client))

    def userinfo(self, request: ServiceRequest) -> Answer:
        """The user info endpoint (OIDC Core section 5.3).

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        who = self.bearer(request, *self.userinfo_scopes)
        return Answer(200, self.claims(request, who.account, who.token.scopes))

    def jwks(self, request: ServiceRequest) -> Answer:
        """The key set (RFC 7517)."""
        return Answer(200, request.service.keys.jwks(self.signing_algorithms))
