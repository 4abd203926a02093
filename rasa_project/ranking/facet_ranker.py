"""Ranks what is asked about a topic: its entries, and the facets that it does not cover.

Signals: what the intent classifier says of the facets that an entry serves, the similarity to the nearest example question of that very
entry, and the similarity to the nearest example of the facet on any topic. Fused as in the topic ranker.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np

from rasa_project.intents import FACET_INTENT_PREFIX
from rasa_project.ranking.conditional_logit import (
    NearestByOwner,
    class_log_probabilities,
    fit_classifier,
    fit_weights,
    index_of,
    log_softmax,
)
from rasa_project.ranking.labels import Role, TopicEntries, rows_by_use

SIGNALS = (
    "log_probability_of_facets_served",
    "log_probability_of_own_facet",
    "similarity_to_entry",
    "similarity_to_facet",
    "covered",
    "only_entry",
    "default_entry_and_nothing_asked",
)
LOWEST_PROBABILITY = 1e-4
Candidate = Tuple[str, List[str]]  # own facet, facets served


@dataclass(frozen=True)
class RankedFacet:
    """``covered``: an entry answers the facet, the topic's own or another's."""

    facet: str
    probability: float
    covered: bool


@dataclass(frozen=True)
class FacetExample:
    """A training message. ``topic`` and ``facet`` are empty where unknown; ``entry`` says that it is an example of that topic's entry."""

    intent: str
    topic: str = ""
    facet: str = ""
    entry: bool = False


