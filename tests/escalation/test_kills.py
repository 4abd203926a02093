"""Processes that are killed at any moment lose no escalation and deliver none twice under two keys. These tests really kill."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator

import pytest
from receiver import SECRET, Receiver

from rasa_project.escalation.store import EscalationStore

ROUNDS = 12
# Stores escalations as fast as it can; a reference is printed only after the store has taken it, as a patient is only then told.
WRITER = """
import secrets, sys
from rasa_project.escalation.store import EscalationStore, Sighting
store = EscalationStore(sys.argv[1])
while True:
    print(store.add(Sighting("urgent", ["severe_pain"], ["agony"], secrets.token_hex(8)), "conversation"), flush=True)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def environment(tmp_path: Path, receiver: Receiver) -> Dict[str, str]:
    own = {"CLINIC_BOT_STATE": str(tmp_path), "ESCALATION_WEBHOOK_URL": receiver.url, "ESCALATION_WEBHOOK_SECRET": SECRET, "PYTHONWARNINGS": "ignore"}
    return {**os.environ, **own}


def worker(environment: Dict[str, str], *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "rasa_project", "work", *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_writer_killed_at_any_moment_loses_nothing_that_it_confirmed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'escalations.db'}"
    confirmed = []
    for _ in range(ROUNDS):
        process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        confirmed.append(process.stdout.readline().strip())
        time.sleep(random.uniform(0, 0.2))
        process.kill()
        confirmed += process.communicate()[0].split()
    store = EscalationStore(url)
    stored = {escalation.reference for escalation in store.list()}
    whole = [reference for reference in confirmed if len(reference) == 8]  # the kill may cut the last line short
    assert len(whole) >= ROUNDS and set(whole) <= stored


def test_a_worker_killed_at_any_moment_delivers_everything_and_each_key_counts_once(
    tmp_path: Path, receiver: Receiver, environment: Dict[str, str]
) -> None:
    url = f"sqlite:///{tmp_path / 'escalations.db'}"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    for _ in range(60):
        writer.stdout.readline()
    writer.kill()
    writer.communicate()
    store = EscalationStore(url)
    references = {escalation.reference for escalation in store.list()}
    kills = 0
    deadline = time.monotonic() + 240  # starting a worker takes seconds on a busy machine
    while len(receiver.bodies) < len(references) and time.monotonic() < deadline:
        before = len(receiver.posts)
        process = worker(environment)
        wanted = before + random.randint(1, 15)
        while process.poll() is None and len(receiver.posts) < wanted and len(receiver.bodies) < len(references) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.wait()
        kills += 1
        _end_claims(store)  # instead of waiting a minute for the killed worker's claim to end
    assert kills > 2
    assert {body["reference"] for body in receiver.bodies.values()} == references
    assert len(receiver.bodies) == len(references), "one key a notice, at every attempt"
    assert len(receiver.posts) - len(receiver.bodies) <= kills, "a kill can repeat the post under way, under the same key, and no other"
    assert worker(environment, "--once").wait(timeout=60) == 0
    assert store.undelivered() == []


def _end_claims(store: EscalationStore) -> None:
    from rasa_project.escalation.store import DeliveryRecord

    with store._session.begin() as session:
        session.query(DeliveryRecord).update({"claimed_until": None})
