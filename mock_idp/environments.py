"""The table of environments: every OAuth provider gets each of them, so one target shows many configurations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_idp.settings import COMPANY_DOMAIN, PARTNER_DOMAIN

ConfigKeys = Mapping[str, Any]

BY_EMAIL = {"resolver": "emailMatchingUserEntityProfileEmail"}
BY_EMAIL_OF_THE_COMPANY = {**BY_EMAIL, "allowedDomains": [COMPANY_DOMAIN]}
BY_LOCAL_PART = {"resolver": "emailLocalPartMatchingUserEntityName", "allowedDomains": [COMPANY_DOMAIN]}
ANYBODY = {"dangerouslyAllowSignInWithoutUserInCatalog": True}
HTTPS_BACKEND = "https://backend.allowed.example"
"""Among the app-config's extra allowed origins, so that an app can be on the same host (COOKIE-06, COOKIE-13)."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service that one environment of one provider has for itself: issuer, keys, memory and faults.

    Parameters:
        faults: faults for every user, as in the consent form; ``at`` names discovery, keys …
    """

    faults: tuple[str | Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentKind:
    """One row of the table: an environment that each OAuth provider gets.

    Parameters:
        name: name of the environment.
        description: what it is for, one sentence.
        resolvers: common sign-in resolvers, in order.
        keys: further configuration keys; None removes one of the vendor's.
        scopes: how the vendor's four extra scopes are written: ``text``, ``list`` or not at all.
        callback: redirect URI with ``{backend}`` and ``{provider}``, or None for the default.
        is_registered: False if the mock does not know the client.
        has_wrong_secret: True if the configured secret is not the registered one.
        service: a service for this environment alone, or None for the vendor's own. Providers that reach
            the vendor by name can have none, unless the name is a pattern.
    """

    name: str
    description: str
    resolvers: tuple[ConfigKeys, ...] = (BY_EMAIL,)
    keys: ConfigKeys = field(default_factory=dict)
    scopes: str | None = None
    callback: str | None = None
    is_registered: bool = True
    has_wrong_secret: bool = False
    service: ServiceSpec | None = None


ENVIRONMENTS: tuple[EnvironmentKind, ...] = (
    EnvironmentKind("development", "Sign-in by e-mail address, else by its local part.", (BY_EMAIL, BY_LOCAL_PART)),
    EnvironmentKind(
        "production",
        "The same again, for an app that chooses its sign-in page by auth.environment.",
        (BY_EMAIL, BY_LOCAL_PART),
    ),
    EnvironmentKind("no-sign-in", "No resolvers: a provider session without a Backstage identity.", ()),
    EnvironmentKind("local-part", "Sign-in by the local part, for addresses of the company only.", (BY_LOCAL_PART,)),
    EnvironmentKind("email", "Sign-in by e-mail address only."),
    EnvironmentKind(
        "partners",
        "Sign-in by e-mail address, for addresses of the partner company only.",
        ({**BY_EMAIL, "allowedDomains": [PARTNER_DOMAIN]},),
    ),
    EnvironmentKind(
        "outside-catalog",
        "Sign-in of people who are not in the catalog.",
        ({**BY_EMAIL, **ANYBODY},),
    ),
    EnvironmentKind(
        "scopes-as-text",
        "Additional scopes as one text with every separator, and a short session.",
        keys={"sessionDuration": {"hours": 24}},
        scopes="text",
    ),
    EnvironmentKind("scopes-as-list", "Additional scopes as a list.", scopes="list"),
    EnvironmentKind("custom-callback", "Another callback path.", callback="{backend}/custom/path"),
    EnvironmentKind(
        "https-callback",
        "A callback over HTTPS, which makes cookies secure.",
        callback=HTTPS_BACKEND + "/api/auth/{provider}/handler/frame",
    ),
    EnvironmentKind(
        "ipv6-callback",
        "A callback whose host is an IPv6 address.",
        callback="http://[::1]:7007/api/auth/{provider}/handler/frame",
    ),
    EnvironmentKind(
        "email-domains",
        "Sign-in by e-mail address, for addresses of the company only.",
        ({**BY_EMAIL, "allowedDomains": [COMPANY_DOMAIN]},),
    ),
    EnvironmentKind(
        "outside-catalog-by-name",
        "Sign-in by the local part of the address, also of people who are not in the catalog.",
        ({**BY_LOCAL_PART, **ANYBODY},),
    ),
    EnvironmentKind("wrong-secret", "A client secret that is not the registered one.", has_wrong_secret=True),
    EnvironmentKind("unknown-client", "A client that is not registered.", is_registered=False),
)
"""The environments of every OAuth provider; vendors may add some of their own."""


ISSUER_ENVIRONMENTS: tuple[EnvironmentKind, ...] = (
    EnvironmentKind(
        "discovery-down",
        "An issuer that cannot be discovered, until a scenario lets it.",
        service=ServiceSpec(({"fault": "server-error", "at": "discovery"},)),
    ),
    EnvironmentKind(
        "foreign-issuer",
        "A discovery document that is about another issuer.",
        service=ServiceSpec(
            ({"fault": "set", "at": "discovery", "members": {"issuer": "https://issuer.invalid"}},),
        ),
    ),
    EnvironmentKind("rotating-keys", "An issuer whose keys are rotated by a scenario.", service=ServiceSpec()),
    EnvironmentKind("explored-keys", "An issuer whose keys are rotated by stateful tests.", service=ServiceSpec()),
    EnvironmentKind("missing-keys", "An issuer whose keys a scenario removes.", service=ServiceSpec()),
    EnvironmentKind("malformed-keys", "An issuer whose key set a scenario invalidates.", service=ServiceSpec()),
    EnvironmentKind("altered-keys", "An issuer with keys for another use.", service=ServiceSpec()),
    EnvironmentKind(
        "odd-keys",
        "An issuer that also publishes invalid keys.",
        service=ServiceSpec(({"fault": "odd-keys"},)),
    ),
)
"""Environments of vendors that backends discover: what belongs to an issuer and not to a grant."""
