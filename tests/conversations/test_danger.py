"""Danger signs over real HTTP: first in every state of a dialogue, remembered, not repeated, and taken back where the patient does."""

import uuid
from typing import Any, Dict, List

import pytest

from rasa_project.operations.serving import Servers

MANDATED = {
    "severe_pain": "the pain is unbearable, I am in tears",
    "unable_to_walk": "I can't walk any more",
    "bowel_bladder": "I have lost control of my bladder",
}
# What has been said before, one dialogue state each.
STATES = {
    "at the start": [],
    "after a greeting": ["hi"],
    "in a topic": ["what is sciatica", "what causes it"],
    "after a stretch": ["how do I do child's pose"],
    "after not covered": ["how is sciatica treated?"],
    "after off topic": ["what's the weather tomorrow"],
    "after nonsense": ["asdfgh qwertz"],
    "after a question back": ["😭"],
    "after handing over": ["let me talk to a nurse please"],
    "after thanks and goodbye": ["what is bursitis", "thanks", "bye"],
    "after a button": ['/ask_causes{"topic":"sciatica"}'],
    "after an unknown command": ["/unknown_command"],
    "after a restart": ["what is sciatica", "/restart"],
    "after asking who answers": ["are you a real person?"],
    "at the first question of a guide": ["/guide_pain"],
    "at the second question of a guide": ["/guide_pain", "in the lower back"],
    "when asked which stretch": ["guide me through a stretch"],
    "in a stretch": ['/guide_stretch{"topic":"gluteal_stretch"}', "next"],
    "after despair": ["I want to end my life"],
    "after another language": ["me duele mucho la cadera desde ayer"],
    "after several questions": ["What is sciatica? What causes bursitis?"],
}


# Each may be a danger sign or not; which of them makes the bot ask is for rules and classifier to say.
DOUBTFUL = [
    "the pain was severe yesterday, a bit better today",
    "my foot slaps a bit when I am tired",
    "my knees feel odd when I walk",
    "walking is not happening much these days",
    "last year I couldn't walk, now it is coming back a bit",
    "going to the toilet is different since my back hurts",
    "he reads that you can lose control of your bladder",
    "my colleague can't walk since the weekend, what is sciatica",
]


class Conversation:
    def __init__(self, bot: Servers) -> None:
        self._bot, self._sender = bot, uuid.uuid4().hex
        self.replies: List[Dict[str, Any]] = []

    def replies_to(self, message: str) -> List[dict]:
        self.replies = self._bot.ask(self._sender, message)
        return self.replies

    def say(self, *messages: str) -> Dict[str, Any]:
        """The machine-readable part of the reply to the last message."""
        for message in messages:
            self.replies_to(message)
        (found,) = [reply["custom"] for reply in self.replies if "custom" in reply]
        return dict(found)

    @property
    def text(self) -> str:
        return "\n".join(reply.get("text", "") for reply in self.replies)


@pytest.fixture
def talk(bot: Servers) -> Conversation:
    return Conversation(bot)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("flag", MANDATED)
def test_a_mandated_sign_is_escalated_in_every_state_of_the_dialogue(talk: Conversation, state: str, flag: str) -> None:
    found = talk.say(*STATES[state], MANDATED[flag])
    assert found["kind"] == "escalation" and flag in found["flags"] and found["reference"]


@pytest.mark.parametrize("flag", MANDATED)
@pytest.mark.parametrize("wrapping", ["/ask_overview {}", '/ask_causes{{"topic":"sciatica"}} {}', "/{}", "/restart {}", "   {}   "])
def test_a_slash_does_not_hide_a_sign(talk: Conversation, flag: str, wrapping: str) -> None:
    first = next(reply["custom"] for reply in talk.replies_to(wrapping.format(MANDATED[flag])) if "custom" in reply)
    assert flag in first["flags"]


@pytest.fixture
def asked(bot: Servers) -> Conversation:
    """A conversation in which the bot has just asked a safety question."""
    for message in DOUBTFUL:
        conversation = Conversation(bot)
        found = conversation.say(message)
        if found["kind"] == "question" and [option["title"] for option in found["options"]] == ["Yes", "No"]:
            return conversation
    raise AssertionError("no message made the bot ask; choose others that rules and classifier disagree on")


@pytest.mark.parametrize("flag", MANDATED)
def test_a_sign_interrupts_a_safety_question(asked: Conversation, flag: str) -> None:
    found = asked.say(MANDATED[flag])
    assert found["kind"] == "escalation" and flag in found["flags"]


