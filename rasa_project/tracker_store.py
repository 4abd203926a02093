"""Rasa's SQL tracker store, with an SQLite file in the state folder where no other database is named."""

from typing import Any, Optional

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from sqlalchemy import text

from rasa_project.database import configure_if_sqlite, count_errors
from rasa_project.settings import tracker_database_url


class ConversationStore(SQLTrackerStore):
    """Conversations outlive a restart, and can be swept for danger signs that were not stored."""

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


def unwrapped(tracker_store: Optional[TrackerStore]) -> Optional[ConversationStore]:
    """Our store inside the wrappers that Rasa puts around it; ``None`` where endpoints.yml names another kind of store."""
    inner: Any = tracker_store
    while inner is not None and not isinstance(inner, ConversationStore):
        inner = getattr(inner, "_tracker_store", None)
    return inner
