"""Keeps what patients wrote until it is answered, and what they are answered until it is sent, so that a restart or a fault loses neither."""

import datetime
import logging
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence

from sqlalchemy import JSON, Column, DateTime, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import aliased, declarative_base, sessionmaker

from rasa_project.database import aware, open_engine
from rasa_project.escalation.store import utc_now
from rasa_project.migrations import migrate
from rasa_project.settings import database_url

logger = logging.getLogger(__name__)

Base: Any = declarative_base()
KEPT_DAYS = 7  # for which a platform's repeat of a message is recognised, and a failed reply can be looked up


class PersonRecord(Base):
    """Someone who writes on a platform, so that staff can reach a patient in danger there."""

    __tablename__ = "messaging_person"

    conversation_id = Column(String(255), primary_key=True)
    platform = Column(String(16), nullable=False)
    person = Column(String(255), nullable=False)


class UpdateRecord(Base):
    """A message from a platform; ``done_at`` when it has been answered. Its words go then."""

    __tablename__ = "messaging_update"
    __table_args__ = (UniqueConstraint("platform", "key"),)

    id = Column(Integer, primary_key=True)
    platform = Column(String(16), nullable=False, index=True)
    key = Column(String(255), nullable=False)
    conversation_id = Column(String(255), nullable=False, index=True)
    update = Column(JSON)
    accepted_at = Column(DateTime(timezone=True), nullable=False)
    attempts = Column(Integer, nullable=False, default=0)
    claimed_until = Column(DateTime(timezone=True))
    done_at = Column(DateTime(timezone=True), index=True)


class CallRecord(Base):
    """A call of a platform's API that a reply is made of; ``done_at`` when the platform took or refused it. Its words go then."""

    __tablename__ = "messaging_call"

    id = Column(Integer, primary_key=True)
    platform = Column(String(16), nullable=False, index=True)
    conversation_id = Column(String(255), nullable=False, index=True)
    call = Column(JSON)
    stored_at = Column(DateTime(timezone=True), nullable=False)
    attempts = Column(Integer, nullable=False, default=0)
    next_attempt_at = Column(DateTime(timezone=True), nullable=False, index=True)
    claimed_until = Column(DateTime(timezone=True))
    done_at = Column(DateTime(timezone=True), index=True)
    last_error = Column(Text)


@dataclass(frozen=True)
class Update:
    """What someone sent on a platform.

    Attributes:
        key: the platform's own of this message, the same each time that it is sent again.
        person: who wrote, by the platform's own id of a person.
        address: where replies go: a private conversation with that person, in the platform's terms.
        text: the words, or the payload of a quick reply.
        unread: what came instead of words or beside them: a key of ``utter_unread_…`` in the domain, such as ``voice``.
        public: where it was written, if others read there: an address.
        acknowledge: a call that the platform wants for the message itself, if any.
    """

    key: str
    person: str
    address: Dict[str, Any]
    text: str = ""
    unread: Optional[str] = None
    public: Optional[Dict[str, Any]] = None
    acknowledge: Optional[Dict[str, Any]] = None


@dataclass(frozen=True)
class ClaimedUpdate:
    """An update that this process answers; ``attempts`` that began before and did not end."""

    id: int
    conversation_id: str
    attempts: int
    update: Update


@dataclass(frozen=True)
class Call:
    """One call of a platform's API, without its secrets.

    Attributes:
        path: below the address of the API.
        body: what is sent, as JSON or as a form, as the platform wants it.
    """

    path: str
    body: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ClaimedCall:
    """A call that this process makes, stored at that moment (UTC); ``attempts`` that failed before."""

    id: int
    conversation_id: str
    stored_at: datetime.datetime
    attempts: int
    call: Call


