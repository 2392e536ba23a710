"""The providers of a run with their environments, and the clients that are registered for them.

Both come from one table, so that ``mock-idp serve`` and ``mock-idp app-config`` agree without talking.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mock_idp.emulation import Emulation
from mock_idp.environments import ANYBODY, ENVIRONMENTS, ConfigKeys, EnvironmentKind
from mock_idp.oauth.model import Client
from mock_idp.profiles import merged, profiles
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy
from mock_idp.settings import Settings
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor

_CALLBACK = "{backend}/api/auth/{provider}/handler/frame"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


class SetupError(ValueError):
    """A provider or profile that does not exist; the message is one sentence with what does."""


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
        emulation: the vendor or auth proxy behind it.
        environments: its environments; empty for an auth proxy and for a vendor with variants.
        client: the registration of a vendor's provider without environments, or None.
    """

    id: str
    emulation: Vendor | AuthProxy
    environments: tuple[EnvironmentSetup, ...] = ()
    client: Client | None = None

    @property
    def clients(self) -> tuple[Client, ...]:
        """The registered clients of the provider."""
        own = () if self.client is None else (self.client,)
        return (*own, *(environment.client for environment in self.environments if environment.kind.is_registered))

    @property
    def service(self) -> str:
        """Id of the service behind the provider, where an environment has none for itself."""
        emulation = self.emulation
        return emulation.variant(self.id) if isinstance(emulation, AuthProxy) else emulation.service_of(self.id)

    @property
    def kind(self) -> str:
        """``oauth``, ``saml`` or ``proxy``."""
        return self.emulation.kind


def provider_setups(settings: Settings) -> tuple[ProviderSetup, ...]:
    """All providers of a run.

    Raises:
        SetupError: a provider or the profile does not exist.
    """
    profile = profiles().get(settings.profile)
    if profile is None:
        raise SetupError(f"There is no profile {settings.profile!r}; there are: {', '.join(profiles())}.")
    if settings.only_own_clients and not settings.providers:
        return ()
    chosen = settings.providers or profile.providers or default_providers()
    # The backend sends people to its public address.
    backend_urls = [*filter(None, [profile.public_url]), *settings.backend_urls]
    setups = [_provider(text, backend_urls, settings.app_urls) for text in chosen]
    ids = [setup.id for setup in setups]
    for setup in setups:
        if ids.count(setup.id) > 1:
            raise SetupError(f"The provider {setup.id!r} is named twice.")
    return tuple(setups)


def default_providers() -> dict[str, str]:
    """The providers of a run that names none: id -> vendor or auth proxy, for all there are."""
    emulations: tuple[Emulation, ...] = (*vendors().values(), *proxies().values())
    return {provider_id: emulation.id for emulation in emulations for provider_id in emulation.provider_ids}


def _provider(text: str, backend_urls: Sequence[str], app_urls: Sequence[str]) -> ProviderSetup:
    provider_id, _, emulation_id = text.partition("=")
    emulation_id = emulation_id or default_providers().get(provider_id) or provider_id
    if not _ID.fullmatch(provider_id):
        raise SetupError(f"{provider_id!r} is not a provider id: letters, digits, - and _ only.")
    vendor, proxy = vendors().get(emulation_id), proxies().get(emulation_id)
    if vendor and vendor.variants:
        return ProviderSetup(provider_id, vendor, client=_direct_client(vendor, provider_id, backend_urls))
    if vendor:
        return ProviderSetup(provider_id, vendor, tuple(_environments(provider_id, vendor, backend_urls, app_urls)))
    if proxy:
        return ProviderSetup(provider_id, proxy)
    there = ", ".join((*vendors(), *proxies()))
    hint = "" if "=" in text else f"; for an id of your own say --provider {provider_id}=VENDOR"
    raise SetupError(f"There is no vendor or auth proxy {emulation_id!r}; there are {there}{hint}.")


