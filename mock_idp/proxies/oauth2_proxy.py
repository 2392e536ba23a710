"""OAuth2 Proxy, configured to hand the ID token on (``injectResponseHeaders`` with a ``Bearer`` prefix)."""

from typing import ClassVar

from mock_idp.oauth.tokens import SignedToken
from mock_idp.proxies.base import AuthProxy, Headers, ProxyHeaderSpec, SignedIn
from mock_idp.settings import COMPANY_DOMAIN

_TOKEN_SECONDS = 300


class OAuth2Proxy(AuthProxy):
    """The reverse proxy of the oauth2-proxy project. Nothing it adds is verified by Backstage."""

    id = "oauth2Proxy"
    title = "OAuth2 Proxy"
    icon = "O2"
    variants: ClassVar = {
        "oauth2Proxy": {"signIn": {"resolvers": [{"resolver": "forwardedUserMatchingUserEntityName"}]}},
        # The preferred username is a display name here, by which the catalog knows nobody.
        "oauth2Proxy-username": {
            "signIn": {"resolvers": [{"resolver": "forwardedPreferredUsernameMatchingUserEntityName"}]}
        },
    }
    opt_in = frozenset({"oauth2Proxy-username"})

    header_spec = ProxyHeaderSpec(
        headers=(
            "X-Forwarded-User",
            "X-Forwarded-Email",
            "X-Forwarded-Preferred-Username",
            "X-Forwarded-Groups",
            "X-Forwarded-Access-Token",
            "X-Auth-Request-*",
            "X-OAUTH2-PROXY-*",
        ),
        cookies=("_oauth2_proxy*",),
        session_cookie="_oauth2_proxy",
        sign_out_path="/oauth2/sign_out",
        return_to="rd",
    )

    def headers(self, who: SignedIn) -> Headers:
        """``X-Forwarded-…`` and the ID token."""
        persona = who.account.persona
        groups = [ref.rpartition("/")[2] for ref in persona.group_refs if ref.startswith("group:")]
        claims = {
            "iss": f"https://sso.{COMPANY_DOMAIN}/realms/staff",
            "aud": "oauth2-proxy",
            "sub": who.account.uuid,
            "iat": int(who.now),
            "exp": int(who.now) + _TOKEN_SECONDS,
            "email": persona.email,
            "email_verified": persona.email_verified,
            "preferred_username": persona.login,
            "groups": groups,
        }
        known = {name: value for name, value in claims.items() if value is not None}
        token = SignedToken(known, prefix="Bearer ")
        headers: Headers = [("X-Forwarded-User", persona.login)]
        if persona.email:
            headers.append(("X-Forwarded-Email", persona.email))
        # Header fields carry bytes; the real proxy writes UTF-8, which readers take for Latin-1.
        name = persona.name.encode().decode("latin-1")
        headers.append(("X-Forwarded-Preferred-Username", name))
        headers.append(("X-Forwarded-Groups", ",".join(groups)))
        headers.append(("X-OAUTH2-PROXY-ID-TOKEN", token))
        return headers
