"""Keeps escalations in a database before the patient is answered, and the notices that the clinic must get."""

import datetime
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, List, Optional, Sequence, Tuple

from sqlalchemy import JSON, Column, DateTime, Float, ForeignKey, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, declarative_base, relationship, sessionmaker

from rasa_project.database import aware, open_engine
from rasa_project.migrations import migrate
from rasa_project.settings import database_url

Base: Any = declarative_base()
REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no letters and digits that are mixed up on the telephone
EMERGENCY, URGENT = "emergency", "urgent"

# What a notice says has happened.
OPENED, WORSENED, DURATION_KNOWN, TAKEN_BACK = "opened", "worsened", "duration_known", "taken_back"


class EscalationRecord(Base):
    __tablename__ = "escalation"

    reference = Column(String(12), primary_key=True)
    created_at = Column(DateTime(timezone=True), nullable=False, index=True)
    level = Column(String(16), nullable=False)
    flags = Column(JSON, nullable=False)
    conversation_id = Column(String(255), nullable=False, index=True)
    channel = Column(String(64))
    pain_days = Column(Float)
    taken_back_at = Column(DateTime(timezone=True))
    acknowledged_at = Column(DateTime(timezone=True))
    acknowledged_by = Column(String(100))
    note = Column(Text)
    messages = relationship("MessageRecord", order_by="MessageRecord.at", lazy="selectin")


class MessageRecord(Base):
    """A patient's message with danger signs. Each message is stored once, whoever stores it."""

    __tablename__ = "escalation_message"

    message_id = Column(String(64), primary_key=True)
    reference = Column(String(12), ForeignKey("escalation.reference"), nullable=False, index=True)
    at = Column(DateTime(timezone=True), nullable=False)
    flags = Column(JSON, nullable=False)
    evidence = Column(JSON, nullable=False)


class NoticeRecord(Base):
    """Something that the clinic must learn; its id is the key by which receivers tell a repeat."""

    __tablename__ = "escalation_notice"

    id = Column(String(32), primary_key=True)
    number = Column(Integer, nullable=False, index=True)
    reference = Column(String(12), ForeignKey("escalation.reference"), nullable=False)
    what = Column(String(32), nullable=False)
    at = Column(DateTime(timezone=True), nullable=False, index=True)


class DeliveryRecord(Base):
    """One notice on its way to one target."""

    __tablename__ = "escalation_delivery"
    __table_args__ = (UniqueConstraint("notice_id", "target"),)

    id = Column(Integer, primary_key=True)
    notice_id = Column(String(32), ForeignKey("escalation_notice.id"), nullable=False)
    target = Column(String(32), nullable=False)
    attempts = Column(Integer, nullable=False, default=0)
    next_attempt_at = Column(DateTime(timezone=True), nullable=False, index=True)
    claimed_until = Column(DateTime(timezone=True))
    delivered_at = Column(DateTime(timezone=True), index=True)
    last_error = Column(Text)
    alarmed_at = Column(DateTime(timezone=True))


class SweepRecord(Base):
    """How far the sweep has read a tracker store."""

    __tablename__ = "escalation_sweep"

    source = Column(String(64), primary_key=True)
    last_event = Column(Integer, nullable=False)


@dataclass(frozen=True)
class Escalation:
    """A patient's danger signs of one conversation. ``evidence`` are the words that raised them; times are UTC, durations days."""

    reference: str
    created_at: datetime.datetime
    level: str
    flags: List[str]
    evidence: List[str]
    conversation_id: str
    channel: Optional[str]
    pain_days: Optional[float] = None
    taken_back_at: Optional[datetime.datetime] = None
    acknowledged_at: Optional[datetime.datetime] = None
    acknowledged_by: Optional[str] = None
    note: Optional[str] = None

    @property
    def is_open(self) -> bool:
        """Whether nobody at the clinic has acknowledged it yet."""
        return self.acknowledged_at is None


@dataclass(frozen=True)
class Notice:
    """What the clinic is told. ``id`` stays the same at every attempt and every target."""

    id: str
    what: str
    at: datetime.datetime
    escalation: Escalation


@dataclass(frozen=True)
class Delivery:
    """A notice that is due at a target."""

    id: int
    target: str
    attempts: int
    notice: Notice


