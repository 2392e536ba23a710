"""Google: accounts.google.com and its API hosts, by name only, since Backstage has them hard-coded.

Facts: developers.google.com, "Using OAuth 2.0 for Web Server Applications" and "OpenID Connect".
"""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar

import jwt

from mock_idp.addresses import Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import (
    Answer,
    Client,
    Endpoint,
    Grant,
    Reason,
    Refusal,
    TokenKind,
    joined,
    split_scopes,
)
from mock_idp.oauth.policy import STANDARD_RESPONSE_MODES, BearerPlace, Cors, Pkce, Policy, ScopePattern
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors import google_groups
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import BAD_AUTHORIZATION_REQUEST, BAD_BEARER, BAD_REFRESH_TOKEN, error

_DOCS = "developers.google.com/identity"
_ECHOED = Cors(echoes_origin=True)
_SCOPE_PREFIX = "https://www.googleapis.com/auth/"
_EMAIL_SCOPES = frozenset({"email", f"{_SCOPE_PREFIX}userinfo.email"})
_PROFILE_SCOPES = frozenset({"profile", f"{_SCOPE_PREFIX}userinfo.profile"})
_ACCESS_SECONDS = 3599  # one second passes between issuing a token and writing the answer

_SCOPES = ScopePattern(r"openid|email|profile|https://www\.googleapis\.com/auth/[a-z][a-z0-9._/-]*")
"""Three short names, and anything of the form of an API scope."""