class MessagingStore:
    """Updates and calls in any database that SQLAlchemy reaches. Within a conversation both are handed out one at a time and in order, whichever
    process asks; what a process claimed and did not finish comes back after some seconds.

    Args:
        url: SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url, "messaging")
        migrate(self.engine, "messaging")
        self._session = sessionmaker(self.engine, future=True)

    def accept(self, platform: str, conversation_id: str, update: Update, now: Optional[datetime.datetime] = None) -> bool:
        """Stores an update durably; whether it is new."""
        try:
            return self._accept(platform, conversation_id, update, now or utc_now())
        except IntegrityError:  # another process has just stored the same update, or the first of the same person: now it is found
            return self._accept(platform, conversation_id, update, now or utc_now())

    def _accept(self, platform: str, conversation_id: str, update: Update, now: datetime.datetime) -> bool:
        with self._session.begin() as session:
            if session.query(UpdateRecord.id).filter_by(platform=platform, key=update.key).first():
                return False
            session.merge(PersonRecord(conversation_id=conversation_id, platform=platform, person=update.person))
            session.add(UpdateRecord(platform=platform, key=update.key, conversation_id=conversation_id, update=vars(update), accepted_at=now))
        return True

    def claim_update(self, platform: str, now: datetime.datetime, seconds: float) -> Optional[ClaimedUpdate]:
        """The oldest update of a conversation in which no other is being answered; ``None`` if there is none."""
        with self._session.begin() as session:
            record = _claim(session, UpdateRecord, UpdateRecord.platform == platform, now, seconds)
            if record is None:
                return None
            record.attempts += 1
            return ClaimedUpdate(record.id, record.conversation_id, record.attempts - 1, Update(**record.update))

    def answered(self, update_id: int, calls: Sequence[Call], now: datetime.datetime) -> None:
        """Notes that an update has been answered, and stores the calls that its replies are made of, in one transaction."""
        with self._session.begin() as session:
            record = session.get(UpdateRecord, update_id)
            if record.done_at is not None:
                return  # another process has done so meanwhile
            record.done_at, record.claimed_until, record.update = now, None, None
            for call in calls:
                session.add(
                    CallRecord(platform=record.platform, conversation_id=record.conversation_id, call=vars(call), stored_at=now, next_attempt_at=now)
                )
                session.flush()  # ids in order

    def claim_call(self, platform: str, now: datetime.datetime, seconds: float) -> Optional[ClaimedCall]:
        """The oldest call of a conversation in which no other is waiting or being made; ``None`` if none is due."""
        with self._session.begin() as session:
            due = (CallRecord.platform == platform) & (CallRecord.next_attempt_at <= now)
            record = _claim(session, CallRecord, due, now, seconds)
            if record is None:
                return None
            return ClaimedCall(record.id, record.conversation_id, aware(record.stored_at), record.attempts, Call(**record.call))

    def made(self, call_id: int, now: datetime.datetime, error: Optional[str] = None) -> None:
        """Notes that the platform took a call, or refused it for good (``error``)."""
        with self._session.begin() as session:
            record = session.get(CallRecord, call_id)
            if record is None:
                return  # erased meanwhile
            record.done_at, record.claimed_until, record.call, record.last_error = now, None, None, error and error[:500]
            record.attempts += 1

    def put_off(self, call_id: int, error: str, next_attempt_at: datetime.datetime) -> None:
        """Notes that a call failed, why, and when the next attempt is due."""
        with self._session.begin() as session:
            record = session.get(CallRecord, call_id)
            if record is None:
                return
            record.attempts += 1
            record.claimed_until, record.last_error, record.next_attempt_at = None, error[:500], next_attempt_at

    def person(self, conversation_id: str) -> Optional[str]:
        """Who a conversation is with, as ``platform: id``; ``None`` if it is not one of a messaging platform."""
        with self._session() as session:
            record = session.get(PersonRecord, conversation_id)
            return f"{record.platform}: {record.person}" if record else None

    def find(self, person: str) -> List[str]:
        """The conversations with a person, by the platform's id or telephone number of them or a part of it."""
        with self._session() as session:
            query = session.query(PersonRecord.conversation_id).filter(PersonRecord.person.contains(person, autoescape=True))
            return [str(conversation_id) for (conversation_id,) in query]

    def stored(self, conversation_id: str) -> Dict[str, Any]:
        """All that is stored of a conversation: who it is with, and messages and replies that are not done."""
        with self._session() as session:
            updates = session.query(UpdateRecord).filter_by(conversation_id=conversation_id).order_by(UpdateRecord.id)
            calls = session.query(CallRecord).filter_by(conversation_id=conversation_id).order_by(CallRecord.id)
            return {
                "person": self.person(conversation_id),
                "received": [{"at": aware(record.accepted_at).isoformat(), "message": record.update} for record in updates],
                "sent": [{"at": aware(record.stored_at).isoformat(), "reply": record.call, "error": record.last_error} for record in calls],
            }

    def waiting(self) -> Dict[str, int]:
        """How many updates and calls are not done, as ``updates`` and ``calls``."""
        with self._session() as session:
            tables: Dict[str, Any] = {"updates": UpdateRecord, "calls": CallRecord}
            return {name: session.query(table).filter(table.done_at.is_(None)).count() for name, table in tables.items()}

    def failures(self, platform: Optional[str] = None) -> List[str]:
        """Why calls that are done were refused, latest first."""
        with self._session() as session:
            query = session.query(CallRecord.last_error).filter(CallRecord.done_at.isnot(None), CallRecord.last_error.isnot(None))
            query = query.filter(CallRecord.platform == platform) if platform else query
            return [str(error) for (error,) in query.order_by(CallRecord.id.desc())]

    def purge(self, before: datetime.datetime) -> int:
        """Deletes what was done before that moment; returns how many rows that were."""
        with self._session.begin() as session:
            tables: Sequence[Any] = (UpdateRecord, CallRecord)
            return sum(session.query(table).filter(table.done_at < before).delete(synchronize_session=False) for table in tables)

    def idle_people(self) -> List[str]:
        """The conversations with a person of which no message or reply is stored here."""
        with self._session() as session:
            busy = [select(table.conversation_id) for table in (UpdateRecord, CallRecord)]
            query = session.query(PersonRecord.conversation_id).filter(*(PersonRecord.conversation_id.notin_(ids) for ids in busy))
            return [str(conversation_id) for (conversation_id,) in query]

    def forget_person(self, conversation_id: str) -> int:
        """Deletes who a conversation is with; returns how many rows that were."""
        with self._session.begin() as session:
            return int(session.query(PersonRecord).filter_by(conversation_id=conversation_id).delete(synchronize_session=False))

    def erase(self, conversation_id: str) -> int:
        """Deletes what is stored of a conversation, but for a message that is being answered just now, whose words go when that is done; returns
        how many rows that were."""
        with self._session.begin() as session:
            updates, calls, people = (
                session.query(table).filter_by(conversation_id=conversation_id) for table in (UpdateRecord, CallRecord, PersonRecord)
            )
            idle = updates.filter(UpdateRecord.done_at.isnot(None) | UpdateRecord.claimed_until.is_(None))
            return sum(query.delete(synchronize_session=False) for query in (idle, calls, people))

    def check(self) -> None:
        """Raises ``sqlalchemy.exc.SQLAlchemyError`` where the database does not answer."""
        with self._session() as session:
            session.execute(select(1))


