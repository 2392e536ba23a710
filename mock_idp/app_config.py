"""The Backstage app-config that fits this mock IdP, and the clients it registers.

Both come from one table, so that ``mock-idp serve`` and ``mock-idp app-config`` agree without talking.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mock_idp.oauth.model import Client
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy
from mock_idp.settings import COMPANY_DOMAIN, DEFAULT_PROFILE, Settings
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor

ConfigKeys = Mapping[str, Any]

BY_EMAIL = MappingProxyType({"resolver": "emailMatchingUserEntityProfileEmail"})
BY_LOCAL_PART = MappingProxyType(
    {"resolver": "emailLocalPartMatchingUserEntityName", "allowedDomains": [COMPANY_DOMAIN]}
)
ANYBODY = MappingProxyType({"dangerouslyAllowSignInWithoutUserInCatalog": True})
HTTPS_BACKEND = "https://backend.example.test"
DEFAULT_PROVIDERS = ("github", "ghe=github", "google", "oauth2Proxy", "guest")
PROFILES = MappingProxyType({DEFAULT_PROFILE: "Every provider with all its environments."})
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


class SetupError(ValueError):
    """A provider or profile that does not exist; the message is one sentence with what does."""


@dataclass(frozen=True, slots=True)
class EnvironmentKind:
    """One row of the table: an environment that each OAuth provider gets.

    Parameters:
        name: name of the environment.
        says: what it is for, one sentence.
        resolvers: common sign-in resolvers, in order.
        keys: further configuration keys.
        scopes: how the vendor's four extra scopes are written: ``text``, ``list`` or not at all.
        callback: redirect URI with ``{backend}`` and ``{provider}``, or None for the default.
        is_registered: False if the mock does not know the client.
        has_wrong_secret: True if the configured secret is not the registered one.
    """

    name: str
    says: str
    resolvers: tuple[ConfigKeys, ...] = (BY_EMAIL,)
    keys: ConfigKeys = field(default_factory=dict)
    scopes: str | None = None
    callback: str | None = None
    is_registered: bool = True
    has_wrong_secret: bool = False


ENVIRONMENTS: tuple[EnvironmentKind, ...] = (
    EnvironmentKind("development", "Sign-in by e-mail address, else by its local part.", (BY_EMAIL, BY_LOCAL_PART)),
    EnvironmentKind("no-sign-in", "No resolvers: a provider session without a Backstage identity.", ()),
    EnvironmentKind("local-part", "Sign-in by the local part, for addresses of the company only.", (BY_LOCAL_PART,)),
    EnvironmentKind("email", "Sign-in by e-mail address only."),
    EnvironmentKind(
        "outside-catalog",
        "Sign-in of people whom the catalog does not know.",
        (MappingProxyType({**BY_EMAIL, **ANYBODY}),),
    ),
    EnvironmentKind(
        "scopes-as-text",
        "Additional scopes as one text with every separator, and a short session.",
        keys=MappingProxyType({"sessionDuration": {"hours": 24}}),
        scopes="text",
    ),
    EnvironmentKind("scopes-as-list", "Additional scopes as a list.", scopes="list"),
    EnvironmentKind("custom-callback", "Another callback path.", callback="{backend}/custom/path"),
    EnvironmentKind(
        "https-callback",
        "A callback over HTTPS, which makes cookies secure.",
        callback=HTTPS_BACKEND + "/api/auth/{provider}/handler/frame",
    ),
    EnvironmentKind("wrong-secret", "A client secret that is not the registered one.", has_wrong_secret=True),
    EnvironmentKind("unknown-client", "A client that is not registered.", is_registered=False),
)
"""The environments of every OAuth provider; vendors may add some of their own."""


@dataclass(frozen=True, slots=True)
class EnvironmentSetup:
    """One environment of one provider.

    Parameters:
        kind: the row of the table.
        client: the client it uses, with its redirect URIs; its secret is the registered one.
        callback_url: explicit callback URL of the first backend, or None.
        resolvers: sign-in resolvers.
    """

    kind: EnvironmentKind
    client: Client
    callback_url: str | None
    resolvers: tuple[ConfigKeys, ...]

    @property
    def configured_secret(self) -> str:
        """The secret that the backend is told."""
        return f"not-{self.client.client_secret}" if self.kind.has_wrong_secret else self.client.client_secret


@dataclass(frozen=True, slots=True)
class ProviderSetup:
    """One entry below ``auth.providers``.

    Parameters:
        id: the provider id.
        source: the vendor or auth proxy behind it.
        environments: its environments; empty for an auth proxy.
        by_name: True if the backend reaches the vendor by its own host names.
    """

    id: str
    source: Vendor | AuthProxy
    environments: tuple[EnvironmentSetup, ...] = ()
    by_name: bool = False

    @property
    def kind(self) -> str:
        """``oauth`` or ``proxy``."""
        return "oauth" if isinstance(self.source, Vendor) else "proxy"


def provider_setups(settings: Settings) -> tuple[ProviderSetup, ...]:
    """All providers of a run.

    Raises:
        SetupError: a provider or the profile does not exist.
    """
    if settings.profile not in PROFILES:
        raise SetupError(f"There is no profile {settings.profile!r}; there are: {', '.join(PROFILES)}.")
    chosen = settings.providers or DEFAULT_PROVIDERS
    setups = [_provider(text, settings.backend_urls) for text in chosen]
    ids = [setup.id for setup in setups]
    for setup in setups:
        if ids.count(setup.id) > 1:
            raise SetupError(f"The provider {setup.id!r} is named twice.")
    return tuple(setups)


def _provider(text: str, backend_urls: Sequence[str]) -> ProviderSetup:
    provider_id, _, source_id = text.partition("=")
    # The kit's own custom ids need no mapping from the command line.
    known = dict(entry.partition("=")[::2] for entry in DEFAULT_PROVIDERS)
    source_id = source_id or known.get(provider_id) or provider_id
    if not _ID.fullmatch(provider_id):
        raise SetupError(f"{provider_id!r} is not a provider id: letters, digits, - and _ only.")
    vendor, proxy = vendors().get(source_id), proxies().get(source_id)
    if vendor:
        environments = tuple(_environments(provider_id, vendor, backend_urls))
        by_name = bool(vendor.hosts) and (provider_id == vendor.id or not vendor.backstage_config("http://x"))
        return ProviderSetup(provider_id, vendor, environments, by_name)
    if proxy:
        return ProviderSetup(provider_id, proxy)
    there = ", ".join((*vendors(), *proxies()))
    hint = "" if "=" in text else f"; for an id of your own say --provider {provider_id}=VENDOR"
    raise SetupError(f"There is no vendor or auth proxy {source_id!r}; there are {there}{hint}.")


def _environments(provider: str, vendor: Vendor, backend_urls: Sequence[str]) -> Iterator[EnvironmentSetup]:
    for kind in environment_kinds(vendor):
        template = kind.callback or "{backend}/api/auth/{provider}/handler/frame"
        uris = [template.format(backend=backend, provider=provider) for backend in backend_urls]
        yield EnvironmentSetup(
            kind=kind,
            client=make_client(vendor.id, provider, kind.name, uris),
            callback_url=uris[0] if kind.callback else None,
            resolvers=kind.resolvers if vendor.common_sign_in_resolvers else _own(kind, vendor),
        )


def _own(kind: EnvironmentKind, vendor: Vendor) -> tuple[ConfigKeys, ...]:
    """Resolvers for a vendor without the common ones: its own, with the same exception for strangers."""
    if not kind.resolvers or kind.name.startswith("resolver-"):
        return kind.resolvers
    strangers = ANYBODY if any(ANYBODY.keys() <= resolver.keys() for resolver in kind.resolvers) else {}
    return tuple(MappingProxyType({**resolver, **strangers}) for resolver in vendor.sign_in_resolvers)


def environment_kinds(vendor: Vendor) -> Iterator[EnvironmentKind]:
    """The rows of the table for one vendor: the common ones, one per resolver, and its own."""
    yield from ENVIRONMENTS
    for resolver in vendor.sign_in_resolvers:
        name = kebab_case(resolver["resolver"])
        yield EnvironmentKind(f"resolver-{name}", f"Sign-in with {resolver['resolver']}.", (resolver,))
    for name, keys in vendor.environments.items():
        yield EnvironmentKind(name, f"{vendor.title}'s own environment {name}.", keys=keys)


def kebab_case(name: str) -> str:
    """``userIdMatchingUserEntityAnnotation`` as ``user-id-matching-user-entity-annotation``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def make_client(service: str, provider: str, environment: str, redirect_uris: Sequence[str]) -> Client:
    """Make the client of a provider's environment; id and secret follow from the names.

    The secret is a text that occurs nowhere else, because answers are searched for it.
    """
    client_id = f"mock-{provider}-{environment}"
    secret = f"secret-of-{client_id}-never-shown"
    return Client(client_id, secret, service, provider, environment, frozenset(redirect_uris))


def environment_config(setup: ProviderSetup, environment: EnvironmentSetup, idp_url: str) -> dict[str, Any]:
    """The keys below ``auth.providers.<id>.<env>``.

    Raises:
        TypeError: the provider is not an OAuth provider.
    """
    vendor = setup.source
    if not isinstance(vendor, Vendor):
        raise TypeError(f"{setup.id} has no environments")
    kind = environment.kind
    config: dict[str, Any] = {
        "clientId": environment.client.client_id,
        "clientSecret": environment.configured_secret,
    }
    # Without hosts of its own, or under another provider id, a vendor is reached by path.
    if not setup.by_name:
        config.update(vendor.backstage_config(f"{idp_url}/{vendor.id}"))
    if environment.callback_url:
        config["callbackUrl"] = environment.callback_url
    first, second, third, fourth = vendor.extra_scopes
    if kind.scopes == "text":
        config["additionalScopes"] = f"{first},{second}|{third} {fourth}"
    elif kind.scopes == "list":
        config["additionalScopes"] = list(vendor.extra_scopes)
    config.update(kind.keys)
    if environment.resolvers:
        config["signIn"] = {"resolvers": [dict(resolver) for resolver in environment.resolvers]}
    return config
