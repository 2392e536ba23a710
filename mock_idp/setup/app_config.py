"""Makes a set-up of the app-config that an app has already: the mock then knows exactly its clients.

Nothing about a vendor stands here. What its configuration keys mean follows from what the vendor itself would tell
Backstage (:meth:`~mock_idp.vendors.base.Vendor.backstage_config`): a key that would hold the mock's address holds the
address of the real service here, and that is where the mock answers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from mock_idp.addresses import Addresses
from mock_idp.app_config.providers import default_providers
from mock_idp.app_config.reading import AppConfigError
from mock_idp.app_config.substitution import AppConfigFile
from mock_idp.hosts import matches
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.profiles import merged
from mock_idp.proxies import proxies
from mock_idp.settings import DEFAULT_APP_URL, DEFAULT_BACKEND_URL
from mock_idp.setup.model import ClientSetup, HostSetup, OwnEnvironment, ServiceSetup, Setup, SetupFileError
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor

STAND_IN = "stand-in-for-"
STAND_IN_HOST = "stand-in.example"
"""Below it are the hosts whose names a variable should have told."""
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_WELL_KNOWN = "/.well-known/openid-configuration"
_PROBE_HOST = "probe.invalid"
_PROBE = Addresses("probe", f"https://{_PROBE_HOST}", f"https://{_PROBE_HOST}", f"https://{_PROBE_HOST}")
"""Stands in for the mock where a vendor is asked which keys hold its address."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class OwnAppConfig:
    """What was found in an app-config.

    Parameters:
        setup: clients, services and addresses.
        stand_ins: variables that are not set, with the values that were taken for them.
        remarks: what its owner should know, one sentence each.
    """

    setup: Setup
    stand_ins: Mapping[str, str]
    remarks: tuple[str, ...]


def read_own_app_config(
    files: Sequence[Path], environment: Mapping[str, str], behind: Mapping[str, str] | None = None
) -> OwnAppConfig:
    """Read the providers of an app-config.

    Parameters:
        files: as Backstage is given them; a later one wins.
        environment: the variables there are.
        behind: provider id -> vendor, for ids that do not tell it.

    Raises:
        SetupFileError: a file cannot be read, or says what no backend could use; with file and path.
    """
    try:
        return _Reader(files, environment, behind or {}).read()
    except AppConfigError as error:
        raise SetupFileError(str(error)) from None


