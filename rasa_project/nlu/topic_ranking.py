"""The topic ranker in Rasa's graph: reads the features and entities of earlier components."""
from typing import Any, Dict, List, Optional, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE, ENTITY_ATTRIBUTE_VALUE, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.importer import TOPIC, TOPIC_KIND
from rasa_project.content.linking import TopicLinker
from rasa_project.content.schema import TopicKind
from rasa_project.intents import TOPIC_ENTITY, TOPIC_RANKING
from rasa_project.ranking.labels import NONE
from rasa_project.ranking.topic_ranker import TopicRanker




@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicRanking(GraphComponent):
    """Sets ``topic_ranking``: the likeliest topics with probability, similarity and whether they are named."""

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, ranker: Optional[TopicRanker] = None) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._ranker = ranker

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "length": 5,  # topics listed
            "none_intents": ["out_of_scope"],  # their examples are about nothing in the store
            "general_intents": ["describe_pain"],  # their examples are about hip and back pain as such unless they name a topic
        }

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "TopicRanking":
        return cls({**cls.get_default_config(), **config}, model_storage, resource)

    @classmethod
    def load(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "TopicRanking":
        with model_storage.read_from(resource) as folder:
            return cls({**cls.get_default_config(), **config}, model_storage, resource, TopicRanker.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        linker = TopicLinker(dict(training_data.entity_synonyms))
        kinds = {message.get(TOPIC): message.get(TOPIC_KIND) for message in training_data.training_examples if message.get(TOPIC)}
        general = next((topic for topic, kind in kinds.items() if kind == TopicKind.general.value), NONE)
        rows: List[Tuple[np.ndarray, str, set]] = []
        for message in training_data.training_examples:
            vector = _unit_vector(message)
            if vector is None:
                continue
            named = {link.topic for link in linker.link(message.get(TEXT))}
            label = self._label(message, named, general)
            if label:
                rows.append((vector, label, named))
        vectors, labels, named_topics = (list(column) for column in zip(*rows))
        self._ranker = TopicRanker.fit(np.stack(vectors), labels, named_topics, general)
        with self._model_storage.write_to(self._resource) as folder:
            self._ranker.save(folder)
        return self._resource

    def _label(self, message: Message, named: set, general: str) -> Optional[str]:
        """The topic of a training message: given by the store, else by its intent, else by the one topic that it names."""
        if message.get(TOPIC):
            return str(message.get(TOPIC))
        if message.get(INTENT) in self._config["none_intents"]:
            return NONE
        specific = named - {general}
        if len(specific) == 1:
            return str(next(iter(specific)))
        if not specific and (general in named or message.get(INTENT) in self._config["general_intents"]):
            return general
        return None

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            vector = _unit_vector(message)
            if vector is None or self._ranker is None:
                continue
            named = {
                entity[ENTITY_ATTRIBUTE_VALUE] for entity in message.get(ENTITIES, []) if entity.get(ENTITY_ATTRIBUTE_TYPE) == TOPIC_ENTITY
            }
            ranking = self._ranker.rank(vector, named)[: self._config["length"]]
            output = [
                {"topic": r.topic, "probability": round(r.probability, 4), "similarity": round(r.similarity, 4), "named": r.named} for r in ranking
            ]
            message.set(TOPIC_RANKING, output, add_to_output=True)
        return messages


def _unit_vector(message: Message) -> Optional[np.ndarray]:
    """The sentence feature scaled to length 1: float32, (dimension,)."""
    if not message.get(TEXT):
        return None
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        return None
    vector = np.asarray(sentence.features, dtype=np.float32).reshape(-1)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
