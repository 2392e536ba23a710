"""Acme Login as the mock IdP plays it: authorization code flow, refresh tokens, and /api/me."""

from typing import ClassVar

from mock_idp.emulation import Route
from mock_idp.oauth.model import Answer, Endpoint, Reason
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.vendors.oauth_vendor import OAuthVendor


class AcmeLogin(OAuthVendor):
    id = "acme-login"
    title = "Acme Login"
    routes = (
        Route("GET", "/oauth/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/api/me", "me", Endpoint.PROFILE),
    )
    extra_scopes = ("badge:read", "desk:read", "phone:read", "team:read")
    policy = Policy(known_scopes=frozenset({"me:read", *extra_scopes}), pkce=Pkce.SUPPORTED)
    refusals: ClassVar = {Reason.MISSING_BEARER: Answer(401, {"message": "Who are you?"})}
    sign_in_resolvers = ({"resolver": "usernameMatchingUserEntityName"},)

    def me(self, request):
        account = self.bearer(request, "me:read").account  # refuses whoever has no such token
        person = account.persona
        body = {"uid": account.number, "account": person.login, "name": person.name}
        return Answer(200, {**body, "mail": person.email or "", "photo": person.picture})

    def backstage_config(self, where):
        return {"baseUrl": where.http}  # beside clientId and clientSecret
