"""Messages with several questions are taken apart, and others left in one piece."""

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.dialogue.parts import asks, split


@pytest.mark.parametrize(
    "text, parts",
    [
        ("What is sciatica? How do I sit?", ["What is sciatica?", "How do I sit?"]),
        ("what is bursitis and how do i lift a box", ["what is bursitis", "how do i lift a box"]),
        ("whats a slipped disc, can it heal, should i rest", ["whats a slipped disc", "can it heal", "should i rest"]),
        ("causes and symptoms of arthritis", ["causes of arthritis", "symptoms of arthritis"]),
        (
            "what are the signs, causes and treatment of a strain?",
            ["what are the signs of a strain?", "what are the causes of a strain?", "what are the treatment of a strain?"],
        ),
        ("what does arthritis feel like, and a pulled muscle?", ["what does arthritis feel like", "a pulled muscle?"]),
        ("how is a strain treated and what about arthritis", ["how is a strain treated", "what about arthritis"]),
        ("reasons for bursitis and reasons for arthritis", ["reasons for bursitis", "reasons for arthritis"]),
        ("sciatica symptoms, sciatica surgery", ["sciatica symptoms", "sciatica surgery"]),
        ("whats sciatica how do i stretch", ["whats sciatica", "how do i stretch"]),
    ],
)
def test_questions_are_told_apart(text: str, parts: List[str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "what is sciatica",
        "can you tell me what is sciatica",
        "do you know how to do the glute stretch",
        "I would like to know what causes hip and back pain",
        "pain in my hip and lower back",
        "what causes pain in my hip and back",
        "what is the difference between sciatica and bursitis",
        "how do i sit and stand",
        "which activities should i avoid with a slipped disc",
        "",
        "?",
    ],
)
def test_a_single_question_stays_whole(text: str) -> None:
    assert split(text) == []


def test_sentences_are_parts_and_background_does_not_ask() -> None:
    text = "I am a postman. What causes bursitis?"
    parts = split(text, [(0, 15), (16, len(text))])
    assert [(part, asks(part)) for part in parts] == [("I am a postman.", False), ("What causes bursitis?", True)]


@given(st.text(max_size=200))
def test_nothing_is_made_up(text: str) -> None:
    words = set(text.lower().split())
    assert all(set(part.lower().split()) <= words | {piece for word in words for piece in _pieces(word)} for part in split(text))


def _pieces(word: str) -> List[str]:
    """What a cut within a word, behind a mark or a question mark, can leave."""
    return [word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1)]