def _claim(session: Any, table: Any, condition: Any, now: datetime.datetime, seconds: float) -> Optional[Any]:
    """The oldest row that meets the condition, is the first of its conversation that is not done, and is claimed by nobody; claimed now."""
    earlier = aliased(table)
    is_first = ~(
        select(earlier.id).where(earlier.conversation_id == table.conversation_id, earlier.done_at.is_(None), earlier.id < table.id).exists()
    )
    free = (table.claimed_until.is_(None)) | (table.claimed_until < now)
    until = now + datetime.timedelta(seconds=seconds)
    for record in session.query(table).filter(table.done_at.is_(None), condition, free, is_first).order_by(table.id).limit(10).all():
        changed = (
            session.query(table)
            .filter(table.id == record.id, table.done_at.is_(None), free)
            .update({"claimed_until": until}, synchronize_session=False)
        )
        if changed:
            session.refresh(record)
            return record
    return None


@lru_cache(maxsize=1)
def messaging_store() -> MessagingStore:
    """The store of this deployment: ``MESSAGING_DB_URL``, else an SQLite file in the state folder."""
    return MessagingStore(database_url("MESSAGING_DB_URL", "messaging.db"))


def reached_as(conversation_id: str) -> Optional[str]:
    """Who a conversation on a messaging platform is with, for staff to reach; ``None`` where it is none, or the store does not answer."""
    if ":" not in conversation_id:
        return None
    try:
        return messaging_store().person(conversation_id)
    except SQLAlchemyError as error:
        logger.error("The messaging store does not answer: %s.", type(error).__name__)
        return None
