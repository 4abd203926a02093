"""What all actions share: the notice on a conversation's first reply, and a reply even when something breaks."""

import logging
from abc import ABC, abstractmethod
from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from rasa_project.dialogue.replies import Reply
from rasa_project.settings import clinic_settings

logger = logging.getLogger(__name__)


def send(dispatcher: CollectingDispatcher, reply: Reply) -> None:
    """Queues a reply. ``metadata`` becomes ``custom`` on the REST channel and is not sent on any other."""
    words = {**clinic_settings().placeholders(), **reply.words} if reply.response else {}
    dispatcher.utter_message(text=reply.text or None, response=reply.response or None, buttons=reply.buttons or None, metadata=reply.custom, **words)


class ReplyAction(Action, ABC):
    """An action that makes one reply."""

    @abstractmethod
    def reply(self, tracker: Tracker, events: List[EventType]) -> Reply:
        """The reply to the latest message; may add events."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> List[EventType]:
        events: List[EventType] = []
        try:
            reply = self.reply(tracker, events)
        except Exception:
            logger.exception("Action %s failed in conversation %s.", self.name(), tracker.sender_id)
            send(dispatcher, Reply(custom={"kind": "error"}, response="utter_error"))
            return []
        # Someone in danger needs one message only; the notice can wait for the next reply. It comes first, since quick replies belong last.
        if not tracker.get_slot("notice_given") and reply.custom["kind"] != "escalation":
            dispatcher.utter_message(response="utter_notice")
            events.append(SlotSet("notice_given", True))
        send(dispatcher, reply)
        return events
