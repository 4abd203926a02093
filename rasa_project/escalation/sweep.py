"""Finds danger signs in stored conversations that were never stored as escalations: the escalation database was down, say."""

import datetime
import json
import logging
from typing import Any, Dict, List

from sqlalchemy import inspect, text

from rasa_project.database import open_engine
from rasa_project.escalation.store import EMERGENCY, URGENT, EscalationStore, Sighting
from rasa_project.red_flags.reading import present_flags

logger = logging.getLogger(__name__)

BATCH = 500
OVERLAP = 200  # events


class ConversationSweep:
    """Reads the events of Rasa's SQL tracker store, from where it stopped last.

    Args:
        url: SQLAlchemy URL of the tracker store.
    """

    def __init__(self, store: EscalationStore, url: str) -> None:
        self._store = store
        self._engine = open_engine(url, "conversations")
        self._source = str(self._engine.url.database)[-64:]

    def run_once(self) -> List[str]:
        """Stores what is missing; returns the references of the escalations that were.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: one of the two databases cannot be used.
        """
        if not inspect(self._engine).has_table("events"):
            return []  # no conversation yet
        found: List[str] = []
        # A little is read twice: with several writers a lower number may be committed after a higher one.
        position = max(0, self._store.sweep_position(self._source) - OVERLAP)
        while True:
            query = text("SELECT id, sender_id, timestamp, data FROM events WHERE id > :position AND type_name = 'user' ORDER BY id LIMIT :batch")
            with self._engine.connect() as connection:
                rows = connection.execute(query, {"position": position, "batch": BATCH}).all()
            if not rows:
                return found
            for row in rows:
                found += self._look(row.sender_id, row.timestamp, json.loads(row.data))
            position = rows[-1].id
            self._store.set_sweep_position(self._source, position)

    def _look(self, sender_id: str, timestamp: float, message: Dict[str, Any]) -> List[str]:
        findings = present_flags(message.get("parse_data") or {"text": message.get("text")})
        message_id = message.get("message_id")
        if not findings or not message_id or self._store.knows_message(message_id):
            return []
        level = EMERGENCY if any(finding["level"] == EMERGENCY for finding in findings) else URGENT
        flags = list(dict.fromkeys(finding["flag"] for finding in findings))
        evidence = list(dict.fromkeys(finding["evidence"] for finding in findings))
        at = datetime.datetime.fromtimestamp(timestamp, datetime.timezone.utc)
        reference = self._store.add(Sighting(level, flags, evidence, message_id, at=at), sender_id, message.get("input_channel"))
        logger.error("Escalation %s was found in a stored conversation: it had not been stored when the patient wrote.", reference)
        return [reference]
