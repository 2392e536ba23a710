"""The target: plain data that the examination finds out and that travels to the xdist workers."""

from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.driver.wire import PublicAddress, Replicas, origin_of
from conformance.scenario.facts import Kind


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of the target.

    Parameters:
        id: provider id in the URL and in cookie names.
        vendor: the vendor behind it.
        kind: the protocol between target and vendor, or ``proxy``.
        environments: environments the target has and the IdP knows; only OAuth providers have some.
        not_applicable: why nothing can be played on it, or None.
        reserved: True if only scenarios that name it may use it, because they change what it relies on.
        fault: what is wrong with its set-up, so that its cases are not played, or None.
    """

    id: str
    vendor: str
    kind: Kind
    environments: tuple[str, ...] = ()
    not_applicable: str | None = None
    reserved: bool = False
    fault: str | None = None

    @property
    def has_environments(self) -> bool:
        """Say whether it is configured once for each environment."""
        return self.kind == "oauth"

    @property
    def has_popup(self) -> bool:
        """Say whether people sign in with a popup, which starts at the target and comes back to it."""
        return self.kind != "proxy"


@dataclass(frozen=True, slots=True)
class Target:
    """The auth backend under test.

    Parameters:
        auth_url: base URL of its auth plugin, without trailing slash.
        app_origin: origin of the app it serves (``app.baseUrl``).
        environment: the environment that scenarios use unless they name one.
        profile: the configuration profile it was started with.
        providers: every provider that the IdP knows.
        idp: the mock IdP's description of itself (``GET /__idp/``).
        ca_pem: the mock IdP's certificate authority.
        personas: persona id -> its description by the IdP.
        name: name and version, if they are given.
        public_address: how it is reached below its public address, if it listens elsewhere.
        replicas: origins where it listens, if there are several of it.
        registers_clients: whether clients can register at it; until it is known, that is assumed.
    """

    auth_url: str
    app_origin: str
    environment: str
    profile: str
    providers: tuple[Provider, ...]
    idp: dict[str, Any]
    ca_pem: str
    personas: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    public_address: PublicAddress | None = None
    replicas: tuple[str, ...] = ()
    registers_clients: bool = True

    @classmethod
    def unknown(cls, auth_url: str) -> "Target":
        """A target of which nothing but the address is known."""
        return cls(auth_url, "", "", "", (), {}, "")

    @property
    def backend_url(self) -> str:
        """The backend's base URL: the auth URL without the plugin's path."""
        return self.auth_url.removesuffix("/api/auth")

    @property
    def auth_path(self) -> str:
        """The path of the auth URL, below which its cookies are."""
        return urlsplit(self.auth_url).path

    @property
    def is_https(self) -> bool:
        """Say whether browsers reach it by https, so that its cookies are Secure (COOKIE-04)."""
        return self.auth_url.startswith("https:")

    @property
    def is_secure(self) -> bool:
        """Say whether browsers trust the way to it, as they do https and localhost (LIM-06)."""
        return self.is_https or urlsplit(self.auth_url).hostname == "localhost"

    @property
    def same_site(self) -> str:
        """``SameSite`` of its cookies: they reach an app on another host by https only (COOKIE-05)."""
        foreign = urlsplit(self.auth_url).hostname != urlsplit(self.app_origin).hostname
        return "None" if foreign and self.is_https else "Lax"

    def to_json(self) -> dict[str, Any]:
        """JSON-able form; :meth:`from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Target":
        """Rebuild a description from :meth:`to_json`."""
        providers = tuple(
            Provider(**{**provider, "environments": tuple(provider["environments"])}) for provider in data["providers"]
        )
        public_address = PublicAddress(**data["public_address"]) if data["public_address"] else None
        given = {"providers": providers, "public_address": public_address, "replicas": tuple(data["replicas"])}
        return cls(**{**data, **given})

    @property
    def behind(self) -> Replicas | None:
        """The replicas behind its address, or None if there is one of it."""
        return Replicas(origin_of(self.auth_url), self.replicas) if len(self.replicas) > 1 else None
