"""Every default of the mock IdP, in one place.

A default that is not here is a mistake. Random choices are made by :mod:`mock_idp.randomness`.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

KIT_NAME = "backstage-auth-conformance"
COMPANY_DOMAIN = "lumenfold.example"
PARTNER_DOMAIN = "rivergate.example"
SPARE_PERSONAS = 96
PATIENCE_SECONDS = 4
"""How long a backend waits for the mock, where the app-config can say it: longer than any fault that is only slow."""
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 9000
DEFAULT_PROXY_PORT = 9080
DEFAULT_TLS_PORT = 9443
DEFAULT_FRONT_PORT = 9070
DEFAULT_BACKEND_URL = "http://localhost:7007"
DEFAULT_APP_URL = "http://localhost:3000"
DEFAULT_PROFILE = "default"
CONTROL_PREFIX = "/__idp"
FRONT_PREFIX = "/__front"
"""Path of the front's own pages, which the backend behind it never sees."""
FRONT_HEADERS_SECONDS = 30.0
"""How long the front uses one set of minted headers: well below the shortest life of a proxy's token."""


def default_state_dir() -> Path:
    """Where the certificate authority lives between runs (XDG base directory specification)."""
    configured = Path(os.environ.get("XDG_STATE_HOME", ""))
    # That specification says that a relative path is invalid and must be ignored.
    home = configured if configured.is_absolute() else Path.home() / ".local" / "state"
    return home / "mock-idp"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one running mock IdP is told at its start.

    Parameters:
        host: address that all listeners bind to.
        port: TCP port of the plain HTTP listener; 0 takes a free one.
        proxy_port: TCP port of the forward proxy; 0 takes a free one.
        tls_port: TCP port of the TLS listener; 0 takes a free one.
        backend_urls: base URLs of the backends that may sign in here, without trailing slash. The first
            one is the one that ``app-config`` configures.
        app_url: base URL of the Backstage frontend, without trailing slash.
        providers: ``ID`` or ``ID=VENDOR`` each; empty means the default providers.
        profile: name of the app-config variant.
        auto_login: id of the persona that is signed in without a consent page, or None.
        seed: seed of all random choices, or None to draw one.
        state_dir: directory of the certificate authority.
        request_seconds: how long a consent page may be left open.
        store_limit: how many requests, grants and tokens of each kind a service remembers.
        journal_limit: how many requests the journal remembers.
        service_limit: how many services may be created by way of the control API.
        max_body_bytes: largest request body that is read.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    proxy_port: int = DEFAULT_PROXY_PORT
    tls_port: int = DEFAULT_TLS_PORT
    backend_urls: tuple[str, ...] = (DEFAULT_BACKEND_URL,)
    app_url: str = DEFAULT_APP_URL
    providers: tuple[str, ...] = ()
    profile: str = DEFAULT_PROFILE
    auto_login: str | None = None
    seed: int | None = None
    state_dir: Path = field(default_factory=default_state_dir)
    request_seconds: float = 3600
    store_limit: int = 20_000
    journal_limit: int = 20_000
    service_limit: int = 1_000
    max_body_bytes: int = 1_000_000

    @property
    def idp_url(self) -> str:
        """The address of the plain listener as configured, which is where ``app-config`` points."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"
