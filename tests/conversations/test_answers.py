"""Whole conversations over real HTTP: every cell of the contract, and what each kind of reply carries."""

import json
import uuid
from typing import Any, Dict, List

import pytest

from rasa_project.operations.serving import Servers
from rasa_project.settings import PROJECT_FOLDER

CELLS = [json.loads(line) for line in (PROJECT_FOLDER / "tests/data/coverage.jsonl").read_text(encoding="utf-8").splitlines()]
CELLS_RIGHT = 0.95  # reached on the two wordings of each cell; a lower share is a step back
SECTIONED = ("topic", "facet", "sources")


def say(bot: Servers, *messages: str) -> List[Dict[str, Any]]:
    """One conversation; the bot's messages to the last one."""
    sender = uuid.uuid4().hex
    replies: List[Dict[str, Any]] = []
    for message in messages:
        replies = bot.ask(sender, message)
    return replies


def custom(replies: List[Dict[str, Any]]) -> Dict[str, Any]:
    (found,) = [reply["custom"] for reply in replies if "custom" in reply]
    return dict(found)


def test_every_cell_is_answered_in_two_wordings(bot: Servers) -> None:
    misses = []
    for cell in CELLS:
        customs = [reply["custom"] for reply in say(bot, cell["text"]) if "custom" in reply]
        got = [(found["kind"], found.get("topic"), found.get("facet")) for found in customs]
        if got != [("answer", cell["topic"], cell["facet"])]:
            misses.append((cell["text"], cell["topic"], cell["facet"], got))
    assert len(misses) <= (1 - CELLS_RIGHT) * len(CELLS), misses
    # Of one cell at most both wordings may go wrong: what long sitting does is mistaken for what to do against it.
    assert len({(topic, facet) for _, topic, facet, *_ in misses}) >= len(misses) - 1, misses


def test_an_answer_carries_its_sources_and_quick_replies_that_work(bot: Servers) -> None:
    replies = say(bot, "what is a slipped disc?")
    found = custom(replies)
    assert found["kind"] == "answer" and all(found[key] for key in SECTIONED)
    for button in replies[-1]["buttons"]:
        assert custom(say(bot, button["payload"]))["kind"] == "answer"


def test_the_first_reply_says_once_that_this_is_no_diagnosis(bot: Servers) -> None:
    sender = uuid.uuid4().hex
    first, second = bot.ask(sender, "what is sciatica?"), bot.ask(sender, "what causes it?")
    assert sum("not a diagnosis" in reply["text"] for reply in first) == 1
    assert not any("not a diagnosis" in reply["text"] for reply in second)


@pytest.mark.parametrize(
    "message, kind",
    [
        ("hello", "chitchat"),
        ("thank you so much", "chitchat"),
        ("are you a real person?", "chitchat"),
        ("how is sciatica treated?", "not_covered"),
        ("what's the weather tomorrow", "out_of_scope"),
        ("let me talk to a nurse please", "handoff"),
        ("I can't walk since this morning", "escalation"),
        ("😭", "question"),
        ("", "question"),
    ],
)
def test_each_kind_of_reply_is_produced(bot: Servers, message: str, kind: str) -> None:
    assert custom(say(bot, message))["kind"] == kind


def test_not_covered_names_topic_and_facet(bot: Servers) -> None:
    found = custom(say(bot, "how is hip bursitis treated"))
    assert (found["kind"], found["topic"], found["facet"]) == ("not_covered", "bursitis", "treatment")


def test_a_follow_up_keeps_the_topic_and_a_new_name_changes_it(bot: Servers) -> None:
    assert custom(say(bot, "what is bursitis", "what causes it"))["topic"] == "bursitis"
    found = custom(say(bot, "what are the symptoms of sciatica", "and a pinched nerve?"))
    assert (found["topic"], found["facet"]) == ("pinched_nerve", "symptoms")


def test_a_red_flag_beside_another_question_is_escalated_with_contacts_and_reference(bot: Servers) -> None:
    replies = say(bot, "hi", "which stretch is best for sciatica? also I wet myself twice today")
    found = custom(replies)
    assert (found["kind"], found["level"]) == ("escalation", "emergency")
    assert "bowel_bladder" in found["flags"] and found["reference"] in replies[-1]["text"]
    assert {contact["href"] for contact in found["contacts"]} >= {"tel:999"}


def test_after_an_escalation_questions_are_still_answered(bot: Servers) -> None:
    assert custom(say(bot, "my back pain is unbearable", "what is sciatica?"))["kind"] == "answer"
