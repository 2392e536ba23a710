"""Seconds since the epoch, as databases keep them."""

from datetime import UTC, datetime


def moment(seconds: float) -> datetime:
    """What goes into a column."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds(moment: datetime) -> float:
    """What comes out of it."""
    # SQLite forgets time zones; what we wrote was UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
