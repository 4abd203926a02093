"""The actions by themselves: what they send for a tracker, and that they always send something."""

import asyncio
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import ActionAnswer, content_store
from actions.base import ReplyAction
from actions.conversation import ActionChitchat, ActionHandOff
from actions.escalation import ActionEscalate
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.store import escalation_store


def run(action: ReplyAction, parse_data: Dict[str, Any], **slots: Any) -> Tuple[List[dict], Dict[str, Any]]:
    """The messages that an action queues, and the slots that it sets."""
    message = {"text": "words", "message_id": "m1", **parse_data}
    event = {"event": "user", "input_channel": "rest"}
    tracker = Tracker("conversation", slots, message, [event], False, None, {}, None)
    dispatcher = CollectingDispatcher()
    events = asyncio.run(action.run(dispatcher, tracker, {}))
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


ASKS = {"text": '/ask_causes{"topic":"sciatica"}', "intent": {"name": "ask_causes"}, "entities": [{"entity": "topic", "value": "sciatica"}]}


def test_an_answer_comes_from_the_store_and_is_remembered_as_the_topic(store: ContentStore) -> None:
    (message,), slots = run(ActionAnswer(), ASKS, notice_given=True)
    assert store.topics["sciatica"].facets["causes"].lead in message["text"]  # type: ignore[index]
    assert slots == {"current_topic": "sciatica", "current_facet": "causes", "discussed": ["sciatica"]}


def test_the_notice_comes_once_before_the_first_reply() -> None:
    (notice, answer), slots = run(ActionAnswer(), ASKS)
    assert (notice["response"], answer["metadata"]["kind"], slots["notice_given"]) == ("utter_notice", "answer", True)
    assert len(run(ActionAnswer(), ASKS, notice_given=True)[0]) == 1


def test_an_action_that_breaks_sends_an_error() -> None:
    class Breaks(ReplyAction):
        def name(self) -> str:
            return "action_breaks"

        def replies(self, tracker: Tracker, events: list) -> List[Reply]:
            raise RuntimeError("broken")

    (message,), slots = run(Breaks(), {})
    assert (message["response"], message["metadata"], slots) == ("utter_error", {"kind": "error"}, {})


def test_a_topic_whose_file_has_faults_gets_an_error_and_the_others_answers(monkeypatch: pytest.MonkeyPatch, store: ContentStore) -> None:
    damaged = ContentStore(store.article, {name: topic for name, topic in store.topics.items() if name != "sciatica"}, {"sciatica": ["fault"]})
    monkeypatch.setattr("actions.answers.content_store", lambda: damaged)
    (message,), _ = run(ActionAnswer(), ASKS, notice_given=True)
    assert message["metadata"] == {"kind": "error"}
    bursitis = {**ASKS, "entities": [{"entity": "topic", "value": "bursitis"}]}
    (message,), _ = run(ActionAnswer(), bursitis, notice_given=True)
    assert message["metadata"]["kind"] == "answer"


def test_a_very_long_message_is_asked_to_be_shorter() -> None:
    (message,), _ = run(ActionAnswer(), {"text": "hip " * 1000}, notice_given=True)
    assert (message["response"], message["metadata"]["kind"]) == ("utter_ask_shorter", "question")


@pytest.mark.parametrize("intent", ["greet", "goodbye", "thank", "bot_challenge", "capabilities", "smalltalk", "affirm", "deny"])
def test_small_talk_says_the_response_of_its_intent(intent: str) -> None:
    (message,), _ = run(ActionChitchat(), {"intent": {"name": intent}}, notice_given=True)
    assert (message["response"], message["metadata"]) == (f"utter_{intent}", {"kind": "chitchat"})


def test_a_person_can_be_reached() -> None:
    (message,), _ = run(ActionHandOff(), {}, notice_given=True)
    assert all(contact["href"].startswith("tel:") for contact in message["metadata"]["contacts"])


def test_an_escalation_is_stored_with_its_conversation_and_comes_without_the_notice(own_state: Path) -> None:
    finding = {"flag": "unable_to_walk", "level": "emergency", "evidence": "cannot stand", "status": "present"}
    denied = {"flag": "bowel_bladder", "level": "emergency", "evidence": "bowels fine", "status": "denied"}
    (message,), _ = run(ActionEscalate(), {"red_flags": [finding, denied]})
    stored = escalation_store().get(message["metadata"]["reference"])
    assert message["metadata"]["flags"] == ["unable_to_walk"]
    assert stored
    assert (stored.conversation_id, stored.channel, stored.flags) == ("conversation", "rest", ["unable_to_walk"])


def test_the_store_is_read_once() -> None:
    assert content_store() is content_store()
