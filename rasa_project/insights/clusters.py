"""Puts questions that mean much the same together."""

from dataclasses import dataclass
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np

from rasa_project.insights.store import Insight, InsightKind

SAME_QUESTION = 0.35  # cosine distance, on average over two groups, up to which they are one
MOST_TEXTS = 2000  # the newest; time and memory grow with the square
MOST_EXAMPLES = 3

Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Cluster:
    """Questions that mean much the same, newest first."""

    insights: Tuple[Insight, ...]

    @property
    def kinds(self) -> Dict[InsightKind, int]:
        """How many there are of each kind."""
        return {kind: count for kind in InsightKind for count in [sum(item.kind is kind for item in self.insights)] if count}

    @property
    def examples(self) -> List[Insight]:
        """The newest, of different wording where there is."""
        by_wording = {(item.text or "").lower(): item for item in reversed(self.insights)}
        return sorted(by_wording.values(), key=self.insights.index)[:MOST_EXAMPLES]


def clusters(insights: Sequence[Insight], encode: Encode) -> List[Cluster]:
    """Clusters of similar texts, largest first.

    Args:
        insights: newest first; those whose text was not kept are passed over, and so are the oldest where there are very many.
        encode: texts to unit vectors.
    """
    with_text = [insight for insight in insights if insight.text][:MOST_TEXTS]
    if not with_text:
        return []
    groups: Dict[int, List[Insight]] = {}
    for insight, label in zip(with_text, _labels(encode([insight.text or "" for insight in with_text]))):
        groups.setdefault(label, []).append(insight)
    return [Cluster(tuple(group)) for group in sorted(groups.values(), key=len, reverse=True)]


def _labels(vectors: np.ndarray) -> List[int]:
    if len(vectors) < 2:
        return [0] * len(vectors)
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(n_clusters=None, affinity="cosine", linkage="average", distance_threshold=SAME_QUESTION)
    return [int(label) for label in model.fit_predict(vectors)]
