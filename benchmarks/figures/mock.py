"""The mock and its peers: ready, memory, documents, sign-ins, refreshes."""

from collections.abc import Collection, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.client import Load, play
from benchmarks.figures.model import Figure, Results
from benchmarks.logins import Issuer, discover
from benchmarks.peers import OUR_FIRST_START, OUR_PAGE, OURS, PEERS_OF_THE_MOCK, Peer, RunningPeer
from benchmarks.settings import DOCUMENT_REQUESTS, LOGINS, MEMORY_LOGINS, MOST_LOAD_SECONDS, REFRESHES, WARM_LOGINS

FIGURES: Final = (
    Figure("mock-ready", "mock: ready", "ms"),
    Figure("mock-memory", "mock: memory when ready", "MiB"),
    Figure("discovery", "discovery documents a second", "1/s", "higher"),
    Figure("discovery-cpu", "CPU of a discovery document", "ms"),
    Figure("jwks", "key sets a second", "1/s", "higher"),
    *(Figure(f"login-{many}", f"sign-ins a second, {many} at once", "1/s", "higher") for many in LOGINS),
    *(Figure(f"login-{many}-p50", f"half of the sign-ins, {many} at once", "ms") for many in LOGINS),
    Figure("refresh", "refreshes a second", "1/s", "higher"),
    Figure("mock-memory-after", f"mock: memory after {MEMORY_LOGINS} sign-ins", "MiB"),
)
AT_ONCE: Final = 8
SUBJECTS: Final = (OURS, OUR_PAGE, OUR_FIRST_START, *PEERS_OF_THE_MOCK)


def measure(peer: Peer, wanted: Collection[str], out: Path, results: Results) -> None:
    """Measure one peer once.

    Parameters:
        peer: which.
        wanted: ids of the figures.
        out: for files.
        results: takes the values.

    Raises:
        MeasuringError: it does not start.
        LoadError: it answers something else.
    """
    folder = out / "run" / peer.id.replace(", ", "-").replace(" ", "-")
    with peer.running(folder) as running:
        measured = {"mock-ready": running.process.ready * 1000, "mock-memory": running.process.usage().memory}
        documents = {"discovery", "discovery-cpu", "jwks"} & set(wanted)
        if documents and peer is not OUR_FIRST_START and peer is not OUR_PAGE:
            measured |= _documents(discover(running), results)
    many = [number for number in LOGINS if {f"login-{number}", f"login-{number}-p50"} & set(wanted)]
    if peer is not OUR_FIRST_START and (many or {"refresh", "mock-memory-after"} & set(wanted)):
        # In a process of their own: what documents left behind is none of theirs.
        with peer.running(folder) as running:
            measured |= _logins(running, many, wanted, results)
    results.enter(peer.id, {id_: value for id_, value in measured.items() if id_ in wanted})


def _documents(issuer: Issuer, results: Results) -> Mapping[str, float]:
    where = issuer.running.peer.id
    before = issuer.running.process.usage().cpu
    found = play(issuer.documents(issuer.running.discovery, DOCUMENT_REQUESTS), 1)
    cpu = issuer.running.process.usage().cpu - before
    keys = play(issuer.documents(issuer.metadata["jwks_uri"], DOCUMENT_REQUESTS), 1)
    results.loaded(max(found.own_share, keys.own_share), f"documents of {where}")
    return {"discovery": found.rate, "discovery-cpu": cpu / DOCUMENT_REQUESTS * 1000, "jwks": keys.rate}


def _logins(
    running: RunningPeer, many: Collection[int], wanted: Collection[str], results: Results
) -> Mapping[str, float]:
    issuer = discover(running)
    tokens: list[str] = []
    measured = {}
    played = WARM_LOGINS
    warm = play(issuer.logins(WARM_LOGINS, tokens), 1).rate
    for at_once in many:
        number = min(LOGINS[at_once], max(2 * at_once, int(warm * MOST_LOAD_SECONDS)))
        load: Load = play(issuer.logins(number), at_once)
        played += number
        measured[f"login-{at_once}"] = load.rate
        measured[f"login-{at_once}-p50"] = median(load.durations) * 1000
        results.loaded(load.own_share, f"{at_once} sign-ins at once of {running.peer.id}")
    if "mock-memory-after" in wanted and warm * MOST_LOAD_SECONDS > WARM_LOGINS * AT_ONCE:
        play(issuer.logins(max(0, MEMORY_LOGINS - played)), AT_ONCE)
        measured["mock-memory-after"] = running.process.usage().memory
    if "refresh" in wanted and tokens:
        # A new one: oidc-provider remembers the last thousand entries of everything.
        play(issuer.logins(1, tokens), 1)
        measured["refresh"] = play(issuer.refreshes(tokens[-1], REFRESHES), 1).rate
    return measured
