"""Fine-tunes the sentence encoder on labelled utterances.

Three tasks share the sentence vector: which topic, which intent, and whether it asks about something that the article never speaks of. Each is
a cosine classifier (normalised softmax, Wang et al. 2017, https://arxiv.org/abs/1704.06369), so that what the classes learn is in the angles
that nearest-neighbour search and linear classifiers use afterwards. The heads themselves are thrown away: a topic that a clinic adds later
needs none.

An utterance that goes on from a reply is encoded together with what that reply was about, and gets the labels of the question that it stands
for, in the manner of conversational dense retrieval (Yu et al. 2021, https://arxiv.org/abs/2105.04166).
"""

from typing import Dict, List, Optional, Sequence

import numpy as np
import tensorflow as tf

from rasa_project.encoder.network import SEED, TrainableEncoder, fit

FROZEN_LAYERS = 2
EPOCHS = 3
LEARNING_RATE = 3e-4
SCALE = 16.0  # of the cosines, before the softmax
NO_LABEL = -1


class _Network(TrainableEncoder):
    """The encoder with a head for each task."""

    def __init__(self, weights: Dict[str, np.ndarray], config: Dict[str, int], classes: Sequence[int]) -> None:
        super().__init__(weights, config, FROZEN_LAYERS)
        random = np.random.RandomState(SEED)
        self._heads = [f"head.{number}" for number in range(len(classes))]
        for name, count in zip(self._heads, classes):
            self.trained[name] = tf.Variable(random.normal(0, 0.05, (count, config["hidden_size"])).astype(np.float32))

    def loss(self, ids: tf.Tensor, kept: tf.Tensor, *labels: tf.Tensor) -> tf.Tensor:
        """Sum over the tasks of the mean cross-entropy of the examples that have a label."""
        weights = kept[:, :, tf.newaxis]
        vectors = tf.math.l2_normalize(tf.reduce_sum(self.states(ids, kept) * weights, axis=1) / tf.reduce_sum(weights, axis=1), axis=-1)
        total = tf.constant(0.0)
        for name, label in zip(self._heads, labels):
            cosines = tf.matmul(vectors, tf.math.l2_normalize(self.tensor(name), axis=-1), transpose_b=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(label, 0), SCALE * cosines)
            labelled = tf.cast(label > NO_LABEL, tf.float32)
            total += tf.reduce_sum(losses * labelled) / tf.maximum(tf.reduce_sum(labelled), 1.0)
        return total


def fine_tune(
    weights: Dict[str, np.ndarray], config: Dict[str, int], texts: Sequence[List[int]], labels: Sequence[Sequence[Optional[str]]]
) -> Dict[str, np.ndarray]:
    """Trains and returns the encoder's tensors that differ from the published ones.

    Args:
        weights: the published tensors by name.
        config: ``config.json`` of the encoder.
        texts: token ids of each utterance, marks and context included; 0 is padding.
        labels: for each task the class of each utterance, ``None`` where it has none.
    """
    targets, counts = [], []
    for task in labels:
        index = {name: number for number, name in enumerate(sorted({name for name in task if name is not None}))}
        targets.append(np.array([NO_LABEL if name is None else index[name] for name in task], dtype=np.int32))
        counts.append(len(index))
    network = _Network(weights, config, counts)
    tensors = fit(network, network.loss, texts, targets, EPOCHS, LEARNING_RATE)
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("head.")}
