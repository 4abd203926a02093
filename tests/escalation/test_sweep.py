"""What was never stored as an escalation is found in the stored conversations."""

import asyncio
from pathlib import Path
from typing import Any, Dict

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.escalation.store import EscalationStore, Sighting
from rasa_project.escalation.sweep import ConversationSweep
from rasa_project.settings import DOMAIN_FILE
from rasa_project.tracker_store import ConversationStore

FINDING = {"flag": "unable_to_walk", "level": "emergency", "evidence": "cannot walk", "rule": "r", "status": "present"}


@pytest.fixture
def store(tmp_path: Path) -> EscalationStore:
    return EscalationStore(f"sqlite:///{tmp_path / 'escalations.db'}")


class Conversations:
    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'conversations.db'}"
        self._domain = Domain.load(DOMAIN_FILE)
        self._store = ConversationStore(self._domain, self.url)

    def say(self, sender: str, text: str, parse_data: Dict[str, Any], message_id: str) -> None:
        known = asyncio.run(self._store.retrieve(sender)) or DialogueStateTracker(sender, self._domain.slots)
        known.update(UserUttered(text, parse_data=parse_data, message_id=message_id, input_channel="rest"))
        asyncio.run(self._store.save(known))


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path)


def test_a_sign_without_an_escalation_is_stored_once_with_the_time_it_was_written(store: EscalationStore, conversations: Conversations) -> None:
    conversations.say("c1", "hello", {"red_flags": []}, "m1")
    conversations.say("c1", "I cannot walk", {"red_flags": [FINDING]}, "m2")
    sweep = ConversationSweep(store, conversations.url)
    (reference,) = sweep.run_once()
    found = store.get(reference)
    assert found and (found.conversation_id, found.level, found.evidence, found.channel) == ("c1", "emergency", ["cannot walk"], "rest")
    assert sweep.run_once() == [] and ConversationSweep(store, conversations.url).run_once() == []
    conversations.say("c2", "I cannot walk", {"red_flags": [FINDING]}, "m3")
    assert len(sweep.run_once()) == 1


def test_what_is_stored_already_is_left_alone(store: EscalationStore, conversations: Conversations) -> None:
    conversations.say("c1", "I cannot walk", {"red_flags": [FINDING]}, "m1")
    store.add(Sighting("emergency", ["unable_to_walk"], ["cannot walk"], "m1"), "c1")
    assert ConversationSweep(store, conversations.url).run_once() == []


def test_a_denied_sign_is_none_and_a_payload_is_read_by_the_rules(store: EscalationStore, conversations: Conversations) -> None:
    conversations.say("c1", "I can walk", {"red_flags": [{**FINDING, "status": "denied"}]}, "m1")
    conversations.say("c1", "/ask_causes I can't walk", {"intent": {"name": "ask_causes"}, "text": "/ask_causes I can't walk"}, "m2")
    (reference,) = ConversationSweep(store, conversations.url).run_once()
    assert store.get(reference).flags == ["unable_to_walk"]  # type: ignore[union-attr]


def test_no_conversation_yet_is_no_fault(store: EscalationStore, tmp_path: Path) -> None:
    assert ConversationSweep(store, f"sqlite:///{tmp_path / 'none.db'}").run_once() == []
