"""The journal as server-sent events (HTML standard, section 9.2)."""

import json

from mock_idp.journal import Entry, Filter, Journal
from mock_idp.settings import MOST_EVENTS

_RETRY_MILLISECONDS = 1000


class JournalFeed:
    """What one follower of the journal is told; used by one thread.

    Parameters:
        journal: the journal.
        since: sequence number of the last entry that the follower knows.
    """

    def __init__(self, journal: Journal, since: int) -> None:
        self._journal = journal
        self._since = since
        self._changes = journal.changes

    def greeting(self) -> bytes:
        """What is sent at once: how soon to come back, and what the follower missed."""
        return f"retry: {_RETRY_MILLISECONDS}\n\n".encode() + self._entries()

    def news(self) -> bytes:
        """An event for each new entry, or one that says that something about the old ones changed."""
        changes, self._changes = self._changes, self._journal.changes
        if changes == self._changes:
            return b""
        return self._entries() or b"event: change\ndata: {}\n\n"

    def sign_of_life(self) -> bytes:
        """A comment."""
        return b": still here\n\n"

    def _entries(self) -> bytes:
        entries = self._journal.entries(Filter(since=self._since))[-MOST_EVENTS:]
        if entries:
            self._since = entries[-1].sequence
        return b"".join(map(_event, entries))


def _event(entry: Entry) -> bytes:
    data = json.dumps(entry.as_data(masked=True))
    return f"id: {entry.sequence}\nevent: entry\ndata: {data}\n\n".encode()
