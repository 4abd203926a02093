"""A long conversation is read in part, and neither its state nor an event is lost by that."""

import asyncio
from pathlib import Path
from typing import List, Optional

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, AllSlotsReset, BotUttered, Event, Restarted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import text

from rasa_project.tracker_store import READ_EVENTS, ConversationStore

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  topic: {type: any, mappings: [{type: custom}]}
  early: {type: any, mappings: [{type: custom}]}
  dropped: {type: any, mappings: [{type: custom}]}
forms:
  first_guide: {required_slots: []}
  second_guide: {required_slots: []}
"""
)


def turn(number: int, *inside: Event) -> List[Event]:
    said = [UserUttered(f"message {number}"), *inside, SlotSet("topic", number), ActionExecuted("action_answer"), BotUttered(f"answer {number}")]
    return [*said, ActionExecuted("action_listen")]


STARTED = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'conversations.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


class Conversation:
    """Goes on turn by turn, as Rasa does: read, changed, stored."""

    def __init__(self, url: str) -> None:
        self.store = ConversationStore(DOMAIN, url)
        self.whole: List[Event] = []
        self._plain = SQLTrackerStore(DOMAIN, host=url)

    def go_on(self, *events: Event) -> Optional[DialogueStateTracker]:
        return asyncio.run(self._go_on(*events))

    async def _go_on(self, *events: Event) -> Optional[DialogueStateTracker]:
        tracker = await self.store.get_or_create_tracker("someone", append_action_listen=False)
        for event in events:
            tracker.update(event)
            await asyncio.sleep(0)
        self.whole += events
        await self.store.save(tracker)
        return await self.store.retrieve("someone")

    def stored(self) -> List[str]:
        with self.store.engine.connect() as connection:
            return [row.data for row in connection.execute(text("SELECT data FROM events ORDER BY id"))]

    def read_whole(self) -> DialogueStateTracker:
        tracker = asyncio.run(self._plain.retrieve("someone"))
        assert tracker
        return tracker


def test_each_event_is_stored_once_and_the_state_is_that_of_the_whole_session(url: str) -> None:
    conversation = Conversation(url)
    conversation.go_on(*STARTED)
    conversation.go_on(*turn(0, SlotSet("early", "kept"), ActiveLoop("first_guide"), SlotSet("dropped", 1)))
    conversation.go_on(*turn(1, ActiveLoop(None), SlotSet("dropped", None), ActiveLoop("second_guide")))
    for number in range(2, READ_EVENTS // 3):
        tracker = conversation.go_on(*turn(number))
        assert tracker and tracker.current_slot_values() == {**tracker.current_slot_values(), "topic": number, "early": "kept", "dropped": None}
        assert tracker.active_loop_name == "second_guide"
        assert tracker.latest_message and tracker.latest_message.text == f"message {number}"
    assert len(conversation.stored()) == len(conversation.whole) > 1.5 * READ_EVENTS
    assert len(tracker.events) < READ_EVENTS + 20
    whole = conversation.read_whole()
    assert tracker.current_slot_values() == whole.current_slot_values()
    assert [event.as_dict() for event in tracker.events][-READ_EVENTS:] == [event.as_dict() for event in whole.events][-READ_EVENTS:]
    conversation.store.engine.dispose()


def test_a_tracker_that_is_saved_twice_in_a_turn_stores_nothing_twice(tmp_path: Path) -> None:
    async def saved_twice() -> int:
        store = ConversationStore(DOMAIN, f"sqlite:///{tmp_path / 'conversations.db'}")
        for number in range(READ_EVENTS // 4):
            tracker = await store.get_or_create_tracker("someone", append_action_listen=False)
            events = turn(number)
            for event in events[:3]:
                tracker.update(event)
            await store.save(tracker)
            for event in events[3:]:
                tracker.update(event)
            await store.save(tracker)
        with store.engine.connect() as connection:
            return int(connection.execute(text("SELECT COUNT(*) FROM events")).scalar())

    assert asyncio.run(saved_twice()) == READ_EVENTS // 4 * len(turn(0))


@pytest.mark.parametrize("end", [[Restarted()], [AllSlotsReset()], STARTED])
def test_what_was_ended_does_not_come_back(tmp_path: Path, end: List[Event]) -> None:
    conversation = Conversation(f"sqlite:///{tmp_path / 'conversations.db'}")
    conversation.go_on(*STARTED)
    conversation.go_on(*turn(0, SlotSet("early", "gone")))
    conversation.go_on(*end, ActionExecuted("action_listen"))
    for number in range(1, READ_EVENTS // 3):
        tracker = conversation.go_on(*turn(number))
    assert tracker and tracker.get_slot("early") is None
    assert len(tracker.events) < READ_EVENTS + 20


def test_the_full_tracker_has_every_event(tmp_path: Path) -> None:
    conversation = Conversation(f"sqlite:///{tmp_path / 'conversations.db'}")
    for number in range(READ_EVENTS // 4):
        conversation.go_on(*turn(number))
    full = asyncio.run(conversation.store.retrieve_full_tracker("someone"))
    assert full and len(full.events) == len(conversation.whole)
