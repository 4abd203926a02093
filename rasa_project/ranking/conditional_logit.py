"""Chooses among candidates by a weighted sum of signals about each.

The conditional logit of McFadden (1974), "Conditional logit analysis of qualitative choice behavior": one weight a signal, shared by all
candidates, so that a candidate never seen in training needs no weight of its own.
"""

from typing import Sequence, Tuple

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

CLASSIFIER_SCALE = 6.0  # unit vectors times s amount to C = s squared; as in SentenceFeaturizer
L2 = 1e-3
UNSEEN_INTERCEPT = -20.0  # of a class without an example: never predicted


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def fit_weights(signals: Sequence[np.ndarray], chosen: Sequence[int]) -> np.ndarray:
    """Weights that maximise the likelihood of the choices.

    Args:
        signals: for each choice, (candidates, signals); the number of candidates may differ.
        chosen: index of the right candidate of each choice.
    """
    most = max(len(table) for table in signals)
    padded = np.zeros((len(signals), most, signals[0].shape[1]))
    absent = np.full((len(signals), most), -1e9)
    for row, table in enumerate(signals):
        padded[row, : len(table)] = table
        absent[row, : len(table)] = 0.0
    rows, picks = np.arange(len(signals)), np.asarray(chosen)

    def loss(weights: np.ndarray) -> Tuple[float, np.ndarray]:
        log_probabilities = log_softmax(padded @ weights + absent)
        expected = np.einsum("ec,ecs->es", np.exp(log_probabilities), padded)
        gradient = (expected - padded[rows, picks]).mean(axis=0) + 2 * L2 * weights
        return float(-log_probabilities[rows, picks].mean() + L2 * (weights**2).sum()), gradient

    return minimize(loss, np.zeros(padded.shape[2]), jac=True, method="L-BFGS-B").x


def fit_classifier(vectors: np.ndarray, classes_of: np.ndarray, classes: int) -> Tuple[np.ndarray, np.ndarray]:
    """A linear classifier over unit vectors: coefficients (classes, dimension) and intercepts (classes,)."""
    classifier = LogisticRegression(class_weight="balanced", max_iter=500, tol=1e-2).fit(CLASSIFIER_SCALE * vectors, classes_of)
    coefficients = np.zeros((classes, vectors.shape[1]), dtype=np.float32)
    intercepts = np.full(classes, UNSEEN_INTERCEPT, dtype=np.float32)
    coefficients[classifier.classes_] = classifier.coef_
    intercepts[classifier.classes_] = classifier.intercept_
    return coefficients, intercepts


def class_log_probabilities(vectors: np.ndarray, coefficients: np.ndarray, intercepts: np.ndarray) -> np.ndarray:
    """(rows, classes) for unit vectors (rows, dimension)."""
    return log_softmax(CLASSIFIER_SCALE * vectors @ coefficients.T + intercepts)


class NearestByOwner:
    """The similarity of a text to the nearest example of each owner.

    Args:
        owners: (examples,), indexes from 0 to ``count`` - 1.
    """

    def __init__(self, owners: np.ndarray, count: int) -> None:
        self._order = np.argsort(owners, kind="stable")
        self._count = count
        starts = np.searchsorted(owners[self._order], np.arange(count))
        ends = np.append(starts[1:], len(owners))
        self._present = np.flatnonzero(ends > starts)
        self._starts = starts[self._present]

    def __call__(self, similarities: np.ndarray) -> np.ndarray:
        """(rows, examples) to (rows, count): the highest of each owner, 0 for an owner without examples."""
        found = np.zeros((len(similarities), self._count), dtype=np.float32)
        if len(self._present):
            found[:, self._present] = np.maximum.reduceat(similarities[:, self._order], self._starts, axis=1)
        return found


def index_of(names: Sequence[str]) -> "dict[str, int]":
    return {name: position for position, name in enumerate(names)}
