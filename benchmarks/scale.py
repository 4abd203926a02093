"""What many patients at once, long conversations and full databases do to a turn: ``python -m benchmarks.scale``. Writes docs/reliability.md.

Simulated patients talk to clusters of one, two and four Rasa servers, through nginx. What they were answered is compared with what is stored of
their conversations: each message must be there once, in order, with its reply. All traffic stays on this machine.
"""

import argparse
import asyncio
import datetime
import json
import secrets
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import aiohttp
import numpy as np
import psutil
from ruamel.yaml import YAML
from sqlalchemy import create_engine, text

from benchmarks.questions import FOLLOW_UPS, TOPICS
from benchmarks.sections import write_section
from rasa_project.operations import training
from rasa_project.operations.cluster import Cluster, cluster

REPORT = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"
CONVERSATIONS = 200
MESSAGES, FEWER_MESSAGES = 20_000, 3_000
AT_ONCE_EVERY = 10  # messages of a conversation; then two are sent at the same moment
ANSWER_SECONDS = 120.0
SAMPLE_SECONDS = 10.0
LONG_CONVERSATION = 1_000  # turns
PAST_CONVERSATIONS = 1_000_000
PAST_EVENTS = 6  # of each
TIMED_TURNS = 60


@dataclass
class Conversation:
    """One patient: what was sent at each step (one message, or two at the same moment), and what came back."""

    sender: str
    topic: str
    name: str
    steps: List[Tuple[str, ...]] = field(default_factory=list)
    replies: List[Tuple[str, ...]] = field(default_factory=list)

    def next_step(self) -> Tuple[str, ...]:
        """The condition by name first, then about "it"."""
        messages = (f"what is {self.name}?", *FOLLOW_UPS)
        said = sum(len(step) for step in self.steps)
        count = 2 if (len(self.steps) + 1) % AT_ONCE_EVERY == 0 else 1
        return tuple(messages[(said + ahead) % len(messages)] for ahead in range(count))


@dataclass
class Crowd:
    """Patients who each write again as soon as they are answered, until so many messages are sent in all."""

    url: str
    messages: int
    latencies: List[float] = field(default_factory=list)
    failed: Counter = field(default_factory=Counter)
    conversations: List[Conversation] = field(default_factory=list)
    sent: int = 0

    async def run(self) -> float:
        """Seconds that it took."""
        for number in range(CONVERSATIONS):
            name, topic = list(TOPICS.items())[number % len(TOPICS)]
            self.conversations.append(Conversation(f"scale-{secrets.token_hex(8)}", topic, name))
        started = time.monotonic()
        await asyncio.gather(*(self._talk(number, conversation) for number, conversation in enumerate(self.conversations)))
        return time.monotonic() - started

    async def _talk(self, number: int, conversation: Conversation) -> None:
        """From an address of the patient's own, as nginx and the bot limit what comes from one."""
        own = aiohttp.TCPConnector(ssl=False, local_addr=(f"127.1.{number // 250}.{number % 250 + 1}", 0))
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS), connector=own) as session:
            while self.sent < self.messages:
                step = conversation.next_step()
                self.sent += len(step)
                conversation.steps.append(step)
                conversation.replies.append(tuple(await asyncio.gather(*(self._say(session, conversation, message) for message in step))))

    async def _say(self, session: aiohttp.ClientSession, conversation: Conversation, message: str) -> str:
        """The texts of the reply."""
        started = time.monotonic()
        body = {"sender": conversation.sender, "message": message}
        try:
            async with session.post(f"{self.url}/webhooks/rest/webhook", json=body) as reply:
                messages: List[Dict[str, Any]] = await reply.json(content_type=None)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            self.failed[type(error).__name__] += 1
            return ""
        self.latencies.append(time.monotonic() - started)
        customs = [one["custom"] for one in messages if isinstance(one, dict) and one.get("custom")]
        if not customs or any(custom["kind"] == "error" for custom in customs):
            self.failed["told that something failed"] += 1
        elif any(custom.get("topic") != conversation.topic for custom in customs):
            self.failed["another topic"] += 1
        return _joined([one["text"] for one in messages if isinstance(one, dict) and one.get("text")])


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(texts)


