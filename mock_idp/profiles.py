"""The profiles: variants of the app-config for what no environment of a provider can express."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mock_idp.client_site import CLIENT_URLS
from mock_idp.settings import COMPANY_DOMAIN, DEFAULT_PROFILE

_DATA = Path(__file__).with_name("data")
"""Signing keys, and a list of origin patterns."""


@dataclass(frozen=True, slots=True)
class BackendKey:
    """A key with which the backend signs.

    Parameters:
        kid: its id.
        algorithm: JWS algorithm.
        private_key: PKCS#8, PEM.
    """

    kid: str
    algorithm: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """A variant of the app-config.

    Parameters:
        id: its name, in kebab-case.
        description: what differs, one sentence.
        overlay: put over the printed app-config: mappings are merged, null removes a key, all else replaces.
            Providers that the mock knows nothing of are added as they are.
        providers: the providers it has unless the command line names some; empty for all.
        environ: further environment variables of the backend, which ``mock-idp env`` and ``run`` set.
        backend_keys: the backend's signing keys, in the order of its configuration; the description of the mock shows
            them, so that tests can sign what the backend must not believe.
        exclusive: vendors and proxies whose own service one scenario has for itself here, so that it may change it.
        public_url: the backend's base URL, without trailing slash, if it is another one than where it listens; no one
            can come back to it.
    """

    id: str
    description: str
    overlay: Mapping[str, Any] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    backend_keys: tuple[BackendKey, ...] = ()
    exclusive: tuple[str, ...] = ()
    public_url: str | None = None


def merged(config: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Put an overlay over a configuration."""
    result = dict(config)
    for key, value in overlay.items():
        known = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            result[key] = merged(known if isinstance(known, Mapping) else {}, value)
        else:
            result[key] = value
    return result


_DEFAULT = Profile(DEFAULT_PROFILE, "Every provider with all its environments.")

_ORIGIN_PATTERNS = (_DATA / "origin-patterns.txt").read_text(encoding="utf-8").splitlines()
"""One for each rule of ORIGIN-03 to ORIGIN-05; those behind ``!!!!`` allow nothing, or nothing else."""

_BARE = Profile(
    "bare",
    "No session secret, no cross-origin requests, five providers; headers and origins of its own.",
    overlay={
        "auth": {
            "session": None,
            # Frontends read it, backends do not (ENV-11).
            "environment": "staging",
            # More than is possible (TOKEN-06).
            "backstageTokenExpiration": {"hours": 48},
            "keyStore": {"provider": "memory"},
            "identityTokenAlgorithm": "EdDSA",
            "experimentalExtraAllowedOrigins": _ORIGIN_PATTERNS,
            "providers": {
                # No environment at all (CFG-02), and a provider whose module is missing (ROUTE-09).
                "gitlab": {},
                "no-such-module": {"development": {"clientId": "x", "clientSecret": "x"}},
            },
        },
        "backend": {
            "cors": None,
            "csp": {"connect-src": ["'self'", "https:"], "script-src-attr": False},
            "referrer": {"policy": ["same-origin"]},
            "auth": {"dangerouslyDisableDefaultAuthPolicy": True},
        },
    },
    # Google has one address for the keys of everybody, so that its failures need a profile where nobody else asks.
    providers=("oauth2", "oidc", "github", "guest", "gcpIap-keys=gcpIap"),
    exclusive=("gcpIap",),
)
"""What is usually configured is missing, and what is usually left alone is configured."""

_BEHIND_TLS = Profile(
    "behind-tls",
    "The public address is https; the proxy that ends TLS is trusted. Tokens are signed with RS384.",
    # The session cookie is for connections that count as secure (SESSION-04).
    overlay={"auth": {"identityTokenAlgorithm": "RS384"}, "backend": {"trustProxy": True}},
    providers=("oauth2", "oidc", "github", "guest"),
    public_url=f"https://backstage.{COMPANY_DOMAIN}",
)
"""The public address is https on another host, as in production; a proxy ends TLS."""


