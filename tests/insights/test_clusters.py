"""Similar questions stand together."""

from typing import List, Sequence

import numpy as np

from rasa_project.encoder.sentence_encoder import SentenceEncoder
from rasa_project.escalation.store import utc_now
from rasa_project.insights import clusters as module
from rasa_project.insights.clusters import SAME_QUESTION, clusters
from rasa_project.insights.store import Insight, InsightKind


def insights(*texts: str, kind: InsightKind = InsightKind.not_covered) -> List[Insight]:
    return [Insight(number, utc_now(), kind, text=text) for number, text in enumerate(texts, start=1)]


def at_angles(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors in a plane: a text is its angle in degrees."""
    angles = np.radians([float(text) for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def ids(texts: Sequence[str]) -> List[List[int]]:
    return [[item.id for item in cluster.insights] for cluster in clusters(insights(*texts), at_angles)]


def test_the_limit_is_the_cosine_distance() -> None:
    just_in, just_out = np.degrees(np.arccos(1 - SAME_QUESTION)) + np.array([-1, 1])
    assert ids(["0", str(just_in)]) == [[1, 2]]
    assert ids(["0", str(just_out)]) == [[1], [2]]


def test_distances_between_groups_are_averaged() -> None:
    # A third text within reach of one end only stays alone.
    assert ids(["0", "40", "80"]) in ([[1, 2], [3]], [[2, 3], [1]])


def test_the_largest_comes_first_and_one_text_is_a_cluster() -> None:
    assert ids(["0", "90", "91", "92"]) == [[2, 3, 4], [1]]
    assert ids(["0"]) == [[1]]
    assert ids([]) == []


def test_texts_that_were_not_kept_are_passed_over_and_so_are_the_oldest_of_very_many() -> None:
    found = clusters([Insight(1, utc_now(), InsightKind.question), *insights("5")], at_angles)
    assert [item.text for item in found[0].insights] == ["5"] and len(found) == 1
    read: List[int] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        read.append(len(texts))
        return at_angles(texts[:1])

    many = [Insight(number, utc_now(), InsightKind.question, text="1") for number in range(module.MOST_TEXTS + 5)]
    clusters(many, encode)
    assert read == [module.MOST_TEXTS]


def test_examples_are_few_and_differ_and_kinds_are_counted() -> None:
    same = [Insight(number, utc_now(), InsightKind.question, text=text) for number, text in enumerate(["1", "1", "2", "3", "4"])]
    (cluster,) = clusters([*same, Insight(9, utc_now(), InsightKind.thumbs_down, text="1")], at_angles)
    assert [item.id for item in cluster.examples] == [0, 2, 3]
    assert cluster.kinds == {InsightKind.question: 5, InsightKind.thumbs_down: 1}


def test_the_sentence_encoder_tells_meanings_apart() -> None:
    texts = [
        "how long does sciatica last",
        "can I go swimming with bursitis",
        "how long will my sciatica take to heal",
        "is swimming ok with bursitis",
    ]
    found = clusters(insights(*texts), SentenceEncoder().encode)
    assert sorted(sorted(item.id for item in cluster.insights) for cluster in found) == [[1, 3], [2, 4]]
