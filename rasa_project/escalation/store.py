"""Keeps escalations in a database before the patient is answered."""

import datetime
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, List, Optional, Sequence

from sqlalchemy import JSON, Column, DateTime, String, create_engine, event
from sqlalchemy.orm import declarative_base, sessionmaker

from rasa_project.settings import state_folder

Base: Any = declarative_base()
REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no letters and digits that are mixed up on the telephone


class EscalationRecord(Base):
    __tablename__ = "escalations"

    reference = Column(String(12), primary_key=True)
    created_at = Column(DateTime(timezone=True), nullable=False)
    level = Column(String(16), nullable=False)
    flags = Column(JSON, nullable=False)
    evidence = Column(JSON, nullable=False)
    conversation_id = Column(String(255), nullable=False, index=True)
    message_id = Column(String(64), nullable=True, unique=True)
    channel = Column(String(64), nullable=True)


@dataclass(frozen=True)
class Escalation:
    """One message with red flags. ``evidence`` are the words that raised them; times are UTC."""

    reference: str
    created_at: datetime.datetime
    level: str
    flags: List[str]
    evidence: List[str]
    conversation_id: str
    channel: Optional[str]


class EscalationStore:
    """Escalations in any database that SQLAlchemy reaches.

    Args:
        url: SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, future=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _configure_sqlite)
        Base.metadata.create_all(self._engine)
        self._session = sessionmaker(self._engine, future=True)

    def add(
        self,
        level: str,
        flags: Sequence[str],
        evidence: Sequence[str],
        conversation_id: str,
        message_id: Optional[str] = None,
        channel: Optional[str] = None,
    ) -> str:
        """Stores one escalation durably; returns its reference. The same message is stored once, whoever stores it.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
        """
        with self._session.begin() as session:
            if message_id:
                known = session.query(EscalationRecord).filter_by(message_id=message_id).one_or_none()
                if known:
                    return str(known.reference)
            reference = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
            session.add(
                EscalationRecord(
                    reference=reference,
                    created_at=datetime.datetime.now(datetime.timezone.utc),
                    level=level,
                    flags=list(flags),
                    evidence=list(evidence),
                    conversation_id=conversation_id,
                    message_id=message_id,
                    channel=channel,
                )
            )
            return reference

    def get(self, reference: str) -> Optional[Escalation]:
        with self._session() as session:
            record = session.get(EscalationRecord, reference)
            return _escalation(record) if record else None

    def list(self) -> List[Escalation]:
        """All escalations, newest first."""
        with self._session() as session:
            return [_escalation(record) for record in session.query(EscalationRecord).order_by(EscalationRecord.created_at.desc())]


def _escalation(record: EscalationRecord) -> Escalation:
    created = record.created_at.replace(tzinfo=datetime.timezone.utc) if record.created_at.tzinfo is None else record.created_at
    return Escalation(record.reference, created, record.level, record.flags, record.evidence, record.conversation_id, record.channel)


def _configure_sqlite(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    # Readers and the one writer do not block each other, a second writer waits, and a commit survives a power cut.
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@lru_cache(maxsize=1)
def escalation_store() -> EscalationStore:
    """The store of this deployment: ``ESCALATION_DB_URL``, else an SQLite file in the state folder."""
    url = os.environ.get("ESCALATION_DB_URL")
    if not url:
        state_folder().mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{state_folder() / 'escalations.db'}"
    return EscalationStore(url)
