"""Erasing a conversation: it is gone, and what the clinic has to know is not."""

import asyncio
import time
from pathlib import Path
from typing import Iterator

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation.store import escalation_store
from rasa_project.privacy import stores
from rasa_project.tracker_store import ConversationStore

FINDING = {"flag": "unable_to_walk", "level": "emergency", "status": "present", "evidence": "cannot walk"}


@pytest.fixture
def conversations(own_state: Path) -> Iterator[ConversationStore]:
    """Two conversations, each with a danger sign that nobody has stored for the clinic."""
    store = ConversationStore(Domain.empty())
    for sender in ("someone-1", "someone-2"):
        parse_data = {"text": "I cannot walk", "intent": {"name": None}, "entities": [], "red_flags": [FINDING]}
        said = UserUttered("I cannot walk", parse_data=parse_data, message_id=f"of {sender}", input_channel="rest", timestamp=time.time())
        asyncio.run(store.save(DialogueStateTracker.from_events(sender, [said])))
    yield store
    store.engine.dispose()


def length(store: ConversationStore, sender: str) -> int:
    tracker = asyncio.run(store.retrieve(sender))
    return len(tracker.events) if tracker else 0


def test_only_this_conversation_is_erased_and_an_unstored_danger_sign_is_stored_first(conversations: ConversationStore) -> None:
    assert stores.erase("someone-1")["events"] > 0
    assert (length(conversations, "someone-1"), length(conversations, "someone-2") > 0) == (0, True)
    assert {escalation.conversation_id for escalation in escalation_store().list()} == {"someone-1", "someone-2"}


def test_nothing_is_erased_while_the_clinic_cannot_be_told(conversations: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise SQLAlchemyError("down")

    monkeypatch.setattr(stores, "escalation_store", fails)
    with pytest.raises(SQLAlchemyError):
        stores.erase("someone-1")
    assert length(conversations, "someone-1") > 0
