"""A danger sign that no database could take is kept on the machine and reaches the clinic later, once."""

import json
import threading
from pathlib import Path
from typing import List

import pytest
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation import spool
from rasa_project.escalation.replies import Turn, escalate
from rasa_project.escalation.store import EscalationStore, Sighting, escalation_store

FINDING = {"flag": "unable_to_walk", "level": "emergency", "evidence": "cannot walk", "status": "present"}
PARSED = {"text": "I cannot walk", "red_flags": [FINDING]}


def sighting(number: int = 1) -> Sighting:
    return Sighting("emergency", ["unable_to_walk"], ["cannot walk"], f"message-{number}")


def test_what_the_database_could_not_take_is_there_when_it_can(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_DB_URL", "sqlite:////nowhere/at/all.db")
    escalation_store.cache_clear()
    response = escalate(Turn("patient", "m1", "rest", PARSED, {}))
    assert response.reply.custom["reference"] is None and "could not pass this on" in response.reply.words["noted"]
    monkeypatch.delenv("ESCALATION_DB_URL")
    escalation_store.cache_clear()
    assert spool.bring(escalation_store()) == 1
    (stored,) = escalation_store().of("patient")
    assert (stored.flags, stored.evidence, stored.channel) == (["unable_to_walk"], ["cannot walk"], "rest")
    assert spool.bring(escalation_store()) == 0 and not list(spool.folder().iterdir())


def test_the_next_sign_that_is_stored_brings_those_that_wait(own_state: Path) -> None:
    spool.keep(sighting(), "patient-1", "rest")
    escalate(Turn("patient-2", "m2", "rest", PARSED, {}))
    assert {escalation.conversation_id for escalation in escalation_store().list()} == {"patient-1", "patient-2"}


def test_nothing_is_lost_while_the_database_is_still_down(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EscalationStore(f"sqlite:///{own_state / 'escalations.db'}")
    spool.keep(sighting(), "patient", "rest")

    def fails(*_: object) -> str:
        raise SQLAlchemyError("down")

    with monkeypatch.context() as down:
        down.setattr(store, "add", fails)
        with pytest.raises(SQLAlchemyError):
            spool.bring(store)
    spool.keep(sighting(2), "patient-2", None)
    assert spool.bring(store) == 2
    store.engine.dispose()


def test_a_sign_that_another_way_has_stored_is_not_stored_twice(own_state: Path) -> None:
    reference = escalation_store().add(sighting(), "patient", "rest")
    spool.keep(sighting(), "patient", "rest")
    assert spool.bring(escalation_store()) == 1
    assert [escalation.reference for escalation in escalation_store().list()] == [reference]


def test_processes_that_keep_and_bring_at_the_same_time_lose_nothing(own_state: Path) -> None:
    def keep(start: int) -> None:
        for number in range(start, start + 20):
            spool.keep(sighting(number), f"patient-{number}", "rest")

    threads: List[threading.Thread] = [threading.Thread(target=keep, args=(start,)) for start in (0, 20, 40)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        spool.bring(escalation_store())
    spool.bring(escalation_store())
    assert {escalation.conversation_id for escalation in escalation_store().list()} == {f"patient-{number}" for number in range(60)}


def test_only_its_owner_can_read_what_is_kept(own_state: Path) -> None:
    spool.keep(sighting(), "patient", "rest")
    (path,) = spool.folder().iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text(encoding="utf-8"))["evidence"] == ["cannot walk"]
