"""Escalations are kept once each, grow with the conversation, and leave a notice for the clinic with every piece of news."""

import threading
from pathlib import Path
from typing import List

import pytest

from rasa_project.escalation.store import EscalationStore, Sighting, UnknownReference, utc_now

WET = Sighting("emergency", ["bowel_bladder"], ["wet myself"], "m1")
PAIN = Sighting("urgent", ["severe_pain"], ["agony"], "m2")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'escalations.db'}"


@pytest.fixture
def store(database: str) -> EscalationStore:
    return EscalationStore(database)


def notices(store: EscalationStore) -> List[str]:
    """What each notice says that has not been delivered, in order."""
    store.plan_deliveries(["somewhere"], utc_now())
    found = []
    while True:
        delivery = store.claim(["somewhere"], utc_now(), 60)
        if delivery is None:
            return found
        found.append(delivery.notice.what)
        store.delivered(delivery.id, utc_now())


def test_an_escalation_survives_a_restart(database: str) -> None:
    reference = EscalationStore(database).add(WET, "conversation", "rest")
    found = EscalationStore(database).get(reference)
    assert found and (found.level, found.flags, found.evidence, found.channel) == ("emergency", ["bowel_bladder"], ["wet myself"], "rest")
    assert found.created_at.utcoffset() is not None and found.is_open


def test_the_same_message_is_stored_once_even_by_several_at_once(database: str) -> None:
    stores = [EscalationStore(database) for _ in range(4)]
    references: List[str] = []
    threads = [threading.Thread(target=lambda s=store: references.append(s.add(WET, "c"))) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(references) == 4 and len(set(references)) == 1
    assert len(stores[0].list()) == 1 and notices(stores[0]) == ["opened"]


def test_the_newest_comes_first(store: EscalationStore) -> None:
    references = [store.add(Sighting("urgent", ["severe_pain"], ["agony"], f"m{number}"), "c") for number in range(3)]
    assert [escalation.reference for escalation in store.list()] == references[::-1]


def test_a_further_sign_in_the_conversation_makes_the_escalation_worse_and_a_repeat_is_no_news(store: EscalationStore) -> None:
    reference = store.add(PAIN, "c")
    assert store.add(Sighting("urgent", ["severe_pain"], ["still in agony"], "m3"), "c", reference=reference) == reference
    assert notices(store) == ["opened"]
    assert store.add(WET, "c", reference=reference) == reference
    found = store.get(reference)
    assert found and (found.level, found.flags) == ("emergency", ["severe_pain", "bowel_bladder"])
    assert set(found.evidence) == {"agony", "still in agony", "wet myself"}
    assert notices(store) == ["worsened"]


def test_a_reference_of_another_conversation_is_not_taken_over(store: EscalationStore) -> None:
    reference = store.add(PAIN, "c")
    assert store.add(WET, "somebody else", reference=reference) != reference
    assert store.get(reference).flags == ["severe_pain"]  # type: ignore[union-attr]


def test_what_is_acknowledged_is_no_longer_open_until_there_is_news(store: EscalationStore) -> None:
    reference = store.add(PAIN, "c")
    store.acknowledge(reference, "Dr Grey", "called back")
    found = store.get(reference)
    assert found and (found.acknowledged_by, found.note, store.list(open_only=True)) == ("Dr Grey", "called back", [])
    store.add(WET, "c", reference=reference)
    assert [item.reference for item in store.list(open_only=True)] == [reference]
    assert store.get(reference).note == "called back"  # type: ignore[union-attr]


def test_duration_and_taking_back_are_news_once(store: EscalationStore) -> None:
    reference = store.add(PAIN, "c")
    for _ in range(2):
        store.set_pain_days(reference, 30)
        store.take_back(reference)
    found = store.get(reference)
    assert found and found.pain_days == 30 and found.taken_back_at is not None
    assert notices(store) == ["opened", "duration_known", "taken_back"]


def test_an_unknown_reference_is_said_to_be_unknown(store: EscalationStore) -> None:
    with pytest.raises(UnknownReference):
        store.acknowledge("NOWHERE", "me")
    assert store.get("NOWHERE") is None


def test_a_delivery_is_claimed_by_one_worker_only_until_its_claim_ends(store: EscalationStore) -> None:
    store.add(PAIN, "c")
    now = utc_now()
    store.plan_deliveries(["webhook"], now)
    store.plan_deliveries(["webhook"], now)
    assert store.claim(["webhook"], now, seconds=60) is not None
    assert store.claim(["webhook"], now, seconds=60) is None
    later = now.replace(year=now.year + 1)
    assert store.claim(["webhook"], later, seconds=60) is not None
