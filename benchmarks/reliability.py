"""What patients see while parts of a cluster die, and what is lost: ``python -m benchmarks.reliability``. Writes docs/reliability.md.

Each simulated patient asks about one topic, so that an answer of another conversation is noticed, and now and then writes of a danger sign, which
must be answered with what to do and be in the clinic's database afterwards. Bounded in number and time; all traffic stays on this machine.
Needs root, for a small disk to fill.
"""

import argparse
import asyncio
import datetime
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

import aiohttp
from sqlalchemy import create_engine, text

from benchmarks.sections import write_section
from rasa_project.operations import training
from rasa_project.operations.cluster import Cluster, cluster
from rasa_project.operations.own_servers import OwnPostgres

REPORT = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"
TOPICS = {
    "sciatica": "what is sciatica?",
    "bursitis": "what is bursitis?",
    "herniated_disc": "what is a slipped disc?",
    "hip_fracture": "what is a hip fracture?",
    "pinched_nerve": "what is a pinched nerve?",
    "muscle_strain": "what is a muscle strain?",
}
DANGER = "since this morning I cannot walk at all"
DANGER_EVERY = 7  # messages
PATIENTS = 16
PAUSE_SECONDS = 0.3
ANSWER_SECONDS = 40.0
DISK_MEGABYTES = 300
CALM_SECONDS, FAULT_SECONDS, AFTER_SECONDS = 5.0, 8.0, 20.0
GOOD = ("answered", "danger answered")


@dataclass(frozen=True)
class Event:
    """One message: when it was sent and answered (seconds), and what the patient saw."""

    sent: float
    answered: float
    saw: str
    conversation: str


@dataclass
class Load:
    """Patients who write until they are told to stop."""

    url: str
    events: List[Event] = field(default_factory=list)
    over: bool = False

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(ssl=False, limit=0)) as session:
            await asyncio.gather(*(self._patient(session, number) for number in range(PATIENTS)))

    async def _patient(self, session: aiohttp.ClientSession, number: int) -> None:
        topic, question = list(TOPICS.items())[number % len(TOPICS)]
        count = number
        conversation = secrets.token_hex(8)
        while not self.over:
            count += 1
            danger = count % DANGER_EVERY == 0
            if danger:
                conversation = secrets.token_hex(8)  # each danger sign in a conversation of its own, to be looked for afterwards
            sent = time.monotonic()
            saw = await self._say(session, conversation, DANGER if danger else question, None if danger else topic)
            self.events.append(Event(sent, time.monotonic(), saw, conversation))
            if danger:
                conversation = secrets.token_hex(8)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _say(self, session: aiohttp.ClientSession, conversation: str, message: str, topic: Optional[str]) -> str:
        """``answered``, ``danger answered``, ``danger answered, not noted``, ``told that something failed``, ``another conversation's answer`` or
        ``nothing``."""
        try:
            async with session.post(f"{self.url}/webhooks/rest/webhook", json={"sender": conversation, "message": message}) as reply:
                messages: List[Dict[str, Any]] = await reply.json(content_type=None)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            return "nothing"
        customs = [one["custom"] for one in messages if isinstance(one, dict) and one.get("custom")] if isinstance(messages, list) else []
        escalated = next((custom for custom in customs if custom["kind"] == "escalation"), None)
        if escalated:
            return "danger answered" if escalated["reference"] else "danger answered, not noted"
        if topic and any(custom["kind"] == "answer" for custom in customs):
            return "answered" if any(custom.get("topic") == topic for custom in customs) else "another conversation's answer"
        return "told that something failed" if any(one.get("text") for one in messages if isinstance(one, dict)) else "nothing"


@dataclass(frozen=True)
class Row:
    """What came of one fault."""

    fault: str
    saw: Counter
    lost: int
    recovery: float

    def markdown(self) -> str:
        count = self.saw
        cells = [
            sum(count.values()),
            sum(count[saw] for saw in GOOD),
            count["danger answered, not noted"],
            count["told that something failed"],
            count["nothing"],
            count["another conversation's answer"],
            self.lost,
            f"{self.recovery:.0f} s",
        ]
        return f"| {self.fault} | " + " | ".join(str(cell) for cell in cells) + " |"


async def tried(running: Cluster, fault: str, hit: Callable[[], None], mend: Callable[[], None]) -> Row:
    """Load, the fault, what mends it, and load until the end."""
    load = Load(running.url)
    task = asyncio.ensure_future(load.run())
    loop = asyncio.get_event_loop()
    await asyncio.sleep(CALM_SECONDS)
    began = time.monotonic()
    await loop.run_in_executor(None, hit)
    await asyncio.sleep(FAULT_SECONDS)
    await loop.run_in_executor(None, mend)
    await asyncio.sleep(AFTER_SECONDS)
    load.over = True
    await task
    after = [event for event in load.events if event.answered >= began]
    bad = [event.answered for event in after if event.saw not in GOOD]
    signs = {event.conversation for event in load.events if event.saw.startswith("danger")}
    return Row(
        fault, Counter(event.saw for event in load.events), await loop.run_in_executor(None, missing, running, signs), max(bad, default=began) - began
    )


