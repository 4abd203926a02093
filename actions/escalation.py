"""Escalates red flags."""

from typing import List

from rasa_sdk import Tracker
from rasa_sdk.events import EventType

from actions.base import ReplyAction
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.replies import escalate, present_flags


class ActionEscalate(ReplyAction):
    """Stores the escalation for the clinic and tells the patient what to do now."""

    def name(self) -> str:
        return "action_escalate"

    def reply(self, tracker: Tracker, events: List[EventType]) -> Reply:
        message = tracker.latest_message
        return escalate(present_flags(message), tracker.sender_id, message.get("message_id"), tracker.get_latest_input_channel())
