"""Rasa's SQL tracker store, with an SQLite file in the state folder where no other database is named."""

from typing import Any, Optional

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain

from rasa_project.database import configure_if_sqlite
from rasa_project.settings import tracker_database_url


class ConversationStore(SQLTrackerStore):
    """Conversations outlive a restart, and can be swept for danger signs that were not stored."""

    def __init__(
        self, domain: Optional[Domain] = None, host: Optional[str] = None, event_broker: Optional[EventBroker] = None, **kwargs: Any
    ) -> None:
        super().__init__(domain=domain, host=host or tracker_database_url(), event_broker=event_broker, **kwargs)
        self.engine.dispose()  # the connections made so far lack the settings
        configure_if_sqlite(self.engine)
