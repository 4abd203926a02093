"""What all actions share: the notice on a conversation's first reply, reminders of an open escalation, and a reply even when something breaks."""

import logging
from abc import ABC, abstractmethod
from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from rasa_project import action_server
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.replies import Turn, denied_after, is_open, reminder_words, unsure_words
from rasa_project.intents import DENIED_SLOT, ESCALATION_SLOT, PENDING_SLOT, SAFETY
from rasa_project.red_flags.answers import Answer
from rasa_project.settings import clinic_settings

logger = logging.getLogger(__name__)

REMIND_AFTER = 3  # replies about something else
CLOSING_INTENTS = ("goodbye", "thank")

action_server.install()  # every action server loads this file


def send(dispatcher: CollectingDispatcher, reply: Reply) -> None:
    """Queues a reply. ``metadata`` becomes ``custom`` on the REST channel and is not sent on any other."""
    words = {**clinic_settings().placeholders(), **reply.words} if reply.response else {}
    dispatcher.utter_message(text=reply.text or None, response=reply.response or None, buttons=reply.buttons or None, metadata=reply.custom, **words)


def turn_of(tracker: Tracker) -> Turn:
    """The latest message as the red-flag replies take it."""
    message = tracker.latest_message
    return Turn(tracker.sender_id, message.get("message_id"), tracker.get_latest_input_channel(), message, dict(tracker.slots))


class ReplyAction(Action, ABC):
    """An action that replies.

    Attributes:
        opening: a response to say before it, if any.
        stands_alone: whether nothing else is said beside it: no notice, no reminder.
    """

    opening = ""
    stands_alone = False

    @abstractmethod
    def name(self) -> str:
        """The action's name in the domain."""

    @abstractmethod
    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        """What to say to the latest message, one reply a question; may add events."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> List[EventType]:
        events: List[EventType] = []
        try:
            replies = self.replies(tracker, events)
        except Exception:
            logger.exception("Action %s failed in conversation %s.", self.name(), tracker.sender_id)
            send(dispatcher, Reply(custom={"kind": "error"}, response="utter_error"))
            return []
        # What opens the reply comes first, since quick replies belong last.
        if self.opening:
            dispatcher.utter_message(response=self.opening, **clinic_settings().placeholders())
        if not self.stands_alone and not _is_about_danger(events) and all(reply.custom["kind"] != "escalation" for reply in replies):
            # Someone in danger needs one message only; the notice can wait for the next reply.
            if not tracker.get_slot("notice_given"):
                dispatcher.utter_message(response="utter_notice")
                events.append(SlotSet("notice_given", True))
            _care(dispatcher, tracker, events)
        for reply in replies:
            send(dispatcher, reply)
        return events


def _is_about_danger(events: List[EventType]) -> bool:
    return any(event.get("event") == "slot" and event.get("name") in (ESCALATION_SLOT, PENDING_SLOT, DENIED_SLOT) for event in events)


def _care(dispatcher: CollectingDispatcher, tracker: Tracker, events: List[EventType]) -> None:
    """Before a reply about something else: what to do if an unclear answer was a yes, or a reminder of the open escalation when it is due."""
    turn = turn_of(tracker)
    settings = clinic_settings().placeholders()
    pending = tracker.get_slot(PENDING_SLOT) or {}
    if pending:
        answer = turn.triage.get("answer")
        if pending.get("kind") == SAFETY and answer != Answer.no:
            response, words = unsure_words(pending["flag"])
            dispatcher.utter_message(response=response, **settings, **words)
        slots = denied_after(turn) if answer == Answer.no else {PENDING_SLOT: None}
        events += [SlotSet(slot, value) for slot, value in slots.items()]
    escalation = turn.escalation
    if not is_open(escalation):
        return
    quiet = int(escalation.get("quiet_turns") or 0) + 1
    intent = (tracker.latest_message.get("intent") or {}).get("name")
    if quiet >= REMIND_AFTER or intent in CLOSING_INTENTS:
        response, words = reminder_words(escalation)
        dispatcher.utter_message(response=response, **settings, **words)
        quiet = 0
    events.append(SlotSet(ESCALATION_SLOT, {**escalation, "quiet_turns": quiet}))
