"""The public address is https on a host of its own, as in production; whoever ends TLS passes requests on."""

from mock_idp.profiles.base import Profile
from mock_idp.settings import COMPANY_DOMAIN

PROFILE = Profile(
    "behind-tls",
    "The public address is https; whoever ends TLS before the backend is trusted. Tokens are signed with RS384.",
    # The session cookie is for connections that count as secure (SESSION-04).
    overlay={"auth": {"identityTokenAlgorithm": "RS384"}, "backend": {"trustProxy": True}},
    providers=("oauth2", "oidc", "github", "guest"),
    public_url=f"https://backstage.{COMPANY_DOMAIN}",
)
