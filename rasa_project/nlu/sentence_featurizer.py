"""Sentence embeddings as dense features, each in the light of what was under discussion."""

from typing import Any, Dict, List, Optional, Sequence, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE, ENTITY_ATTRIBUTE_VALUE, FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.importer import BEFORE, EXAMPLE
from rasa_project.content.schema import Facet
from rasa_project.dialogue.reference import referred
from rasa_project.encoder.remembered import encode_remembering
from rasa_project.encoder.sentence_encoder import SentenceEncoder, context_words, weights_version
from rasa_project.intents import TOPIC_ENTITY
from rasa_project.nlu.question_splitting import PART_OF_MESSAGE


def _text(message: Message) -> Optional[str]:
    """A message's text; of the content store's examples also those without an intent."""
    text = message.get(TEXT)
    return message.get(EXAMPLE) if text is None else text


def _named(message: Message) -> List[str]:
    """The topics that a message names, in order."""
    entities = message.get(ENTITIES, [])
    return [str(entity[ENTITY_ATTRIBUTE_VALUE]) for entity in entities if entity.get(ENTITY_ATTRIBUTE_TYPE) == TOPIC_ENTITY]


def _context(message: Message) -> str:
    before = message.get(BEFORE)
    return context_words(before[0], Facet(before[1])) if before else ""


def _find_contexts(messages: Sequence[Message], tracker: Optional[DialogueStateTracker]) -> None:
    """Sets ``BEFORE`` of each message: what the conversation was about. A part of a message goes on from the topic named last in the parts before
    it; where nothing was under discussion, from the one topic that the message names anywhere."""
    slots = dict(tracker.current_slot_values()) if tracker else {}
    named_before: Optional[str] = None
    for message in messages:
        whole = message.get(PART_OF_MESSAGE)
        before = referred(message.get(TEXT) or "", slots)
        if whole is None:
            named_before = None
        else:
            in_whole = set(_named(whole))
            if named_before:
                before = (named_before, Facet.overview)
            elif before is None and len(in_whole) == 1 and not _named(message):
                before = (next(iter(in_whole)), Facet.overview)
            named_before = next(reversed(_named(message)), named_before)
        if before:
            message.set(BEFORE, [before[0], before[1].value])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Sets the sentence feature of every text: float32, (1, 384), of length ``scale``.

    Rasa's ``LogisticRegressionClassifier`` has no setting for its regularisation (C is 1). Scaling the unit vectors by s is the same as
    C = s squared, so ``scale`` is where it is set.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        return []

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {**DenseFeaturizer.get_default_config(), "scale": 6.0}

    def __init__(self, config: Dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._encoder = SentenceEncoder()

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> GraphComponent:
        return cls(config, execution_context.node_name)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """The weights are no part of Rasa's training data, but what stands on the vectors depends on them."""
        return weights_version()

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        _find_contexts(messages, tracker)
        said = [message for message in messages if message.get(TEXT) is not None]
        self._set_features(said, self._encoder.encode([message.get(TEXT) for message in said], [_context(message) for message in said]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        said = [(message, text) for message in training_data.training_examples for text in [_text(message)] if text is not None]
        vectors = encode_remembering(self._encoder, [text for _, text in said], [_context(message) for message, _ in said])
        self._set_features([message for message, _ in said], vectors)
        return training_data

    def _set_features(self, messages: List[Message], vectors: np.ndarray) -> None:
        for message, vector in zip(messages, vectors * np.float32(self._config["scale"])):
            message.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._config[FEATURIZER_CLASS_ALIAS]))

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        pass
