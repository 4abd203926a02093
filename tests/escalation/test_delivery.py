"""Notices reach the clinic, once each, however long it takes; an alarm is raised while they do not."""

import datetime
import logging
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest
from receiver import SECRET, Receiver

from rasa_project.escalation import delivery
from rasa_project.escalation.delivery import DeliveryFailed, DeliveryWorker, EmailTarget, InvalidTarget, WebhookTarget, retry_after, targets
from rasa_project.escalation.store import EscalationStore, Sighting, Undelivered, utc_now
from rasa_project.settings import clinic_settings

PAIN = Sighting("urgent", ["severe_pain"], ["in agony"], "m1")


class Clock:
    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime.datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += datetime.timedelta(**time)


@pytest.fixture
def store(tmp_path: Path) -> EscalationStore:
    return EscalationStore(f"sqlite:///{tmp_path / 'escalations.db'}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


def worker(store: EscalationStore, target: Any, clock: Clock) -> Tuple[DeliveryWorker, List[List[Undelivered]]]:
    alarms: List[List[Undelivered]] = []
    return DeliveryWorker(store, [target], datetime.timedelta(minutes=15), alarms.append, clock), alarms


def test_a_notice_arrives_signed_once_with_no_more_words_than_raised_it(store: EscalationStore, receiver: Receiver) -> None:
    reference = store.add(PAIN, "conversation", "rest")
    clock = Clock()
    working, _ = worker(store, WebhookTarget(receiver.url, SECRET, include_words=True), clock)
    assert working.run_once() == 1 and working.run_once() == 0
    (body,) = receiver.bodies.values()
    assert (body["reference"], body["level"], body["flags"], body["words"]) == (reference, "urgent", ["severe_pain"], ["in agony"])
    assert store.undelivered() == []


def test_without_words_none_of_the_patients_is_sent(store: EscalationStore, receiver: Receiver) -> None:
    store.add(PAIN, "conversation")
    working, _ = worker(store, WebhookTarget(receiver.url, SECRET, include_words=False), Clock())
    working.run_once()
    (body,) = receiver.bodies.values()
    assert "agony" not in str(body) and body["flags"] == ["severe_pain"]


def test_a_target_down_for_an_hour_gets_it_once_when_it_is_up_again_and_an_alarm_was_raised(store: EscalationStore, receiver: Receiver) -> None:
    reference = store.add(PAIN, "conversation")
    clock = Clock()
    working, alarms = worker(store, WebhookTarget(receiver.url, SECRET, True), clock)
    receiver.status = 503
    while clock.now < store.get(reference).created_at + datetime.timedelta(hours=1):  # type: ignore[union-attr]
        working.run_once()
        clock.advance(seconds=30)
    assert receiver.bodies == {} and len(receiver.refused) > 5
    assert [item.reference for item in alarms[0]] == [reference] and alarms[0][0].last_error == "the receiver answered 503"
    assert len(alarms) == 1, "one alarm an hour"
    receiver.status = 200
    clock.advance(minutes=10)
    assert working.run_once() == 1
    clock.advance(hours=2)
    working.run_once()
    assert receiver.posts == [f"{reference}-1"] and set(receiver.refused) == {f"{reference}-1"} and len(alarms) == 1


def test_it_never_gives_up_and_the_alarm_comes_again(store: EscalationStore) -> None:
    store.add(PAIN, "conversation")
    clock = Clock()
    working, alarms = worker(store, WebhookTarget("http://127.0.0.1:9/", SECRET, True), clock)
    for _ in range(7 * 24):
        clock.advance(hours=1, seconds=1)
        working.run_once()
    assert len(alarms) == 7 * 24
    assert store.undelivered()[0].attempts == 7 * 24


def test_one_notice_that_breaks_does_not_hold_up_the_others(store: EscalationStore) -> None:
    class Picky:
        name = "picky"

        def __init__(self) -> None:
            self.got: List[str] = []

        def send(self, notice: Any) -> None:
            if notice.escalation.conversation_id == "bad":
                raise ZeroDivisionError
            self.got.append(notice.escalation.conversation_id)

    target = Picky()
    for number, name in enumerate(("bad", "good")):
        store.add(Sighting("urgent", ["severe_pain"], ["x"], str(number)), name)
    worker(store, target, Clock())[0].run_once()
    assert target.got == ["good"] and len(store.undelivered()) == 1


def test_two_workers_deliver_each_notice_once(tmp_path: Path, receiver: Receiver) -> None:
    url = f"sqlite:///{tmp_path / 'escalations.db'}"
    store = EscalationStore(url)
    for number in range(20):
        store.add(Sighting("urgent", ["severe_pain"], ["x"], str(number)), "c")
    workers = [worker(EscalationStore(url), WebhookTarget(receiver.url, SECRET, True), Clock())[0] for _ in range(2)]
    threads = [threading.Thread(target=one.run_once) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.posts) == len(receiver.bodies) == 20


def test_a_forged_signature_is_told_from_ours(store: EscalationStore, receiver: Receiver) -> None:
    store.add(PAIN, "conversation")
    worker(store, WebhookTarget(receiver.url, "another-secret-entirely", True), Clock())[0].run_once()
    assert receiver.bodies == {} and receiver.refused


def test_retries_wait_longer_and_longer_up_to_a_limit() -> None:
    waits = [retry_after(attempts) for attempts in range(30)]
    assert 4 <= waits[0] <= 6 and 16 <= waits[2] <= 24 and all(240 <= wait <= 360 for wait in waits[7:])


def test_an_email_names_the_signs_and_carries_the_notices_key(store: EscalationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: List[EmailMessage] = []

    class Server:
        def __init__(self, *_: Any, **__: Any) -> None: ...
        def __enter__(self) -> "Server":
            return self

        def __exit__(self, *_: Any) -> None: ...
        def ehlo(self) -> None: ...
        def has_extn(self, _: str) -> bool:
            return False

        def send_message(self, message: EmailMessage) -> None:
            sent.append(message)

    monkeypatch.setattr(delivery.smtplib, "SMTP", Server)
    reference = store.add(PAIN, "conversation")
    worker(store, EmailTarget("smtp://mail.clinic.example:25", "bot@clinic.example", ["desk@clinic.example"], True), Clock())[0].run_once()
    (message,) = sent
    assert reference in message["Subject"] and message["Message-ID"] == f"<{reference}-1@clinic.example>"
    assert "severe pain" in message.get_content() and "in agony" in message.get_content()


def test_a_password_never_travels_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        def __init__(self, *_: Any, **__: Any) -> None: ...
        def ehlo(self) -> None: ...
        def has_extn(self, _: str) -> bool:
            return False

        def close(self) -> None: ...
        def login(self, *_: str) -> None:
            raise AssertionError("logged in without encryption")

    monkeypatch.setattr(delivery.smtplib, "SMTP", Plain)
    target = EmailTarget("smtp://user:word@mail.clinic.example", "bot@clinic.example", ["desk@clinic.example"], True)
    with pytest.raises(DeliveryFailed):
        target.send_text("subject", "text", ["desk@clinic.example"], "key")


@pytest.mark.parametrize(
    "environment, part",
    [
        ({"ESCALATION_WEBHOOK_URL": "clinic.example", "ESCALATION_WEBHOOK_SECRET": "x" * 20}, "https://"),
        ({"ESCALATION_WEBHOOK_URL": "https://clinic.example"}, "ESCALATION_WEBHOOK_SECRET"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_what_to_write(environment: dict, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidTarget, match=part):
        targets(clinic_settings())


def test_addresses_without_a_mail_server_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = clinic_settings().copy(deep=True)
    settings.escalations.email_to = ["desk@clinic.example"]
    monkeypatch.delenv("SMTP_URL", raising=False)
    with pytest.raises(InvalidTarget, match="SMTP_URL"):
        targets(settings)


def test_the_alarm_is_in_the_log_at_its_highest_level(caplog: pytest.LogCaptureFixture) -> None:
    late = [Undelivered("ABCD2345", "webhook", utc_now(), 9, "the receiver answered 503")]
    with caplog.at_level(logging.CRITICAL):
        delivery.alarm(clinic_settings())(late)
    assert "NOT reached" in caplog.text and "ABCD2345" in caplog.text
