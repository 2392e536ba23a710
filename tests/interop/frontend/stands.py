"""Two backends on one mock IdP: the reference backend and the real one, wired to the same app."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.embedded import free_port, started
from tests.interop.backstage.backstage import running_backstage
from tests.interop.catalog import wait_for_catalog
from tests.interop.frontend.people_plugin import running_plugin
from tests.support.idp_process import IdpProcess, running_idp

REFERENCE, REAL = "reference", "real"
DEFECTIVE = "defective"
"""The reference backend with a deliberate defect, one at a time."""


@dataclass(frozen=True)
class Stand:
    """One backend that the app signs in through.

    Attributes:
        name: `reference` or `real`.
        idp: the mock behind it.
        app_url: where the app is served.
        people_url: a plugin that takes this backend's tokens.
    """

    name: str
    idp: IdpProcess
    app_url: str
    people_url: str

    @property
    def backend_url(self) -> str:
        """The backend's base URL."""
        return self.idp.backend_url


@contextmanager
def running_idp_for_all(directory: Path, app_url: str, profile: str) -> Iterator[dict[str, IdpProcess]]:
    """Run one mock IdP that lets all backends sign in; gives it as each of them sees it."""
    urls = {name: f"http://localhost:{free_port()}" for name in (REFERENCE, REAL, DEFECTIVE)}
    backends = ("--backend-url", urls[REAL], "--backend-url", urls[DEFECTIVE])
    more = (*backends, "--app-url", app_url, "--profile", profile)
    with running_idp(directory, urls[REFERENCE], *more) as idp:
        views = {name: replace(idp, backend_url=url, directory=directory / name) for name, url in urls.items()}
        for view in views.values():
            view.directory.mkdir()
        yield views


@contextmanager
def running_stand(name: str, idp: IdpProcess, app_url: str, profile: str, defect: str | None = None) -> Iterator[Stand]:
    """Run the backend of that name, and the plugin beside it, for as long as the block lasts.

    Params:
        name: which backend.
        idp: the mock, as that backend sees it.
        app_url: where the app is served.
        profile: which variant of the app-config.
        defect: what is wrong with it on purpose (see `tests/defects`), if it is the defective one.
    """
    config = idp.write_app_config("--app-url", app_url, "--profile", profile)
    log = idp.directory / "backend.log"
    auth_url = f"{idp.backend_url}/api/auth"
    running = _running_real(config, idp, log) if name == REAL else _running_reference(config, idp, log, defect)
    with running, running_plugin(auth_url, app_url, f"{idp.url}/__idp/catalog.yaml") as people_url:
        yield Stand(name, idp, app_url, people_url)


@contextmanager
def _running_reference(config: Path, idp: IdpProcess, log: Path, defect: str | None) -> Iterator[None]:
    arguments = ["serve", "--config", str(config), "--port", idp.backend_url.rpartition(":")[2]]
    module = "tests.defects.serve" if defect else "reference_backend"
    with started(module, [defect, "--", *arguments] if defect else arguments, log, {**os.environ, **idp.environment}):
        yield


@contextmanager
def _running_real(config: Path, idp: IdpProcess, log: Path) -> Iterator[None]:
    with running_backstage([config], idp.environment, log_file=log) as backstage:
        wait_for_catalog(backstage.auth_url, idp.url)
        yield
