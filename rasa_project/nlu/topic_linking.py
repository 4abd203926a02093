"""What the message names, as entities: topics of the store, and things mentioned."""

import json
from typing import Any, Dict, List, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.importer import NAME, TABLE, TOPIC
from rasa_project.content.linking import TopicLinker, english_words
from rasa_project.intents import MENTION_ENTITY, TOPIC_ENTITY
from rasa_project.ranking.labels import Mentions

MAX_LINKED_CHARACTERS = 10_000
_TABLE = "table:"  # marks labels that are lookup tables


def linker_labels(training_data: TrainingData) -> Dict[str, str]:
    """Every name with its label. A topic's name wins over a mention of the same wording."""
    named = [message for message in training_data.training_examples if message.get(NAME)]
    mentions = {message.get(NAME): _TABLE + message.get(TABLE) for message in named if message.get(TABLE)}
    return {**mentions, **{message.get(NAME): message.get(TOPIC) for message in named if message.get(TOPIC)}}


def split_label(label: str) -> Tuple[str, str]:
    """Entity and value for a label."""
    return (MENTION_ENTITY, label[len(_TABLE) :]) if label.startswith(_TABLE) else (TOPIC_ENTITY, label)


def mentions_of(pairs: List[Tuple[str, str]]) -> Mentions:
    """From pairs of entity and value."""
    return Mentions(
        frozenset(value for entity, value in pairs if entity == TOPIC_ENTITY),
        frozenset(value for entity, value in pairs if entity == MENTION_ENTITY),
    )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class TopicLinking(GraphComponent, EntityExtractorMixin):
    """Sets an entity ``topic`` or ``mention`` for each name found."""

    def __init__(self, labels: Dict[str, str], model_storage: ModelStorage, resource: Resource) -> None:
        self._linker = TopicLinker(labels)
        self._model_storage = model_storage
        self._resource = resource
        english_words()  # read now, not in a patient's turn

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> "TopicLinking":
        return cls({}, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "labels.json").write_text(json.dumps(linker_labels(training_data), ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "TopicLinking":
        with model_storage.read_from(resource) as folder:
            return cls(json.loads((folder / "labels.json").read_text(encoding="utf-8")), model_storage, resource)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            found = []
            for link in self._linker.link(text[:MAX_LINKED_CHARACTERS]):
                entity, value = split_label(link.label)
                found.append({"entity": entity, "value": value, "start": link.start, "end": link.end, "extractor": type(self).__name__})
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
