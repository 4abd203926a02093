"""Corrects intents where the message itself says better."""
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE, INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.intents import CHITCHAT, FALLBACK, TOPIC_ENTITY, facet_of


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class IntentGuard(GraphComponent):
    """A message without a word gets the fallback intent; one that greets and names a topic asks about the topic."""

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "IntentGuard":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            ranking = message.get(INTENT_RANKING_KEY) or []
            intent = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
            names_topic = any(entity.get(ENTITY_ATTRIBUTE_TYPE) == TOPIC_ENTITY for entity in message.get(ENTITIES, []))
            if not any(character.isalnum() for character in text):
                message.set(INTENT, {INTENT_NAME_KEY: FALLBACK, "confidence": 1.0}, add_to_output=True)
            elif names_topic and intent in CHITCHAT:
                asked = next((candidate for candidate in ranking if facet_of(candidate[INTENT_NAME_KEY])), None)
                if asked:
                    message.set(INTENT, dict(asked), add_to_output=True)
        return messages
