"""One turn of a conversation at a time, within a server and among servers, whatever dies."""

import asyncio
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import AsyncIterator, Iterator, List, Optional, Sequence, Tuple

import pytest
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

from rasa_project.lock_store import CLAIM_SECONDS, LOOK_SECONDS, ConversationLockStore
from rasa_project.operations.own_servers import OwnRedis

# A server that takes the lock over and over, and counts in Redis in two steps; two servers inside at once are noted.
WORKER = """
import asyncio, sys
import redis
from rasa_project.lock_store import ConversationLockStore
url, turns = sys.argv[1], int(sys.argv[2])
notes = redis.Redis.from_url(url)

async def work():
    store = ConversationLockStore(url=url)
    for _ in range(turns):
        async with store.lock("patient"):
            if notes.incr("inside") != 1:
                notes.incr("broken")
            value = int(notes.get("total") or 0)
            await asyncio.sleep(0.002)
            notes.set("total", value + 1)
            notes.decr("inside")

asyncio.run(work())
"""
HOLDER = """
import asyncio, sys
from rasa_project.lock_store import ConversationLockStore

async def hold():
    async with ConversationLockStore(url=sys.argv[1]).lock("patient"):
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    server.start()
    yield server
    server.stop()


def test_rasa_loads_it_by_its_module_path() -> None:
    assert isinstance(LockStore.create(EndpointConfig(type="rasa_project.lock_store.ConversationLockStore")), ConversationLockStore)


@asynccontextmanager
async def server(url: Optional[str]) -> AsyncIterator[ConversationLockStore]:
    store = ConversationLockStore(url=url)
    yield store
    await store.close()


async def in_turn(stores: Sequence[ConversationLockStore], names: Sequence[str], seconds: float = 0.0) -> List[str]:
    """The order in which messages that come one after another, to one server after another, get their turn."""
    order: List[str] = []

    async def turn(store: ConversationLockStore, name: str) -> None:
        async with store.lock("patient"):
            order.append(name)
            await asyncio.sleep(seconds)

    tasks = []
    for number, name in enumerate(names):
        tasks.append(asyncio.ensure_future(turn(stores[number % len(stores)], name)))
        await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    return order


@pytest.mark.parametrize("shared", [False, True])
def test_messages_get_their_turn_in_the_order_in_which_they_came(own_redis: OwnRedis, shared: bool) -> None:
    names = [str(number) for number in range(20)]

    async def run() -> List[str]:
        async with server(own_redis.url if shared else None) as store:
            return await in_turn([store], names, seconds=0.02)

    assert asyncio.run(run()) == names


@pytest.mark.parametrize("shared", [False, True])
def test_conversations_do_not_wait_for_each_other(own_redis: OwnRedis, shared: bool) -> None:
    async def run() -> None:
        async with server(own_redis.url if shared else None) as store, store.lock("one"), store.lock("two"):
            pass

    asyncio.run(asyncio.wait_for(run(), 5))


def test_two_servers_queue_up_and_the_next_is_woken_at_once(own_redis: OwnRedis) -> None:
    names = [str(number) for number in range(10)]

    async def run() -> Tuple[List[str], float]:
        async with server(own_redis.url) as one, server(own_redis.url) as two:
            began = time.monotonic()
            return await in_turn([one, two], names, seconds=0.05), time.monotonic() - began

    order, seconds = asyncio.run(asyncio.wait_for(run(), 30))
    assert sorted(order) == names and order[0] == "0"
    assert seconds < LOOK_SECONDS, "somebody waited until it looked by itself"


def test_processes_that_count_together_lose_nothing(own_redis: OwnRedis) -> None:
    turns = 60
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, own_redis.url, str(turns)]) for _ in range(3)]
    assert [worker.wait(90) for worker in workers] == [0, 0, 0]
    with own_redis.read() as notes:
        assert int(notes.get("total") or 0) == 3 * turns
        assert notes.get("broken") is None


def test_a_holder_that_is_killed_holds_up_the_next_only_until_its_claim_lapses(own_redis: OwnRedis) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, own_redis.url], stdout=subprocess.PIPE, text=True)
    assert holder.stdout and holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    async def run() -> List[str]:
        async with server(own_redis.url) as store:
            return await in_turn([store], ["next"])

    assert asyncio.run(asyncio.wait_for(run(), CLAIM_SECONDS + 2 * LOOK_SECONDS)) == ["next"]


def test_a_holder_that_works_for_long_keeps_its_turn(own_redis: OwnRedis) -> None:
    async def run() -> None:
        async with server(own_redis.url) as one, server(own_redis.url) as two, one.lock("patient"):
            await asyncio.sleep(CLAIM_SECONDS + 1)
            with pytest.raises(LockError):
                async with two.lock("patient", lock_lifetime=0.5):
                    pass

    asyncio.run(run())


def test_without_redis_patients_are_answered_all_the_same(own_redis: OwnRedis) -> None:
    async def run() -> List[str]:
        async with server(own_redis.url) as store:
            order = await in_turn([store], ["before"])
            own_redis.stop()
            order += await in_turn([store], ["during", "also during"])
            own_redis.start()
            return order + await in_turn([store], ["after"])

    assert asyncio.run(asyncio.wait_for(run(), 30)) == ["before", "during", "also during", "after"]


def test_redis_that_restarts_while_a_turn_is_held_does_not_break_the_next(own_redis: OwnRedis) -> None:
    async def run() -> List[str]:
        async with server(own_redis.url) as store:
            async with store.lock("patient"):
                own_redis.stop()
                own_redis.start()
            return await in_turn([store], ["next"])

    assert asyncio.run(asyncio.wait_for(run(), 30)) == ["next"]


def test_nothing_is_left_in_redis_for_long(own_redis: OwnRedis) -> None:
    async def run() -> None:
        async with server(own_redis.url) as one, server(own_redis.url) as two:
            await in_turn([one, two], ["a", "b", "c"])

    asyncio.run(run())
    with own_redis.read() as left:
        assert all(0 < left.pttl(key) <= 60_000 for key in left.scan_iter())
