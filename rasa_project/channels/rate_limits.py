"""How many messages a conversation and an address may send."""

import ipaddress
import logging
import os
import time
from typing import List, Optional

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from rasa_project.channels.requests import Caller, RefusedRequest
from rasa_project.settings import WebSettings

logger = logging.getLogger(__name__)

REDIS_TIMEOUTS = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}  # seconds, for which all patients of a server wait
AGAIN_SECONDS = 10.0


class RateLimits:
    """Counts the messages of the last minute, of all servers together where they share a Redis (``REDIS_URL``). While that does not answer, each
    server counts by itself. A server of the clinic, with its key, is not limited, nor is an address on this machine."""

    def __init__(self, web: WebSettings) -> None:
        self._conversation = RateLimitItemPerMinute(web.messages_per_minute)
        self._address = RateLimitItemPerMinute(web.messages_per_minute_and_address)
        self._told = RateLimitItemPerMinute(1)
        url = os.environ.get("REDIS_URL")
        self._counts: List[Storage] = [MemoryStorage(), *([storage_from_string(url, **REDIS_TIMEOUTS)] if url else [])]
        self._here, *shared = (MovingWindowRateLimiter(storage) for storage in self._counts)  # which only hold weak references to them
        self._shared = shared[0] if shared else None
        self._shared_again_at = 0.0

    def check(self, who: Caller, sender: Optional[str] = None) -> None:
        """Counts a message of a conversation, or a request that belongs to none.

        Raises:
            RefusedRequest: it is one too many; ``retry_after`` says in how many seconds to try again.
        """
        if who.has_key:
            return
        counted = [(self._conversation, "conversation", sender)] if sender else []
        if not _is_this_machine(who.address):
            counted.append((self._address, "address", who.address))
        for limit, *key in counted:
            wait = self._wait(limit, *key)
            if wait:
                raise RefusedRequest(429, f"too many messages; try again in {wait} seconds", "utter_too_fast", retry_after=wait)

    def allows(self, conversation_id: str) -> bool:
        """Counts a message of a conversation; whether it is not one too many."""
        return not self._wait(self._conversation, "conversation", conversation_id)

    def is_first_refusal(self, conversation_id: str) -> bool:
        """Whether nobody in the conversation was told in the last minute that it is too much; counts as telling."""
        return not self._wait(self._told, "told", conversation_id)

    def _wait(self, limit: RateLimitItem, *key: str) -> int:
        """Counts; 0 if it is allowed, else seconds until it is."""
        if self._shared and time.monotonic() >= self._shared_again_at:
            try:
                return _hit(self._shared, limit, *key)
            except RedisError as error:
                logger.error("Redis does not answer (%s): messages are counted in each server.", type(error).__name__)
                self._shared_again_at = time.monotonic() + AGAIN_SECONDS
        return _hit(self._here, limit, *key)


def _hit(limiter: MovingWindowRateLimiter, limit: RateLimitItem, *key: str) -> int:
    if limiter.hit(limit, *key):
        return 0
    reset, _ = limiter.get_window_stats(limit, *key)
    return max(1, int(reset - time.time()) + 1)


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
