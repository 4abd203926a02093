"""Danger signs: escalates them, asks where there is a doubt, and takes up the answers."""

from typing import List

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.answers import ActionAnswer
from actions.base import ReplyAction, turn_of
from actions.guidance import ENDED
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.replies import RED_FLAG_ACTIONS, denied_after


class _RedFlagAction(ReplyAction):
    """An action that the Rasa server can do by itself when this server is down."""

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        response = RED_FLAG_ACTIONS[self.name()](turn_of(tracker))
        events += [SlotSet(slot, value) for slot, value in response.slots.items()]
        return [response.reply]


class ActionEscalate(_RedFlagAction):
    """Stores the escalation for the clinic and tells the patient what to do now. A guide that was under way ends."""

    def name(self) -> str:
        return "action_escalate"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        if tracker.active_loop:
            events += ENDED
        return super().replies(tracker, events)


class ActionAskSafety(_RedFlagAction):
    """Asks whether a danger sign is meant."""

    def name(self) -> str:
        return "action_ask_safety"


class ActionNoteDuration(_RedFlagAction):
    """Takes up how long severe pain has lasted."""

    def name(self) -> str:
        return "action_note_duration"


class ActionTakeBack(_RedFlagAction):
    """Notes that a danger sign was not meant so."""

    def name(self) -> str:
        return "action_take_back"


class ActionShowAdvice(_RedFlagAction):
    """Shows the advice on a danger sign again."""

    def name(self) -> str:
        return "action_show_advice"


class ActionSelfHarm(_RedFlagAction):
    """Tells someone who thinks of harming themselves where to find help."""

    stands_alone = True

    def name(self) -> str:
        return "action_self_harm"


class ActionResume(ActionAnswer):
    """After a no to a safety question: answers what the patient had asked before it."""

    opening = "utter_safe"

    def name(self) -> str:
        return "action_resume"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        events += [SlotSet(slot, value) for slot, value in denied_after(turn_of(tracker)).items()]
        return self.replies_to(_interrupted(tracker), tracker, events)


def _interrupted(tracker: Tracker) -> dict:
    """The parse data of the message that made the bot ask."""
    messages = [event for event in tracker.events if event.get("event") == "user"]
    return dict(messages[-2].get("parse_data") or {}) if len(messages) > 1 else {}