def _environments(
    provider: str, vendor: Vendor, backend_urls: Sequence[str], app_urls: Sequence[str]
) -> Iterator[EnvironmentSetup]:
    own_name = next(iter(vendor.hosts), "")
    # A service is reached by its path, or stands in for the * of a name.
    has_services = not vendor.is_by_name(provider) or "*" in own_name
    for kind in environment_kinds(vendor):
        if kind.service and not has_services:
            continue
        service = f"{provider}-{kind.name}" if kind.service else vendor.service_of(provider)
        uris = _callback_urls(kind.callback or _CALLBACK, provider, backend_urls)
        client = vendor.make_client(service, provider, kind.name, uris)
        yield EnvironmentSetup(
            kind=kind,
            # Whoever signs out returns to the app.
            client=replace(client, logout_uris=frozenset(app_urls)),
            callback_url=uris[0] if kind.callback else None,
            resolvers=kind.resolvers if vendor.common_sign_in_resolvers else _own(kind, vendor),
        )


def _callback_urls(template: str, provider: str, backend_urls: Sequence[str]) -> list[str]:
    return [template.format(backend=backend, provider=provider) for backend in backend_urls]


def _direct_client(vendor: Vendor, provider: str, backend_urls: Sequence[str]) -> Client:
    """The registration of a provider without environments; it has no secret."""
    uris = _callback_urls(_CALLBACK, provider, backend_urls)
    return Client(f"mock-{provider}", "", vendor.id, provider, "", frozenset(uris))


def _own(kind: EnvironmentKind, vendor: Vendor) -> tuple[ConfigKeys, ...]:
    """Resolvers for a vendor without the common ones: its own, with the same exception for strangers."""
    if not kind.resolvers or kind.name.startswith("resolver-"):
        return kind.resolvers
    strangers = ANYBODY if any(ANYBODY.keys() <= resolver.keys() for resolver in kind.resolvers) else {}
    return tuple({**resolver, **strangers} for resolver in vendor.sign_in_resolvers)


def environment_kinds(vendor: Vendor) -> Iterator[EnvironmentKind]:
    """The rows of the table for one vendor: the common ones, one per resolver, and its own."""
    yield from ENVIRONMENTS
    for resolver in vendor.sign_in_resolvers:
        name = kebab_case(resolver["resolver"])
        yield EnvironmentKind(f"resolver-{name}", f"Sign-in with {resolver['resolver']}.", (resolver,))
    yield from vendor.environments


def kebab_case(name: str) -> str:
    """``userIdMatchingUserEntityAnnotation`` as ``user-id-matching-user-entity-annotation``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def environment_config(
    setup: ProviderSetup, environment: EnvironmentSetup, idp_url: str, tls_url: str
) -> dict[str, Any]:
    """The keys below ``auth.providers.<id>.<env>``.

    Parameters:
        setup: the provider.
        environment: one of its environments.
        idp_url: base URL of the mock's plain listener.
        tls_url: base URL of the mock's TLS listener.

    Raises:
        TypeError: the provider is not an OAuth provider.
    """
    vendor = setup.emulation
    if not isinstance(vendor, Vendor):
        raise TypeError(f"{setup.id} has no environments")
    kind = environment.kind
    config: dict[str, Any] = {
        "clientId": environment.client.client_id,
        "clientSecret": environment.configured_secret,
    }
    where = vendor.addresses(environment.client.service, idp_url, tls_url, is_by_name=vendor.is_by_name(setup.id))
    config.update(vendor.backstage_config(where))
    if environment.callback_url:
        config["callbackUrl"] = environment.callback_url
    first, second, third, fourth = vendor.extra_scopes
    if kind.scopes == "text":
        config["additionalScopes"] = f"{first},{second}|{third} {fourth}"
    elif kind.scopes == "list":
        config["additionalScopes"] = list(vendor.extra_scopes)
    config = merged(config, kind.keys)
    if environment.resolvers:
        config["signIn"] = {"resolvers": [dict(resolver) for resolver in environment.resolvers]}
    return config


def direct_config(setup: ProviderSetup, idp_url: str, tls_url: str) -> dict[str, Any]:
    """The keys below ``auth.providers.<id>`` of a provider without environments.

    Parameters:
        setup: the provider.
        idp_url: base URL of the mock's plain listener.
        tls_url: base URL of the mock's TLS listener.
    """
    emulation = setup.emulation
    where = emulation.addresses(setup.service, idp_url, tls_url, is_by_name=bool(emulation.hosts))
    if isinstance(emulation, AuthProxy) or setup.client is None:
        return emulation.backstage_config(where)
    return emulation.direct_config(where, setup.client)
