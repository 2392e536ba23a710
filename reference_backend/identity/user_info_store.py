"""What is known of the users that have signed in (USERINFO-06, CTX-13)."""

import json
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from reference_backend.store import tables


class UserInfoStore:
    """The table of user info.

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, user_entity_ref: str, info: dict[str, Any], now: float) -> None:
        """Replace the record of a user (CTX-13)."""
        values = {"user_info": json.dumps(info), "updated_at": now}
        if self._update(user_entity_ref, values):
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(tables.user_info).values(user_entity_ref=user_entity_ref, **values))
        except IntegrityError:
            # Another request of the same user was faster between our two statements.
            self._update(user_entity_ref, values)

    def _update(self, user_entity_ref: str, values: dict[str, Any]) -> bool:
        statement = (
            update(tables.user_info).where(tables.user_info.c.user_entity_ref == user_entity_ref).values(**values)
        )
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount > 0

    def get(self, user_entity_ref: str) -> dict[str, Any] | None:
        """The record of a user, None if there was no sign-in yet (USERINFO-05)."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(tables.user_info.c.user_info).where(tables.user_info.c.user_entity_ref == user_entity_ref)
            ).scalar()
        return None if found is None else json.loads(found)
