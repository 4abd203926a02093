"""What a message goes on from, and what it points at."""

from typing import List, Optional

import pytest

from rasa_project.content.schema import Facet
from rasa_project.dialogue.reference import discussed_after, referred

SLOTS = {"current_topic": "sciatica_vs_bursitis", "current_facet": "comparison", "discussed": ["sciatica", "bursitis"]}


def test_at_the_start_nothing_is_under_discussion() -> None:
    assert referred("what causes it", {}) is None
    assert referred("the first one", {}) is None


@pytest.mark.parametrize(
    "text, topic",
    [
        ("tell me more about the first one", "sciatica"),
        ("and the other one", "bursitis"),
        ("And what is the cause of the second one?", "bursitis"),
        ("the latter", "bursitis"),
        ("back to the former, who gets it", "sciatica"),
        ("2", "bursitis"),
        ("number one please", "sciatica"),
        ("the 2nd of those", "bursitis"),
        ("what do they do for that last one", "bursitis"),
        ("is there a cure", "sciatica_vs_bursitis"),
        ("the first time it hurt was in may", "sciatica_vs_bursitis"),
        ("my other leg hurts", "sciatica_vs_bursitis"),
        ("since last week", "sciatica_vs_bursitis"),
        ("the third one", "sciatica_vs_bursitis"),
    ],
)
def test_words_of_order_point_at_one_of_several(text: str, topic: str) -> None:
    assert referred(text, SLOTS) == (topic, Facet.comparison)


def test_the_other_one_is_the_one_that_was_not_last_spoken_of() -> None:
    slots = {"current_topic": "bursitis", "current_facet": "causes", "discussed": ["sciatica", "bursitis"]}
    assert referred("and the other one?", slots) == ("sciatica", Facet.causes)


@pytest.mark.parametrize(
    "topics, before, after",
    [
        (["bursitis"], None, ["bursitis"]),
        (["bursitis"], ["sciatica"], ["sciatica", "bursitis"]),
        (["sciatica"], ["sciatica", "bursitis"], ["bursitis", "sciatica"]),
        (["arthritis", "muscle_strain"], ["sciatica"], ["arthritis", "muscle_strain"]),
        (["e"], ["a", "b", "c", "d"], ["b", "c", "d", "e"]),
    ],
)
def test_what_can_be_pointed_at_after_a_reply(topics: List[str], before: Optional[List[str]], after: List[str]) -> None:
    assert discussed_after(topics, {"discussed": before}) == after