_BELOW_A_PATH = Profile(
    "below-a-path",
    "The public address has a port and a path, which the proxy removes.",
    overlay={"backend": {"trustProxy": True}},
    public_url=f"https://tools.{COMPANY_DOMAIN}:8443/developer/hub",
)
"""The public address is a path among others on a host that serves more than Backstage; for every scenario there is."""


def _with_resolver(resolver: Mapping[str, Any]) -> dict[str, Any]:
    return {"clientId": "x", "clientSecret": "x", "signIn": {"resolvers": [resolver]}}


_DEVELOPMENT = Profile(
    "development",
    "NODE_ENV is development, a provider is set up wrongly, and cross-origin requests have every option.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "ES384",
            # Everything but one origin (ORIGIN-05).
            "experimentalExtraAllowedOrigins": ["!https://negated.example"],
            "providers": {
                "gitlab": {"development": {"clientId": "without-a-secret"}},
                # Resolvers that nobody knows, or with options of another type (RES-03, RES-04).
                "google": {"development": _with_resolver({"resolver": "noSuchResolver"})},
                "okta": {
                    "development": {
                        "audience": "https://okta.example",
                        **_with_resolver(
                            {
                                "resolver": "emailMatchingUserEntityProfileEmail",
                                "dangerouslyAllowSignInWithoutUserInCatalog": "perhaps",
                            }
                        ),
                    }
                },
            },
        },
        "backend": {
            "cors": {
                # The app's, and others; one of them may not start a flow (ORIGIN-09).
                "origin": ["http://localhost:*", "https://*.reader.example", "https://negated.example"],
                "methods": ["GET", "POST"],
                "allowedHeaders": ["x-requested-with", "authorization"],
                "exposedHeaders": ["etag"],
                "maxAge": 600,
                "optionsSuccessStatus": 200,
            }
        },
    },
    providers=("oauth2", "github", "guest", "guest-refused"),
    environ={"NODE_ENV": "development"},
)
"""The backend as a developer runs it."""

_OIDC_DOCUMENTS = Profile(
    "oidc-documents",
    "Clients have metadata documents, by the older key, and are not registered; refresh tokens ask no catalog.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "ES512",
            "experimentalClientIdMetadataDocuments": {
                "enabled": True,
                # The last one is a mistake, which only shows where nothing before it fits (PAT-02).
                "allowedClientIdPatterns": (*CLIENT_URLS, "no-scheme.example/*"),
                "allowedRedirectUriPatterns": ("*",),
            },
            "experimentalRefreshToken": {"enabled": True, "dangerouslyDisableCatalogPresenceCheck": True},
        }
    },
)
"""The backend as authorization server for clients with metadata documents only, configured as it used to be."""

_OIDC_REGISTRATION = Profile(
    "oidc-registration",
    "Clients register, with the default addresses; no client metadata documents, no refresh tokens.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "RS512",
            "experimentalDynamicClientRegistration": {"enabled": True},
            # The first of these is there, so the second does not count (OIDC-05).
            "clientIdMetadataDocuments": {},
            "experimentalClientIdMetadataDocuments": {"enabled": True},
        }
    },
)
"""The backend as authorization server with one feature of three: clients can only be registered."""

CALLBACK_HOST = f"callback.{COMPANY_DOMAIN}"

REDIRECT_URI_PATTERNS = (
    "http://localhost:*/*",
    "http://127.0.0.1:*/*",
    "http://[::1]:*/*",
    # One for each rule about patterns (PAT-03 to PAT-06); the defaults' www.cursor.com is not among them (DCR-07).
    "cursor://*",
    f"https://*.wild.{CALLBACK_HOST}/cb*",
    f"https://any-port.{CALLBACK_HOST}:*/cb",
    f"https://{CALLBACK_HOST}/cb",
    f"https://root.{CALLBACK_HOST}",
)

CLIENT_ID_PATTERNS = (
    # Without a wildcard no address is looked up, so these work without a name server.
    *CLIENT_URLS,
    # With one, the host has to have a public address (CIMD-15).
    f"https://*.wild.apps.{COMPANY_DOMAIN}/*",
    "https://*:*/clientSite/*",
)

