"""Names found in patients' words."""

import pytest

from rasa_project.content.importer import topic_names
from rasa_project.content.linking import TopicLinker, fold
from rasa_project.content.store import ContentStore


@pytest.fixture(scope="module")
def linker(store: ContentStore) -> TopicLinker:
    return TopicLinker(topic_names(store))


@pytest.mark.parametrize(
    "text, topic",
    [
        ("what is SCIATICA?", "sciatica"),
        ("my slipped disk hurts", "herniated_disc"),
        ("slipped discs", "herniated_disc"),
        ("a trapped nerve", "pinched_nerve"),
        ("is it bursitus", "bursitis"),
        ("the pirifomis stretch", "piriformis_stretch"),
        ("what does the si joint do", "sacroiliac_joint"),
        ("si joint dysfunction", "si_joint_dysfunction"),
    ],
)
def test_names_plurals_and_misspellings_are_linked(linker: TopicLinker, text: str, topic: str) -> None:
    assert topic in [link.label for link in linker.link(text)]


@pytest.mark.parametrize("text", ["", "what time is it", "I bought a new sofa", "my cousin is in sicily"])
def test_other_words_are_not_linked(linker: TopicLinker, text: str) -> None:
    assert linker.link(text) == []


def test_the_longest_name_wins_and_offsets_point_at_it(linker: TopicLinker) -> None:
    text = "Is it hip osteoarthritis?"
    (link,) = linker.link(text)
    assert (link.label, text[link.start : link.end]) == ("hip_osteoarthritis", "hip osteoarthritis")


@pytest.mark.parametrize(
    "word, folded",
    [("discs", "disc"), ("disk's", "disc"), ("injuries", "injury"), ("sciatica", "sciatica"), ("pelvis", "pelvis"), ("stress", "stress")],
)
def test_folding(word: str, folded: str) -> None:
    assert fold(word) == folded


@pytest.mark.parametrize(
    "text, topic",
    [
        ("is it osteoarthritis of my left hip", "hip_osteoarthritis"),
        ("my disc has slipped again", "herniated_disc"),
        ("i think i pulled a muscle", "muscle_strain"),
    ],
)
def test_a_name_with_a_gap_is_found_across_a_few_words_and_wins_over_a_shorter_one(linker: TopicLinker, text: str, topic: str) -> None:
    assert [link.label for link in linker.link(text)][:1] == [topic]


def test_a_gap_does_not_reach_across_a_whole_sentence(linker: TopicLinker) -> None:
    links = linker.link("arthritis runs in my family and now at sixty my hip aches")
    assert "hip_osteoarthritis" not in [link.label for link in links]


@pytest.mark.parametrize("text", ["who shouldnt do it", "anyone who shouldn't", "couldnt"])
def test_contractions_are_not_taken_for_misspelt_names(text: str) -> None:
    assert TopicLinker({"shoulder": "x", "could": "y"}).link(text) == []
