"""Trains the red-flag classifier: the sentence encoder's upper layers with one attention-pooled output a label.

Fine-tuning a pretrained encoder follows Devlin et al. 2019 (https://arxiv.org/abs/1810.04805); pooling tokens by a learned attention for each
label follows Mullenbach et al. 2018 (https://arxiv.org/abs/1802.05695). Mean-pooled sentence embeddings told "I can walk" from
"I can't walk" too badly to be used as they are.

TensorFlow, which Rasa brings, is needed for training only.
"""

import logging
from typing import Dict, Iterator, List, Sequence, Tuple

import numpy as np
import tensorflow as tf

logger = logging.getLogger(__name__)

FROZEN_LAYERS = 2  # as published: they hardly gain from training, and cost time
EPOCHS = 3
BATCH_SIZE = 32
LEARNING_RATE = 2e-4
DROPOUT = 0.1
LABEL_SMOOTHING = 0.01
CLIP_NORM = 1.0
SEED = 7
LENGTH_JITTER = 6.0  # tokens; batches hold texts of like length, but not always the same ones


class _Network(tf.Module):
    """The encoder (as in ``encoder/graph.py``) with its head. Weights are kept in the layout of ``model.safetensors``."""

    def __init__(self, weights: Dict[str, np.ndarray], config: Dict[str, int], labels: int) -> None:
        super().__init__()
        random = np.random.RandomState(SEED)
        self._config = config
        hidden = config["hidden_size"]
        fixed = ("embeddings.", *(f"encoder.layer.{number}." for number in range(FROZEN_LAYERS)))
        self._tensors: Dict[str, tf.Tensor] = {}
        self.trained: Dict[str, tf.Variable] = {}
        for name, value in weights.items():
            if name.startswith(fixed):
                self._tensors[name] = tf.constant(value)
            elif name.startswith("encoder."):
                self.trained[name] = tf.Variable(value)
        self.trained["head.attention"] = tf.Variable(random.normal(0, 0.02, (hidden, labels)).astype(np.float32))
        self.trained["head.output"] = tf.Variable(random.normal(0, 0.05, (labels, hidden)).astype(np.float32))
        self.trained["head.bias"] = tf.Variable(np.full(labels, -2.0, dtype=np.float32))
        self._tensors.update(self.trained)

    def _linear(self, x: tf.Tensor, layer: str) -> tf.Tensor:
        return tf.matmul(x, self._tensors[f"{layer}.weight"], transpose_b=True) + self._tensors[f"{layer}.bias"]

    def _norm(self, x: tf.Tensor, layer: str) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        scale, offset = self._tensors[f"{layer}.weight"], self._tensors[f"{layer}.bias"]
        return tf.nn.batch_normalization(x, mean, variance, offset, scale, self._config["layer_norm_eps"])

    def _attended(self, x: tf.Tensor, mask_bias: tf.Tensor, layer: str) -> tf.Tensor:
        heads, hidden = self._config["num_attention_heads"], self._config["hidden_size"]
        batch, tokens = tf.shape(x)[0], tf.shape(x)[1]

        def split(name: str) -> tf.Tensor:
            return tf.transpose(tf.reshape(self._linear(x, f"{layer}.self.{name}"), (batch, tokens, heads, hidden // heads)), (0, 2, 1, 3))

        scores = tf.matmul(split("query"), split("key"), transpose_b=True) / np.sqrt(hidden / heads).astype(np.float32)
        mixed = tf.matmul(tf.nn.dropout(tf.nn.softmax(scores + mask_bias), DROPOUT), split("value"))
        return self._linear(tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (batch, tokens, hidden)), f"{layer}.output.dense")

    def logits(self, ids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Logits for training, with dropout: (batch, labels)."""
        kept = tf.cast(mask, tf.float32)
        mask_bias = ((kept - 1.0) * 1e9)[:, tf.newaxis, tf.newaxis, :]
        places = self._tensors["embeddings.position_embeddings.weight"][: tf.shape(ids)[1]]
        words = tf.gather(self._tensors["embeddings.word_embeddings.weight"], ids)
        x = self._norm(words + places + self._tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        x = tf.nn.dropout(x, DROPOUT)
        for number in range(self._config["num_hidden_layers"]):
            layer = f"encoder.layer.{number}"
            attended = self._attended(x, mask_bias, f"{layer}.attention")
            x = self._norm(x + tf.nn.dropout(attended, DROPOUT), f"{layer}.attention.output.LayerNorm")
            expanded = tf.nn.gelu(self._linear(x, f"{layer}.intermediate.dense"))
            x = self._norm(x + tf.nn.dropout(self._linear(expanded, f"{layer}.output.dense"), DROPOUT), f"{layer}.output.LayerNorm")
        attention = tf.nn.softmax(tf.matmul(x, self._tensors["head.attention"]) + ((kept - 1.0) * 1e9)[:, :, tf.newaxis], axis=1)
        pooled = tf.nn.dropout(tf.einsum("btn,btd->bnd", attention, x), DROPOUT)
        return tf.einsum("bnd,nd->bn", pooled, self._tensors["head.output"]) + self._tensors["head.bias"]


def _batches(
    texts: Sequence[Sequence[int]], targets: np.ndarray, random: np.random.RandomState
) -> Iterator[Tuple[np.ndarray, np.ndarray, np.ndarray]]:
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]) + random.rand() * LENGTH_JITTER)
    groups = [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]
    random.shuffle(groups)
    for group in groups:
        ids = np.zeros((len(group), max(len(texts[i]) for i in group)), dtype=np.int32)
        for row, i in enumerate(group):
            ids[row, : len(texts[i])] = texts[i]
        yield ids, (ids > 0).astype(np.int32), targets[group]


def fine_tune(weights: Dict[str, np.ndarray], config: Dict[str, int], texts: Sequence[List[int]], targets: np.ndarray) -> Dict[str, np.ndarray]:
    """Trains and returns the tensors that differ from the published ones, with ``head.attention``, ``head.output`` and ``head.bias``.

    Args:
        weights: the published tensors by name.
        config: ``config.json`` of the encoder.
        texts: token ids of each example, marks included; 0 is padding.
        targets: float32, (examples, labels), 1 where the label is present.
    """
    tf.random.set_seed(SEED)
    random = np.random.RandomState(SEED)
    network = _Network(weights, config, targets.shape[1])
    variables = list(network.trained.values())
    steps = EPOCHS * -(-len(texts) // BATCH_SIZE)
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, steps, 0.0))

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, None))])
    def step(ids: tf.Tensor, mask: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            smooth = wanted * (1.0 - 2.0 * LABEL_SMOOTHING) + LABEL_SMOOTHING
            losses = tf.nn.sigmoid_cross_entropy_with_logits(smooth, network.logits(ids, mask))
            loss = tf.reduce_mean(tf.reduce_sum(losses, axis=1))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), CLIP_NORM)
        optimizer.apply_gradients(zip(gradients, variables))
        return loss

    for epoch in range(EPOCHS):
        losses = [float(step(*batch)) for batch in _batches(texts, targets, random)]
        logger.info("Red-flag classifier: epoch %d of %d, loss %.3f.", epoch + 1, EPOCHS, float(np.mean(losses)))
    return {name: variable.numpy() for name, variable in network.trained.items()}