@dataclass
class _Found:
    """What was collected so far."""

    clients: list[ClientSetup] = field(default_factory=list)
    services: dict[str, ServiceSetup] = field(default_factory=dict)
    hosts: dict[tuple[str, str], HostSetup] = field(default_factory=dict)
    providers: list[str] = field(default_factory=list)
    environments: list[OwnEnvironment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """An environment of a provider.

    Parameters:
        provider: provider id.
        environment: its name.
        config: the keys below it.
    """

    provider: str
    environment: str
    config: Mapping[str, Any]

    @property
    def path(self) -> tuple[str, ...]:
        """Where it stands."""
        return ("auth", "providers", self.provider, self.environment)


class _Reader:
    def __init__(self, files: Sequence[Path], environment: Mapping[str, str], behind: Mapping[str, str]) -> None:
        self.stand_ins: dict[str, str] = {}
        self._behind: dict[str, str] = {}
        self._found = _Found()
        self._files = [AppConfigFile(file, environment, self._stand_in) for file in files]
        told = self._get("authConformance", "providers")
        self._behind = {**default_providers(), **(told if isinstance(told, Mapping) else {}), **behind}

    def read(self) -> OwnAppConfig:
        app_url = self._url(DEFAULT_APP_URL, "app", "baseUrl")
        backend_url = self._url(DEFAULT_BACKEND_URL, "backend", "baseUrl")
        # Whatever is secret below `auth` has to be there, or the backend does not start.
        self._get("auth", "session")
        providers = self._get("auth", "providers")
        if not isinstance(providers, Mapping) or not providers:
            raise AppConfigError(f"{self._names()}: there is no provider below auth.providers, so no user can sign in.")
        for provider, config in providers.items():
            self._provider(provider, config, backend_url)
        found = self._found
        if not found.clients and not found.providers:
            raise AppConfigError(f"{self._names()}: {' '.join(found.remarks)}")
        settings = {
            "backend_urls": (backend_url,),
            "app_urls": (app_url,),
            "providers": tuple(found.providers),
            "only_own_clients": True,
        }
        setup = Setup(
            clients=tuple(found.clients),
            services=tuple(found.services.values()),
            settings=settings,
            hosts=tuple(found.hosts.values()),
            environments=tuple(found.environments),
        )
        return OwnAppConfig(setup, self.stand_ins, tuple(found.remarks))

    # --- the files ----------------------------------------------------------------------------------------------

    def _get(self, *keys: str) -> Any:
        value: Any = None
        for file in self._files:
            said = file.get(*keys)
            if isinstance(said, Mapping):
                value = merged(value if isinstance(value, Mapping) else {}, said)
            elif said is not None or file.has(*keys):
                value = said
        return value

    def _names(self) -> str:
        return ", ".join(str(file.path) for file in self._files)

    def _error(self, path: tuple[str, ...], sentence: str) -> AppConfigError:
        """A mistake, in the last file that says something there."""
        file = next((file for file in reversed(self._files) if file.has(*path)), self._files[-1])
        return file.error(path, sentence)

    def _url(self, default: str, *keys: str) -> str:
        value = self._get(*keys)
        if value is None:
            return default
        if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", value):
            raise self._error(keys, f"{value!r} is no URL such as {default}")
        return value.rstrip("/")

    def _stand_in(self, place: tuple[str, ...], name: str, is_all: bool) -> str:
        if name not in self.stand_ins:
            self.stand_ins[name] = self._made_up(place, name, is_all)
        return self.stand_ins[name]

    def _made_up(self, place: tuple[str, ...], name: str, is_all: bool) -> str:
        """A value that can stand where the variable stands."""
        host = f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.{STAND_IN_HOST}"
        if place in (("app", "baseUrl"), ("backend", "baseUrl")):
            return (DEFAULT_APP_URL if place[0] == "app" else DEFAULT_BACKEND_URL) if is_all else host
        if len(place) == 5 and place[:2] == ("auth", "providers"):  # auth.providers.ID.ENVIRONMENT.KEY
            likely = vendors().get(default_providers().get(place[2], place[2]))
            for vendor in [likely] if likely else vendors().values():
                pattern = _address_keys(vendor).get(place[4])
                if pattern is not None:
                    return f"{pattern.prefix}{host}{pattern.suffix}" if is_all else host
                if place[4] == vendor.tenant_key:
                    return str(vendor.backstage_config(_PROBE)[vendor.tenant_key])
        return STAND_IN + name

    # --- providers ----------------------------------------------------------------------------------------------

    def _provider(self, provider: str, config: Any, backend_url: str) -> None:
        path = ("auth", "providers", provider)
        if not _ID.fullmatch(provider):
            raise self._error(path, f"{provider!r} is not a provider id: letters, digits, - and _ only")
        known = self._behind.get(provider) or self._guessed(provider, config)
        vendor, proxy = vendors().get(known or ""), proxies().get(known or "")
        if proxy or (vendor and vendor.variants):
            self._found.providers.append(provider if known == provider else f"{provider}={known}")
            if proxy and proxy.hosts:
                self._remark(f"{provider} is an auth proxy: `mock-idp front` plays it with values of the kit's own.")
            return
        if vendor is None:
            there = ", ".join(vendors())
            what = f"say --provider {provider}=VENDOR, where VENDOR is one of {there}"
            self._remark(f"No vendor is known for the provider {provider!r}, so no user can sign in with it; {what}.")
            return
        if not isinstance(config, Mapping):
            raise self._error(path, "a provider is a mapping from environments to their keys")
        for environment, keys in config.items():
            if not isinstance(keys, Mapping):
                hint = f"put it below an environment, such as {provider}.development.{environment}"
                raise self._error((*path, environment), f"this is where an environment stands; {hint}")
            self._environment(_Place(provider, environment, keys), vendor, backend_url)

    def _guessed(self, provider: str, config: Any) -> str | None:
        """The vendor whose address keys an unknown provider has; the one with most of them, if it is one."""
        parts = [part for part in (config.values() if isinstance(config, Mapping) else ()) if isinstance(part, Mapping)]
        keys = {key for part in parts for key in part}
        fitting: dict[int, list[str]] = {}
        for vendor in vendors().values():
            own = _address_keys(vendor).keys()
            if own and own <= keys:
                fitting.setdefault(len(own), []).append(vendor.id)
        best = fitting[max(fitting)] if fitting else []
        if len(best) != 1:
            return None
        self._remark(
            f"The provider {provider!r} is taken for {best[0]}; if it is not, say --provider {provider}=VENDOR."
        )
        return best[0]

    def _environment(self, place: _Place, vendor: Vendor, backend_url: str) -> None:
        served_by = self._addresses(place, vendor)
        config = place.config
        client_id = self._text(place, "clientId")
        if client_id is None:
            raise self._error(place.path, "clientId is missing")
        callback = self._text(place, "callbackUrl") or f"{backend_url}/api/auth/{place.provider}/handler/frame"
        secret = self._text(place, "clientSecret")
        is_public = secret is None and config.get("tokenEndpointAuthMethod") == ClientAuthentication.NONE
        service = _service(served_by, place.provider)
        if service != served_by.id:
            self._found.services[service] = ServiceSetup(service, served_by.id)
        one = OwnEnvironment(place.provider, place.environment, served_by.id, service, client_id)
        self._found.environments.append(one)
        same = next((one for one in self._found.clients if (one.service, one.id) == (service, client_id)), None)
        where = f"{self._names()}: {'.'.join(place.path)}"
        if same is not None:
            self._share(same, secret, callback, where)
            return
        self._found.clients.append(
            ClientSetup(
                vendor=served_by.id,
                id=client_id,
                redirect_uris=(callback,),
                secret=None if is_public else secret,
                is_public=True if is_public else None,
                service=service,
                provider=place.provider,
                environment=place.environment,
                where=where,
            )
        )

    def _share(self, same: ClientSetup, secret: str | None, callback: str, where: str) -> None:
        """Let two environments, or two providers, use one client, as many a real file does."""
        if same.secret != secret:
            raise AppConfigError(f"{where}: the client {same.id!r} has another clientSecret at {same.where}.")
        at = self._found.clients.index(same)
        uris = tuple(dict.fromkeys((*same.redirect_uris, callback)))
        self._found.clients[at] = replace(same, redirect_uris=uris)

    def _text(self, place: _Place, key: str) -> str | None:
        value = place.config.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self._error(
                (*place.path, key), f"this is a text that is not empty, not {value!r}; write it in quotes"
            )
        return value

    def _remark(self, sentence: str) -> None:
        if sentence not in self._found.remarks:
            self._found.remarks.append(sentence)

    # --- addresses ----------------------------------------------------------------------------------------------

    def _addresses(self, place: _Place, vendor: Vendor) -> Vendor:
        """Let the mock answer where this environment looks for its vendor.

        Returns:
            The vendor whose host that is, which is another one for a generic provider: Okta's by ``oidc``, say.
        """
        served_by = vendor
        for key, pattern in _address_keys(vendor).items():
            value = self._text(place, key)
            if value is None:
                continue
            address = pattern.read(value)
            if address is None:
                raise self._error((*place.path, key), f"{value!r} is no address such as {pattern.example}")
            if address.scheme != "https" or address.hostname in _LOCAL:
                self._remark(
                    f"{'.'.join((*place.path, key))} is {value}: only https to another machine goes to the mock, "
                    "so this provider asks whatever listens there."
                )
                continue
            owner = _owner(str(address.hostname))
            if owner is None:
                self._host(place, vendor, address, pattern)
            else:
                served_by = owner
                self._tenant(owner, place, address.path.strip("/").partition("/")[0])
        if vendor.tenant_key:
            self._tenant(vendor, place, self._text(place, vendor.tenant_key))
        return served_by

    def _tenant(self, vendor: Vendor, place: _Place, tenant: str | None) -> None:
        """Let the vendor's tenant answer at the paths of one's own."""
        if not vendor.tenant_key or not tenant or tenant in vendor.tenants:
            return
        target = f"/{vendor.backstage_config(_PROBE)[vendor.tenant_key]}"
        for host in vendor.hosts:
            own = HostSetup(host, f"/{tenant}", _service(vendor, place.provider), target, f"https://{host}")
            self._found.hosts[host, own.path] = own

    def _host(self, place: _Place, vendor: Vendor, parts: SplitResult, pattern: "_Pattern") -> None:
        """Let the mock answer at a host of one's own."""
        path = parts.path.rstrip("/")
        service = _service(vendor, place.provider)
        if path.endswith(pattern.suffix):
            path, target = path.removesuffix(pattern.suffix), ""
        else:
            target = pattern.suffix  # one address for one thing, wherever its owner has put it
        base = f"https://{parts.netloc}{'' if target else path}"
        self._found.hosts[str(parts.hostname), path] = HostSetup(str(parts.hostname), path, service, target, base)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How a configuration key holds an address.

    Parameters:
        prefix: ``https://``, or empty for a key with a bare host.
        suffix: the path that it has behind the vendor's own address.
    """

    prefix: str
    suffix: str

    @property
    def example(self) -> str:
        """What it looks like."""
        return f"{self.prefix}sso.company.example{self.suffix}"

    def read(self, value: str) -> SplitResult | None:
        """The address in a value, or None if it is none."""
        url = value if self.prefix else f"https://{value}"
        try:
            parts = urlsplit(url.rstrip("/").removesuffix(_WELL_KNOWN))
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            return None
        return parts if good else None


def _address_keys(vendor: Vendor) -> dict[str, _Pattern]:
    """The configuration keys of a vendor that hold addresses."""
    found = {}
    for key, value in vendor.backstage_config(_PROBE).items():
        prefix, host, rest = str(value).partition(_PROBE_HOST)
        if host and prefix in ("", "https://"):
            found[key] = _Pattern(prefix, rest.partition("?")[0])
    return found


def _service(vendor: Vendor, provider: str) -> str:
    """Id of the service behind a provider; never one that another vendor has."""
    service = vendor.service_of(provider)
    return service if service == vendor.id or service not in (*vendors(), *proxies()) else f"{service}-{vendor.id}"


def _owner(host: str) -> Vendor | None:
    """The vendor whose own host that is."""
    patterns: Iterator[tuple[str, Vendor]] = ((name, vendor) for vendor in vendors().values() for name in vendor.hosts)
    return next((vendor for name, vendor in patterns if matches(name, host)), None)
