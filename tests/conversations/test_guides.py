"""The forms over HTTP: through to the end, interrupted, left, and put aside by a danger sign."""

import uuid
from typing import Any, Dict, List

import pytest

from rasa_project.operations.serving import Servers

START_STRETCH = '/guide_stretch{"topic":"gluteal_stretch"}'


def talk(bot: Servers, *messages: str) -> List[List[Dict[str, Any]]]:
    """The replies to each message of one conversation, without the notice."""
    sender = uuid.uuid4().hex
    turns = [bot.ask(sender, message) for message in messages]
    return [[reply for reply in replies if "custom" in reply] for replies in turns]


def kinds(replies: List[Dict[str, Any]]) -> List[str]:
    return [reply["custom"]["kind"] for reply in replies]


def test_where_the_pain_comes_from(bot: Servers) -> None:
    start, first, second = talk(bot, "/guide_pain", "in my groin I think", "down to the knee")
    assert (kinds(start), len(start[0]["buttons"])) == (["question"], 4)
    assert kinds(first) == ["question"]
    (answer,) = second
    assert (answer["custom"]["topic"], answer["custom"]["facet"]) == ("hip_or_back", "comparison")
    assert "in the hip or groin" in answer["text"] and "to the thigh or knee" in answer["text"]


def test_a_stretch_step_by_step(bot: Servers) -> None:
    start, second, third, again, done, after = talk(bot, START_STRETCH, "next", "ok", "repeat", "done", "what is bursitis?")
    assert "Important:" in start[0]["text"] and "Step 1 of 3" in start[0]["text"]
    assert "Step 2 of 3" in second[0]["text"] and "Step 3 of 3" in third[0]["text"] and third[0]["text"] == again[0]["text"]
    assert kinds(done) == ["chitchat"] and len(done[0]["buttons"]) == 3
    assert [reply["custom"]["topic"] for reply in after] == ["bursitis"]


def test_which_stretch_is_asked_where_none_is_named(bot: Servers) -> None:
    asked, step = talk(bot, "guide me through a stretch", "the child's pose")
    assert len(asked[0]["buttons"]) == 4
    assert step[0]["custom"]["topic"] == "childs_pose"


@pytest.mark.parametrize(
    "before, again", [(["/guide_pain"], "question"), (["/guide_pain", "lower back"], "question"), ([START_STRETCH, "next"], "answer")]
)
def test_a_question_in_between_is_answered_and_the_guide_goes_on(bot: Servers, before: List[str], again: str) -> None:
    *_, last, interrupted = talk(bot, *before, "what is sciatica?")
    assert interrupted[0]["custom"]["topic"] == "sciatica"
    assert kinds(interrupted) == ["answer", again]
    assert interrupted[1]["text"] == last[-1]["text"]


@pytest.mark.parametrize("before", [["/guide_pain"], ["/guide_pain", "in the buttock"], [START_STRETCH], ["guide me through a stretch"]])
def test_stop_leaves_the_guide(bot: Servers, before: List[str]) -> None:
    *_, left, after = talk(bot, *before, "stop", "what is sciatica?")
    assert kinds(left) == ["chitchat"]
    assert kinds(after) == ["answer"]


def test_a_danger_sign_ends_a_guide_and_other_questions_are_answered(bot: Servers) -> None:
    for guide in (START_STRETCH, "/guide_pain"):
        *_, escalated, answered = talk(bot, guide, "I cannot walk at all since this morning", "what is bursitis?")
        assert kinds(escalated) == ["escalation"] and kinds(answered) == ["answer"]
        assert answered[-1]["custom"]["topic"] == "bursitis"


def test_after_a_danger_sign_the_stretch_does_not_go_on(bot: Servers) -> None:
    *_, escalated, after, later = talk(bot, START_STRETCH, "I cannot walk at all since this morning", "next", START_STRETCH)
    assert kinds(escalated) == kinds(after) == kinds(later) == ["escalation"]
    assert not any("Step" in reply["text"] for reply in [*after, *later])
