"""Corrects intents where the message itself says better."""

import re
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE, INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.content.linking import english_words, tokens
from rasa_project.intents import (
    ANSWER_RANKING,
    CHITCHAT,
    CURRENT_TOPIC_SLOT,
    DECLINED,
    ESCALATION_SLOT,
    FALLBACK,
    LANGUAGE,
    OTHER_LANGUAGE,
    SELF_HARM,
    SHOW_ADVICE,
    TOPIC_ENTITY,
    facet_of,
)
from rasa_project.ranking.labels import NONE

# After an escalation this asks for its advice, whatever was spoken of since.
ADVICE_AGAIN = re.compile(r"\b(do|say|said|call|ring|advice|number)\b.*\bagain\b|\bremind me\b|\brepeat (that|it|the advice)\b", re.IGNORECASE)
SURE = 0.5
SURE_OF_NO_WORD = 0.9  # the same for a message without an English word: "asdf jkl" is no goodbye
CERTAIN = 0.9  # probability of a topic
SELF_HARM_ABOVE = 0.5  # probability; someone in despair must not be overlooked
# Words that say it outright. Among many others about pain they would not count for enough.
SELF_HARM_WORDS = re.compile(
    r"\b(?:kill|hang|harm|cut|drown)(?:ing)? my ?self\b|\bsuicid|\b(?:end|ending|take|taking) my (?:own )?life\b|\bend(?:ing)? it all\b"
    r"|\b(?:want|wanna|wish|rather|like) (?:to |i was |i were |be )?(?:die|dead)\b|\bbetter off (?:dead|without me)\b"
    r"|\bdo(?:n'?t| not) (?:want to|wanna) (?:live|be alive|be here|wake up)\b",
    re.IGNORECASE,
)
SELF_HARM_WORDS_ABOVE = 0.2  # probability, with such words: "I want to kill myself laughing" and "I am not suicidal" are less likely


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class IntentGuard(GraphComponent):
    """A message without a word gets the fallback intent, and so does what only looks a little like small talk and has no English word; one in another
    language gets an intent of its own. One that speaks of self-harm keeps
    that intent only where it is likely enough: what is merely odd looks a little like it. What looks like small talk or like something to decline
    is a question after all where it names a topic, or where the classifier is unsure and a topic is under discussion or all but certain."""

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> "IntentGuard":
        return cls()

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        discussing = bool(tracker and tracker.get_slot(CURRENT_TOPIC_SLOT))
        escalated = bool(tracker and tracker.get_slot(ESCALATION_SLOT))
        for message in messages:
            text = message.get(TEXT) or ""
            ranking = message.get(INTENT_RANKING_KEY) or []
            intent = message.get(INTENT) or {}
            names_topic = any(entity.get(ENTITY_ATTRIBUTE_TYPE) == TOPIC_ENTITY for entity in message.get(ENTITIES, []))
            likely = {candidate[INTENT_NAME_KEY]: candidate[PREDICTED_CONFIDENCE_KEY] for candidate in ranking}
            if not any(character.isalnum() for character in text):
                message.set(INTENT, {INTENT_NAME_KEY: FALLBACK, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
            elif message.get(LANGUAGE):
                message.set(INTENT, {INTENT_NAME_KEY: OTHER_LANGUAGE, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
            elif likely.get(SELF_HARM, 0.0) >= SELF_HARM_WORDS_ABOVE and SELF_HARM_WORDS.search(text.replace("’", "'")):
                message.set(INTENT, {INTENT_NAME_KEY: SELF_HARM, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
            elif likely.get(SELF_HARM, 0.0) >= SELF_HARM_ABOVE:
                message.set(INTENT, {INTENT_NAME_KEY: SELF_HARM, PREDICTED_CONFIDENCE_KEY: likely[SELF_HARM]}, add_to_output=True)
            elif escalated and not names_topic and ADVICE_AGAIN.search(text):
                message.set(INTENT, {INTENT_NAME_KEY: SHOW_ADVICE, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
            elif intent.get(INTENT_NAME_KEY) == SELF_HARM:
                message.set(INTENT, dict(next(candidate for candidate in ranking if candidate[INTENT_NAME_KEY] != SELF_HARM)), add_to_output=True)
            elif intent.get(INTENT_NAME_KEY) in CHITCHAT and intent[PREDICTED_CONFIDENCE_KEY] < SURE_OF_NO_WORD and not _has_english(text):
                message.set(INTENT, {INTENT_NAME_KEY: FALLBACK, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
            elif intent.get(INTENT_NAME_KEY) in (*CHITCHAT, *DECLINED) and (
                names_topic or (intent[PREDICTED_CONFIDENCE_KEY] < SURE and (discussing or _certain_topic(message)))
            ):
                asked = next((candidate for candidate in ranking if facet_of(candidate[INTENT_NAME_KEY])), None)
                if asked:
                    message.set(INTENT, dict(asked), add_to_output=True)
        return messages


def _has_english(text: str) -> bool:
    known = english_words()
    return not known or any(word in known for word, _, _ in tokens(text))


def _certain_topic(message: Message) -> bool:
    ranking = (message.get(ANSWER_RANKING) or {}).get("topics") or [{}]
    return ranking[0].get("topic", NONE) != NONE and ranking[0]["probability"] >= CERTAIN