_LONG_NAMES = {name: f"{_SCOPE_PREFIX}userinfo.{name}" for name in ("email", "profile")}
_OLDER_NAMES = {"sub": "id", "email_verified": "verified_email"}
_CLAIMS = ["aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "picture", "sub"]

_INVALID_VALUE = error(400, "invalid_token", "Invalid Value")
_TWO_SECRETS = error(400, "invalid_request", "OAuth 2 parameters can only have a single value: client_secret")
_BAD_GRANT = error(400, "invalid_grant", "Bad Request")
_DEAD_TOKEN = error(400, "invalid_grant", "Token has been expired or revoked.")
_NO_CREDENTIALS = Answer(
    401,
    {"error": "invalid_request", "error_description": "Invalid Credentials"},
    headers=(("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/", error="invalid_token"'),),
)


class Google(OpenIdVendor):
    """Google's identity platform."""

    id = "google"
    title = "Google"
    icon = "G"
    accent = "#1a73e8"
    id_annotations = ("google.com/user-id",)
    email_annotations = ("google.com/email",)
    hosts: ClassVar = {
        "accounts.google.com": "",
        "www.googleapis.com": "",
        "oauth2.googleapis.com": "",
        "openidconnect.googleapis.com": "",
        "people.googleapis.com": "",
        "admin.googleapis.com": "",
        "cloudidentity.googleapis.com": "",
    }
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/o/oauth2/v2/auth", "authorize", Endpoint.AUTHORIZATION),
        # Two older addresses, which clients of many years still use.
        Route("GET", "/o/oauth2/auth", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/o/oauth2/token", "token", Endpoint.TOKEN),
        Route("POST", "/oauth2/v4/token", "token", Endpoint.TOKEN),
        Route("POST", "/token", "token", Endpoint.TOKEN),
        Route("GET", "/oauth2/v3/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/oauth2/v3/userinfo", "userinfo", Endpoint.PROFILE),
        Route("GET", "/v1/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/v1/userinfo", "userinfo", Endpoint.PROFILE),
        # Two older ones, whose members have names of their own.
        Route("GET", "/oauth2/v2/userinfo", "older_userinfo", Endpoint.PROFILE),
        Route("GET", "/oauth2/v1/userinfo", "older_userinfo", Endpoint.PROFILE),
        Route("GET", "/v1/people/me", "person", Endpoint.FOLLOW_UP),
        Route("GET", "/admin/directory/v1/groups", "directory_groups", Endpoint.FOLLOW_UP),
        Route("GET", "/v1/groups/-/memberships:searchTransitiveGroups", "transitive_groups", Endpoint.FOLLOW_UP),
        Route("GET", "/tokeninfo", "token_info", Endpoint.INTROSPECTION),
        Route("POST", "/tokeninfo", "token_info", Endpoint.INTROSPECTION),
        Route("GET", "/oauth2/v3/tokeninfo", "token_info", Endpoint.INTROSPECTION),
        Route("POST", "/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/o/oauth2/revoke", "revoke", Endpoint.REVOCATION),
        Route("POST", "/o/oauth2/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/oauth2/v3/certs", "jwks", Endpoint.JWKS),
        Route("GET", "/oauth2/v1/certs", "certificates", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        basic_is_form_encoded=False,
        response_types=("code", "id_token", "code id_token"),
        response_modes=STANDARD_RESPONSE_MODES,
        prompts=("none", "consent", "select_account"),
        remembers_sessions=True,
        login_hint="login_hint",
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=_SCOPES,
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.QUERY}),
        access_token_seconds=_ACCESS_SECONDS,
        pkce=Pkce.SUPPORTED,
        cors={
            Endpoint.DISCOVERY: Cors(),
            Endpoint.JWKS: Cors(),
            Endpoint.PROFILE: _ECHOED,
            Endpoint.FOLLOW_UP: _ECHOED,
            Endpoint.TOKEN: _ECHOED,
            Endpoint.REVOCATION: _ECHOED,
            Endpoint.INTROSPECTION: _ECHOED,
        },
    )
    sources: ClassVar = {
        "client_authentication": (
            "panva/wellknown, issuers/google (token_endpoint_auth_methods_supported); not form-encoded, both at once "
            "refused: github.com/panva/oauth4webapi/issues/165, github.com/authomatic/authomatic/issues/92"
        ),
        "public_clients": "github.com/manfredsteyer/angular-oauth2-oidc/issues/812 (client_secret is missing)",
        "required_authorization_parameters": f"{_DOCS}/openid-connect/reference",
        "redirect_matching": f"{_DOCS}/protocols/oauth2/web-server (must exactly match)",
        "needs_redirect_uri_again": f"{_DOCS}/protocols/oauth2/web-server (exchange)",
        "response_types": "panva/wellknown, issuers/google; those with token are not emulated",
        "response_modes": f"{_DOCS}/openid-connect/reference (response_modes_supported)",
        "pkce": "panva/wellknown, issuers/google (code_challenge_methods_supported)",
        "prompts": f"{_DOCS}/openid-connect/openid-connect (prompt)",
        "prompt_none": f"{_DOCS}/openid-connect/openid-connect (prompt); that the error is login_required: no source",
        "login_hint": f"{_DOCS}/openid-connect/openid-connect (login_hint)",
        "bearer_places": f"{_DOCS}/openid-connect/openid-connect",
        "revocation_formats": f"{_DOCS}/protocols/oauth2/web-server (revoke); social-core's google.py asks by GET",
        "revocation_needs_client": f"{_DOCS}/protocols/oauth2/web-server (revoke)",
        "revocation_of_unknown_token": f"{_DOCS}/protocols/oauth2/web-server (status 400 for an error)",
        "discovery": "panva/wellknown, issuers/google",
        "introspection": "google-auth-library-nodejs, oauth2client.ts (getTokenInfo, token in the header); no RFC 7662",
        "revocation": "panva/wellknown, issuers/google; accounts.google.com/o/oauth2/revoke: httpx-oauth, social-core",
        "cors": (
            "github.com/google/google-api-javascript-client/issues/814 and 821 (revocation); single-page apps read "
            "the others: github.com/manfredsteyer/angular-oauth2-oidc/issues/812"
        ),
    }
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape("4/0A", 70, URL_SAFE),
        TokenKind.ACCESS: TokenShape("ya29.a0", 160, URL_SAFE),
        TokenKind.REFRESH: TokenShape("1//0", 99, URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_REFRESH_TOKEN, _DEAD_TOKEN),
        **dict.fromkeys(BAD_BEARER, _NO_CREDENTIALS),
        Reason.UNKNOWN_CLIENT: error(401, "invalid_client", "The OAuth client was not found."),
        Reason.WRONG_SECRET: error(401, "invalid_client", "Unauthorized"),
        Reason.WRONG_CLIENT_AUTHENTICATION: error(400, "invalid_request", "client_secret is missing."),
        Reason.MISSING_PARAMETER: error(400, "invalid_request", "Missing required parameter."),
        Reason.INVALID_PARAMETER: error(400, "invalid_request", "OAuth 2 parameters can only have a single value."),
        Reason.INVALID_SCOPE: error(400, "invalid_scope", "Bad Request"),
        Reason.WRONG_CONTENT_TYPE: error(400, "invalid_request", "Could not parse the request body."),
        Reason.UNSUPPORTED_GRANT_TYPE: error(400, "unsupported_grant_type", "Invalid grant_type."),
        Reason.UNKNOWN_CODE: error(400, "invalid_grant", "Malformed auth code."),
        Reason.EXPIRED_CODE: _BAD_GRANT,
        Reason.REPLAYED_CODE: _BAD_GRANT,
        Reason.CODE_OF_ANOTHER_CLIENT: _BAD_GRANT,
        Reason.REDIRECT_URI_MISMATCH: error(400, "redirect_uri_mismatch", "Bad Request"),
        Reason.MISSING_VERIFIER: error(400, "invalid_grant", "Missing code verifier."),
        Reason.WRONG_VERIFIER: error(400, "invalid_grant", "Invalid code verifier."),
        Reason.UNKNOWN_REFRESH_TOKEN: _BAD_GRANT,
        Reason.INSUFFICIENT_SCOPE: Answer(
            403,
            {
                "error": {
                    "code": 403,
                    "message": "Request had insufficient authentication scopes.",
                    "status": "PERMISSION_DENIED",
                }
            },
        ),
        Reason.UNKNOWN_TOKEN: error(400, "invalid_token", "Token expired or revoked"),
    }
    callbacks: ClassVar = {Reason.ACCESS_DENIED: {"error": "access_denied"}}
    # Google shows its own error page for everything but a refusal of the person.
    page_statuses: ClassVar = {
        **dict.fromkeys(BAD_AUTHORIZATION_REQUEST, 400),
        Reason.UNKNOWN_CLIENT: 401,
    }
    userinfo_scopes = ("openid", *_EMAIL_SCOPES, *_PROFILE_SCOPES)
    extra_scopes = (
        f"{_SCOPE_PREFIX}calendar.readonly",
        f"{_SCOPE_PREFIX}drive.readonly",
        f"{_SCOPE_PREFIX}gmail.readonly",
        f"{_SCOPE_PREFIX}cloud-platform",
    )
    sign_in_resolvers = ({"resolver": "emailMatchingUserEntityAnnotation"},)
    quirks = (
        Quirk(
            "refresh-token-on-consent",
            "A refresh token comes only with access_type=offline, and only at the first consent or with "
            "prompt=consent; a refresh answers none.",
            "developers.google.com: Using OAuth 2.0 for Web Server Applications",
        ),
        Quirk(
            "token-in-query",
            "userinfo takes the access token from the query, revoke takes the token from query or form.",
            "developers.google.com: OpenID Connect",
        ),
        Quirk(
            "denied-without-description",
            "A refusal of the person carries no error_description.",
            "developers.google.com: Using OAuth 2.0 for Web Server Applications",
        ),
        Quirk(
            "long-scopes",
            "The scopes email and profile are answered by their long names, and bring openid along.",
            "github.com/googleapis/google-api-python-client/issues/1088, github.com/janeczku/calibre-web/issues/3493",
        ),
        Quirk(
            "grants-stand-alone",
            "include_granted_scopes is checked but adds nothing: grants of other tests must not show here.",
            "a decision of this mock",
        ),
    )

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check Google's own parameters.

        Raises:
            Refusal: a value that does not exist.
        """
        query = request.query
        _check_choice(query.get("access_type"), frozenset({"online", "offline"}), "access_type")
        _check_choice(query.get("include_granted_scopes"), frozenset({"true", "false"}), "include_granted_scopes")

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """The long names of two short scopes, and openid for a client that may know who signed in."""
        return _canonical(scopes)

    def refreshed_scopes(self, request: ServiceRequest, grant: Grant, policy: Policy) -> tuple[str, ...]:
        """Short names mean the long ones here as well.

        Raises:
            Refusal: more is asked for than was granted.
        """
        asked = joined(_canonical(split_scopes(request.form.get("scope", ""))))
        return super().refreshed_scopes(replace(request, form={**request.form, "scope": asked}), grant, policy)

    def issues_refresh_token(self, grant: Grant, *, first_consent: bool) -> bool:
        """Only for offline access, and only when the person was really asked."""
        parameters = grant.request.parameters
        asked = first_consent or "consent" in parameters.get("prompt", "").split()
        return parameters.get("access_type") == "offline" and asked

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What Google says about a person, as far as the scopes allow."""
        persona = account.persona
        # 21 digits: more than a JavaScript number can hold, which is why it is a text.
        claims: dict[str, Any] = {"sub": account.subject(f"1{int(account.digest, 16) % 10**20:020}")}
        if not _PROFILE_SCOPES.isdisjoint(scopes):
            claims["name"] = persona.name
            claims["given_name"] = persona.given_name
            claims["family_name"] = persona.family_name
            claims["picture"] = persona.picture
        if persona.email and not _EMAIL_SCOPES.isdisjoint(scopes):
            claims["email"] = persona.email
            claims["email_verified"] = persona.email_verified
            claims["hd"] = persona.email.partition("@")[2]
        return claims

    def older_userinfo(self, request: ServiceRequest) -> Answer:
        """``GET /oauth2/v2/userinfo``, whose names are older than OpenID Connect.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        who = self.bearer(request, *self.userinfo_scopes)
        claims = self.claims(request, who.account, who.token.scopes)
        return Answer(200, {_OLDER_NAMES.get(name, name): value for name, value in claims.items()})

    def person(self, request: ServiceRequest) -> Answer:
        """``GET /v1/people/me`` of the People API, as far as ``personFields`` asks.

        Raises:
            Refusal: no good access token, one without the scope, or no fields.
        """
        who = self.bearer(request, *self.userinfo_scopes)
        fields = [field.strip() for field in request.query.get("personFields", "").split(",") if field.strip()]
        if not fields:
            return _api_error(
                400, "INVALID_ARGUMENT", "personFields mask is required. Please specify one or more valid paths."
            )
        claims = self.claims(request, who.account, who.token.scopes)
        about = {"primary": True, "source": {"type": "PROFILE", "id": claims["sub"]}}
        known: dict[str, list[dict[str, Any]]] = {}
        if "email" in claims:
            known["emailAddresses"] = [
                {"metadata": {**about, "verified": claims["email_verified"]}, "value": claims["email"]}
            ]
        if "name" in claims:
            name = {
                "displayName": claims["name"],
                "givenName": claims["given_name"],
                "familyName": claims["family_name"],
            }
            known["names"] = [{"metadata": about, **name}]
            known["photos"] = [{"metadata": about, "url": claims["picture"]}]
        return Answer(
            200,
            {
                "resourceName": f"people/{claims['sub']}",
                "etag": f"%{who.account.digest[:12]}",
                **{field: known[field] for field in fields if field in known},
            },
        )

    def directory_groups(self, request: ServiceRequest) -> Answer:
        """``GET /admin/directory/v1/groups``: the groups of a user.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        self.bearer(request, *google_groups.DIRECTORY_SCOPES)
        found = google_groups.find(request.service.people.by_id.values(), self.id, request.query.get("userKey", ""))
        if found is None:
            return _api_error(404, "NOT_FOUND", "Resource Not Found: userKey")
        return Answer(200, google_groups.directory(found))

    def transitive_groups(self, request: ServiceRequest) -> Answer:
        """``GET /v1/groups/-/memberships:searchTransitiveGroups``.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        self.bearer(request, *google_groups.CLOUD_IDENTITY_SCOPES)
        member = google_groups.member_of_query(request.query.get("query", ""))
        found = google_groups.find(request.service.people.by_id.values(), self.id, member) if member else None
        if not member:
            return _api_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        if found is None:
            return _api_error(403, "PERMISSION_DENIED", "Error(4001): Permission denied for membership resource.")
        return Answer(200, google_groups.transitive(found))

    def token_info(self, request: ServiceRequest) -> Answer:
        """``GET /tokeninfo``: what an access token or an ID token is good for.

        Raises:
            Refusal: there is no token, or none that is good.
        """
        id_token = request.query.get("id_token") or request.form.get("id_token")
        if id_token is not None:
            return self._id_token_info(request, id_token)
        who = self.holder(request, self.token_to_introspect(request))
        client_id, expires_at = who.grant.request.client.client_id, who.token.expires_at or 0
        claims = self.claims(request, who.account, who.token.scopes)
        said: dict[str, Any] = {name: claims[name] for name in ("email", "email_verified") if name in claims}
        body = {
            "azp": client_id,
            "aud": client_id,
            "sub": claims["sub"],
            "scope": joined(who.token.scopes),
            "exp": str(int(expires_at)),
            "expires_in": str(int(expires_at - request.service.clock.now())),
            **{name: _as_text(value) for name, value in said.items()},
            "access_type": who.grant.request.parameters.get("access_type", "online"),
        }
        return Answer(200, body)

    def token_to_introspect(self, request: ServiceRequest) -> str:
        """The access token that token info is asked about, or with: one library sends it in the header alone."""
        return self.bearer_value(request) or request.form.get("access_token", "")

    def _id_token_info(self, request: ServiceRequest, token: str) -> Answer:
        claims = request.service.keys.verified(token)
        if claims is None or claims.get("exp", 0) <= request.service.clock.now():
            return _INVALID_VALUE
        header = jwt.get_unverified_header(token)
        said = {name: _as_text(value) for name, value in claims.items()}
        return Answer(200, {**said, **{name: header[name] for name in ("alg", "kid", "typ") if name in header}})

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """A secret in two places is another mistake than none, and token info has one answer only."""
        if request.endpoint is Endpoint.INTROSPECTION:
            return _INVALID_VALUE
        in_both = "client_secret" in request.form and "authorization" in request.headers
        if refusal.reason is Reason.WRONG_CLIENT_AUTHENTICATION and in_both:
            return _TWO_SECRETS
        return super().refuse(request, refusal)

    def certificates(self, request: ServiceRequest) -> Answer:
        """``GET /oauth2/v1/certs``: the keys as certificates, by key id."""
        return Answer(200, request.service.keys.certificates("federated-signon.system.gserviceaccount.com"))

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        apis = _api_urls(request.base_url)
        return Answer(
            200,
            {
                "issuer": request.base_url,
                "authorization_endpoint": f"{request.base_url}/o/oauth2/v2/auth",
                "token_endpoint": f"{apis['oauth2.googleapis.com']}/token",
                "userinfo_endpoint": f"{apis['openidconnect.googleapis.com']}/v1/userinfo",
                "revocation_endpoint": f"{apis['oauth2.googleapis.com']}/revoke",
                "jwks_uri": f"{apis['www.googleapis.com']}/oauth2/v3/certs",
                "response_types_supported": list(self.policy.response_types),
                "response_modes_supported": list(self.policy.response_modes),
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": _CLAIMS,
                "code_challenge_methods_supported": ["plain", "S256"],
                "grant_types_supported": list(self.grant_types),
            },
        )

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotation of ``emailMatchingUserEntityAnnotation``."""
        return {"google.com/email": account.persona.email} if account.persona.email else {}


def _canonical(scopes: tuple[str, ...]) -> tuple[str, ...]:
    long = tuple(dict.fromkeys(_LONG_NAMES.get(scope, scope) for scope in scopes))
    tells_who = "openid" not in long and any(scope in _LONG_NAMES.values() for scope in long)
    return ("openid", *long) if tells_who else long


def _as_text(value: Any) -> str:
    """Token info says everything as a text."""
    return value if isinstance(value, str) else json.dumps(value)


def _api_error(code: int, status: str, message: str) -> Answer:
    return Answer(code, {"error": {"code": code, "message": message, "status": status}})


def _check_choice(value: str | None, choices: frozenset[str], name: str) -> None:
    if value is not None and value not in choices:
        detail = f"{name} is {value!r}, which is none of {', '.join(sorted(choices))}."
        raise Refusal(Reason.INVALID_PARAMETER, detail)


def _api_urls(base_url: str) -> dict[str, str]:
    """Where the API hosts are: at their own names, or all below the service's path."""
    by_name = base_url == f"https://{next(iter(Google.hosts))}"
    return {host: f"https://{host}" if by_name else base_url for host in Google.hosts}