def not_as_stored(conversations: Sequence[Conversation], url: str) -> Counter:
    """Faults by kind: messages that are stored not at all, twice or out of order, and replies that are not those stored for the message."""
    faults: Counter = Counter()
    engine = create_engine(url)
    query = text("SELECT type_name, data FROM events WHERE sender_id = :sender AND type_name IN ('user', 'bot') ORDER BY id")
    with engine.connect() as connection:
        for conversation in conversations:
            turns: List[Tuple[str, List[str]]] = []
            for kind, data in connection.execute(query, {"sender": conversation.sender}):
                said = json.loads(data).get("text") or ""
                if kind == "user":
                    turns.append((said, []))
                elif turns and said:
                    turns[-1][1].append(said)
            stored = [(said, _joined(replies)) for said, replies in turns]
            at = 0
            for step, replies in zip(conversation.steps, conversation.replies):
                there = stored[at : at + len(step)]
                at += len(step)
                if Counter(step) != Counter(said for said, _ in there):
                    faults["not stored once and in order"] += 1
                    break
                if Counter(replies) != Counter(reply for _, reply in there):
                    faults["another reply than stored"] += 1
            faults["stored and never sent"] += max(0, len(stored) - at)
    engine.dispose()
    return +faults


@contextmanager
def sampled_memory(running: Cluster) -> Iterator[List[float]]:
    """Resident megabytes of all Rasa and action servers, every few seconds."""
    samples: List[float] = []
    over = threading.Event()
    processes = [psutil.Process(member.pid) for name, member in running.members.items() if name.startswith(("rasa", "actions"))]

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            samples.append(sum(part.memory_info().rss for process in processes for part in [process, *process.children(recursive=True)]) / 1e6)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield samples
    finally:
        over.set()
        sampler.join()


def growth(samples: Sequence[float]) -> float:
    """Mean of the last third to mean of the middle third."""
    third = len(samples) // 3
    return float(np.mean(samples[-third:]) / np.mean(samples[third : 2 * third])) if third else float("nan")


def use_stock_stores(made: Cluster) -> None:
    """Rasa's own tracker store and its Redis lock store in place of ours."""
    yaml = YAML()
    for path in made.endpoints:
        endpoints = yaml.load(path.read_text(encoding="utf-8"))
        endpoints["lock_store"] = {"type": "redis", "url": "127.0.0.1", "port": made.redis.port, "db": 1}
        endpoints["tracker_store"] = {
            "type": "SQL",
            "dialect": "postgresql",
            "url": f"127.0.0.1:{made.postgres.port}",
            "username": "clinic",
            "db": "conversations",
        }
        with path.open("w", encoding="utf-8") as stream:
            yaml.dump(endpoints, stream)


def row(title: str, model: Path, servers: int, messages: int, stock_stores: bool = False) -> str:
    """Starts a cluster and lets the crowd in."""
    with cluster(model, servers, servers, prepare=use_stock_stores if stock_stores else None) as running:
        with sampled_memory(running) as memory:
            crowd = Crowd(running.url, messages)
            seconds = asyncio.run(crowd.run())
        faults = crowd.failed + not_as_stored(crowd.conversations, running.environment["TRACKER_DB_URL"])
    p50, p95 = (1000 * float(np.percentile(crowd.latencies, share)) for share in (50, 95))
    grown = f"{growth(memory):.3f}" if messages >= MESSAGES else "–"
    told = ", ".join(f"{count} × {kind}" for kind, count in faults.items()) or "none"
    line = f"| {title} | {crowd.sent} | {crowd.sent / seconds:.1f} | {p50:.0f} | {p95:.0f} | {told} | {grown} |"
    print(line, flush=True)
    return line


CROWD_TITLE = "Many conversations at once"
CROWD = """Written by `python -m benchmarks.scale` on {date}, on a machine with two cores: {conversations} patients in
conversations of their own, each writing again as soon as the last message is answered, through nginx. Every tenth time a
patient sends two messages at the same moment. Afterwards each conversation as it is stored is compared with what was sent
and received: every message once, in order, with its own reply. More servers share the same two cores here: what the table
shows is that nothing goes wrong among several, not how fast several machines are.

*Stock stores*: the same bot with Rasa's own SQL tracker store and Redis lock store. *Memory*: of all Rasa and action servers, mean of the last third
of the run to that of the middle third.

| Rasa and action servers | messages | a second | p50, ms | p95, ms | faults | memory |
| --- | ---: | ---: | ---: | ---: | --- | ---: |
"""