_OIDC_SERVER = Profile(
    "oidc-server",
    "The backend is an authorization server: client registration, client metadata documents, refresh tokens.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "PS384",
            "experimentalDynamicClientRegistration": {
                "enabled": True,
                "allowedRedirectUriPatterns": REDIRECT_URI_PATTERNS,
            },
            "clientIdMetadataDocuments": {"enabled": True, "allowedClientIdPatterns": CLIENT_ID_PATTERNS},
            # Few, so that the oldest session goes soon (OFFLINE-16).
            "experimentalRefreshToken": {"enabled": True, "maxTokensPerUser": 3},
        },
        # Somebody who is no user (ASESS-08, ASESS-15, LIM-11, USERINFO-04).
        "backend": {
            "auth": {
                "externalAccess": [
                    {"type": "static", "options": {"token": "token-of-an-external-service", "subject": "a-service"}},
                    {
                        "type": "static",
                        "options": {"token": "token-for-two-plugins", "subject": "b-service"},
                        "accessRestrictions": [{"plugin": "catalog"}, {"plugin": "auth"}],
                    },
                    {
                        "type": "static",
                        "options": {"token": "token-for-other-plugins", "subject": "c-service"},
                        "accessRestrictions": [{"plugin": "catalog"}, {"plugin": "search"}],
                    },
                ]
            }
        },
    },
)
"""The backend as authorization server, with everything on that belongs to it."""

_PLAIN_HTTP = Profile(
    "plain-http",
    "The public address is http on another host than localhost; tokens are signed with RSA.",
    overlay={"auth": {"identityTokenAlgorithm": "PS256"}},
    providers=("oauth2", "oidc", "github", "guest"),
    public_url=f"http://backstage.{COMPANY_DOMAIN}",
)
"""The public address is http on a host that browsers do not trust, as inside a company."""

_FIRST_KEY = BackendKey("first-key", "ES256", (_DATA / "first.private.pem").read_text(encoding="ascii"))
_SECOND_KEY = BackendKey("second-key", "RS256", (_DATA / "second.private.pem").read_text(encoding="ascii"))

_STATIC_KEYS = Profile(
    "static-keys",
    "Signing keys from files, tokens of ten minutes with the ownership in them.",
    overlay={
        "auth": {
            "keyStore": {
                "provider": "static",
                "static": {
                    "keys": [
                        # The algorithm that is used if none is named (KEY-09).
                        {
                            "keyId": _FIRST_KEY.kid,
                            "publicKeyFile": str(_DATA / "first.public.pem"),
                            "privateKeyFile": str(_DATA / "first.private.pem"),
                        },
                        {
                            "keyId": _SECOND_KEY.kid,
                            "publicKeyFile": str(_DATA / "second.public.pem"),
                            "privateKeyFile": str(_DATA / "second.private.pem"),
                            "algorithm": _SECOND_KEY.algorithm,
                        },
                    ]
                },
            },
            # Without effect, because the first key has an algorithm (TOKEN-10).
            "identityTokenAlgorithm": "RS256",
            # Less than is possible (TOKEN-06).
            "backstageTokenExpiration": {"minutes": 5},
            "omitIdentityTokenOwnershipClaim": False,
        }
    },
    providers=("oauth2", "github", "guest"),
    backend_keys=(_FIRST_KEY, _SECOND_KEY),
)
"""Signing keys from files, which the suite has as well, and tokens that are short-lived and say everything."""


@cache
def profiles() -> Mapping[str, Profile]:
    """All profiles by id, in alphabetical order."""
    found = (
        *(
            _BARE,
            _BEHIND_TLS,
            _BELOW_A_PATH,
            _DEFAULT,
            _DEVELOPMENT,
            _OIDC_DOCUMENTS,
            _OIDC_REGISTRATION,
            _OIDC_SERVER,
            _PLAIN_HTTP,
        ),
        _STATIC_KEYS,
    )
    return {profile.id: profile for profile in found}
