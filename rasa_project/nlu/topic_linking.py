"""What the message names, as entities: topics of the store, and things mentioned."""

import json
from dataclasses import asdict, dataclass
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
from rasa_project.ranking.labels import BODY_ELSEWHERE, BODY_HERE, Mentions

MAX_LINKED_CHARACTERS = 10_000
_TABLE = "table:"  # marks labels that are lookup tables


@dataclass(frozen=True)
class Found:
    """A name found, as Rasa's entities have it; ``name`` is as the project's files have it."""

    entity: str
    value: str
    name: str
    start: int
    end: int


class NameLinker:
    """Finds topics and things mentioned. Body parts are looked for beside the rest: the "back" in "back strain" is both."""

    def __init__(self, labels: Dict[str, str]) -> None:
        body = tuple(_TABLE + table for table in (BODY_HERE, BODY_ELSEWHERE))
        self._linkers = (
            TopicLinker({name: label for name, label in labels.items() if label not in body}),
            TopicLinker({name: label for name, label in labels.items() if label in body}),
        )

    @staticmethod
    def labels(training_data: TrainingData) -> Dict[str, str]:
        """Every name with its label. A topic's name wins over a mention of the same wording."""
        named = [message for message in training_data.training_examples if message.get(NAME)]
        mentions = {message.get(NAME): _TABLE + message.get(TABLE) for message in named if message.get(TABLE)}
        return {**mentions, **{message.get(NAME): message.get(TOPIC) for message in named if message.get(TOPIC)}}

    def find(self, text: str) -> List[Found]:
        """The names in the text, left to right."""
        found = []
        for link in (link for linker in self._linkers for link in linker.link(text[:MAX_LINKED_CHARACTERS])):
            table = link.label.startswith(_TABLE)
            entity, value = (MENTION_ENTITY, link.label[len(_TABLE) :]) if table else (TOPIC_ENTITY, link.label)
            found.append(Found(entity, value, link.name, link.start, link.end))
        return sorted(found, key=lambda name: name.start)


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
        self._linker = NameLinker(labels)
        self._model_storage = model_storage
        self._resource = resource
        english_words()  # read now, not in a patient's turn

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> "TopicLinking":
        return cls({}, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "labels.json").write_text(json.dumps(NameLinker.labels(training_data), ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "TopicLinking":
        with model_storage.read_from(resource) as folder:
            return cls(json.loads((folder / "labels.json").read_text(encoding="utf-8")), model_storage, resource)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            found = [{**asdict(name), "extractor": type(self).__name__} for name in self._linker.find(message.get(TEXT) or "")]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
