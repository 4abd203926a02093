"""Rasa's SQL tracker store, with an SQLite file in the state folder where no other database is named, and with long conversations cut short."""

import itertools
import json
from typing import TYPE_CHECKING, Any, Iterator, List, Optional

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, AllSlotsReset, Event, Restarted, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import func, or_, text

from rasa_project.database import configure_if_sqlite, count_errors
from rasa_project.settings import tracker_database_url

if TYPE_CHECKING:
    from sqlalchemy.orm import Query, Session

READ_EVENTS = 100  # of a session, the last of which are read anew for every turn: about ten turns
LEFT_OUT = "events_left_out"  # attribute of a tracker: how many older events of its session were not read
STATE_ENDS = (SessionStarted.type_name, Restarted.type_name, AllSlotsReset.type_name)  # what was known before them is known no more


class ConversationStore(SQLTrackerStore):
    """Conversations outlive a restart, and can be swept for danger signs that were not stored.

    A turn reads the last events of the session, and of the older ones only what still holds: each slot's last value and the last active loop.
    Rasa's own store reads the whole session, so that each turn of a long one takes longer than the one before. Nothing is deleted here.
    """

    def __init__(
        self, domain: Optional[Domain] = None, host: Optional[str] = None, event_broker: Optional[EventBroker] = None, **kwargs: Any
    ) -> None:
        super().__init__(domain=domain, host=host or tracker_database_url(), event_broker=event_broker, **kwargs)
        self.engine.dispose()  # the connections made so far lack the settings
        configure_if_sqlite(self.engine)
        count_errors(self.engine, "conversations")

    def check(self) -> None:
        """Raises ``sqlalchemy.exc.SQLAlchemyError`` where the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The tracker of the latest session, with the state of all of it and the events of its last turns."""
        with self.session_scope() as session:
            stored = self._event_query(session, sender_id, fetch_events_from_all_sessions=False)
            cut = self._cut(stored)
            read = stored.filter(or_(self.SQLEvent.id >= cut, self.SQLEvent.id.in_(self._still_holding(stored, cut)))) if cut else stored
            events = [json.loads(row.data) for row in read.all()]
            left_out = stored.count() - len(events) if cut else 0
        if not events or not self.domain:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        setattr(tracker, LEFT_OUT, left_out)
        return tracker

    def _cut(self, stored: "Query") -> Optional[int]:
        """The id of the event from which on all are read, between two turns; ``None`` where the session is short."""
        latest_first = stored.order_by(None).order_by(self.SQLEvent.id.desc())
        inside = latest_first.with_entities(self.SQLEvent.id).offset(READ_EVENTS - 1).first()
        if inside is None:
            return None
        listening = (self.SQLEvent.type_name == ActionExecuted.type_name, self.SQLEvent.action_name == ACTION_LISTEN_NAME)
        cut: Optional[int] = (
            stored.order_by(None).filter(*listening, self.SQLEvent.id <= inside.id).with_entities(func.max(self.SQLEvent.id)).scalar()
        )
        return cut

    def _still_holding(self, stored: "Query", cut: int) -> List[int]:
        """The ids of the events before ``cut`` that set what still holds."""
        older = stored.order_by(None).filter(self.SQLEvent.id < cut)
        ended = older.filter(self.SQLEvent.type_name.in_(STATE_ENDS)).with_entities(func.max(self.SQLEvent.id)).scalar() or 0
        # A slot's event bears the slot's name where an action's bears that of the action. Of loops the last counts, whatever its name.
        slots = older.filter(self.SQLEvent.type_name == SlotSet.type_name, self.SQLEvent.id > ended).group_by(self.SQLEvent.action_name)
        loops = older.filter(self.SQLEvent.type_name == ActiveLoop.type_name, self.SQLEvent.id > ended)
        latest = [*slots.with_entities(func.max(self.SQLEvent.id)).all(), *loops.with_entities(func.max(self.SQLEvent.id)).all()]
        return [event for (event,) in latest if event is not None]

    def _additional_events(self, session: "Session", tracker: DialogueStateTracker) -> Iterator[Event]:
        """The events of a tracker that are not stored yet."""
        stored = self._event_query(session, tracker.sender_id, fetch_events_from_all_sessions=False).count()
        return itertools.islice(tracker.events, stored - getattr(tracker, LEFT_OUT, 0), len(tracker.events))


def unwrapped(tracker_store: Optional[TrackerStore]) -> Optional[ConversationStore]:
    """Our store inside the wrappers that Rasa puts around it; ``None`` where endpoints.yml names another kind of store."""
    inner: Any = tracker_store
    while inner is not None and not isinstance(inner, ConversationStore):
        inner = getattr(inner, "_tracker_store", None)
    return inner