@pytest.mark.parametrize("answer", ["yes", "Yes", "yeah since this morning", "I'm afraid so"])
def test_a_yes_to_a_safety_question_is_escalated(asked: Conversation, answer: str) -> None:
    assert asked.say(answer)["kind"] == "escalation" and "I have noted this" in asked.text


@pytest.mark.parametrize("answer", ["no", "No", "nope", "no not at all"])
def test_a_no_to_a_safety_question_gets_the_interrupted_question_answered_and_it_is_not_asked_again(asked: Conversation, answer: str) -> None:
    assert asked.say(answer)["kind"] != "escalation" and "good to know" in asked.text
    assert asked.say("what is sciatica?")["kind"] == "answer"


def test_a_new_question_instead_of_an_answer_is_answered_with_what_to_do_if_it_was_a_yes(asked: Conversation) -> None:
    assert asked.say("what causes bursitis?")["kind"] == "answer" and "not sure whether that was a yes" in asked.text


@pytest.mark.parametrize("flag", MANDATED)
def test_a_sign_interrupts_the_question_how_long(talk: Conversation, flag: str) -> None:
    talk.say("I have severe pain in my hip")
    found = talk.say(MANDATED[flag])
    assert found["kind"] == "escalation" and flag in found["flags"]


def test_severe_pain_is_asked_how_long_and_more_than_two_weeks_is_the_articles_own_sign(talk: Conversation) -> None:
    first = talk.say("I have severe pain in my hip")
    assert (first["level"], "How long" in talk.text) == ("urgent", True)
    second = talk.say("about a month")
    assert (second["kind"], second["reference"]) == ("escalation", first["reference"])
    assert "more than two weeks" in talk.text and "How long" not in talk.text


def test_a_duration_told_at_once_is_not_asked_for(talk: Conversation) -> None:
    talk.say("severe pain in my back for three weeks now")
    assert "more than two weeks" in talk.text and "How long" not in talk.text


def test_a_short_duration_does_not_take_the_advice_back(talk: Conversation) -> None:
    talk.say("I have severe pain in my hip", "since yesterday")
    assert "still needs a doctor today" in talk.text


def test_an_escalation_is_not_repeated_in_full_and_keeps_its_reference(talk: Conversation) -> None:
    first = talk.say("I can't walk any more")
    full = talk.text
    again = talk.say("I really cannot walk")
    assert again["kind"] == "escalation" and again["reference"] == first["reference"]
    assert len(talk.text) < len(full) / 1.5 and "999" in talk.text


def test_a_worse_sign_raises_the_same_escalation(talk: Conversation) -> None:
    first = talk.say("I have severe pain in my hip")
    second = talk.say("and I have lost control of my bladder")
    assert (first["level"], second["level"], second["reference"]) == ("urgent", "emergency", first["reference"])
    assert set(second["flags"]) >= {"severe_pain", "bowel_bladder"}


def test_after_an_escalation_questions_are_answered_exercises_are_not_and_a_reminder_comes(talk: Conversation) -> None:
    first = talk.say("I can't walk any more")
    assert talk.say("what is sciatica?")["kind"] == "answer"
    withheld = talk.say("show me child's pose")
    assert (withheld["kind"], withheld["reference"]) == ("escalation", first["reference"])
    assert "1." not in talk.text and "do harm" in talk.text
    talk.say("what is bursitis", "thanks")
    assert "Please do not forget" in talk.text and "999" in talk.text


@pytest.mark.parametrize("words", ["sorry, I meant I CAN walk", "sorry typo, i can walk fine", "false alarm, my mistake"])
def test_a_sign_that_is_taken_back_is_understood_and_the_advice_stays_within_reach(talk: Conversation, words: str) -> None:
    talk.say("I cant walk any more")
    assert talk.say(words)["kind"] == "chitchat"
    assert "Thank you for telling me" in talk.text
    assert talk.replies[-1]["buttons"][0]["payload"] == "/show_advice"
    assert talk.say("show me child's pose")["kind"] == "answer"
    assert talk.say("/show_advice")["kind"] == "handoff" and "Call 999 now" in talk.text
    assert talk.say("no, now I really cannot walk at all")["kind"] == "escalation"


def test_the_advice_can_be_asked_for_again(talk: Conversation) -> None:
    first = talk.say("I have lost control of my bladder", "what is sciatica")
    assert first["kind"] == "answer"
    assert talk.say("what should I do again?")["kind"] == "escalation" and "Call 999 now" in talk.text
