"""Ranks topics for a message from its embedding and the names found in it.

Three signals a topic: a linear classifier over sentence embeddings, the similarity to the nearest example of the topic, and whether the
message names it. They are fused by a conditional logit (McFadden 1974, "Conditional logit analysis of qualitative choice behavior"): one
weight a signal, shared by all topics, fitted on out-of-fold signals so that it learns how far each can be trusted on unseen text. A topic
added later therefore needs no weight of its own.
"""
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Dict, List, Sequence, Set, Tuple

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from rasa_project.ranking.labels import NONE


FOLDS = 5
CLASSIFIER_SCALE = 6.0  # see SentenceFeaturizer: unit vectors times s amount to C = s squared
L2 = 1e-3
SIGNALS = (
    "log_probability",
    "similarity",
    "named",
    "general_named",
    "is_none",
    "is_none_and_named",
    "is_none_and_general_named",
    "is_none_and_other_similarity",
    "is_general_and_other_named",
)


@dataclass(frozen=True)
class RankedTopic:
    topic: str
    probability: float
    similarity: float
    named: bool


class TopicRanker:
    """Fitted weights and examples.

    Attributes:
        topics: topic ids, ``NONE`` last; all matrices below follow this order.
        coefficients: float32, (topics, dimension), of the classifier; ``intercepts``: (topics,).
        examples: float16, (examples, dimension), unit vectors; ``owners``: (examples,), index into ``topics``.
        weights: float64, (len(SIGNALS),), of the conditional logit.
    """

    def __init__(
        self, topics: List[str], general: str, coefficients: np.ndarray, intercepts: np.ndarray, examples: np.ndarray, owners: np.ndarray, weights: np.ndarray
    ) -> None:
        self.topics = topics
        self.general = general
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.examples = examples
        self.owners = owners
        self.weights = weights
        self._examples32 = examples.astype(np.float32)
        self._order, self._starts = _grouped(owners, len(topics))

    @classmethod
    def fit(cls, vectors: np.ndarray, labels: Sequence[str], named: Sequence[Set[str]], general: str, seed: int = 13) -> "TopicRanker":
        """Fits classifier and weights.

        Args:
            vectors: float32, (examples, dimension), unit vectors.
            labels: topic id of each example, or ``NONE``.
            named: ids of the topics that each example names.
            general: id of the topic that stands in where none is named.
        """
        topics = sorted(set(labels) - {NONE}) + [NONE]
        index = {topic: position for position, topic in enumerate(topics)}
        y = np.array([index[label] for label in labels])
        folds = np.random.RandomState(seed).permutation(len(y)) % FOLDS
        signals = np.zeros((len(y), len(topics), len(SIGNALS)))
        similarities = vectors @ vectors.T
        for fold in range(FOLDS):
            held, kept = folds == fold, folds != fold
            coefficients, intercepts = _fit_classifier(vectors[kept], y[kept], len(topics))
            order, starts = _grouped(y[kept], len(topics))
            nearest = _nearest(similarities[np.ix_(held, kept)], order, starts, len(topics))
            probabilities = _log_softmax(CLASSIFIER_SCALE * vectors[held] @ coefficients.T + intercepts)
            for row, position in enumerate(np.flatnonzero(held)):
                signals[position] = _signals(topics, general, probabilities[row], nearest[row], named[position])
        weights = _fit_weights(signals, y)
        coefficients, intercepts = _fit_classifier(vectors, y, len(topics))
        return cls(topics, general, coefficients, intercepts, vectors.astype(np.float16), y.astype(np.int32), weights)

    def rank(self, vector: np.ndarray, named: Collection[str]) -> List[RankedTopic]:
        """All topics and ``NONE``, likeliest first; the probabilities sum to 1.

        Args:
            vector: float32, (dimension,), of length 1.
            named: ids of the topics that the message names.
        """
        nearest = _nearest((self._examples32 @ vector)[np.newaxis], self._order, self._starts, len(self.topics))[0]
        log_probabilities = _log_softmax(CLASSIFIER_SCALE * self.coefficients @ vector + self.intercepts)
        signals = _signals(self.topics, self.general, log_probabilities, nearest, named)
        probabilities = np.exp(_log_softmax(signals @ self.weights))
        ranking = [
            RankedTopic(topic, float(probability), float(similarity), topic in named)
            for topic, probability, similarity in zip(self.topics, probabilities, nearest)
        ]
        return sorted(ranking, key=lambda ranked: -ranked.probability)

    def save(self, folder: Path) -> None:
        np.savez_compressed(
            folder / "topic_ranker.npz",
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            examples=self.examples,
            owners=self.owners,
            weights=self.weights,
        )
        (folder / "topic_ranker.json").write_text(json.dumps({"topics": self.topics, "general": self.general}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "TopicRanker":
        names = json.loads((folder / "topic_ranker.json").read_text(encoding="utf-8"))
        with np.load(folder / "topic_ranker.npz", allow_pickle=False) as arrays:
            return cls(names["topics"], names["general"], **{key: arrays[key] for key in arrays.files})

    def explain(self) -> Dict[str, float]:
        """The fitted weight of each signal."""
        return dict(zip(SIGNALS, (float(weight) for weight in self.weights)))


def _fit_classifier(vectors: np.ndarray, y: np.ndarray, classes: int) -> Tuple[np.ndarray, np.ndarray]:
    """Coefficients (classes, dimension) and intercepts (classes,); a class without an example here is never predicted."""
    classifier = LogisticRegression(class_weight="balanced", max_iter=200).fit(CLASSIFIER_SCALE * vectors, y)
    coefficients = np.zeros((classes, vectors.shape[1]), dtype=np.float32)
    intercepts = np.full(classes, -20.0, dtype=np.float32)
    coefficients[classifier.classes_] = classifier.coef_
    intercepts[classifier.classes_] = classifier.intercept_
    return coefficients, intercepts


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _grouped(owners: np.ndarray, classes: int) -> Tuple[np.ndarray, np.ndarray]:
    """A stable order of the examples by owner, and where each owner's run starts."""
    order = np.argsort(owners, kind="stable")
    return order, np.searchsorted(owners[order], np.arange(classes))


def _nearest(similarities: np.ndarray, order: np.ndarray, starts: np.ndarray, classes: int) -> np.ndarray:
    """(rows, examples) similarities to (rows, classes): the highest of each class, 0 for a class without examples."""
    ordered = similarities[:, order]
    ends = np.append(starts[1:], len(order))
    found = np.zeros((len(similarities), classes), dtype=np.float32)
    present = np.flatnonzero(ends > starts)
    found[:, present] = np.maximum.reduceat(ordered, starts[present], axis=1)
    return found


def _signals(topics: List[str], general: str, log_probabilities: np.ndarray, nearest: np.ndarray, named: Collection[str]) -> np.ndarray:
    """(topics, len(SIGNALS)) for one message."""
    specific = {topic for topic in named if topic != general}
    table = np.zeros((len(topics), len(SIGNALS)))
    table[:, 0] = np.maximum(log_probabilities, -12.0)
    table[:, 1] = nearest
    table[:, 2] = [topic in specific for topic in topics]
    table[:, 3] = [topic == general and general in named for topic in topics]
    none = len(topics) - 1
    table[none, 4:8] = (1.0, bool(specific), general in named, nearest[:none].max(initial=0.0))
    table[:, 8] = [topic == general and bool(specific) for topic in topics]
    return table


def _fit_weights(signals: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Maximises the conditional log likelihood; ``signals`` is (examples, topics, signals)."""
    rows = np.arange(len(y))

    def loss(weights: np.ndarray) -> Tuple[float, np.ndarray]:
        log_probabilities = _log_softmax(signals @ weights)
        expected = np.einsum("et,ets->es", np.exp(log_probabilities), signals)
        gradient = (expected - signals[rows, y]).mean(axis=0) + 2 * L2 * weights
        return float(-log_probabilities[rows, y].mean() + L2 * (weights**2).sum()), gradient

    return minimize(loss, np.zeros(signals.shape[2]), jac=True, method="L-BFGS-B").x
