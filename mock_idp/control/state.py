"""The control API: the clock, and states at other times."""

from typing import Any

from mock_idp.control.bodies import CLOCK_CHANGE
from mock_idp.control.descriptions import describe_clock, describe_setup, describe_snapshot
from mock_idp.control.members import read_json
from mock_idp.control.operations import Operations, listing, no_content, ref
from mock_idp.idp import Idp
from mock_idp.setup.members import read_members


def add(operations: Operations, idp: Idp) -> None:
    """Add operations on the state of the whole mock."""

    @operations.route("GET", "/clock", "The mock's clock.", answer=ref("Clock"))
    def clock() -> Any:
        return describe_clock(idp.clock)

    @operations.route("PATCH", "/clock", "Move, stop or start the clock.", body=CLOCK_CHANGE, answer=ref("Clock"))
    def change_clock() -> Any:
        idp.clock.change(**read_members(read_json(), CLOCK_CHANGE, "What changes about the clock"))
        return describe_clock(idp.clock)

    @operations.route(
        "POST", "/reset", "Have everything as at the start, the journal empty.", status=204, media_type=""
    )
    def reset() -> Any:
        idp.snapshots.reset()
        idp.journal.clear()
        return no_content()

    @operations.route(
        "GET", "/setup", "People, clients and services of one's own, as mock-idp.yaml.", answer=ref("Setup")
    )
    def setup() -> Any:
        return describe_setup(idp)

    @operations.route("GET", "/snapshots", "All snapshots.", answer=listing("snapshots", ref("Snapshot")))
    def list_snapshots() -> Any:
        return {"snapshots": [describe_snapshot(snapshot) for snapshot in idp.snapshots.by_id.values()]}

    @operations.route(
        "POST", "/snapshots", "Take a snapshot of everything but the journal.", status=201, answer=ref("Snapshot")
    )
    def take_snapshot() -> Any:
        return describe_snapshot(idp.snapshots.take()), 201

    @operations.route("GET", "/snapshots/<snapshot_id>", "A snapshot.", answer=ref("Snapshot"))
    def snapshot(snapshot_id: str) -> Any:
        return describe_snapshot(idp.snapshots.find(snapshot_id))

    @operations.route(
        "POST", "/snapshots/<snapshot_id>/restore", "Have everything as it was.", status=204, media_type=""
    )
    def restore_snapshot(snapshot_id: str) -> Any:
        idp.snapshots.restore(snapshot_id)
        return no_content()

    @operations.deleting("/snapshots/<snapshot_id>", "Forget a snapshot.")
    def remove_snapshot(snapshot_id: str) -> Any:
        idp.snapshots.remove(snapshot_id)
        return no_content()
