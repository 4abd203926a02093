"""Several questions in one message: taken apart before the pipeline reads them, and put together behind it."""

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.dialogue.parts import split
from rasa_project.intents import ANSWER_RANKING, PARTS

PART_OF_MESSAGE = "part_of_message"
INTENTS_KEPT = 8
MAX_PARTS = 6  # of a longer message the first ones; each costs a pass of the encoder


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class QuestionSplitting(GraphComponent):
    """Puts each part of a message behind it as a message of its own, so that the components that follow read all of them."""

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "QuestionSplitting":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for whole in list(messages):
            doc = whole.get(SPACY_DOCS[TEXT])
            sentences = [(sentence.start_char, sentence.end_char) for sentence in doc.sents] if doc is not None else []
            parts = split(whole.get(TEXT) or "", sentences)
            messages = messages + [Message(data={TEXT: part, PART_OF_MESSAGE: whole}) for part in parts[:MAX_PARTS]]
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training messages stay whole."""
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class QuestionJoining(GraphComponent):
    """Sets ``parts`` of each message that was taken apart: what the components made of each part. Only whole messages go on."""

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "QuestionJoining":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        wholes = [message for message in messages if message.get(PART_OF_MESSAGE) is None]
        for whole in wholes:
            parts = [_reading(message) for message in messages if message.get(PART_OF_MESSAGE) is whole]
            if parts:
                whole.set(PARTS, parts, add_to_output=True)
        return wholes


def _reading(part: Message) -> Dict[str, Any]:
    """What the tracker keeps of a part; of its intents the likely ones."""
    keys = (TEXT, INTENT, ENTITIES, ANSWER_RANKING)
    return {**{key: part.get(key) for key in keys}, INTENT_RANKING_KEY: (part.get(INTENT_RANKING_KEY) or [])[:INTENTS_KEPT]}