def crowd_section(messages: int, fewer: int) -> None:
    model = training.ensure_model()
    rows = [row("1 and 1", model, 1, fewer), row("2 and 2", model, 2, messages), row("4 and 4", model, 4, fewer)]
    rows.append(row("2 and 2, stock stores", model, 2, fewer, stock_stores=True))
    introduction = CROWD.format(date=datetime.date.today().isoformat(), conversations=CONVERSATIONS)
    write_section(REPORT, CROWD_TITLE, introduction + "\n".join(rows))


async def timed(running: Cluster, sender: Optional[str], turns: int) -> List[float]:
    """Milliseconds of each turn; in one conversation, or where no sender is given, each in one of its own after a turn that is not timed."""
    taken: List[float] = []
    key = {"Authorization": f"Bearer {running.environment['REST_API_KEY']}"}  # one patient alone could not write so fast
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False), headers=key) as session:

        async def say(conversation: str, message: str) -> float:
            started = time.monotonic()
            async with session.post(f"{running.url}/webhooks/rest/webhook", json={"sender": conversation, "message": message}) as reply:
                replies = await reply.json(content_type=None)
            if reply.status != 200 or not any("custom" in one for one in replies):
                raise RuntimeError(f"The bot did not answer: {replies}")
            return 1000 * (time.monotonic() - started)

        for number in range(turns):
            conversation = sender or f"fresh-{secrets.token_hex(8)}"
            if not sender:
                await say(conversation, "what is sciatica?")
            taken.append(await say(conversation, FOLLOW_UPS[number % len(FOLLOW_UPS)]))
    return taken


PAST = """
INSERT INTO events (sender_id, type_name, timestamp, intent_name, action_name, data)
SELECT 'past-' || conversation, CASE number % 3 WHEN 0 THEN 'user' WHEN 1 THEN 'action' ELSE 'bot' END,
       1700000000 + conversation * 10 + number, NULL, NULL, '{{"event": "bot", "text": "' || repeat('words ', 20) || '"}}'
FROM generate_series(1, {conversations}) AS conversation, generate_series(1, {events}) AS number
"""

GROWTH_TITLE = "Long conversations and full databases"
GROWTH = """Written by `python -m benchmarks.scale` on {date}: time of the same follow-up questions, one patient at a time, on a
cluster of one Rasa server, as a ratio to that in fresh conversations with an empty database.

| conversation | database | median turn | p95 turn |
| --- | --- | ---: | ---: |
"""


def growth_section(turns: int, past: int) -> None:
    with cluster(training.ensure_model(), 1, 1, {"REST_API_KEY": secrets.token_hex(32)}) as running:
        asyncio.run(timed(running, None, 10))  # to warm up
        fresh = asyncio.run(timed(running, None, TIMED_TURNS))
        long = asyncio.run(timed(running, "long-conversation", turns))[-TIMED_TURNS:]
        engine = create_engine(running.environment["TRACKER_DB_URL"], isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(PAST.format(conversations=past, events=PAST_EVENTS)))
            connection.execute(text("VACUUM ANALYZE events"))
        engine.dispose()
        full = asyncio.run(timed(running, None, TIMED_TURNS))
        long_and_full = asyncio.run(timed(running, "long-conversation", TIMED_TURNS))
    measured = {
        "fresh | empty": fresh,
        f"after {turns - TIMED_TURNS:,} turns | nothing else": long,
        f"fresh | {past:,} past conversations": full,
        f"after {turns:,} turns | {past:,} past conversations": long_and_full,
    }
    rows = []
    for title, taken in measured.items():
        ratios = [float(np.percentile(taken, share) / np.percentile(fresh, share)) for share in (50, 95)]
        rows.append(f"| {title} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
        print(rows[-1], flush=True)
    write_section(REPORT, GROWTH_TITLE, GROWTH.format(date=datetime.date.today().isoformat()) + "\n".join(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="to two servers, which is also how memory is watched")
    parser.add_argument("--fewer", type=int, default=FEWER_MESSAGES, help="messages to the other clusters")
    parser.add_argument("--turns", type=int, default=LONG_CONVERSATION, help="of the long conversation")
    parser.add_argument("--past", type=int, default=PAST_CONVERSATIONS, help="conversations that fill the database")
    given = parser.parse_args()
    growth_section(given.turns, given.past)
    crowd_section(given.messages, given.fewer)


if __name__ == "__main__":
    main()
