"""Small talk, feedback, and the way to a person."""

from typing import Any, Dict, List

from rasa_sdk import Tracker
from rasa_sdk.events import EventType

from actions.answers import content_store, first_questions
from actions.base import ReplyAction
from rasa_project.dialogue.languages import text_in
from rasa_project.dialogue.replies import Reply
from rasa_project.insights.recording import note_thumbs_down
from rasa_project.intents import (
    CHITCHAT,
    CURRENT_FACET_SLOT,
    CURRENT_TOPIC_SLOT,
    DECLINED,
    ERASE_CONFIRMED,
    FEEDBACK_ENTITY,
    LANGUAGE,
    OTHER_LANGUAGE,
)
from rasa_project.settings import clinic_settings, domain_text

ERASED = Reply(custom={"kind": "chitchat", "erase": True}, response="utter_erased")  # the channel erases when the turn has been stored
WITH_STARTING_POINTS = ("greet", "capabilities", "affirm", "smalltalk")


class ActionChitchat(ReplyAction):
    """Says the domain's response for the intent."""

    def name(self) -> str:
        return "action_chitchat"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        if intent == "affirm" and _has_asked_to_erase(tracker):
            return [ERASED]
        known = intent if intent in CHITCHAT else "capabilities"
        buttons = first_questions() if known in WITH_STARTING_POINTS else []
        return [Reply(custom={"kind": "chitchat"}, response=f"utter_{known}", buttons=buttons)]


class ActionDecline(ReplyAction):
    """Says the response for what the bot has no answer to: in the patient's language, where that is not English and there is a text in it."""

    def name(self) -> str:
        return "action_decline"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        text = text_in(tracker.latest_message.get(LANGUAGE) or "") if intent == OTHER_LANGUAGE else ""
        buttons = first_questions() if intent in ("administration", "injection") else []
        response = f"utter_{intent}" if intent in DECLINED else "utter_out_of_scope"
        return [Reply(custom={"kind": "out_of_scope"}, text=text, response="" if text else response, buttons=buttons)]


class ActionFeedback(ReplyAction):
    """Thanks for a thumbs up or down; a thumbs down is noted for the clinic with the question it is about."""

    def name(self) -> str:
        return "action_feedback"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        values = [e.get("value") for e in tracker.latest_message.get("entities") or [] if e.get("entity") == FEEDBACK_ENTITY]
        thumb = "down" if "down" in values else "up"
        if thumb == "down":
            note_thumbs_down(tracker.events, tracker.get_slot(CURRENT_TOPIC_SLOT), tracker.get_slot(CURRENT_FACET_SLOT), content_store)
        return [Reply(custom={"kind": "chitchat"}, response=f"utter_feedback_{thumb}")]


class ActionErase(ReplyAction):
    """Asks whether to delete the conversation; after a yes it says that this is done."""

    stands_alone = True

    def name(self) -> str:
        return "action_erase"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        if (tracker.latest_message.get("intent") or {}).get("name") == ERASE_CONFIRMED:
            return [ERASED]
        yes, no = domain_text("utter_erase_yes"), domain_text("utter_erase_no")
        options = [{"title": yes, "payload": f"/{ERASE_CONFIRMED}"}, {"title": no, "payload": no}]
        return [Reply(custom={"kind": "question", "options": options}, response="utter_ask_erase", buttons=options)]


def _has_asked_to_erase(tracker: Tracker) -> bool:
    """Whether that was the last thing that the bot said."""
    said: Dict[str, Any] = next((event for event in reversed(tracker.events) if event.get("event") == "bot"), {})
    stored = said.get("metadata") or {}
    options = (stored.get("metadata") or {}).get("options") or []  # Rasa stores what it was sent among what it adds
    return any(option["payload"] == f"/{ERASE_CONFIRMED}" for option in options)


class ActionHandOff(ReplyAction):
    """Tells how to reach a person."""

    def name(self) -> str:
        return "action_hand_off"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        contacts = clinic_settings().contacts("clinic", "out_of_hours", "emergency")
        return [Reply(custom={"kind": "handoff", "contacts": contacts}, response="utter_hand_off")]
