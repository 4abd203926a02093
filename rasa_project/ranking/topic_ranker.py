"""Ranks topics for a message from its embedding, its words and what it names.

Five kinds of signal a topic: a linear classifier over sentence embeddings, the similarity to the nearest example of the topic, the same by
words (BM25), whether the message names it, and whether it is under discussion. They are fused by a conditional logit fitted on
utterances that nothing else has learnt from, so that it learns how far each can be trusted on unseen text.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np

from rasa_project.ranking.conditional_logit import (
    NearestByOwner,
    class_log_probabilities,
    fit_classifier,
    fit_weights,
    index_of,
    log_softmax,
)
from rasa_project.ranking.labels import (
    BODY_ELSEWHERE,
    BODY_HERE,
    NONE,
    NOT_COVERED,
    OTHER_CONDITION,
    OTHER_REQUEST,
    UNCLEAR,
    Mentions,
    Role,
    rows_by_use,
)
from rasa_project.ranking.lexical import LexicalIndex

LOWEST_LOG_PROBABILITY = -12.0
# Added for a topic that is named and has no utterances yet, such as one that a clinic adds: the encoder knows nothing of it, its names say all.
NAMED_AND_UNFAMILIAR = 8.0
SIGNALS = (
    "log_probability",
    "similarity",
    "lexical",
    "lexical_share",
    "named",
    "general_named",
    "general_and_other_named",
    "general_and_here",
    "general_and_not_covered_thing",
    "none",
    "none_and_named",
    "none_and_general_named",
    "none_and_here",
    "none_and_elsewhere",
    "none_and_only_elsewhere",
    "none_and_other_condition",
    "none_and_other_request",
    "none_and_not_covered_thing",
    "none_and_similarity_of_others",
    "under_discussion",
    "under_discussion_and_nothing_named",
    "none_and_something_under_discussion",
    "unclear_and_something_under_discussion",
    "general_and_something_under_discussion",
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
        lexical: the words of the examples.
        weights: float64, (len(SIGNALS),), of the conditional logit.
        unfamiliar: topics of which there is no utterance.
    """

    def __init__(
        self,
        topics: List[str],
        general: str,
        coefficients: np.ndarray,
        intercepts: np.ndarray,
        examples: np.ndarray,
        owners: np.ndarray,
        lexical: LexicalIndex,
        weights: np.ndarray,
        unfamiliar: Sequence[str] = (),
    ) -> None:
        self.topics = topics
        self.general = general
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.examples = examples
        self.owners = owners
        self.lexical = lexical
        self.weights = weights
        self.unfamiliar = list(unfamiliar)
        self._examples32 = examples.astype(np.float32)
        self._nearest = NearestByOwner(owners, len(topics))

    @classmethod
    def fit(
        cls,
        vectors: np.ndarray,
        texts: Sequence[str],
        labels: Sequence[str],
        mentions: Sequence[Mentions],
        before: Sequence[Optional[str]],
        general: str,
        roles: Sequence[Role],
    ) -> "TopicRanker":
        """Fits classifier and weights.

        Args:
            vectors: float32, (examples, dimension), unit vectors.
            texts: the examples themselves.
            labels: topic id of each example, ``NONE`` or ``UNCLEAR``.
            mentions: what each example names.
            before: the topic under discussion before each example, if any.
            general: id of the topic that stands in where none is named.
            roles: what each example serves for; the weights are fitted on the held-out ones.
        """
        topics = [*sorted(set(labels) - {NONE}), NONE]
        index = index_of(topics)
        y = np.array([index[label] for label in labels], dtype=np.int32)
        held, kept, searched = (np.flatnonzero(rows) for rows in rows_by_use(roles))
        sample = cls._of(topics, general, vectors, texts, y, kept, np.intersect1d(kept, searched), np.zeros(len(SIGNALS)))
        signals = [sample._signals(vectors[row], texts[row], mentions[row], before[row]) for row in held]
        weights = fit_weights(signals, y[held].tolist())
        ranker = cls._of(topics, general, vectors, texts, y, np.arange(len(y)), searched, weights)
        said = {label for label, role in zip(labels, roles) if role is not Role.example}
        ranker.unfamiliar = [topic for topic in topics if topic not in said]
        return ranker

    @classmethod
    def _of(
        cls,
        topics: List[str],
        general: str,
        vectors: np.ndarray,
        texts: Sequence[str],
        y: np.ndarray,
        classified: np.ndarray,
        searched: np.ndarray,
        weights: np.ndarray,
    ) -> "TopicRanker":
        """With a classifier learnt from some rows, and other rows to search."""
        coefficients, intercepts = fit_classifier(vectors[classified], y[classified], len(topics))
        lexical = LexicalIndex.of([texts[row] for row in searched])
        return cls(topics, general, coefficients, intercepts, vectors[searched].astype(np.float16), y[searched], lexical, weights)

    def rank(self, vector: np.ndarray, text: str, mentions: Mentions, before: Optional[str] = None) -> List[RankedTopic]:
        """All topics, ``UNCLEAR`` and ``NONE``, likeliest first; the probabilities sum to 1.

        Args:
            vector: float32, (dimension,), of length 1.
            text: the message.
            mentions: what the message names.
            before: the topic under discussion.
        """
        signals = self._signals(vector, text, mentions, before)
        unfamiliar = [topic in mentions.topics and topic in self.unfamiliar for topic in self.topics]
        probabilities = np.exp(log_softmax(signals @ self.weights + NAMED_AND_UNFAMILIAR * np.array(unfamiliar)))
        ranking = [
            RankedTopic(topic, float(probability), float(similarity), topic in mentions.topics)
            for topic, probability, similarity in zip(self.topics, probabilities, signals[:, SIGNALS.index("similarity")])
        ]
        return sorted(ranking, key=lambda ranked: -ranked.probability)

    def _signals(self, vector: np.ndarray, text: str, mentions: Mentions, before: Optional[str]) -> np.ndarray:
        nearest = self._nearest((self._examples32 @ vector)[np.newaxis])[0]
        log_probabilities = class_log_probabilities(vector[np.newaxis], self.coefficients, self.intercepts)[0]
        words = self._nearest(self.lexical.scores(text))[0]
        return _signals(self.topics, self.general, log_probabilities, nearest, words, mentions, before)

    def save(self, folder: Path) -> None:
        np.savez_compressed(
            folder / "topic_ranker.npz",
            coefficients=self.coefficients,
            intercepts=self.intercepts,
            examples=self.examples,
            owners=self.owners,
            weights=self.weights,
        )
        self.lexical.save(folder)
        (folder / "topic_ranker.json").write_text(
            json.dumps({"topics": self.topics, "general": self.general, "unfamiliar": self.unfamiliar}), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> "TopicRanker":
        names = json.loads((folder / "topic_ranker.json").read_text(encoding="utf-8"))
        with np.load(folder / "topic_ranker.npz", allow_pickle=False) as arrays:
            lexical = LexicalIndex.load(folder, len(arrays["owners"]))
            return cls(**names, lexical=lexical, **{key: arrays[key] for key in arrays.files})

    def explain(self) -> Dict[str, float]:
        """The fitted weight of each signal."""
        return dict(zip(SIGNALS, (float(weight) for weight in self.weights)))


def _signals(
    topics: List[str],
    general: str,
    log_probabilities: np.ndarray,
    nearest: np.ndarray,
    words: np.ndarray,
    mentions: Mentions,
    before: Optional[str],
) -> np.ndarray:
    """(topics, len(SIGNALS)) for one message."""
    named = mentions.topics
    specific = {topic for topic in named if topic != general}
    here, elsewhere = BODY_HERE in mentions.tables or general in named, BODY_ELSEWHERE in mentions.tables
    not_covered_thing = any(name.startswith(NOT_COVERED) for name in mentions.tables)
    none, general_row = len(topics) - 1, topics.index(general) if general in topics else None
    table = np.zeros((len(topics), len(SIGNALS)))
    table[:, 0] = np.maximum(log_probabilities, LOWEST_LOG_PROBABILITY)
    table[:, 1] = nearest
    table[:, 2] = words
    table[:, 3] = words / max(words.max(initial=0.0), 1e-6)
    table[:, 4] = [topic in specific for topic in topics]
    if general_row is not None:
        table[general_row, 5:9] = (general in named, bool(specific), here, not_covered_thing)
    table[none, 9:19] = (
        1.0,
        bool(specific),
        general in named,
        here,
        elsewhere,
        elsewhere and not here,
        OTHER_CONDITION in mentions.tables,
        OTHER_REQUEST in mentions.tables,
        not_covered_thing,
        nearest[:none].max(initial=0.0),
    )
    if before is not None:
        table[:, 19] = [topic == before for topic in topics]
        table[:, 20] = table[:, 19] * (not specific)
        table[none, 21] = 1.0
        if UNCLEAR in topics:
            table[topics.index(UNCLEAR), 22] = 1.0
        if general_row is not None:
            table[general_row, 23] = 1.0
    return table
