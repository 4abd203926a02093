"""Trains the red-flag classifier: the sentence encoder's upper layers with one attention-pooled output a label.

Pooling tokens by a learned attention for each label follows Mullenbach et al. 2018 (https://arxiv.org/abs/1802.05695). Mean-pooled sentence
embeddings told "I can walk" from "I can't walk" too badly to be used as they are.
"""

from typing import Dict, List, Sequence

import numpy as np
import tensorflow as tf

from rasa_project.encoder.network import DROPOUT, SEED, TrainableEncoder, fit

FROZEN_LAYERS = 2
EPOCHS = 3
LEARNING_RATE = 2e-4
LABEL_SMOOTHING = 0.01


class _Network(TrainableEncoder):
    """The encoder with its head."""

    def __init__(self, weights: Dict[str, np.ndarray], config: Dict[str, int], labels: int) -> None:
        super().__init__(weights, config, FROZEN_LAYERS)
        random = np.random.RandomState(SEED)
        hidden = config["hidden_size"]
        self.trained["head.attention"] = tf.Variable(random.normal(0, 0.02, (hidden, labels)).astype(np.float32))
        self.trained["head.output"] = tf.Variable(random.normal(0, 0.05, (labels, hidden)).astype(np.float32))
        self.trained["head.bias"] = tf.Variable(np.full(labels, -2.0, dtype=np.float32))

    def loss(self, ids: tf.Tensor, kept: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        """Mean over the batch of the labels' summed cross-entropies."""
        states = self.states(ids, kept)
        absent = ((kept - 1.0) * 1e9)[:, :, tf.newaxis]
        attention = tf.nn.softmax(tf.matmul(states, self.tensor("head.attention")) + absent, axis=1)
        pooled = tf.nn.dropout(tf.einsum("btn,btd->bnd", attention, states), DROPOUT)
        logits = tf.einsum("bnd,nd->bn", pooled, self.tensor("head.output")) + self.tensor("head.bias")
        smooth = wanted * (1.0 - 2.0 * LABEL_SMOOTHING) + LABEL_SMOOTHING
        return tf.reduce_mean(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(smooth, logits), axis=1))


def fine_tune(weights: Dict[str, np.ndarray], config: Dict[str, int], texts: Sequence[List[int]], targets: np.ndarray) -> Dict[str, np.ndarray]:
    """Trains and returns the tensors that differ from the published ones, with ``head.attention``, ``head.output`` and ``head.bias``.

    Args:
        weights: the published tensors by name.
        config: ``config.json`` of the encoder.
        texts: token ids of each example, marks included; 0 is padding.
        targets: float32, (examples, labels), 1 where the label is present.
    """
    network = _Network(weights, config, targets.shape[1])
    return fit(network, network.loss, texts, [targets], EPOCHS, LEARNING_RATE)
