"""A mock with people and clients of one's own, read from a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mock_idp.application import create_app
from mock_idp.clock import MovableClock
from mock_idp.idp import make_idp
from mock_idp.settings import Settings
from mock_idp.setup.file import read_file
from mock_idp.setup.reload import Reloader
from mock_idp.setup.sources import Source, Sources
from tests.mock_idp.conftest import World

OWN_FILE = """\
people:
  - id: jane.doe
    name: Jane Doe
    email: jane.doe@acme.example
    groups: [platform, guild-web]
    logins: {github: jane-d}
    ids: {github: 4711, google: "1184"}
    organisations: {acme: [platform, web]}
    claims: {google: {department: Research}, all: {floor: 3}}
  - id: joe
    email: joe@acme.example
clients:
  - vendor: github
    client_id: Iv1.mine
    client_secret: s3cr3t
    redirect_uris: [http://localhost:7007/callback]
  - vendor: google
    client_id: mine.apps.googleusercontent.com
    client_secret: GOCSPX-mine
    redirect_uris: [http://localhost:7007/callback]
services:
  - {id: okta-eu, vendor: okta}
"""

FileOf = Callable[[str], Path]


class OwnWorld:
    """A mock that was set up by a file.

    Parameters:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        sources = Sources([Source((str(path),), lambda files: read_file(files[0]))])
        self.clock = MovableClock()
        self.idp = make_idp(Settings(seed=1), self.clock, sources.read())
        app = create_app(self.idp, Reloader(sources, self.idp.applied, self.said.append))
        app.testing = True
        self.http = app.test_client()

    def at(self, vendor: str, client_id: str = "") -> World:
        """The same mock, for the client of one's own that a vendor has."""
        own = {"github": "Iv1.mine", "google": "mine.apps.googleusercontent.com"}
        world = _OwnClient(self.idp, self.clock, self.http, vendor, vendor)
        world.own_id = client_id or own[vendor]
        return world

    def rewrite(self, text: str) -> None:
        """Change the file; another length is seen whatever the file system's clock says."""
        self.path.write_text(text + "\n# changed\n", encoding="utf-8")


class _OwnClient(World):
    own_id = ""

    @property
    def client(self):  # type: ignore[no-untyped-def]
        return self.idp.services.by_id[self.vendor].clients.by_id[self.own_id]


@pytest.fixture
def file_of(tmp_path: Path) -> FileOf:
    """Write a file and give its path."""

    def write(text: str, name: str = "mock-idp.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def own(file_of: FileOf) -> OwnWorld:
    return OwnWorld(file_of(OWN_FILE))
