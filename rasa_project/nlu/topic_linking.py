"""Topics that the message names, as entities."""
import json
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


from rasa_project.content.linking import TopicLinker, english_words
from rasa_project.intents import TOPIC_ENTITY

MAX_LINKED_CHARACTERS = 10_000


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class TopicLinking(GraphComponent, EntityExtractorMixin):
    """Sets an entity ``topic`` for each name found; its value is the topic's id.

    The names are the entity synonyms of the training data, which the content importer fills from the store.
    """

    def __init__(self, names: Dict[str, str], model_storage: ModelStorage, resource: Resource) -> None:
        self._names = names
        self._linker = TopicLinker(names)
        self._model_storage = model_storage
        self._resource = resource
        english_words()  # read now, not in a patient's turn

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "TopicLinking":
        return cls({}, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        self._names = dict(training_data.entity_synonyms)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "names.json").write_text(json.dumps(self._names, ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "TopicLinking":
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        return cls(names, model_storage, resource)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            found = [
                {"entity": TOPIC_ENTITY, "value": link.topic, "start": link.start, "end": link.end, "extractor": type(self).__name__}
                for link in self._linker.link(text[:MAX_LINKED_CHARACTERS])
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
