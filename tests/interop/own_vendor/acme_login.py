"""Acme Login, a company's own sign-in service, as the mock IdP plays it."""

from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Route, ServiceRequest
from mock_idp.oauth.model import Answer, Endpoint, Reason
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.vendors.oauth_vendor import OAuthVendor

EXTRA_SCOPES = ("badge:read", "desk:read", "phone:read", "team:read")


class AcmeLogin(OAuthVendor):
    """Authorization code flow with refresh tokens; ``/api/me`` tells who signed in."""

    id = "acme-login"
    title = "Acme Login"
    icon = "AC"
    routes = (
        Route("GET", "/oauth/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/api/me", "me", Endpoint.PROFILE),
    )
    policy = Policy(known_scopes=frozenset({"me:read", *EXTRA_SCOPES}), pkce=Pkce.SUPPORTED)
    refusals: ClassVar = {Reason.MISSING_BEARER: Answer(401, {"message": "Who are you?"})}
    extra_scopes = EXTRA_SCOPES
    sign_in_resolvers = ({"resolver": "accountMatchingUserEntityName"},)

    def me(self, request: ServiceRequest) -> Answer:
        """``GET /api/me``, for the scope ``me:read``."""
        account = self.bearer(request, "me:read").account
        person = account.persona
        body = {"uid": account.number, "account": person.login, "name": person.name}
        return Answer(200, {**body, "mail": person.email or "", "photo": person.picture})

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """What the provider wants below ``auth.providers.acme-login.ENVIRONMENT``, beside client id and secret."""
        return {"baseUrl": where.http}
