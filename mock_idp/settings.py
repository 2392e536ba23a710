"""Every default and limit of the mock IdP that can be tuned, in one place.

What a standard fixes stands where it is used, and what one vendor's documentation says stands in that vendor's file.
Random choices are made by :mod:`mock_idp.randomness`.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

VENDORS_VARIABLE = "MOCK_IDP_VENDORS"
"""The environment variable that names files with vendors of one's own, separated like the folders of PATH."""
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
URL_VARIABLE = "MOCK_IDP_URL"
"""The environment variable that tells tests, and helpers of theirs, where a mock runs."""
FRONT_PREFIX = "/__front"
"""Path of the front's own pages, which the backend behind it never sees."""
FRONT_HEADERS_SECONDS = 30.0
"""How long the front uses one set of minted headers: well below the shortest life of a proxy's token."""

# Lifetimes at a vendor that says nothing else, in seconds.
CODE_SECONDS = 600
ACCESS_TOKEN_SECONDS = 3600
ID_TOKEN_SECONDS = 3600

# What a client may send.
MOST_FIELDS = 1000
"""Parameters in a query or a form; more are read as none."""
MOST_FAULTS = 20
"""More faults than this on one grant are a mistake."""
MOST_REPEATED_TEXTS = 100_000
"""How often a fault repeats a text at most."""
MOST_UNPACKED_MEGABYTES = 256
"""What a packed body becomes at most."""
MOST_REQUEST_XML_BYTES = 100_000
"""Bytes of an authentication request (SAML) once it is inflated."""
PROXY_HEADER_BYTES = 16 * 1024
"""Bytes of a request header at the forward proxy."""
FRONT_HEADER_BYTES = 64 * 1024
"""Bytes of a header on either side of the front; signed headers are long."""
FRONT_FORM_BYTES = 64 * 1024
FRONT_READ_BYTES = 4 * 1024
"""Bytes of an answer in which the front looks for the backend's sentence about a failed sign-in."""
JOURNAL_PAGE_SIGN_INS = 50
"""Sign-ins on the journal's page; the newest that fit its filters."""
JOURNAL_ANSWERS = 2_000
"""Of how many of its newest entries the journal remembers the answers."""
JOURNAL_ANSWER_BYTES = 16 * 1024
"""How much of an answer's body it remembers."""
MOST_SNAPSHOTS = 50
MOST_TRIALS = 200
"""Sign-ins of the mock's own demo clients that wait for the browser to come back; the oldest are forgotten first."""
MOST_PEOPLE = 10_000
"""People that can be added by way of the control API."""
MOST_CLIENTS = 10_000
"""Clients of one service to which no further one is added by way of the control API."""

# How long who waits for whom, in seconds.
LONGEST_MISBEHAVIOUR_SECONDS = 600.0
"""Nothing waits longer on purpose; every limit of the listeners on idle connections is above it."""
IDLE_SECONDS = LONGEST_MISBEHAVIOUR_SECONDS + 60
"""How long a connection may carry nothing, so that ordered silences end as ordered."""
STALL_SECONDS = 60.0
SLOW_SECONDS = 3.0
HANDSHAKE_SECONDS = 10.0
"""How long a client may take for the TLS handshake."""
PROXY_HEADER_SECONDS = 10.0
"""How long a client may take to send its request to the forward proxy."""
TLS_FAREWELL_SECONDS = 5.0
"""How long a client may take to close a connection that the server has ended."""
HTTP_FAREWELL_SECONDS = 2.0
CLOSING_SECONDS = 5.0
"""How long connections may take to end when a listener stops."""
OUT_OF_RESOURCES_SECONDS = 1.0
"""How long no connection is accepted if the system has no room for one."""
ANSWER_SECONDS = 5.0
"""How long commands and the front wait for a running mock."""
COMMAND_FAREWELL_SECONDS = 10.0
"""How long what a command started may take to end after the command did; a backend closes its database in that time."""
CONNECT_SECONDS = 10.0
"""How long the front tries to reach the backend behind it."""
SCREENSHOT_MILLISECONDS = 30_000

TOKENS_WANTED_SECONDS = 3.0
"""How soon a backend asks for tokens after somebody consented; one that did not will not, or asks somebody else."""

# Who follows the journal as it happens.
MOST_FOLLOWERS = 32
"""Open pages and programs at a time; each has a thread, none of those that answer requests."""
MOST_EVENTS = 200
"""Entries that a follower is told at once; of more than that, the newest."""
FOLLOWER_PAUSE_SECONDS = 0.25
"""How soon a follower hears of what happened, and how soon it is noticed that one is gone."""
FOLLOWER_SIGN_OF_LIFE_SECONDS = 15.0
"""How long a follower hears nothing at most, so that nothing between takes the connection for dead."""
FOLLOWER_WRITE_SECONDS = 5.0
"""How long a follower may take to read."""

# Listeners.
HTTP_WORKERS = 16
BACKLOG = 128
MOST_ISSUED_NAMES = 256
"""Certificates that are kept for names which no wildcard covers."""
DRIPS = 10
"""Pieces of a body that comes in drops."""
STOP_NOTICED_SECONDS = 0.2
"""How soon answers that wait for each other notice that the server stops."""
FILLING_PAUSE_SECONDS = 0.01
"""Seconds between pieces of a body that does not end."""


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
        app_urls: base URLs of the Backstage frontends, without trailing slash. The first one is ``app.baseUrl``.
        providers: ``ID`` or ``ID=VENDOR`` each; empty means the default providers.
        profile: name of the app-config variant.
        only_own_clients: True if no clients of the kit are registered, except for providers that are named.
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
    app_urls: tuple[str, ...] = (DEFAULT_APP_URL,)
    providers: tuple[str, ...] = ()
    profile: str = DEFAULT_PROFILE
    only_own_clients: bool = False
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