@dataclass(frozen=True)
class Undelivered:
    """A notice that has not reached a target yet."""

    reference: str
    target: str
    since: datetime.datetime
    attempts: int
    last_error: Optional[str]


@dataclass(frozen=True)
class Sighting:
    """Danger signs in one message: flags, level, and the words behind them.

    ``pain_days``: how long a severe pain has lasted, where the message tells. ``at``: when it was written; now if ``None``.
    """

    level: str
    flags: List[str]
    evidence: List[str]
    message_id: str
    pain_days: Optional[float] = None
    at: Optional[datetime.datetime] = None


class UnknownReference(KeyError):
    """No escalation has this reference."""


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


class EscalationStore:
    """Escalations in any database that SQLAlchemy reaches. Every write is one transaction, with the notice that follows from it.

    Args:
        url: SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url, "escalations")
        migrate(self.engine, "escalations")
        self._session = sessionmaker(self.engine, future=True)

    def check(self) -> None:
        """Raises ``sqlalchemy.exc.SQLAlchemyError`` where the database does not answer."""
        with self._session() as session:
            session.execute(select(1))

    def add(self, sighting: Sighting, conversation_id: str, channel: Optional[str] = None, reference: Optional[str] = None) -> str:
        """Stores danger signs durably; returns the escalation's reference. The same message is stored once, whoever stores it.

        Args:
            reference: the conversation's escalation, where there is one: it grows instead of a second one being opened.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
        """
        try:
            return self._add(sighting, conversation_id, channel, reference)
        except IntegrityError:
            return self._add(sighting, conversation_id, channel, reference)  # another process has just stored this message: now it is found

    def _add(self, sighting: Sighting, conversation_id: str, channel: Optional[str], reference: Optional[str]) -> str:
        at = sighting.at or utc_now()
        with self._session.begin() as session:
            known = session.get(MessageRecord, sighting.message_id)
            if known:
                return str(known.reference)
            record = session.get(EscalationRecord, reference) if reference else None
            if record is None or record.conversation_id != conversation_id:
                record = EscalationRecord(reference=_new_reference(), created_at=at, level=sighting.level, flags=[], conversation_id=conversation_id)
                record.channel = channel
                session.add(record)
                what: Optional[str] = OPENED
            else:
                news = not set(sighting.flags) <= set(record.flags) or (sighting.level == EMERGENCY and record.level != EMERGENCY)
                what = WORSENED if news or record.taken_back_at else None
            record.flags = list(dict.fromkeys([*record.flags, *sighting.flags]))
            record.level = EMERGENCY if EMERGENCY in (record.level, sighting.level) else URGENT
            record.taken_back_at = None
            record.pain_days = sighting.pain_days if sighting.pain_days is not None else record.pain_days
            if what is not None:
                record.acknowledged_at = record.acknowledged_by = None  # somebody must look (again)
            session.flush()
            session.add(
                MessageRecord(
                    message_id=sighting.message_id, reference=record.reference, at=at, flags=list(sighting.flags), evidence=list(sighting.evidence)
                )
            )
            if what is not None:
                _notify(session, record, what)
            return str(record.reference)

    def set_pain_days(self, reference: str, days: float) -> None:
        """Notes how long a severe pain has lasted.

        Raises:
            UnknownReference: there is no such escalation.
        """
        with self._session.begin() as session:
            record = _record(session, reference)
            if record.pain_days != days:
                record.pain_days = days
                _notify(session, record, DURATION_KNOWN)

    def take_back(self, reference: str) -> None:
        """Notes that the patient says that the signs are not there. The escalation stays for the clinic to judge."""
        with self._session.begin() as session:
            record = _record(session, reference)
            if record.taken_back_at is None:
                record.taken_back_at = utc_now()
                _notify(session, record, TAKEN_BACK)

    def acknowledge(self, reference: str, by: str, note: str = "") -> None:
        """Notes that a clinician has seen to it."""
        with self._session.begin() as session:
            record = _record(session, reference)
            record.acknowledged_at, record.acknowledged_by = utc_now(), by
            record.note = "\n".join(part for part in (record.note, note) if part) or None

    def get(self, reference: str) -> Optional[Escalation]:
        with self._session() as session:
            record = session.get(EscalationRecord, reference)
            return _escalation(record) if record else None

    def list(self, open_only: bool = False) -> List[Escalation]:
        """Escalations, newest first."""
        with self._session() as session:
            query = session.query(EscalationRecord).order_by(EscalationRecord.created_at.desc())
            if open_only:
                query = query.filter(EscalationRecord.acknowledged_at.is_(None))
            return [_escalation(record) for record in query]

    def of(self, conversation_id: str) -> List[Escalation]:
        """The escalations of a conversation, newest first."""
        with self._session() as session:
            query = session.query(EscalationRecord).filter_by(conversation_id=conversation_id).order_by(EscalationRecord.created_at.desc())
            return [_escalation(record) for record in query]

    def erase(self, conversation_id: str) -> int:
        """Deletes the escalations of a conversation, with everything about them; returns how many that were."""
        with self._session.begin() as session:
            return _delete(session, EscalationRecord.conversation_id == conversation_id)

    def purge(self, before: datetime.datetime) -> int:
        """Deletes escalations that were acknowledged before that moment; returns how many that were. An open one stays, however old."""
        with self._session.begin() as session:
            return _delete(session, EscalationRecord.acknowledged_at < before)

    # Delivery

    def plan_deliveries(self, targets: Sequence[str], now: datetime.datetime) -> None:
        """Makes a delivery for each notice that a target has none of yet."""
        with self._session() as session:
            for target in targets:
                for notice_id, _ in _unplanned(session, target):
                    try:
                        with session.begin_nested():
                            session.add(DeliveryRecord(notice_id=notice_id, target=target, next_attempt_at=now))
                    except IntegrityError:
                        pass  # another worker was faster
            session.commit()

    def unplanned(self, targets: Sequence[str]) -> List[datetime.datetime]:
        """When the notices arose that no worker has taken up for one of the targets yet."""
        with self._session() as session:
            return [aware(at) for target in targets for _, at in _unplanned(session, target)]

    def claim(self, targets: Sequence[str], now: datetime.datetime, seconds: float) -> Optional[Delivery]:
        """The next delivery that is due, claimed for some seconds so that no other worker takes it; ``None`` if none is due."""
        with self._session.begin() as session:
            free = (DeliveryRecord.claimed_until.is_(None)) | (DeliveryRecord.claimed_until < now)
            due = (
                session.query(DeliveryRecord)
                .filter(DeliveryRecord.target.in_(targets), DeliveryRecord.delivered_at.is_(None), DeliveryRecord.next_attempt_at <= now, free)
                .order_by(DeliveryRecord.next_attempt_at, DeliveryRecord.id)
                .limit(10)
                .all()
            )
            for record in due:
                changed = (
                    session.query(DeliveryRecord)
                    .filter(DeliveryRecord.id == record.id, DeliveryRecord.delivered_at.is_(None), free)
                    .update({"claimed_until": now + datetime.timedelta(seconds=seconds)}, synchronize_session=False)
                )
                if changed:
                    notice = session.get(NoticeRecord, record.notice_id)
                    escalation = _escalation(_record(session, notice.reference))
                    return Delivery(record.id, record.target, record.attempts, Notice(notice.id, notice.what, aware(notice.at), escalation))
        return None

    def delivered(self, delivery_id: int, now: datetime.datetime) -> None:
        """Notes that a delivery has reached its target."""
        with self._session.begin() as session:
            record = session.get(DeliveryRecord, delivery_id)
            record.delivered_at, record.claimed_until, record.attempts, record.last_error = now, None, record.attempts + 1, None

    def failed(self, delivery_id: int, error: str, next_attempt_at: datetime.datetime) -> None:
        """Notes that an attempt failed, why, and when the next one is due."""
        with self._session.begin() as session:
            record = session.get(DeliveryRecord, delivery_id)
            record.attempts += 1
            record.claimed_until, record.last_error, record.next_attempt_at = None, error[:500], next_attempt_at

    def undelivered(self, before: Optional[datetime.datetime] = None) -> List[Undelivered]:
        """Planned deliveries that have not arrived, of notices older than ``before`` if given; oldest first."""
        with self._session() as session:
            query = session.query(DeliveryRecord, NoticeRecord).join(NoticeRecord, NoticeRecord.id == DeliveryRecord.notice_id)
            query = query.filter(DeliveryRecord.delivered_at.is_(None))
            if before is not None:
                query = query.filter(NoticeRecord.at < before)
            return [
                Undelivered(notice.reference, delivery.target, aware(notice.at), delivery.attempts, delivery.last_error)
                for delivery, notice in query.order_by(NoticeRecord.at)
            ]

    def take_alarms(self, late: datetime.datetime, repeat: datetime.datetime, now: datetime.datetime) -> List[Undelivered]:
        """Deliveries of notices older than ``late`` for which no alarm was given since ``repeat``; marks them as given ``now``."""
        with self._session.begin() as session:
            silent = (DeliveryRecord.alarmed_at.is_(None)) | (DeliveryRecord.alarmed_at < repeat)
            rows = (
                session.query(DeliveryRecord, NoticeRecord)
                .join(NoticeRecord, NoticeRecord.id == DeliveryRecord.notice_id)
                .filter(DeliveryRecord.delivered_at.is_(None), NoticeRecord.at < late, silent)
                .order_by(NoticeRecord.at)
                .all()
            )
            for delivery, _ in rows:
                delivery.alarmed_at = now
            return [
                Undelivered(notice.reference, delivery.target, aware(notice.at), delivery.attempts, delivery.last_error) for delivery, notice in rows
            ]

    # Sweep

    def sweep_position(self, source: str) -> int:
        """The number of the last event of a tracker store that has been read; 0 before the first."""
        with self._session() as session:
            record = session.get(SweepRecord, source)
            return int(record.last_event) if record else 0

    def set_sweep_position(self, source: str, last_event: int) -> None:
        with self._session.begin() as session:
            session.merge(SweepRecord(source=source, last_event=last_event))

    def knows_message(self, message_id: str) -> bool:
        with self._session() as session:
            return session.get(MessageRecord, message_id) is not None


def _delete(session: Session, condition: Any) -> int:
    references = [reference for (reference,) in session.query(EscalationRecord.reference).filter(condition)]
    notices = select(NoticeRecord.id).where(NoticeRecord.reference.in_(references))
    session.query(DeliveryRecord).filter(DeliveryRecord.notice_id.in_(notices)).delete(synchronize_session=False)
    for table in (NoticeRecord, MessageRecord, EscalationRecord):
        session.query(table).filter(table.reference.in_(references)).delete(synchronize_session=False)
    return len(references)


def _new_reference() -> str:
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))


def _notify(session: Session, record: EscalationRecord, what: str) -> None:
    number = session.query(NoticeRecord).filter_by(reference=record.reference).count() + 1
    session.add(NoticeRecord(id=f"{record.reference}-{number}", number=number, reference=record.reference, what=what, at=utc_now()))


def _unplanned(session: Session, target: str) -> "List[Tuple[str, datetime.datetime]]":
    """Id and time of each notice that has no delivery to a target, oldest first."""
    planned = session.query(DeliveryRecord.notice_id).filter_by(target=target)
    return session.query(NoticeRecord.id, NoticeRecord.at).filter(NoticeRecord.id.notin_(planned)).order_by(NoticeRecord.at).all()


def _record(session: Session, reference: str) -> EscalationRecord:
    record = session.get(EscalationRecord, reference)
    if record is None:
        raise UnknownReference(reference)
    return record


def _maybe_aware(moment: Optional[datetime.datetime]) -> Optional[datetime.datetime]:
    return None if moment is None else aware(moment)


def _escalation(record: EscalationRecord) -> Escalation:
    return Escalation(
        reference=record.reference,
        created_at=aware(record.created_at),
        level=record.level,
        flags=list(record.flags),
        evidence=list(dict.fromkeys(words for message in record.messages for words in message.evidence)),
        conversation_id=record.conversation_id,
        channel=record.channel,
        pain_days=record.pain_days,
        taken_back_at=_maybe_aware(record.taken_back_at),
        acknowledged_at=_maybe_aware(record.acknowledged_at),
        acknowledged_by=record.acknowledged_by,
        note=record.note,
    )


@lru_cache(maxsize=1)
def escalation_store() -> EscalationStore:
    """The store of this deployment: ``ESCALATION_DB_URL``, else an SQLite file in the state folder."""
    return EscalationStore(database_url("ESCALATION_DB_URL", "escalations.db"))
