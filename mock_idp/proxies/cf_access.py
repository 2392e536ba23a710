"""Cloudflare Access: a signed header and cookie, the team's key set, and an address that tells who a token is."""

import hashlib
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import BY_EMAIL
from mock_idp.oauth.model import Answer, Encoding, Endpoint
from mock_idp.oauth.tokens import NEXT_KEY, OWN_KEY, SignedToken
from mock_idp.proxies.base import AuthProxy, Headers, ProxyHeaderSpec, SignedIn
from mock_idp.settings import COMPANY_DOMAIN

# Made up, and names rather than secrets; a scenario each, because a backend may remember whom it saw.
SERVICE_TOKENS = ("3b9e04d17fa6428c95c0e1d2b3a49f58.access", "c81f5a60d2b94e37a7f0946be35d1c28.access")
_AUDIENCE = hashlib.sha256(b"the portal").hexdigest()
_HEADER = "Cf-Access-Jwt-Assertion"
_COOKIE = "CF_Authorization"
_OTHER_HEADER = "X-Team-Assertion"
_OTHER_COOKIE = "Team_Authorization"
_TOKEN_SECONDS = 86_400
_SOURCE = "https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/"


def _config(**keys: Any) -> dict[str, Any]:
    return {
        "audience": _AUDIENCE,
        "serviceTokens": tuple({"token": token, "subject": f"ada-quill@{COMPANY_DOMAIN}"} for token in SERVICE_TOKENS),
        **keys,
        "signIn": {"resolvers": (BY_EMAIL,)},
    }


class CloudflareAccess(AuthProxy):
    """Access in front of one application of a team; each variant is a team, which is named like it."""

    id = "cfaccess"
    title = "Cloudflare Access"
    icon = "CF"
    hosts: ClassVar = {"*.cloudflareaccess.com": ""}
    routes = (
        Route("GET", "/cdn-cgi/access/certs", "certs", Endpoint.JWKS),
        Route("GET", "/cdn-cgi/access/get-identity", "identity", Endpoint.PROFILE),
    )
    variants: ClassVar = {
        "cfaccess": _config(),
        "cfaccess-names": _config(jwtHeaderName=_OTHER_HEADER, authorizationCookieName=_OTHER_COOKIE),
        "cfaccess-keys": _config(),
    }
    opt_in = frozenset({"cfaccess-keys"})
    header_spec = ProxyHeaderSpec(
        headers=("Cf-Access-*", _OTHER_HEADER),
        cookies=(_COOKIE, _OTHER_COOKIE, "CF_AppSession"),
        session_cookie=_COOKIE,
        sign_out_path="/cdn-cgi/access/logout",
        return_to="returnTo",
    )
    quirks = (
        Quirk("certificates-beside-keys", "The key set has further members, public_cert and public_certs.", _SOURCE),
        Quirk("service-tokens", "The token of a machine has an empty sub, a common_name and no address.", _SOURCE),
    )

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The variant's configuration, with the team's name."""
        return {"teamName": where.service, **super().backstage_config(where)}

    def headers(self, who: SignedIn) -> Headers:
        """The token as header and as cookie, and the address for people who look."""
        persona = who.account.persona
        now = int(who.now)
        claims = {
            "aud": [_AUDIENCE],
            "email": persona.email,
            "iss": f"https://{who.variant}.cloudflareaccess.com",
            "sub": who.account.uuid,
            "iat": now,
            "nbf": now,
            "exp": now + _TOKEN_SECONDS,
            "type": "app",
            "identity_nonce": who.grant_id[:16],
            "country": "SE",
        }
        token = SignedToken({name: value for name, value in claims.items() if value is not None})
        header, cookie = self._names(who.variant)
        headers: Headers = [(header, token)]
        if persona.email:
            headers.append(("Cf-Access-Authenticated-User-Email", persona.email))
        cookie_token = SignedToken(token.claims, prefix=f"{cookie}=")
        return [*headers, ("Cookie", cookie_token)]

    def _names(self, variant: str) -> tuple[str, str]:
        """Of the header and the cookie."""
        config = self.variants[self.variant(variant)]
        return config.get("jwtHeaderName", _HEADER), config.get("authorizationCookieName", _COOKIE)

    def presented_token(self, request: ServiceRequest) -> str:
        """The token that came as header or as cookie, under the names this team is configured with."""
        header, cookie = self._names(request.service.id)
        cookies = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
        by_name = {name: value for name, _, value in cookies}
        return request.headers.get(header.lower()) or by_name.get(cookie, "")

    def certs(self, request: ServiceRequest) -> Answer:
        """The key set: the key of today and the next one, as Cloudflare rotates, with members that do not count."""
        keys = request.service.keys
        is_untouched = keys.published == (OWN_KEY,)
        names = (OWN_KEY, NEXT_KEY) if is_untouched else keys.published
        pairs = [keys.pair("RS256", name) for name in names]
        # Whoever takes these for keys is wrong, so they hold none.
        certificates = [
            {"kid": pair.kid, "cert": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"} for pair in pairs
        ]
        public_keys = [pair.public_jwk for pair in pairs]
        return Answer(
            200, {"keys": public_keys, "public_cert": next(iter(certificates), None), "public_certs": certificates}
        )

    def identity(self, request: ServiceRequest) -> Answer:
        """Who a token is about."""
        grant = request.grant
        if grant is None:
            return Answer(403, {"err": "no app token set"})
        account = request.service.account(grant)
        persona = account.persona
        identity = {
            "id": f"00u{account.digest[:12]}",
            "name": persona.name,
            "email": persona.email,
            "user_uuid": account.uuid,
            "account_id": account.digest[:32],
            "groups": [
                {"id": f"g-{ref.rpartition('/')[2]}", "name": ref.rpartition("/")[2]} for ref in persona.group_refs
            ],
            "idp": {"id": account.digest[32:64], "type": "okta"},
            "geo": {"country": "SE"},
            "iat": int(grant.granted_at),
            "version": 2,
        }
        return Answer(200, {name: value for name, value in identity.items() if value is not None})

    def not_found(self, request: ServiceRequest) -> Answer:
        """An address that is not there."""
        return Answer(404, "Not Found\n", Encoding.TEXT)
