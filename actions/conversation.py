"""Small talk and the way to a person."""

from typing import List

from rasa_sdk import Tracker
from rasa_sdk.events import EventType

from actions.answers import first_questions
from actions.base import ReplyAction
from rasa_project.dialogue.replies import Reply
from rasa_project.intents import CHITCHAT
from rasa_project.settings import clinic_settings

WITH_STARTING_POINTS = ("greet", "capabilities", "affirm", "smalltalk")


class ActionChitchat(ReplyAction):
    """Says the domain's response for the intent."""

    def name(self) -> str:
        return "action_chitchat"

    def reply(self, tracker: Tracker, events: List[EventType]) -> Reply:
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        known = intent if intent in CHITCHAT else "capabilities"
        buttons = first_questions() if known in WITH_STARTING_POINTS else []
        return Reply(custom={"kind": "chitchat"}, response=f"utter_{known}", buttons=buttons)


class ActionHandOff(ReplyAction):
    """Tells how to reach a person."""

    def name(self) -> str:
        return "action_hand_off"

    def reply(self, tracker: Tracker, events: List[EventType]) -> Reply:
        contacts = clinic_settings().contacts("clinic", "out_of_hours", "emergency")
        return Reply(custom={"kind": "handoff", "contacts": contacts}, response="utter_hand_off")
