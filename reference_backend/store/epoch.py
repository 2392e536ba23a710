"""A column of seconds since the epoch, which the database keeps as a date and time."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class Epoch(TypeDecorator[float]):
    """Seconds in Python, ``TIMESTAMP WITH TIME ZONE`` in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> datetime | None:
        """What goes into the column."""
        del dialect
        return None if value is None else datetime.fromtimestamp(value, UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> float | None:
        """What comes out of it."""
        del dialect
        if value is None:
            return None
        # SQLite forgets time zones; what we wrote was UTC.
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
