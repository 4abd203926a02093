"""Danger signs that the database could not take when they were written, on this machine's own disk until it can: one file a sign."""

import datetime
import json
import logging
import os
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Optional

from rasa_project.escalation.store import EscalationStore, Sighting, utc_now
from rasa_project.settings import state_folder

logger = logging.getLogger(__name__)


def folder() -> Path:
    return state_folder() / "escalations_waiting"


def keep(sighting: Sighting, conversation_id: str, channel: Optional[str]) -> None:
    """Raises ``OSError`` where the disk does not take it either."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    at = (sighting.at or utc_now()).isoformat()
    written = folder() / f"{secrets.token_hex(8)}.part"
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, json.dumps({**asdict(sighting), "at": at, "conversation_id": conversation_id, "channel": channel}).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    written.rename(written.with_suffix(".json"))  # only a whole file is ever read


def bring(store: EscalationStore) -> int:
    """Stores what was kept; returns how many signs that were. A sign that is stored already is not stored twice.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not answer yet; what it did not take is still kept.
    """
    brought = 0
    for path in sorted(folder().glob("*.json")):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue  # another process has brought it
        conversation_id, channel = kept.pop("conversation_id"), kept.pop("channel")
        at = datetime.datetime.fromisoformat(kept.pop("at"))
        reference = store.add(Sighting(**kept, at=at), conversation_id, channel)
        path.unlink(missing_ok=True)
        brought += 1
        logger.error("Escalation %s was kept on this machine: the database had not answered when the patient wrote.", reference)
    return brought
