"""Answers questions from the content store."""

import logging
from dataclasses import replace
from functools import lru_cache
from typing import Any, Dict, List, Optional

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.base import ReplyAction
from rasa_project.content.schema import TopicKind
from rasa_project.content.store import ContentStore, load_store
from rasa_project.dialogue.decision import Context, Decision, Kind
from rasa_project.dialogue.focus import asked_line
from rasa_project.dialogue.reference import discussed_after, under_discussion
from rasa_project.dialogue.replies import (
    Button,
    Reply,
    answer_reply,
    comparison_reply,
    line_reply,
    not_covered_reply,
    question_reply,
    several_replies,
    starting_points,
)
from rasa_project.dialogue.several import MOST_ANSWERS, decide_all
from rasa_project.dialogue.thresholds import thresholds
from rasa_project.dialogue.understanding import Understanding
from rasa_project.escalation.replies import is_open, withhold_exercises
from rasa_project.insights.recording import note_unanswered
from rasa_project.intents import CURRENT_FACET_SLOT, CURRENT_TOPIC_SLOT, DESCRIBE_PAIN, DISCUSSED_SLOT, ESCALATION_SLOT
from rasa_project.settings import domain_text
from rasa_project.validation import InvalidFile

logger = logging.getLogger(__name__)

LONG_MESSAGE = 2000  # characters; the encoder reads about the first thousand


@lru_cache(maxsize=1)
def content_store() -> ContentStore:
    """The store, read once. Files with faults are left out and logged, so that the rest still answers."""
    return load_store(strict=False)


def first_questions() -> List[Button]:
    """Quick replies for someone who does not know what to ask; none where the content cannot be read."""
    try:
        return starting_points(content_store())
    except InvalidFile as error:
        logger.error("Content: %s", error)
        return []


class ActionAnswer(ReplyAction):
    """Answers, asks back, or says that the article does not cover it."""

    def name(self) -> str:
        return "action_answer"

    def replies(self, tracker: Tracker, events: List[EventType]) -> List[Reply]:
        return self.replies_to(tracker.latest_message, tracker, events)

    def replies_to(self, message: Dict[str, Any], tracker: Tracker, events: List[EventType]) -> List[Reply]:
        """The replies to a message that need not be the latest."""
        store = content_store()
        understood = Understanding.from_parse_data(message)
        if len(understood.text) > LONG_MESSAGE:
            return [question_reply((), "utter_ask_shorter")]
        if any(topic in store.broken for topic in understood.named):
            return [Reply(custom={"kind": "error"}, response="utter_error")]
        decisions = decide_all(understood, _context(understood, tracker), store, thresholds())
        note_unanswered(message, decisions, content_store)
        answered, left = decisions[:MOST_ANSWERS], decisions[MOST_ANSWERS:]
        about = next((decision.about for decision in reversed(answered) if decision.about), None)
        if about:
            events += [SlotSet(CURRENT_TOPIC_SLOT, about[0]), SlotSet(CURRENT_FACET_SLOT, about[1].value)]
        elif answered[0].kind is Kind.question and answered[0].facet:
            events += [SlotSet(CURRENT_TOPIC_SLOT, None), SlotSet(CURRENT_FACET_SLOT, answered[0].facet.value)]
        topics = [topic for decision in answered for topic in decision.topics]
        if topics:
            events.append(SlotSet(DISCUSSED_SLOT, list(discussed_after(topics, tracker.slots))))
        escalation = tracker.get_slot(ESCALATION_SLOT)
        replies = [_reply(decision, store, escalation) for decision in answered]
        if len(decisions) == 1:
            replies = [_shorter(replies[0], decisions[0], understood, tracker, store)]
        if replies[0].text and not tracker.get_slot(CURRENT_TOPIC_SLOT) and understood.intent == DESCRIBE_PAIN:
            replies[0] = replace(replies[0], text=f"{domain_text('utter_sorry')} {replies[0].text}")
        if len(replies) > 1 or left:
            replies = several_replies(replies, left)
        return replies


def _context(message: Understanding, tracker: Tracker) -> Context:
    """What the message goes on from: for a payload, what was under discussion."""
    topic, facet = message.before or under_discussion(tracker.slots)
    return Context(topic, facet, tuple(tracker.get_slot(DISCUSSED_SLOT) or ()))


def _reply(decision: Decision, store: ContentStore, escalation: Optional[Dict[str, Any]]) -> Reply:
    if decision.kind is Kind.answer and decision.answer:
        if escalation and is_open(escalation) and decision.answer.topic.kind is TopicKind.exercise:
            return withhold_exercises(escalation)
        return answer_reply(decision.answer, store)
    if decision.compared:
        return comparison_reply(decision.compared, store)
    if decision.kind is Kind.not_covered and decision.topic and decision.facet:
        return not_covered_reply(decision.topic, decision.facet, store, decision.thing, decision.foreign)
    if decision.kind is Kind.question:
        return question_reply(decision.options)
    return Reply(custom={"kind": "out_of_scope"}, response="utter_out_of_scope", buttons=starting_points(store))


def _shorter(reply: Reply, decision: Decision, message: Understanding, tracker: Tracker, store: ContentStore) -> Reply:
    """Only the line that was asked for, where the last answer was the same: someone who asks on has it before their eyes."""
    answer = decision.answer
    shown = (tracker.get_slot(CURRENT_TOPIC_SLOT), tracker.get_slot(CURRENT_FACET_SLOT))
    if not answer or reply.custom["kind"] != "answer" or message.text.startswith("/") or shown != (answer.topic.id, answer.facet.value):
        return reply
    line = asked_line(message.text, answer.topic, answer.entry)
    return line_reply(answer, line, store) if line else reply


class ActionDefaultFallback(ActionAnswer):
    """Where no rule or story applies (an unknown command, say), the message is treated as a question."""

    def name(self) -> str:
        return "action_default_fallback"
