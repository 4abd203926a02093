"""Guided help, as Rasa forms: where the pain comes from, and a stretch step by step.

A form's validation action reads the patient's message; where it finds nothing, the form steps back and the message is answered like any other.
"""

from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import content_store
from actions.base import ReplyAction
from rasa_project.content.schema import Facet
from rasa_project.dialogue import guidance
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.replies import is_open, withhold_exercises
from rasa_project.intents import (
    CURRENT_FACET_SLOT,
    CURRENT_TOPIC_SLOT,
    ESCALATION_SLOT,
    GUIDE_SLOTS,
    PAIN_GOES_SLOT,
    PAIN_START_SLOT,
    STRETCH_DONE_SLOT,
    STRETCH_SLOT,
    STRETCH_STEP_SLOT,
)

WITHHELD = "withheld"  # instead of a stretch, for someone who must see a doctor first: the form is done at once
ENDED: List[EventType] = [ActiveLoop(None), SlotSet("requested_slot", None), *(SlotSet(slot, None) for slot in GUIDE_SLOTS)]


class ValidatePainOriginForm(Action):
    """Reads where the pain starts and where it goes from free text."""

    def name(self) -> str:
        return "validate_pain_origin_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> List[EventType]:
        text = tracker.latest_message.get("text") or ""
        asked = tracker.get_slot("requested_slot")
        found: List[EventType] = []
        if asked == PAIN_START_SLOT:
            start = guidance.pain_start(text)
            found += [SlotSet(PAIN_START_SLOT, start)] if start else []
        if asked == PAIN_GOES_SLOT:
            goes = guidance.pain_goes(text)
            found += [SlotSet(PAIN_GOES_SLOT, goes)] if goes else []
        return found


class ActionAskPainStart(ReplyAction):
    """The first question."""

    def name(self) -> str:
        return "action_ask_pain_start"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        return [guidance.question("utter_ask_where_it_starts", guidance.STARTS)]


class ActionAskPainGoes(ReplyAction):
    """The second question."""

    def name(self) -> str:
        return "action_ask_pain_goes"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        return [guidance.question("utter_ask_where_it_goes", guidance.GOES)]


class ActionPainOrigin(ReplyAction):
    """What the article says about the two answers; no diagnosis."""

    def name(self) -> str:
        return "action_pain_origin"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        start, goes = tracker.get_slot(PAIN_START_SLOT), tracker.get_slot(PAIN_GOES_SLOT)
        events += [*ENDED, SlotSet(CURRENT_TOPIC_SLOT, guidance.ORIGIN_TOPIC), SlotSet(CURRENT_FACET_SLOT, Facet.comparison.value)]
        return guidance.origin_replies(start, goes, content_store())


class ValidateStretchForm(Action):
    """Reads which stretch is meant, and then "next", "repeat" or anything else that moves the steps."""

    def name(self) -> str:
        return "validate_stretch_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> List[EventType]:
        if is_open(tracker.get_slot(ESCALATION_SLOT)):
            return [SlotSet(STRETCH_SLOT, WITHHELD), SlotSet(STRETCH_DONE_SLOT, True)]
        stretches = guidance.stretches(content_store())
        asked = tracker.get_slot("requested_slot")
        chosen = tracker.get_slot(STRETCH_SLOT)
        if asked != STRETCH_DONE_SLOT or chosen not in stretches:
            named = [str(e.get("value")) for e in tracker.latest_message.get("entities") or [] if e.get("entity") == "topic"]
            stretch = next((topic for topic in named if topic in stretches), None) or (
                tracker.get_slot(CURRENT_TOPIC_SLOT) if asked is None else None
            )
            return [SlotSet(STRETCH_SLOT, stretch), SlotSet(STRETCH_STEP_SLOT, 0)] if stretch in stretches else []
        move = guidance.move(tracker.latest_message.get("text") or "")
        if move is None:
            return []
        step = int(tracker.get_slot(STRETCH_STEP_SLOT) or 0) + move
        last = len(stretches[chosen].entry.steps)
        return [SlotSet(STRETCH_STEP_SLOT, max(step, 0)), *([SlotSet(STRETCH_DONE_SLOT, True)] if step >= last else [])]


class ActionAskStretch(ReplyAction):
    """Which stretch?"""

    def name(self) -> str:
        return "action_ask_stretch"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        return [guidance.which_stretch(content_store())]


class ActionAskStretchDone(ReplyAction):
    """The step that it is at; the cautions before the first."""

    def name(self) -> str:
        return "action_ask_stretch_done"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        stretch = guidance.stretches(content_store())[tracker.get_slot(STRETCH_SLOT)]
        events += [SlotSet(CURRENT_TOPIC_SLOT, stretch.topic.id), SlotSet(CURRENT_FACET_SLOT, Facet.steps.value)]
        return [guidance.step_reply(stretch, int(tracker.get_slot(STRETCH_STEP_SLOT) or 0), content_store())]


class ActionStretchDone(ReplyAction):
    """After the last step, or where a danger sign came in between."""

    def name(self) -> str:
        return "action_stretch_done"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        events += ENDED
        if is_open(tracker.get_slot(ESCALATION_SLOT)):
            return [withhold_exercises(tracker.get_slot(ESCALATION_SLOT))]
        return [guidance.done_reply(content_store())]


class ActionLeaveGuide(ReplyAction):
    """The patient has had enough."""

    def name(self) -> str:
        return "action_leave_guide"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        events += ENDED
        return [Reply(custom={"kind": "chitchat"}, response="utter_left_guide")]
