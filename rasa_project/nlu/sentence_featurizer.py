"""Sentence embeddings as dense features."""

from typing import Any, Dict, List, Optional, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.importer import EXAMPLE
from rasa_project.encoder.remembered import encode_remembering
from rasa_project.encoder.sentence_encoder import SentenceEncoder


def _text(message: Message) -> Optional[str]:
    """A message's text; of the content store's examples also those without an intent."""
    text = message.get(TEXT)
    return message.get(EXAMPLE) if text is None else text


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

    def process(self, messages: List[Message]) -> List[Message]:
        texts = [(message, text) for message in messages for text in [_text(message)] if text is not None]
        self._set_features([message for message, _ in texts], self._encoder.encode([text for _, text in texts]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        texts = [(message, text) for message in training_data.training_examples for text in [_text(message)] if text is not None]
        vectors = encode_remembering(self._encoder, [text for _, text in texts])
        self._set_features([message for message, _ in texts], vectors)
        return training_data

    def _set_features(self, messages: List[Message], vectors: np.ndarray) -> None:
        for message, vector in zip(messages, vectors * np.float32(self._config["scale"])):
            message.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._config[FEATURIZER_CLASS_ALIAS]))

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        pass
