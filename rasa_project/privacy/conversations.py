"""Rasa's stored conversations, read and deleted without Rasa: the table ``events`` of its SQL tracker store."""

import datetime
import json
from typing import Any, Dict, List

from sqlalchemy import bindparam, inspect, text

from rasa_project.database import open_engine

DELETED_AT_ONCE = 500  # conversations


class StoredConversations:
    """Args:
    url: SQLAlchemy URL of the tracker store.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url, "conversations")

    def stored(self, sender_id: str) -> List[Dict[str, Any]]:
        """All events that are stored of a conversation, oldest first."""
        if self._is_empty():
            return []
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT data FROM events WHERE sender_id = :sender ORDER BY id"), {"sender": sender_id})
            return [json.loads(row.data) for row in rows]

    def has(self, sender_id: str) -> bool:
        """Whether anything is stored of a conversation."""
        if self._is_empty():
            return False
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT 1 FROM events WHERE sender_id = :sender LIMIT 1"), {"sender": sender_id}).first() is not None

    def erase(self, sender_id: str) -> int:
        """Deletes all that is stored of a conversation; returns how many events that was."""
        if self._is_empty():
            return 0
        with self.engine.begin() as connection:
            return connection.execute(text("DELETE FROM events WHERE sender_id = :sender"), {"sender": sender_id}).rowcount

    def purge(self, before: datetime.datetime) -> int:
        """Deletes conversations in which nothing has been said since that moment; returns how many that were."""
        if self._is_empty():
            return 0
        query = text("SELECT sender_id FROM events GROUP BY sender_id HAVING MAX(timestamp) < :before")
        with self.engine.connect() as connection:
            past = [row.sender_id for row in connection.execute(query, {"before": before.timestamp()})]
        delete = text("DELETE FROM events WHERE sender_id IN :senders").bindparams(bindparam("senders", expanding=True))
        for at in range(0, len(past), DELETED_AT_ONCE):
            with self.engine.begin() as connection:  # in between, patients are answered
                connection.execute(delete, {"senders": past[at : at + DELETED_AT_ONCE]})
        return len(past)

    def _is_empty(self) -> bool:
        """Whether nothing has ever been stored."""
        return not inspect(self.engine).has_table("events")
