"""How many messages a conversation and an address may send."""

import ipaddress
import time
from typing import Optional

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from rasa_project.channels.requests import Caller, RefusedRequest
from rasa_project.settings import WebSettings


class RateLimits:
    """Counts the messages of the last minute. A server of the clinic, with its key, is not limited, nor is an address on this machine."""

    def __init__(self, web: WebSettings) -> None:
        self._conversation = RateLimitItemPerMinute(web.messages_per_minute)
        self._address = RateLimitItemPerMinute(web.messages_per_minute_and_address)
        self._counts = MemoryStorage()  # the limiter only holds a weak reference
        self._limiter = MovingWindowRateLimiter(self._counts)

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
            if not self._limiter.hit(limit, *key):
                reset, _ = self._limiter.get_window_stats(limit, *key)
                wait = max(1, int(reset - time.time()) + 1)
                raise RefusedRequest(429, f"too many messages; try again in {wait} seconds", "utter_too_fast", retry_after=wait)


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