class FacetRanker:
    """Fitted weights and examples.

    Attributes:
        facets: facet names; ``topics``: the entries of each topic.
        examples: float16, (examples, dimension); ``entry_owners`` and ``facet_owners``: (examples,), index of the entry in ``entries`` and of
            the facet in ``facets`` that an example belongs to; the number of entries or facets where it belongs to none.
    """

    def __init__(
        self,
        facets: List[str],
        topics: Dict[str, TopicEntries],
        nothing_asked: str,
        examples: np.ndarray,
        entry_owners: np.ndarray,
        facet_owners: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self.facets = facets
        self.topics = topics
        self.nothing_asked = nothing_asked
        self.examples = examples
        self.entry_owners = entry_owners
        self.facet_owners = facet_owners
        self.weights = weights
        self._entries = _entry_index(topics)
        self._examples32 = examples.astype(np.float32)
        self._nearest_entry = NearestByOwner(entry_owners, len(self._entries) + 1)
        self._nearest_facet = NearestByOwner(facet_owners, len(facets) + 1)

    @classmethod
    def fit(
        cls,
        vectors: np.ndarray,
        examples: Sequence[FacetExample],
        facets: List[str],
        topics: Dict[str, TopicEntries],
        nothing_asked: str,
        roles: Sequence[Role],
    ) -> "FacetRanker":
        """Fits the weights on the held-out examples.

        Args:
            vectors: float32, (examples, dimension), unit vectors.
            facets: all facets, by the name that follows the prefix of their intents.
            nothing_asked: intent of messages that describe and ask nothing.
            roles: what each example serves for.
        """
        entries, facet_index = _entry_index(topics), index_of(facets)
        entry_owners = np.array([entries[(e.topic, e.facet)] if e.entry else len(entries) for e in examples], dtype=np.int32)
        facet_owners = np.array([facet_index.get(e.facet, len(facets)) if not e.entry else len(facets) for e in examples], dtype=np.int32)
        held, kept, searched = (np.flatnonzero(rows) for rows in rows_by_use(roles))

        def of(rows: np.ndarray, weights: np.ndarray) -> "FacetRanker":
            return cls(facets, topics, nothing_asked, vectors[rows].astype(np.float16), entry_owners[rows], facet_owners[rows], weights)

        sample = of(np.intersect1d(kept, searched), np.zeros(len(SIGNALS)))
        intents = sorted({example.intent for example in examples if example.intent})
        intent_index = index_of(intents)
        learnt = [row for row in kept if examples[row].intent]
        classifier = fit_classifier(vectors[learnt], np.array([intent_index[examples[row].intent] for row in learnt]), len(intents))
        tables: List[np.ndarray] = []
        chosen: List[int] = []
        for row in held:
            example = examples[row]
            if not (example.topic in topics and example.facet):
                continue
            likely = dict(zip(intents, np.exp(class_log_probabilities(vectors[row][np.newaxis], *classifier)[0])))
            names, table = sample._signals(example.topic, likely, sample.similarities(vectors[row]))
            tables.append(table)
            chosen.append(next(i for i, (_, served) in enumerate(names) if example.facet in served))
        return of(searched, fit_weights(tables, chosen))

    def similarities(self, vector: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """To the nearest example of each entry and of each facet, for ``rank``."""
        similarities = (self._examples32 @ vector)[np.newaxis]
        return self._nearest_entry(similarities)[0], self._nearest_facet(similarities)[0]

    def rank(self, topic: str, intents: Dict[str, float], similarities: Tuple[np.ndarray, np.ndarray]) -> List[RankedFacet]:
        """Entries (named by their own facet) and uncovered facets of a topic, likeliest first.

        Args:
            intents: probability of each intent.
            similarities: what ``similarities`` returned for the message.
        """
        names, table = self._signals(topic, intents, similarities)
        probabilities = np.exp(log_softmax(table @ self.weights))
        known = self.topics[topic]
        ranking = [RankedFacet(facet, float(p), facet in known.entries or facet in known.elsewhere) for (facet, _), p in zip(names, probabilities)]
        return sorted(ranking, key=lambda ranked: -ranked.probability)

    def _signals(self, topic: str, intents: Dict[str, float], similarities: Tuple[np.ndarray, np.ndarray]) -> Tuple[List[Candidate], np.ndarray]:
        return _signals(topic, self.topics[topic], self.facets, self._entries, intents, *similarities, self.nothing_asked)

    def save(self, folder: Path) -> None:
        np.savez_compressed(
            folder / "facet_ranker.npz",
            examples=self.examples,
            entry_owners=self.entry_owners,
            facet_owners=self.facet_owners,
            weights=self.weights,
        )
        known = {"facets": self.facets, "nothing_asked": self.nothing_asked, "topics": {t: asdict(e) for t, e in self.topics.items()}}
        (folder / "facet_ranker.json").write_text(json.dumps(known), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "FacetRanker":
        known = json.loads((folder / "facet_ranker.json").read_text(encoding="utf-8"))
        topics = {topic: TopicEntries(**entries) for topic, entries in known["topics"].items()}
        with np.load(folder / "facet_ranker.npz", allow_pickle=False) as arrays:
            return cls(known["facets"], topics, known["nothing_asked"], **{key: arrays[key] for key in arrays.files})

    def explain(self) -> Dict[str, float]:
        """The fitted weight of each signal."""
        return dict(zip(SIGNALS, (float(weight) for weight in self.weights)))


def _entry_index(topics: Dict[str, TopicEntries]) -> Dict[Tuple[str, str], int]:
    return {key: i for i, key in enumerate((topic, facet) for topic, known in sorted(topics.items()) for facet in known.entries)}


def _signals(
    topic: str,
    known: TopicEntries,
    facets: List[str],
    entries: Dict[Tuple[str, str], int],
    intents: Dict[str, float],
    to_entries: np.ndarray,
    to_facets: np.ndarray,
    nothing_asked: str,
) -> Tuple[List[Candidate], np.ndarray]:
    """The candidates as (own facet, facets served), and their signals (candidates, len(SIGNALS))."""
    served_somewhere = {facet for served in known.entries.values() for facet in served}
    names = list(known.entries.items()) + [(facet, [facet]) for facet in facets if facet not in served_somewhere]
    place = {facet: position for position, facet in enumerate(facets)}
    total = sum(intents.get(FACET_INTENT_PREFIX + facet, 0.0) for facet in facets) + LOWEST_PROBABILITY
    table = np.zeros((len(names), len(SIGNALS)))
    for row, (own, served) in enumerate(names):
        covered = own in known.entries
        probabilities = [intents.get(FACET_INTENT_PREFIX + facet, 0.0) / total for facet in served]
        table[row] = (
            np.log(max(sum(probabilities), LOWEST_PROBABILITY)),
            np.log(max(probabilities[0], LOWEST_PROBABILITY)),
            to_entries[entries[(topic, own)]] if covered else 0.0,
            max(to_facets[place[facet]] for facet in served),
            covered or own in known.elsewhere,
            covered and len(known.entries) == 1,
            intents.get(nothing_asked, 0.0) if own == known.default else 0.0,
        )
    return names, table
