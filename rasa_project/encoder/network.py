"""The sentence encoder as a network that can be trained further (as ``graph.py`` writes it), and the loop that does so.

Fine-tuning a pretrained encoder follows Devlin et al. 2019 (https://arxiv.org/abs/1810.04805). TensorFlow, which Rasa brings, is needed for
training only.
"""

import logging
from typing import Callable, Dict, Iterator, List, Sequence, Tuple

import numpy as np
import tensorflow as tf

logger = logging.getLogger(__name__)

DROPOUT = 0.1
CLIP_NORM = 1.0
BATCH_SIZE = 32
SEED = 7
LENGTH_JITTER = 6.0  # tokens; batches hold texts of like length, but not always the same ones

Batch = Tuple[np.ndarray, np.ndarray, Tuple[np.ndarray, ...]]  # token ids, mask, targets


class TrainableEncoder(tf.Module):
    """The encoder's layers. Weights keep the names and the layout of ``model.safetensors``.

    Attributes:
        trained: the variables by name; a head adds its own.
    """

    def __init__(self, weights: Dict[str, np.ndarray], config: Dict[str, int], frozen_layers: int) -> None:
        """Args:
        weights: the published tensors by name.
        config: ``config.json`` of the encoder.
        frozen_layers: so many of the lower layers stay as published: they hardly gain from training, and cost time.
        """
        super().__init__()
        self._config = config
        fixed = ("embeddings.", *(f"encoder.layer.{number}." for number in range(frozen_layers)))
        self.trained: Dict[str, tf.Variable] = {}
        self._fixed: Dict[str, tf.Tensor] = {}
        for name, value in weights.items():
            if name.startswith(fixed):
                self._fixed[name] = tf.constant(value)
            elif name.startswith("encoder."):
                self.trained[name] = tf.Variable(value)

    def tensor(self, name: str) -> tf.Tensor:
        """A fixed or trained tensor by its name."""
        return self.trained[name] if name in self.trained else self._fixed[name]

    def _linear(self, x: tf.Tensor, layer: str) -> tf.Tensor:
        # All tokens in one matrix: batched, the gradients of the weights cost more than twice the time.
        weight, shape = self.tensor(f"{layer}.weight"), tf.shape(x)
        rows = tf.matmul(tf.reshape(x, (-1, weight.shape[1])), weight, transpose_b=True) + self.tensor(f"{layer}.bias")
        return tf.reshape(rows, (shape[0], shape[1], weight.shape[0]))

    def _norm(self, x: tf.Tensor, layer: str) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        scale, offset = self.tensor(f"{layer}.weight"), self.tensor(f"{layer}.bias")
        return tf.nn.batch_normalization(x, mean, variance, offset, scale, self._config["layer_norm_eps"])

    def _attended(self, x: tf.Tensor, mask_bias: tf.Tensor, layer: str) -> tf.Tensor:
        heads, hidden = self._config["num_attention_heads"], self._config["hidden_size"]
        batch, tokens = tf.shape(x)[0], tf.shape(x)[1]

        def split(name: str) -> tf.Tensor:
            return tf.transpose(tf.reshape(self._linear(x, f"{layer}.self.{name}"), (batch, tokens, heads, hidden // heads)), (0, 2, 1, 3))

        scores = tf.matmul(split("query"), split("key"), transpose_b=True) / np.sqrt(hidden / heads).astype(np.float32)
        mixed = tf.matmul(tf.nn.dropout(tf.nn.softmax(scores + mask_bias), DROPOUT), split("value"))
        return self._linear(tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (batch, tokens, hidden)), f"{layer}.output.dense")

    def states(self, ids: tf.Tensor, kept: tf.Tensor) -> tf.Tensor:
        """Token states for training, with dropout: (batch, tokens, hidden).

        Args:
            ids: int32, (batch, tokens).
            kept: float32, (batch, tokens), 0 for padding.
        """
        mask_bias = ((kept - 1.0) * 1e9)[:, tf.newaxis, tf.newaxis, :]
        places = self.tensor("embeddings.position_embeddings.weight")[: tf.shape(ids)[1]]
        words = tf.gather(self.tensor("embeddings.word_embeddings.weight"), ids)
        x = self._norm(words + places + self.tensor("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
        x = tf.nn.dropout(x, DROPOUT)
        for number in range(self._config["num_hidden_layers"]):
            layer = f"encoder.layer.{number}"
            attended = self._attended(x, mask_bias, f"{layer}.attention")
            x = self._norm(x + tf.nn.dropout(attended, DROPOUT), f"{layer}.attention.output.LayerNorm")
            expanded = tf.nn.gelu(self._linear(x, f"{layer}.intermediate.dense"))
            x = self._norm(x + tf.nn.dropout(self._linear(expanded, f"{layer}.output.dense"), DROPOUT), f"{layer}.output.LayerNorm")
        return x


def _batches(texts: Sequence[Sequence[int]], targets: Sequence[np.ndarray], random: np.random.RandomState) -> Iterator[Batch]:
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]) + random.rand() * LENGTH_JITTER)
    groups = [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]
    random.shuffle(groups)
    for group in groups:
        ids = np.zeros((len(group), max(len(texts[i]) for i in group)), dtype=np.int32)
        for row, i in enumerate(group):
            ids[row, : len(texts[i])] = texts[i]
        yield ids, (ids > 0).astype(np.float32), tuple(target[group] for target in targets)


def fit(
    encoder: TrainableEncoder,
    loss: Callable[..., tf.Tensor],
    texts: Sequence[List[int]],
    targets: Sequence[np.ndarray],
    epochs: int,
    learning_rate: float,
) -> Dict[str, np.ndarray]:
    """Trains with Adam at a learning rate that falls to zero, and returns the trained tensors by name.

    Args:
        loss: of the token ids, the mask and the targets of a batch, as tensors; a scalar.
        texts: token ids of each example, marks included; 0 is padding.
        targets: arrays whose first axis is the examples.
    """
    tf.random.set_seed(SEED)
    random = np.random.RandomState(SEED)
    variables = list(encoder.trained.values())
    steps = epochs * -(-len(texts) // BATCH_SIZE)
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, 0.0))
    shapes = [tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, None), tf.float32)]
    shapes += [tf.TensorSpec((None, *target.shape[1:]), tf.as_dtype(target.dtype)) for target in targets]

    @tf.function(input_signature=shapes)
    def step(ids: tf.Tensor, kept: tf.Tensor, *wanted: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(ids, kept, *wanted)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(value, variables), CLIP_NORM)
        optimizer.apply_gradients(zip(gradients, variables))
        return value

    for epoch in range(epochs):
        losses = [float(step(ids, kept, *wanted)) for ids, kept, wanted in _batches(texts, targets, random)]
        logger.info("Epoch %d of %d, loss %.3f.", epoch + 1, epochs, float(np.mean(losses)))
    return {name: variable.numpy() for name, variable in encoder.trained.items()}
