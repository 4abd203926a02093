"""Guided help: how answers to its questions are read, and what each step says."""

from typing import Optional

import pytest

from rasa_project.content.store import ContentStore
from rasa_project.dialogue import guidance


@pytest.mark.parametrize(
    "text, start",
    [
        ("In the hip or groin", "hip"),
        ("mostly my left groin", "hip"),
        ("right bum cheek", "buttock"),
        ("lower back", "back"),
        ("hip and back both", "elsewhere"),
        ("not sure", "elsewhere"),
        ("what is a groin?", None),
        ("I like tea", None),
        ("/restart", None),
    ],
)
def test_where_it_starts(text: str, start: Optional[str]) -> None:
    assert guidance.pain_start(text) == start


@pytest.mark.parametrize("text", ["In the hip or groin", "down to the knee", "It stays in one place", "my left bum cheek i think"])
def test_a_place_and_nothing_else(text: str) -> None:
    assert guidance.only_a_place(text)


@pytest.mark.parametrize(
    "text", ["down both legs", "numb in the groin", "my legs give way", "cant feel my bum", "the hip, since I fell", "a stabbing hip"]
)
def test_a_place_and_something_that_may_be_a_danger_sign(text: str) -> None:
    assert not guidance.only_a_place(text)


@pytest.mark.parametrize(
    "text, goes",
    [
        ("Down the leg", "leg"),
        ("past the knee into my foot", "leg"),
        ("to the knee", "knee"),
        ("front of the thigh", "knee"),
        ("it stays there", "stays"),
        ("no", "stays"),
        ("it doesn't move", "stays"),
        ("dunno", "elsewhere"),
        ("why do you ask", None),
        ("blue", None),
    ],
)
def test_where_it_goes(text: str, goes: Optional[str]) -> None:
    assert guidance.pain_goes(text) == goes


def test_every_option_reads_as_itself() -> None:
    for options, read in ((guidance.STARTS, guidance.pain_start), (guidance.GOES, guidance.pain_goes)):
        reply = guidance.question("utter_ask_where_it_starts", options)
        assert [read(button["payload"]) for button in reply.buttons] == list(options)


@pytest.mark.parametrize(
    "text, moved",
    [
        ("next", 1),
        ("ok done", 1),
        ("yes please", 1),
        ("repeat", 0),
        ("say that again", 0),
        ("go back", -1),
        ("what is bursitis", None),
        ("stop", None),
    ],
)
def test_moving_through_the_steps(text: str, moved: Optional[int]) -> None:
    assert guidance.move(text) == moved


def test_cautions_come_before_the_first_step_and_the_source_with_the_last(store: ContentStore) -> None:
    for stretch in guidance.stretches(store).values():
        texts = [guidance.step_reply(stretch, step, store).text for step in range(len(stretch.entry.steps))]
        assert all(step in text for step, text in zip(stretch.entry.steps, texts))
        assert all(caution in texts[0] and texts[0].index(caution) < texts[0].index(stretch.entry.steps[0]) for caution in stretch.entry.cautions)
        assert store.article.title in texts[-1]


def test_all_four_stretches_can_be_guided(store: ContentStore) -> None:
    assert set(guidance.stretches(store)) == {"piriformis_stretch", "hip_flexor_stretch", "gluteal_stretch", "childs_pose"}


def test_what_was_said_comes_back_before_the_article(store: ContentStore) -> None:
    (reply,) = guidance.origin_replies("hip", "knee", store)
    assert reply.text.index("in the hip or groin") < reply.text.index("to the thigh or knee") < reply.text.index(store.article.title)
    assert (reply.custom["kind"], reply.custom["topic"], reply.custom["facet"]) == ("answer", "hip_or_back", "comparison")
