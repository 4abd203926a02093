"""The rankers in Rasa's graph: which topic a message is about, what it asks of each likely topic, and whether the article speaks of that."""

from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.importer import ALSO_ANSWERS, BEFORE, EXAMPLE, FACET, FOREIGN, ROLE, TOPIC, TOPIC_DEFAULT, TOPIC_ELSEWHERE, TOPIC_KIND
from rasa_project.content.schema import Facet, TopicKind
from rasa_project.intents import ANSWER_RANKING, DESCRIBE_PAIN, OUTSIDE, facet_of
from rasa_project.nlu.topic_linking import NameLinker, mentions_of
from rasa_project.ranking.facet_ranker import FacetExample, FacetRanker
from rasa_project.ranking.foreign_things import ForeignThings
from rasa_project.ranking.labels import NONE, Mentions, Role, TopicEntries
from rasa_project.ranking.topic_ranker import TopicRanker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AnswerRanking(GraphComponent, IntentClassifier):
    """Sets ``answer_ranking``: the likeliest topics, each with its likeliest facets; how likely the message asks about something ``foreign`` to
    the article; and what was under discussion ``before``."""

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        topics: Optional[TopicRanker] = None,
        facets: Optional[FacetRanker] = None,
        foreign: Optional[ForeignThings] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._topics = topics
        self._facets = facets
        self._foreign = foreign

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"topics": 4, "facets": 4}  # how many are listed

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> "AnswerRanking":
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "AnswerRanking":
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TopicRanker.load(folder), FacetRanker.load(folder), ForeignThings.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        encoded = [(message, vector) for message in training_data.training_examples for vector in [_unit_vector(message)] if vector is not None]
        messages, vectors = [message for message, _ in encoded], np.stack([vector for _, vector in encoded])
        linker = NameLinker(NameLinker.labels(training_data))
        found = [linker.find(message.get(TEXT) or message.get(EXAMPLE)) for message in messages]
        mentions = [mentions_of([(name.entity, name.value) for name in names]) for names in found]
        kinds = {message.get(TOPIC): message.get(TOPIC_KIND) for message in messages if message.get(TOPIC)}
        general = next((topic for topic, kind in kinds.items() if kind == TopicKind.general.value), NONE)
        labels = [_topic_label(message, named, general) for message, named in zip(messages, mentions)]
        roles = [Role(message.get(ROLE, Role.example.value)) for message in messages]

        labelled = [position for position, label in enumerate(labels) if label]
        self._topics = TopicRanker.fit(
            vectors[labelled],
            [messages[position].get(TEXT) or messages[position].get(EXAMPLE) for position in labelled],
            [labels[position] or NONE for position in labelled],
            [mentions[position] for position in labelled],
            [_before(messages[position]) for position in labelled],
            general,
            [roles[position] for position in labelled],
        )
        examples = [_facet_example(message, label) for message, label in zip(messages, labels)]
        self._facets = FacetRanker.fit(vectors, examples, [facet.value for facet in Facet], _entries(messages), DESCRIBE_PAIN, roles)
        said = [position for position, message in enumerate(messages) if message.get(FOREIGN) is not None]
        self._foreign = ForeignThings.fit(
            vectors[said],
            [mentions[position] for position in said],
            [bool(messages[position].get(FOREIGN)) for position in said],
            [roles[position] for position in said],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._foreign.save(folder)
            self._topics.save(folder)
            self._facets.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            vector = _unit_vector(message)
            if vector is None or self._topics is None or self._facets is None or self._foreign is None:
                continue
            entities = message.get(ENTITIES, [])
            mentions = mentions_of([(str(e.get(ENTITY_ATTRIBUTE_TYPE)), str(e.get(ENTITY_ATTRIBUTE_VALUE))) for e in entities])
            intents = {i[INTENT_NAME_KEY]: float(i[PREDICTED_CONFIDENCE_KEY]) for i in message.get(INTENT_RANKING_KEY) or []}
            similarities = self._facets.similarities(vector)
            ranking = []
            likeliest = self._topics.rank(vector, message.get(TEXT) or "", mentions, _before(message))[: self._config["topics"]]
            for ranked in likeliest:
                line = {"topic": ranked.topic, "probability": round(ranked.probability, 4), "similarity": round(ranked.similarity, 4)}
                ranking.append({**line, "named": ranked.named, "facets": self._facets_of(ranked.topic, intents, similarities)})
            # What has been learnt to be foreign may be a topic that the clinic has added since.
            added = mentions.topics & set(self._topics.unfamiliar)
            foreign = 0.0 if added else round(self._foreign.probability(vector, mentions), 4)
            message.set(ANSWER_RANKING, {"topics": ranking, "foreign": foreign, "before": message.get(BEFORE)}, add_to_output=True)
        return messages

    def _facets_of(self, topic: str, intents: Dict[str, float], similarities: Tuple[np.ndarray, np.ndarray]) -> List[Dict[str, Any]]:
        if self._facets is None or topic not in self._facets.topics:
            return []
        ranking = self._facets.rank(topic, intents, similarities)[: self._config["facets"]]
        return [{"facet": ranked.facet, "probability": round(ranked.probability, 4), "covered": ranked.covered} for ranked in ranking]


def _unit_vector(message: Message) -> Optional[np.ndarray]:
    """The sentence feature scaled to length 1: float32, (dimension,)."""
    if not (message.get(TEXT) or message.get(EXAMPLE)):
        return None
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        return None
    vector = np.asarray(sentence.features, dtype=np.float32).reshape(-1)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _before(message: Message) -> Optional[str]:
    """The topic that was under discussion."""
    before = message.get(BEFORE)
    return str(before[0]) if before else None


def _topic_label(message: Message, mentions: Mentions, general: str) -> Optional[str]:
    """The topic of a training message: given by the store, else by its intent, else by the one topic that it names."""
    if message.get(TOPIC):
        return str(message.get(TOPIC))
    if message.get(INTENT) in OUTSIDE:
        return NONE
    if message.get(BEFORE):
        return None
    specific = mentions.topics - {general}
    if len(specific) == 1:
        return str(next(iter(specific)))
    if not specific and (general in mentions.topics or message.get(INTENT) == DESCRIBE_PAIN):
        return general
    return None


def _facet_example(message: Message, topic: Optional[str]) -> FacetExample:
    intent = message.get(INTENT) or ""
    if message.get(FACET):
        return FacetExample(intent, message.get(TOPIC), message.get(FACET), entry=True)
    facet = facet_of(intent)
    return FacetExample(intent, topic or "", facet.value if facet else "")


def _entries(messages: List[Message]) -> Dict[str, TopicEntries]:
    """The store's entries, as far as the training messages tell."""
    topics: Dict[str, TopicEntries] = {}
    for message in messages:
        if message.get(FACET):
            known = topics.setdefault(message.get(TOPIC), TopicEntries({}, message.get(TOPIC_DEFAULT), message.get(TOPIC_ELSEWHERE)))
            known.entries.setdefault(message.get(FACET), [message.get(FACET), *message.get(ALSO_ANSWERS)])
    return topics
