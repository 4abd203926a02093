"""How far the ranking's probabilities can be trusted: calibration, and what a limit on confidence would buy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from rasa_project.dialogue.understanding import Understanding
from rasa_project.evaluation.scoring import Question, accepts
from rasa_project.ranking.labels import NONE

BINS = 10


@dataclass(frozen=True)
class Ranked:
    """The first candidate of a question's ranking: its topic and probability, and whether it is the primary or any accepted pair."""

    topic: str
    probability: float
    strict: bool
    lenient: bool


def first_candidate(question: Question, parsed: Dict[str, Any]) -> Optional[Ranked]:
    """Of a question that the article answers; ``None`` where the message was not ranked."""
    topics = [score for score in Understanding.from_parse_data(parsed).topics if score.topic != NONE and score.facets]
    if not topics:
        return None
    best = topics[0]
    facet, probability = best.facets[0]
    pair = ("answer", best.topic, facet.value)
    return Ranked(best.topic, best.probability * probability, pair == question.expect[0], accepts(question.expect, pair))


def expected_calibration_error(ranked: Sequence[Ranked]) -> float:
    """The mean distance between probability and share of right candidates, over equally wide bins (Guo et al. 2017, "On calibration of modern
    neural networks")."""
    return sum(abs(confidence - right) * count for confidence, right, count in curve(ranked)) / max(1, len(ranked))


def curve(ranked: Sequence[Ranked]) -> List[Tuple[float, float, int]]:
    """For each bin that holds any: mean probability, share right (lenient), count."""
    points = []
    for low in np.arange(BINS) / BINS:
        inside = [item for item in ranked if low <= item.probability < low + 1 / BINS or (item.probability == 1 and low == 1 - 1 / BINS)]
        if inside:
            points.append((float(np.mean([i.probability for i in inside])), float(np.mean([i.lenient for i in inside])), len(inside)))
    return points


def risk_by_coverage(ranked: Sequence[Ranked]) -> List[Tuple[float, float]]:
    """Answering the surest questions only: share answered, and share of wrong answers among them."""
    wrong = np.cumsum([not item.lenient for item in sorted(ranked, key=lambda item: -item.probability)])
    answered = np.arange(1, len(ranked) + 1)
    return [(float(a) / len(ranked), float(w) / float(a)) for a, w in zip(answered, wrong)]


def draw(ranked: Sequence[Ranked], path: Path) -> None:
    """Both curves as one SVG file."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "calibration"  # the same figures give the same file
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 4))
    points = curve(ranked)
    left.plot([0, 1], [0, 1], linestyle="--", color="grey")
    left.plot([p for p, _, _ in points], [share for _, share, _ in points], marker="o")
    left.set(xlabel="probability of the first candidate", ylabel="share right", title="Calibration", xlim=(0, 1), ylim=(0, 1))
    steps = risk_by_coverage(ranked)
    right.plot([coverage for coverage, _ in steps], [risk for _, risk in steps])
    right.set(xlabel="share of questions answered", ylabel="share of wrong answers among them", title="Risk by coverage", xlim=(0, 1), ylim=(0, None))
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
