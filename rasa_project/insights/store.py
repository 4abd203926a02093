"""Keeps questions that did not get an answer, for the clinic to learn from."""

import datetime
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, List, Optional

from sqlalchemy import Boolean, Column, DateTime, Integer, String, Text
from sqlalchemy.orm import Session, declarative_base, sessionmaker

from rasa_project.database import aware, open_engine
from rasa_project.escalation.store import utc_now
from rasa_project.migrations import migrate
from rasa_project.settings import database_url

Base: Any = declarative_base()


class InsightKind(str, Enum):
    """Why a question is kept."""

    not_covered = "not_covered"  # the article is silent on it
    out_of_scope = "out_of_scope"  # it was taken to be about something else
    question = "question"  # the bot had to ask back
    thumbs_down = "thumbs_down"  # it was answered, and the patient did not like the answer


class InsightRecord(Base):
    __tablename__ = "insight"
    __table_args__ = {"sqlite_autoincrement": True}  # an id that a clinician has read never comes to mean another question

    id = Column(Integer, primary_key=True)
    asked_at = Column(DateTime(timezone=True), nullable=False, index=True)
    kind = Column(String(16), nullable=False, index=True)
    topic = Column(String(64))
    facet = Column(String(32))
    text = Column(Text)
    handled = Column(Boolean, nullable=False, default=False)


@dataclass(frozen=True)
class Insight:
    """A question that did not get an answer.

    Attributes:
        asked_at: in UTC.
        topic, facet: what it was understood to be about, where that is known.
        text: the patient's words as far as they are kept (``insights.keep_text`` in ``clinic.yml``).
        handled: whether somebody has adopted or dismissed it.
    """

    id: int
    asked_at: datetime.datetime
    kind: InsightKind
    topic: Optional[str] = None
    facet: Optional[str] = None
    text: Optional[str] = None
    handled: bool = False


class UnknownInsight(KeyError):
    """No insight has this id."""


class InsightStore:
    """Insights in any database that SQLAlchemy reaches.

    For privacy no conversation id, sender or message id is stored: what a patient asked cannot be led back from here to the conversation, and two
    questions of one patient cannot be told to belong together.

    Args:
        url: SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url, "insights")
        migrate(self.engine, "insights")
        self._session = sessionmaker(self.engine, future=True)

    def add(
        self,
        kind: InsightKind,
        topic: Optional[str] = None,
        facet: Optional[str] = None,
        text: Optional[str] = None,
        at: Optional[datetime.datetime] = None,
    ) -> int:
        """Stores a question; returns its id. ``at``: when it was asked; now if ``None``."""
        with self._session.begin() as session:
            record = InsightRecord(asked_at=at or utc_now(), kind=kind.value, topic=topic, facet=facet, text=text, handled=False)
            session.add(record)
            session.flush()
            return int(record.id)

    def get(self, insight_id: int) -> Insight:
        """Raises ``UnknownInsight`` where there is none with this id."""
        with self._session() as session:
            return _insight(_record(session, insight_id))

    def list(self, since: Optional[datetime.datetime] = None, kind: Optional[InsightKind] = None, open_only: bool = False) -> List[Insight]:
        """Insights, newest first."""
        with self._session() as session:
            query = session.query(InsightRecord).order_by(InsightRecord.asked_at.desc(), InsightRecord.id.desc())
            if since is not None:
                query = query.filter(InsightRecord.asked_at >= since)
            if kind is not None:
                query = query.filter(InsightRecord.kind == kind.value)
            if open_only:
                query = query.filter(InsightRecord.handled.is_(False))
            return [_insight(record) for record in query]

    def mark_handled(self, insight_id: int) -> None:
        """Raises ``UnknownInsight`` where there is none with this id."""
        with self._session.begin() as session:
            _record(session, insight_id).handled = True

    def purge(self, before: datetime.datetime) -> int:
        """Deletes what was asked before that moment, handled or not; returns how many that were."""
        with self._session.begin() as session:
            return int(session.query(InsightRecord).filter(InsightRecord.asked_at < before).delete(synchronize_session=False))


def _record(session: Session, insight_id: int) -> Any:
    record = session.get(InsightRecord, insight_id)
    if record is None:
        raise UnknownInsight(insight_id)
    return record


def _insight(record: Any) -> Insight:
    return Insight(record.id, aware(record.asked_at), InsightKind(record.kind), record.topic, record.facet, record.text, record.handled)


@lru_cache(maxsize=1)
def insight_store() -> InsightStore:
    """The store of this deployment: ``INSIGHTS_DB_URL``, else an SQLite file in the state folder."""
    return InsightStore(database_url("INSIGHTS_DB_URL", "insights.db"))
