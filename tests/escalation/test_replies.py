"""What a patient with a danger sign reads, and what the conversation remembers."""

from pathlib import Path
from typing import Any, Dict

import pytest

from rasa_project.escalation.replies import Turn, ask_whether_in_danger, escalate, note_duration, show_advice, take_back
from rasa_project.escalation.store import escalation_store
from rasa_project.escalation.wording import flag_words
from rasa_project.intents import ESCALATION_SLOT, PENDING_SLOT
from rasa_project.red_flags.lexicon import FlagId

BLADDER = {"flag": "bowel_bladder", "level": "emergency", "evidence": "wet myself", "status": "present"}
PAIN = {"flag": "severe_pain", "level": "urgent", "evidence": "agony", "status": "present"}

pytestmark = pytest.mark.usefixtures("own_state")


def turn(*findings: Dict[str, Any], message_id: str = "m1", slots: Any = None, **triage: Any) -> Turn:
    return Turn("c", message_id, "rest", {"red_flags": list(findings), "red_flag_triage": triage}, slots or {})


def test_every_sign_has_its_words() -> None:
    assert set(flag_words()) == {flag.value for flag in FlagId}
    assert all(words.question.endswith("?") for words in flag_words().values())


def test_the_more_serious_level_wins_and_every_flag_is_named() -> None:
    reply = escalate(turn(PAIN, BLADDER)).reply
    assert (reply.custom["level"], reply.custom["flags"]) == ("emergency", ["severe_pain", "bowel_bladder"])
    assert reply.response == "utter_escalate_emergency"
    assert reply.words["signs"] == f"{flag_words()['severe_pain'].sign} and {flag_words()['bowel_bladder'].sign}"
    assert reply.custom["contacts"][0]["href"] == "tel:999" and reply.custom["reference"] in reply.words["noted"]


def test_a_dead_database_does_not_keep_the_advice_from_the_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_DB_URL", "sqlite:////nowhere/at/all.db")
    escalation_store.cache_clear()
    response = escalate(turn(BLADDER))
    assert response.reply.custom["level"] == "emergency" and response.reply.custom["reference"] is None
    assert response.reply.response == "utter_escalate_emergency" and "could not pass this on" in response.reply.words["noted"]
    monkeypatch.delenv("ESCALATION_DB_URL")
    escalation_store.cache_clear()
    again = escalate(turn(BLADDER, message_id="m2", slots=response.slots))
    assert again.reply.custom["reference"] and again.reply.response == "utter_escalate_emergency", "told in full once it is recorded"


@pytest.mark.parametrize(
    ("days", "response", "asks"),
    [
        (None, "utter_escalate_severe_pain", True),
        (21.0, "utter_escalate_long_pain", False),
        (3.0, "utter_escalate_urgent", False),
    ],
)
def test_how_long_is_asked_only_where_it_is_unknown(days: Any, response: str, asks: bool) -> None:
    done = escalate(turn(PAIN, pain_days=days))
    assert done.reply.response == response and (done.slots[PENDING_SLOT] is not None) is asks


def test_in_an_emergency_nobody_is_asked_how_long() -> None:
    assert escalate(turn(PAIN, BLADDER)).slots[PENDING_SLOT] is None


def test_the_duration_is_kept_for_the_clinic(own_state: Path) -> None:
    first = escalate(turn(PAIN))
    second = note_duration(turn(message_id="m2", slots=first.slots, pain_days=30.0))
    assert second.reply.response == "utter_pain_for_long" and second.reply.custom["kind"] == "escalation"
    assert escalation_store().get(first.reply.custom["reference"]).pain_days == 30.0  # type: ignore[union-attr]


def test_what_is_taken_back_stays_with_the_clinic_and_within_reach() -> None:
    first = escalate(turn(BLADDER))
    back = take_back(turn(message_id="m2", slots=first.slots))
    assert back.reply.custom == {"kind": "chitchat", "taken_back": True} and back.slots[ESCALATION_SLOT]["taken_back"]
    assert escalation_store().get(first.reply.custom["reference"]).taken_back_at  # type: ignore[union-attr]
    shown = show_advice(turn(message_id="m3", slots=back.slots)).reply
    assert (shown.custom["kind"], shown.response) == ("handoff", "utter_escalate_emergency")
    told_again = escalate(turn(BLADDER, message_id="m4", slots=back.slots))
    assert told_again.reply.response == "utter_escalate_emergency" and told_again.slots[ESCALATION_SLOT]["taken_back"] is False


def test_advice_without_an_escalation_is_whom_to_call() -> None:
    assert show_advice(turn()).reply.custom["kind"] == "handoff"


def test_the_safety_question_takes_yes_and_no() -> None:
    asked = ask_whether_in_danger(turn(ask={**BLADDER, "status": "present"}))
    assert asked.reply.custom["kind"] == "question" and [option["title"] for option in asked.reply.custom["options"]] == ["Yes", "No"]
    assert asked.reply.words["question"] == flag_words()["bowel_bladder"].question
    assert asked.slots[PENDING_SLOT] == {"kind": "safety", "flag": "bowel_bladder", "evidence": "wet myself"}
