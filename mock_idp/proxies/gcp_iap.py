"""Google Identity-Aware Proxy: a signed header, and one list of public keys for all backends."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Endpoint
from mock_idp.oauth.tokens import NEXT_KEY, SignedToken
from mock_idp.people import Account, Person
from mock_idp.proxies.base import AuthProxy, Headers, ProxyHeaderSpec, SignedIn
from mock_idp.settings import COMPANY_DOMAIN

AUDIENCE = "/projects/314159265358/global/backendServices/2718281828459045235"
_ISSUER = "https://cloud.google.com/iap"
_HEADER = "X-Goog-IAP-JWT-Assertion"
_OTHER_HEADER = "X-Relayed-Assertion"
_SOURCE = "https://cloud.google.com/iap/docs/signed-headers-howto"
_TOKEN_SECONDS = 600
_RESOLVERS = (
    {"resolver": "emailMatchingUserEntityAnnotation"},
    {"resolver": "idMatchingUserEntityAnnotation"},
)


def _config(resolvers: Sequence[Mapping[str, Any]] = _RESOLVERS, **keys: Any) -> dict[str, Any]:
    sign_in = {"resolvers": tuple(resolvers)}
    return {"audience": AUDIENCE, **keys, "signIn": sign_in}


class GcpIap(AuthProxy):
    """Identity-Aware Proxy in front of a backend service of a load balancer."""

    id = "gcpIap"
    title = "Google Identity-Aware Proxy"
    icon = "IA"
    hosts: ClassVar = {"www.gstatic.com": ""}
    routes = (Route("GET", "/iap/verify/public_key", "keys", Endpoint.JWKS),)
    variants: ClassVar = {"gcpIap": _config(), "gcpIap-header": _config(_RESOLVERS[::-1], jwtHeader=_OTHER_HEADER)}
    # Not among the variants: it shares the key address with them, so only one profile has it, and none of them.
    opt_in = frozenset({"gcpIap-keys"})
    header_spec = ProxyHeaderSpec(
        headers=("X-Goog-Iap-*", "X-Goog-Authenticated-User-*", _OTHER_HEADER),
        cookies=("GCP_IAP_*", "GCP_IAAP_*", "__Host-GCP_IAP_*"),
        session_cookie="GCP_IAP_UID",
        sign_out_query=("gcp-iap-mode", "CLEAR_LOGIN_COOKIE"),
    )
    quirks = (
        Quirk("map-of-keys", "The keys are an object of key id and PEM text, not a JSON Web Key Set.", _SOURCE),
        Quirk("prefixed-subject", "The subject begins with accounts.google.com: and goes on with the id.", _SOURCE),
    )

    def key_owner(self, service_id: str) -> str:
        """All sign with the same keys, as all of Google does: there is one address for them."""
        return self.id

    def headers(self, who: SignedIn) -> Headers:
        """The signed header, and the two unsigned ones for people who look."""
        persona = who.account.persona
        account = f"accounts.google.com:{_account_id(persona)}"
        now = int(who.now)
        claims = {
            "aud": AUDIENCE,
            "azp": AUDIENCE,
            "email": persona.email,
            "hd": COMPANY_DOMAIN,
            "iss": _ISSUER,
            "sub": account,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "google": {"access_levels": ["accessPolicies/517/accessLevels/corp_devices"]},
        }
        token = SignedToken(
            {name: value for name, value in claims.items() if value is not None},
            algorithm="ES256",
        )
        # What renames the header stands between the proxy and the backend; IAP itself has one name for it.
        headers: Headers = [(self.variants[who.variant].get("jwtHeader", _HEADER), token)]
        if persona.email:
            headers.append(("X-Goog-Authenticated-User-Email", f"accounts.google.com:{persona.email}"))
        headers.append(("X-Goog-Authenticated-User-ID", account))
        return headers

    def keys(self, request: ServiceRequest) -> Answer:
        """The list of keys: those that sign, and the next one already, so that a rotation is no surprise."""
        own = request.service.keys
        pairs = [own.pair("ES256", name) for name in dict.fromkeys((*own.published, NEXT_KEY))]
        return Answer(200, {pair.kid: pair.public_pem for pair in pairs})

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotations of both resolvers; Google's other sign-in has the first one, too."""
        email = {"google.com/email": account.persona.email} if account.persona.email else {}
        return {**email, "google.com/user-id": _account_id(account.persona)}


def _account_id(persona: Person) -> str:
    """The id of the Google account, which is the same at Google's other doors: 21 digits, too many for a number."""
    account = persona.account("google")
    return account.subject(f"1{int(account.digest, 16) % 10**20:020}")
