"""The table of clients, read from ``matrix.yaml``: cells, what a target is called, and which cells still fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("matrix.yaml")
WHOSE = ("mock", "client", "vendor")
USUAL_ACTS = {
    "*": ("sign-in", "profile", "wrong-secret", "other-redirect-uri", "replayed-code"),
    "+": ("sign-in", "profile", "other-redirect-uri"),
}


@dataclass(frozen=True)
class Client:
    """A client library.

    Attributes:
        name: what it is called.
        runs: where its program runs: ``python``, ``node`` or ``browser``.
        program: name of the program that uses it.
        callback: path of its redirect URI; ``{provider}`` is what it calls the vendor.
        provider_ids: vendor -> what it calls the vendor, where that differs.
        is_public: True if it has no secret.
    """

    name: str
    runs: str
    program: str
    callback: str
    provider_ids: Mapping[str, str]
    is_public: bool

    def redirect_path(self, vendor: str) -> str:
        """The path of its redirect URI for a vendor."""
        return self.callback.format(provider=self.provider_ids.get(vendor, vendor))


@dataclass(frozen=True)
class Target:
    """A vendor at one of its addresses.

    Attributes:
        name: what it is called.
        vendor: id of the vendor.
        issuer: what a client is told of it, with ``{idp}`` and ``{tls}`` for the mock's own addresses; may be empty.
        tenant: the directory, at Microsoft.
    """

    name: str
    vendor: str
    issuer: str = ""
    tenant: str = ""


@dataclass(frozen=True)
class Cell:
    """One client does one thing at one target.

    Attributes:
        client: who.
        target: where.
        act: what.
        cause: the letter of what is in the way, or None if it works.
    """

    client: Client
    target: Target
    act: str
    cause: str | None

    def __str__(self) -> str:
        return f"{self.client.name}-{self.target.name}-{self.act}"


@dataclass(frozen=True)
class Cause:
    """Why cells do not work.

    Attributes:
        what: what is in the way.
        whose: whose limit that is: the mock's, the client's, or the real vendor's, too.
        source: where it can be read.
    """

    what: str
    whose: str
    source: str

    def __str__(self) -> str:
        return f"{self.what} (limit of the {self.whose}: {self.source})"


def read_table(file: Path = FILE) -> tuple[list[Cell], dict[str, Cause]]:
    """All cells in the order of the file, and what the letters of the causes mean.

    Parameters:
        file: the table.

    Raises:
        ValueError: a line of expected failures fits no cell, a name means nothing, or a cause does not say whose
            limit it is.
    """
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    causes = {letter: _cause(letter, what, data["limits"]) for letter, what in data["causes"].items()}
    targets = {name: Target(name, **members) for name, members in data["targets"].items()}
    failures = _failures(data["expected-failures"], data["causes"])
    cells = []
    for name, members in data["clients"].items():
        client = _client(name, members)
        for target, acts in members["at"].items():
            for act in _acts(acts):
                if act not in data["acts"]:
                    raise ValueError(f"{name} is to do {act!r}, which is no act")
                cells.append(Cell(client, targets[target], act, failures.pop((name, target, act), None)))
    if failures:
        raise ValueError(f"expected to fail, but no cells: {sorted(failures)}")
    return cells, causes


def _cause(letter: str, what: str, limits: Mapping[str, Mapping[str, str]]) -> Cause:
    limit = limits.get(letter, {})
    if limit.get("whose") not in WHOSE or not limit.get("source"):
        raise ValueError(f"cause {letter} needs under limits: whose ({', '.join(WHOSE)}) and source, not {limit}")
    return Cause(what, limit["whose"], limit["source"])


def _client(name: str, members: Mapping[str, Any]) -> Client:
    return Client(
        name,
        members["runs"],
        members.get("program", name),
        members.get("callback", "/callback"),
        members.get("provider-ids", {}),
        members.get("public", False),
    )


def _acts(text: str) -> Iterator[str]:
    for word in text.split():
        yield from USUAL_ACTS.get(word, (word,))


def _failures(lines: list[str], causes: Mapping[str, str]) -> dict[tuple[str, str, str], str]:
    """Read lines like ``A arctic github: sign-in profile``."""
    found = {}
    for line in lines:
        where, _, acts = line.partition(": ")
        cause, client, target = where.split()
        if cause not in causes:
            raise ValueError(f"{line!r} has a cause that is not explained")
        for act in acts.split():
            found[client, target, act] = cause
    return found
