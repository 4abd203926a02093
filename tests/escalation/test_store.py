"""Escalations are kept, once each, and found again."""

from pathlib import Path

import pytest

from rasa_project.escalation.replies import escalate, flag_words
from rasa_project.escalation.store import EscalationStore, escalation_store

FINDING = {"flag": "bowel_bladder", "level": "emergency", "evidence": "wet myself", "status": "present"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'escalations.db'}"


def test_an_escalation_survives_a_restart(database: str) -> None:
    reference = EscalationStore(database).add("emergency", ["bowel_bladder"], ["wet myself"], "conversation", "m1", "rest")
    found = EscalationStore(database).get(reference)
    assert found and (found.level, found.flags, found.evidence, found.channel) == ("emergency", ["bowel_bladder"], ["wet myself"], "rest")
    assert found.created_at.utcoffset() is not None


def test_the_same_message_is_stored_once(database: str) -> None:
    store = EscalationStore(database)
    first = store.add("urgent", ["severe_pain"], ["agony"], "c", "m1")
    assert store.add("urgent", ["severe_pain"], ["agony"], "c", "m1") == first
    assert len(store.list()) == 1


def test_the_newest_comes_first(database: str) -> None:
    store = EscalationStore(database)
    references = [store.add("urgent", ["severe_pain"], ["agony"], "c", f"m{number}") for number in range(3)]
    assert [escalation.reference for escalation in store.list()] == references[::-1]


def test_the_more_serious_level_wins_and_every_flag_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_BOT_STATE", str(tmp_path))
    escalation_store.cache_clear()
    pain = {"flag": "severe_pain", "level": "urgent", "evidence": "agony", "status": "present"}
    reply = escalate([pain, FINDING], "c", "m1", "rest")
    assert (reply.custom["level"], reply.custom["flags"]) == ("emergency", ["severe_pain", "bowel_bladder"])
    assert reply.response == "utter_escalate_emergency"
    assert reply.words["signs"] == f"{flag_words()['severe_pain'].sign} and {flag_words()['bowel_bladder'].sign}"
    assert reply.custom["contacts"][0]["href"] == "tel:999"


def test_a_dead_database_does_not_keep_the_advice_from_the_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_DB_URL", "sqlite:////nowhere/at/all.db")
    escalation_store.cache_clear()
    reply = escalate([FINDING], "c", "m1", "rest")
    escalation_store.cache_clear()
    assert reply.custom["level"] == "emergency" and reply.custom["reference"] is None
    assert reply.response == "utter_escalate_emergency_unrecorded"
