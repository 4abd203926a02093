"""The actions: what they record, and that the patient is answered whatever becomes of it."""

import asyncio
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import ActionAnswer, ActionDefaultFallback
from actions.base import ReplyAction
from actions.conversation import ActionFeedback
from actions.escalation import ActionEscalate, ActionResume, ActionSelfHarm
from rasa_project.insights.recording import recorder
from rasa_project.insights.store import Insight, insight_store
from rasa_project.settings import DOMAIN_FILE, PROJECT_FOLDER
from rasa_project.validation import read_yaml

pytestmark = pytest.mark.usefixtures("own_state")

TOPIC = {"entity": "topic", "value": "sciatica"}
QUIET = {"red_flags": [], "red_flag_triage": {"outcome": "neither"}}
COVERED = {"text": "what causes sciatica", "intent": {"name": "ask_causes"}, "entities": [TOPIC], **QUIET}
NOT_COVERED = {"text": "how long does sciatica last", "intent": {"name": "ask_prognosis"}, "entities": [TOPIC], **QUIET}
OUT_OF_SCOPE = {"text": "will it rain tomorrow", "intent": {"name": "out_of_scope"}, **QUIET}


def run(action: ReplyAction, message: Dict[str, Any], before: Sequence[Dict[str, Any]] = (), **slots: Any) -> List[Dict[str, Any]]:
    """The messages that an action queues; ``before`` are earlier messages of the patient."""
    message = {"message_id": "m1", **message}
    events = [{"event": "user", "text": data.get("text"), "parse_data": data, "input_channel": "rest"} for data in (*before, message)]
    tracker = Tracker("conversation", {"notice_given": True, **slots}, message, events, False, None, {}, None)
    dispatcher = CollectingDispatcher()
    asyncio.run(action.run(dispatcher, tracker, {}))
    return dispatcher.messages


def thumb(value: str) -> Dict[str, Any]:
    return {"text": f'/feedback{{"value":"{value}"}}', "intent": {"name": "feedback"}, "entities": [{"entity": "value", "value": value}]}


def recorded() -> List[Insight]:
    recorder.wait()
    return insight_store().list()


@pytest.mark.parametrize(
    "message, kind, topic, facet",
    [
        (NOT_COVERED, "not_covered", "sciatica", "prognosis"),
        (OUT_OF_SCOPE, "out_of_scope", None, None),
        ({**OUT_OF_SCOPE, "text": "?!"}, "question", None, None),
    ],
    ids=["not covered", "out of scope", "asks back"],
)
@pytest.mark.parametrize("action", [ActionAnswer(), ActionDefaultFallback()], ids=["answer", "fallback"])
def test_a_reply_without_an_answer_is_recorded(
    action: ReplyAction, message: Dict[str, Any], kind: str, topic: Optional[str], facet: Optional[str]
) -> None:
    (reply,) = run(action, message)
    assert reply["metadata"]["kind"] == kind
    (found,) = recorded()
    assert (found.kind.value, found.topic, found.facet) == (kind, topic, facet)
    assert found.text == (None if kind == "question" else message["text"])


def test_an_answer_is_not_recorded() -> None:
    (reply,) = run(ActionAnswer(), COVERED)
    assert reply["metadata"]["kind"] == "answer" and recorded() == []


def test_of_several_questions_the_one_that_is_not_covered_is_recorded() -> None:
    message = {
        **COVERED,
        "text": "what causes sciatica and how long does it last",
        "parts": [COVERED, {**NOT_COVERED, "text": "how long does it last"}],
    }
    replies = run(ActionAnswer(), message)
    assert [reply["metadata"]["kind"] for reply in replies] == ["answer", "not_covered"]
    assert [(found.text, found.facet) for found in recorded()] == [("how long does it last", "prognosis")]


def test_messages_about_danger_leave_nothing() -> None:
    sign = {"flag": "bowel_bladder", "level": "emergency", "evidence": "wet myself", "status": "present"}
    (advice,) = run(ActionEscalate(), {"text": "I have wet myself", "red_flags": [sign]})
    (help_,) = run(ActionSelfHarm(), {"text": "I want to die", "intent": {"name": "self_harm"}})
    assert (advice["metadata"]["kind"], help_["response"]) == ("escalation", "utter_self_harm")
    asked = {**OUT_OF_SCOPE, "text": "I leak", "red_flag_triage": {"outcome": "doubt", "ask": {"flag": "bowel_bladder"}}}
    no = {"text": "no", "red_flags": [], "red_flag_triage": {"outcome": "neither", "answer": "no"}}
    replies = run(ActionResume(), no, [asked], red_flag_question={"kind": "safety", "flag": "bowel_bladder", "evidence": "leak"})
    assert replies[-1]["metadata"]["kind"] == "out_of_scope"
    assert recorded() == []


@pytest.mark.parametrize("message, kind", [(NOT_COVERED, "not_covered"), (OUT_OF_SCOPE, "out_of_scope")])
def test_a_store_that_fails_does_not_keep_the_reply_from_the_patient(
    message: Dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("INSIGHTS_DB_URL", "sqlite:////nowhere/at/all/insights.db")
    insight_store.cache_clear()
    (reply,) = run(ActionAnswer(), message)
    recorder.wait()
    assert reply["metadata"]["kind"] == kind
    assert "OperationalError" in caplog.text and message["text"] not in caplog.text


@pytest.mark.parametrize("value", ["up", "down"])
def test_feedback_is_thanked_for(value: str) -> None:
    (reply,) = run(ActionFeedback(), thumb(value), [COVERED])
    assert (reply["response"], reply["metadata"]) == (f"utter_feedback_{value}", {"kind": "chitchat"})
    assert reply["response"] in read_yaml(DOMAIN_FILE)["responses"]


def test_a_thumbs_down_is_recorded_with_question_topic_and_facet_and_a_thumbs_up_is_not() -> None:
    run(ActionFeedback(), thumb("up"), [COVERED], current_topic="sciatica", current_facet="causes")
    assert recorded() == []
    run(ActionFeedback(), thumb("down"), [OUT_OF_SCOPE, COVERED], current_topic="sciatica", current_facet="causes")
    (found,) = recorded()
    assert (found.kind.value, found.text, found.topic, found.facet) == ("thumbs_down", "what causes sciatica", "sciatica", "causes")


def test_a_thumbs_down_is_thanked_for_even_if_the_content_cannot_be_read(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("actions.conversation.content_store", broken)
    monkeypatch.setattr(recorder, "_own", None)
    (reply,) = run(ActionFeedback(), thumb("down"), [COVERED])
    assert reply["response"] == "utter_feedback_down" and recorded() == []


def test_the_domain_and_a_rule_lead_feedback_to_its_action() -> None:
    domain = read_yaml(DOMAIN_FILE)
    assert "feedback" in domain["intents"] and "action_feedback" in domain["actions"]
    assert {"value": {"influence_conversation": False}} in domain["entities"]
    rules = [rule["steps"] for rule in read_yaml(PROJECT_FOLDER / "data" / "rules.yml")["rules"]]
    assert [{"intent": "feedback"}, {"action": ActionFeedback().name()}] in rules
