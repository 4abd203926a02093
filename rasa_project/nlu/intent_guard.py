"""Corrects intents where the message itself says better."""

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE, INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.intents import CHITCHAT, CURRENT_TOPIC_SLOT, FALLBACK, TOPIC_ENTITY, facet_of

SURE = 0.5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class IntentGuard(GraphComponent):
    """A message without a word gets the fallback intent. What looks like small talk is a question after all where it names a topic, or where a
    topic is under discussion and the classifier is unsure."""

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> "IntentGuard":
        return cls()

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        discussing = bool(tracker and tracker.get_slot(CURRENT_TOPIC_SLOT))
        for message in messages:
            text = message.get(TEXT) or ""
            ranking = message.get(INTENT_RANKING_KEY) or []
            intent = message.get(INTENT) or {}
            names_topic = any(entity.get(ENTITY_ATTRIBUTE_TYPE) == TOPIC_ENTITY for entity in message.get(ENTITIES, []))
            if not any(character.isalnum() for character in text):
                message.set(INTENT, {INTENT_NAME_KEY: FALLBACK, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
            elif intent.get(INTENT_NAME_KEY) in CHITCHAT and (names_topic or (discussing and intent[PREDICTED_CONFIDENCE_KEY] < SURE)):
                asked = next((candidate for candidate in ranking if facet_of(candidate[INTENT_NAME_KEY])), None)
                if asked:
                    message.set(INTENT, dict(asked), add_to_output=True)
        return messages
