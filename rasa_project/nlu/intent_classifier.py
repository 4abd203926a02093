"""Rasa's logistic regression over sentence embeddings, trained many times faster."""

from typing import List

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DenseLogisticRegressionClassifier(LogisticRegressionClassifier):
    """Stock ``LogisticRegressionClassifier``, without putting dense features into a sparse matrix, one message after another. Sparse features are
    not read."""

    def _create_X(self, messages: List[Message]) -> np.ndarray:
        """Sentence features: float32, (messages, dimension)."""
        return np.vstack([message.get_dense_features(attribute=TEXT)[1].features for message in messages])
