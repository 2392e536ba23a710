"""The public address is http on a host that browsers do not trust, as inside a company."""

from mock_idp.profiles.base import Profile
from mock_idp.settings import COMPANY_DOMAIN

PROFILE = Profile(
    "plain-http",
    "The public address is http on another host than localhost; tokens are signed with RSA.",
    overlay={"auth": {"identityTokenAlgorithm": "PS256"}},
    providers=("oauth2", "oidc", "github", "guest"),
    public_url=f"http://backstage.{COMPANY_DOMAIN}",
)
