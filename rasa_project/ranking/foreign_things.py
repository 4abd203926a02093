"""How likely a message asks about something that the article never speaks of, such as a cream, a sport or another condition.

A linear classifier over sentence embeddings, then, fitted on utterances that nothing has learnt from, a logistic regression of its score and
of what the lists of things not covered find (Platt 1999, "Probabilistic outputs for support vector machines").
"""

import json
from pathlib import Path
from typing import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from rasa_project.ranking.conditional_logit import CLASSIFIER_SCALE
from rasa_project.ranking.labels import NOT_COVERED, OTHER_CONDITION, Mentions, Role, rows_by_use


class ForeignThings:
    """Fitted weights.

    Attributes:
        coefficients: float32, (dimension,), of the classifier; ``intercept`` with it.
        weights: (4,), of the classifier's score, a thing listed as not covered, another condition, and of the constant.
    """

    def __init__(self, coefficients: np.ndarray, intercept: float, weights: np.ndarray) -> None:
        self.coefficients = coefficients
        self.intercept = intercept
        self.weights = weights

    @classmethod
    def fit(cls, vectors: np.ndarray, mentions: Sequence[Mentions], foreign: Sequence[bool], roles: Sequence[Role]) -> "ForeignThings":
        """Learns from labelled utterances.

        Args:
            vectors: float32, (utterances, dimension), unit vectors.
            mentions: what each names.
            foreign: whether each asks about something that the article never speaks of.
            roles: the second step is fitted on the held-out ones.

        Raises:
            ValueError: the utterances, or the held-out ones among them, are all of one kind.
        """
        held, kept, _ = rows_by_use(roles)
        labels = np.asarray(foreign)
        first = LogisticRegression(class_weight="balanced", max_iter=500, tol=1e-2).fit(CLASSIFIER_SCALE * vectors[kept], labels[kept])
        fitted = cls(first.coef_[0].astype(np.float32), float(first.intercept_[0]), np.zeros(4))
        signals = np.stack([fitted._signals(vectors[row], mentions[row]) for row in np.flatnonzero(held)])
        second = LogisticRegression(C=10.0).fit(signals[:, :-1], labels[held])
        fitted.weights = np.append(second.coef_[0], second.intercept_)
        return fitted

    def probability(self, vector: np.ndarray, mentions: Mentions) -> float:
        """For one message.

        Args:
            vector: float32, (dimension,), of length 1.
            mentions: what the message names.
        """
        return float(1 / (1 + np.exp(-self._signals(vector, mentions) @ self.weights)))

    def _signals(self, vector: np.ndarray, mentions: Mentions) -> np.ndarray:
        score = CLASSIFIER_SCALE * float(vector @ self.coefficients) + self.intercept
        listed = any(table.startswith(NOT_COVERED) for table in mentions.tables)
        return np.array([score, listed, OTHER_CONDITION in mentions.tables, 1.0])

    def save(self, folder: Path) -> None:
        values = {"coefficients": self.coefficients.tolist(), "intercept": self.intercept, "weights": self.weights.tolist()}
        (folder / "foreign_things.json").write_text(json.dumps(values), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "ForeignThings":
        values = json.loads((folder / "foreign_things.json").read_text(encoding="utf-8"))
        return cls(np.array(values["coefficients"], dtype=np.float32), values["intercept"], np.array(values["weights"]))
