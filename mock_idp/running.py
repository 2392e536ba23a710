"""A whole mock IdP in this process: the application, its listeners and their certificates."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from mock_idp.application import create_app
from mock_idp.clock import Clock
from mock_idp.idp import Idp, make_idp
from mock_idp.server.authority import Authority
from mock_idp.server.key_files import KeyFiles
from mock_idp.server.listeners import Listeners
from mock_idp.settings import Settings
from mock_idp.setup.model import Setup
from mock_idp.setup.reload import Reloader
from mock_idp.setup.sources import Sources


class RunningIdp:
    """A mock IdP that accepts connections; use it as a context manager, or call :meth:`stop`.

    Parameters:
        idp: what it serves.
        listeners: its listeners, started.
    """

    def __init__(self, idp: Idp, listeners: Listeners) -> None:
        self.idp = idp
        self._listeners = listeners

    @property
    def urls(self) -> dict[str, str]:
        """Addresses of the listeners: ``http``, ``tls`` and ``proxy``."""
        return self._listeners.urls

    def stop(self) -> None:
        """Close all ports and end all connections; once is enough."""
        self._listeners.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    settings: Settings,
    clock: Clock | None = None,
    setup: Setup | None = None,
    sources: Sources | None = None,
    report: Callable[[str], None] = print,
) -> RunningIdp:
    """Start a mock IdP in background threads; when this returns, clients can connect.

    Parameters:
        settings: what it is told.
        clock: what time it is; the computer's clock if left out.
        setup: people, clients and services of its owner.
        sources: the files that this was read from, to be read again when they change.
        report: told one sentence when they did.

    Raises:
        SetupFileError: the set-up cannot be put into effect.
        ServerError: a port or the state directory cannot be used.
        SettingsError: the automatic persona does not exist.
        SetupError: a provider or the profile does not exist.
    """
    idp = make_idp(settings, clock, setup, KeyFiles(settings.state_dir / "keys"))
    reloader = Reloader(sources, idp.applied, report) if sources else None
    authority = Authority(settings.state_dir)
    listeners = Listeners(
        create_app(idp, reloader),
        host=settings.host,
        http_port=settings.port,
        tls_port=settings.tls_port,
        proxy_port=settings.proxy_port,
        authority=authority,
        host_patterns=idp.host_patterns,
    )
    idp.listener_info.describe = listeners.describe
    idp.listener_info.ca_pem = authority.ca_pem
    listeners.start()
    return RunningIdp(idp, listeners)
