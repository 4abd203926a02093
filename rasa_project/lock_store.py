"""Rasa's lock on a conversation, so that its messages are answered one after another: within a server, and with Redis among several.

Rasa's own Redis lock reads, changes and writes in three steps, so that two servers can both take it; its keys never expire, a lock left by a dead
server holds for a minute, and who waits looks once a second (rasa/core/lock_store.py). Here each step is one script in Redis, a holder's claim
is renewed while it works and lapses soon after it dies, and the next one is woken at once.
"""

import asyncio
import logging
import os
import secrets
from contextlib import asynccontextmanager, suppress
from typing import Any, AsyncGenerator, Optional
from weakref import WeakValueDictionary

import redis.asyncio
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

CLAIM_SECONDS = 10.0  # for which a server that died still holds its place
RENEW_SECONDS = CLAIM_SECONDS / 4
LOOK_SECONDS = 2.0  # how often who waits looks whether the holder before has died
LONGEST_WAIT_SECONDS = 60.0
ANSWER_SECONDS = LOOK_SECONDS + 3.0  # for Redis to answer

# KEYS: the queue, the waiter's claim. ARGV: the waiter's token, milliseconds of a claim.
JOIN = """
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 600000)
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
"""
# Drops who has died in front; 1 if it is the waiter's turn, 0 if not, -1 if its own place is gone. KEYS: the queue. ARGV: token, prefix of claims.
MY_TURN = """
while true do
  local first = redis.call('LINDEX', KEYS[1], 0)
  if not first then return -1 end
  if redis.call('EXISTS', ARGV[2] .. first) == 1 then
    if first == ARGV[1] then return 1 end
    if not redis.call('LPOS', KEYS[1], ARGV[1]) then return -1 end
    return 0
  end
  redis.call('LPOP', KEYS[1])
end
"""
# Leaves, and wakes the next. KEYS: the queue, the waiter's claim. ARGV: token, prefix of wake-up lists.
LEAVE = """
redis.call('LREM', KEYS[1], 0, ARGV[1])
redis.call('DEL', KEYS[2])
local following = redis.call('LINDEX', KEYS[1], 0)
if following then
  redis.call('RPUSH', ARGV[2] .. following, '1')
  redis.call('PEXPIRE', ARGV[2] .. following, 60000)
end
"""


class ConversationLockStore(LockStore):
    """One turn of a conversation at a time, in the order in which messages came.

    Without Redis, or while Redis does not answer, that holds within this process only: patients are answered all the same, which matters more than
    the order in which two servers note what one patient sends at the same moment.

    Args:
        endpoint_config: of endpoints.yml; nothing in it is needed.
        url: of Redis; ``REDIS_URL`` by default.
    """

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None, url: Optional[str] = None) -> None:
        super().__init__()
        url = url or os.environ.get("REDIS_URL")
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._redis: Any = None
        if url:
            self._redis = redis.asyncio.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=1.0)

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LONGEST_WAIT_SECONDS, wait_time_in_seconds: float = LOOK_SECONDS
    ) -> AsyncGenerator[TicketLock, None]:
        """Held while a message of the conversation is answered.

        Args:
            lock_lifetime: seconds after which who waits gives up.

        Raises:
            LockError: it was not to be had in that time.
        """
        here = self._here.setdefault(conversation_id, asyncio.Lock())
        try:
            await asyncio.wait_for(here.acquire(), lock_lifetime)
        except asyncio.TimeoutError:
            raise LockError("The messages before this one are still being answered.") from None
        try:
            place = await self._queue(conversation_id, lock_lifetime) if self._redis else None
            try:
                yield TicketLock(conversation_id)
            finally:
                if place:
                    await place.leave()
        finally:
            here.release()

    async def close(self) -> None:
        """Ends the connections to Redis."""
        if self._redis:
            await self._redis.close()
            await self._redis.connection_pool.disconnect()

    async def _queue(self, conversation_id: str, longest: float) -> "Optional[_Place]":
        """The place at the head of the queue of all servers; ``None`` where Redis does not answer."""
        place = _Place(self._redis, conversation_id)
        try:
            await place.reach(longest)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            logger.error("Redis does not answer (%s): other servers may answer a message of the same conversation now.", type(error).__name__)
            await place.leave()
            return None
        except BaseException:
            await place.leave()
            raise
        return place


class _Place:
    """A place in the queue of a conversation in Redis, held by a claim that is renewed for as long as this process lives."""

    def __init__(self, client: Any, conversation_id: str) -> None:
        self._redis, self._token = client, secrets.token_hex(8)
        # The braces keep the keys of a conversation on one node of a Redis cluster.
        prefix = f"clinic-bot:turn:{{{conversation_id}}}"
        self._queue, self._claims, self._wakes = f"{prefix}:queue", f"{prefix}:claim:", f"{prefix}:wake:"
        self._claim = self._claims + self._token
        self._renewing: Optional[asyncio.Task[None]] = None

    async def reach(self, longest: float) -> None:
        """Waits until it is this one's turn.

        Raises:
            LockError: it took too long.
            redis.exceptions.RedisError: Redis did not answer.
        """
        deadline = asyncio.get_event_loop().time() + longest
        await self._join()
        self._renewing = asyncio.ensure_future(self._renew())
        while True:
            turn = await self._redis.eval(MY_TURN, 1, self._queue, self._token, self._claims)
            if turn == 1:
                return
            if turn == -1:  # Redis has forgotten the queue, in a restart
                await self._join()
                continue
            if asyncio.get_event_loop().time() > deadline:
                raise LockError("The messages before this one are still being answered.")
            await self._redis.blpop([self._wakes + self._token], timeout=LOOK_SECONDS)

    async def leave(self) -> None:
        """Gives the place up, and wakes the next. Without Redis the claim lapses by itself."""
        if self._renewing:
            self._renewing.cancel()
        with suppress(RedisError, OSError, asyncio.TimeoutError):
            await self._redis.eval(LEAVE, 2, self._queue, self._claim, self._token, self._wakes)

    async def _join(self) -> None:
        await self._redis.eval(JOIN, 2, self._queue, self._claim, self._token, int(CLAIM_SECONDS * 1000))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(RedisError, OSError, asyncio.TimeoutError):  # the next attempt may succeed before the claim lapses
                await self._redis.set(self._claim, "1", px=int(CLAIM_SECONDS * 1000))