def missing(running: Cluster, conversations: Sequence[str]) -> int:
    """How many conversations with a danger sign are not among the clinic's escalations, half a minute after the last."""
    engine = create_engine(running.environment["ESCALATION_DB_URL"])
    deadline = time.monotonic() + 45
    while True:
        with engine.connect() as connection:
            known = {row.conversation_id for row in connection.execute(text("SELECT conversation_id FROM escalation"))}
        lost = len(set(conversations) - known)
        if not lost or time.monotonic() > deadline:
            engine.dispose()
            return lost
        time.sleep(1)


def faults(running: Cluster) -> "Dict[str, tuple[Callable[[], None], Callable[[], None]]]":
    def member(name: str) -> "tuple[Callable[[], None], Callable[[], None]]":
        return running.members[name].kill, lambda: running.members[name].start(wait=False)

    def frozen(one: Any) -> "tuple[Callable[[], None], Callable[[], None]]":
        return lambda: one.signal(signal.SIGSTOP), lambda: one.signal(signal.SIGCONT)

    def replace_rasa() -> None:
        """As for a new model: each ends politely, and the next only when it is there again."""
        for name, one in running.members.items():
            if name.startswith("rasa"):
                one.stop()
                one.start()

    def all_actions() -> None:
        for name, one in running.members.items():
            if name.startswith("actions"):
                one.kill()

    def actions_again() -> None:
        for name, one in running.members.items():
            if name.startswith("actions"):
                one.start(wait=False)

    return {
        "nothing (for comparison)": (lambda: None, lambda: None),
        "a Rasa server is killed, and started again after 8 s": member("rasa-1"),
        "the Rasa servers are replaced one after another": (replace_rasa, lambda: None),
        "an action server is killed": member("actions-1"),
        "all action servers are killed": (all_actions, actions_again),
        "Redis is killed": (running.redis.stop, running.redis.start),
        "PostgreSQL is killed": (running.postgres.kill, running.postgres.start),
        "nginx is killed": member("nginx"),
        "the worker is killed": member("worker"),
        "the worker stops": frozen(running.members["worker"]),
        "Redis stops": frozen(running.redis),
        "PostgreSQL stops": frozen(running.postgres),
        "PostgreSQL's disk is full": (lambda: fill(running.postgres), lambda: make_room(running.postgres)),
    }


@contextmanager
def small_disk() -> "Iterator[Callable[[Cluster], None]]":
    """Gives what puts a cluster's PostgreSQL on a disk that can be filled, before it starts. Needs root."""
    disk = tempfile.mkdtemp(prefix="clinic-bot-disk-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=0711", "tmpfs", disk], check=True)

    def move(made: Cluster) -> None:
        data = made.postgres.folder / "data"
        subprocess.run(["mv", str(data), disk], check=True)
        data.symlink_to(Path(disk) / "data")

    try:
        yield move
    finally:
        subprocess.run(["umount", disk], check=True)
        os.rmdir(disk)


def _filler(postgres: OwnPostgres) -> Path:
    return (postgres.folder / "data").resolve().parent / "filler"


def fill(postgres: OwnPostgres) -> None:
    with _filler(postgres).open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


def make_room(postgres: OwnPostgres) -> None:
    """And starts PostgreSQL where that has ended."""
    _filler(postgres).unlink()
    if not postgres.is_running():
        postgres.start()


TITLE = "When parts die"
INTRODUCTION = """Written by `python -m benchmarks.reliability` on {date}: nginx, {rasa} Rasa servers, {actions} action servers, the worker,
PostgreSQL and Redis as processes of one machine with two cores (`make cluster`); {patients} patients write at once, over TLS, one message
in seven of a danger sign. After {calm:.0f} seconds one part is killed (kill -9), and started again {fault:.0f} seconds later; the load goes on
{after:.0f} seconds more. *Stops*: it is halted by a signal, so that it takes connections and says nothing, as behind a cut network, and
goes on {fault:.0f} seconds later. The disk is filled to the last byte, and emptied {fault:.0f} seconds later.

*Well*: the right answer, or what to do now with a reference. *Not noted*: the full advice, with "I could not pass this on". *Told*: words that
something failed, with the clinic's number and the emergency number. *Nothing*: no answer at all; the chat then says so itself, with both numbers,
and offers to send again. *Lost*: danger signs that were answered and are not in the clinic's database 45 seconds later. *Until well*: seconds from
the kill to the last message that did not go well.

| what happens | messages | well | not noted | told | nothing | mixed up | lost | until well |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rasa", type=int, default=2)
    parser.add_argument("--actions", type=int, default=2)
    given = parser.parse_args()
    with small_disk() as on_small_disk, cluster(training.ensure_model(), given.rasa, given.actions, prepare=on_small_disk) as running:
        rows = []
        for fault, (hit, mend) in faults(running).items():
            rows.append(asyncio.run(tried(running, fault, hit, mend)))
            print(rows[-1].markdown(), flush=True)
            for one in running.members.values():
                one.wait()
    introduction = INTRODUCTION.format(
        date=datetime.date.today().isoformat(),
        rasa=given.rasa,
        actions=given.actions,
        patients=PATIENTS,
        calm=CALM_SECONDS,
        fault=FAULT_SECONDS,
        after=AFTER_SECONDS,
    )
    write_section(REPORT, TITLE, introduction + "\n".join(row.markdown() for row in rows))


if __name__ == "__main__":
    main()
