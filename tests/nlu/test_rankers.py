"""The rankers on small data: what they learn, and that they come back from disk as they were."""

from pathlib import Path

import numpy as np
import pytest

from rasa_project.ranking.facet_ranker import FacetExample, FacetRanker
from rasa_project.ranking.labels import BODY_ELSEWHERE, NONE, Mentions, Role, TopicEntries
from rasa_project.ranking.topic_ranker import TopicRanker

SIZE = 16
ROLES = [Role.held_out, Role.example, Role.learnt]  # in turn


def cloud(centre: int, count: int, seed: int) -> np.ndarray:
    """Unit vectors around one axis."""
    points = np.random.RandomState(seed).normal(0, 0.25, (count, SIZE)).astype(np.float32)
    points[:, centre] += 1
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def topics() -> TopicRanker:
    labels = ["disc"] * 30 + ["bursa"] * 30 + ["general"] * 30 + [NONE] * 30
    vectors = np.concatenate([cloud(axis, 30, axis) for axis in range(4)])
    mentions = []
    for row, label in enumerate(labels):
        named = {label} if row % 2 and label != NONE else set()
        mentions.append(Mentions(frozenset(named), frozenset({BODY_ELSEWHERE} if label == NONE and row % 2 else set())))
    texts = [f"{label} question {row}" for row, label in enumerate(labels)]
    # Every third goes on about the topic before it.
    before = [label if row % 3 == 0 and label != NONE else None for row, label in enumerate(labels)]
    return TopicRanker.fit(vectors, texts, labels, mentions, before, "general", ROLES * 40)


def test_probabilities_sum_to_one_and_the_nearest_topic_leads(topics: TopicRanker) -> None:
    ranking = topics.rank(cloud(0, 1, 99)[0], "", Mentions())
    assert sum(ranked.probability for ranked in ranking) == pytest.approx(1)
    assert ranking[0].topic == "disc"


def test_a_named_topic_gains_and_a_body_part_elsewhere_counts_against_all(topics: TopicRanker) -> None:
    between = (cloud(0, 1, 5)[0] + cloud(1, 1, 6)[0]) / 2
    between /= np.linalg.norm(between)

    def share(topic: str, mentions: Mentions) -> float:
        return next(ranked.probability for ranked in topics.rank(between, "", mentions) if ranked.topic == topic)

    assert share("bursa", Mentions(frozenset({"bursa"}))) > share("bursa", Mentions())
    assert share(NONE, Mentions(frozenset(), frozenset({BODY_ELSEWHERE}))) > share(NONE, Mentions())


def test_a_shared_word_counts_for_a_topic(topics: TopicRanker) -> None:
    between = (cloud(0, 1, 5)[0] + cloud(1, 1, 6)[0]) / 2
    between /= np.linalg.norm(between)
    with_word, without = ({ranked.topic: ranked.probability for ranked in topics.rank(between, text, Mentions())} for text in ("my bursa", "my"))
    assert with_word["bursa"] > without["bursa"]


def test_the_topic_under_discussion_gains(topics: TopicRanker) -> None:
    between = (cloud(0, 1, 5)[0] + cloud(1, 1, 6)[0]) / 2
    between /= np.linalg.norm(between)
    going_on, at_the_start = (
        {ranked.topic: ranked.probability for ranked in topics.rank(between, "", Mentions(), before)} for before in ("bursa", None)
    )
    assert going_on["bursa"] > at_the_start["bursa"]


def test_a_topic_ranker_comes_back_as_it_was(topics: TopicRanker, tmp_path: Path) -> None:
    topics.save(tmp_path)
    vector = cloud(2, 1, 7)[0]
    before, after = topics.rank(vector, "disc", Mentions()), TopicRanker.load(tmp_path).rank(vector, "disc", Mentions())
    assert [(r.topic, round(r.probability, 4)) for r in before] == [(r.topic, round(r.probability, 4)) for r in after]


@pytest.fixture(scope="module")
def facets() -> FacetRanker:
    known = {"disc": TopicEntries({"overview": ["overview"], "steps": ["steps", "prevention"]}, "overview", [])}
    examples = [FacetExample("ask_overview", "disc", "overview", entry=True)] * 20
    examples += [FacetExample("", "disc", "steps", entry=True)] * 20
    examples += [FacetExample("ask_treatment", "disc", "treatment")] * 20 + [FacetExample("ask_prevention")] * 20
    vectors = np.concatenate([cloud(axis, 20, axis) for axis in range(4)])
    return FacetRanker.fit(vectors, examples, ["overview", "steps", "prevention", "treatment"], known, "describe_pain", (ROLES * 27)[: len(examples)])


def test_an_entry_stands_for_every_facet_that_it_serves(facets: FacetRanker) -> None:
    vector = cloud(1, 1, 50)[0]
    ranking = facets.rank("disc", {"ask_prevention": 0.8, "ask_steps": 0.1}, facets.similarities(vector))
    assert (ranking[0].facet, ranking[0].covered) == ("steps", True)
    assert "prevention" not in [ranked.facet for ranked in ranking]


def test_a_facet_without_an_entry_can_lead_and_is_marked(facets: FacetRanker) -> None:
    vector = cloud(2, 1, 51)[0]
    ranking = facets.rank("disc", {"ask_treatment": 0.95}, facets.similarities(vector))
    assert (ranking[0].facet, ranking[0].covered) == ("treatment", False)


def test_a_facet_ranker_comes_back_as_it_was(facets: FacetRanker, tmp_path: Path) -> None:
    facets.save(tmp_path)
    loaded = FacetRanker.load(tmp_path)
    vector = cloud(0, 1, 52)[0]
    before = facets.rank("disc", {"ask_overview": 0.6}, facets.similarities(vector))
    after = loaded.rank("disc", {"ask_overview": 0.6}, loaded.similarities(vector))
    assert [(r.facet, round(r.probability, 4)) for r in before] == [(r.facet, round(r.probability, 4)) for r in after]
