"""Where the Rasa server finds an action server: one address, or several of which any will do."""

import asyncio
import time
from copy import copy
from typing import Any, Dict, List, Optional

import aiohttp
from rasa.utils.endpoints import EndpointConfig

TIMEOUT_SECONDS = 10.0  # for all of them; a patient does not wait longer, and Rasa's lock on the conversation lasts 60
LEFT_SECONDS = 10.0  # for which a server that could not be reached is asked last

_unreachable_until: Dict[str, float] = {}


def addresses(url: Optional[str]) -> List[str]:
    """The addresses in a setting such as ``http://10.0.0.1:5055/webhook,http://10.0.0.2:5055/webhook``; those that can be reached, as far as
    is known, first."""
    found = [address.strip() for address in (url or "").split(",") if address.strip()]
    now = time.monotonic()
    return sorted(found, key=lambda address: _unreachable_until.get(address, 0.0) > now)


class ActionServers(EndpointConfig):
    """Asks one server after another until one can be reached. An action may run twice if a server dies, or is slow, while it works: an escalation
    is stored once for a message all the same, a question without an answer may be counted twice."""

    @classmethod
    def of(cls, endpoint: EndpointConfig, headers: Dict[str, Any]) -> "ActionServers":
        """As an endpoint is set, with other headers."""
        own = {name: getattr(endpoint, name) for name in ("url", "params", "basic_auth", "token", "token_name", "cafile")}
        return cls(**own, headers=headers, **endpoint.kwargs)

    async def request(self, *args: Any, **kwargs: Any) -> Optional[Any]:
        """As Rasa's own.

        Raises:
            aiohttp.ClientConnectionError: none can be reached.
        """
        known = addresses(self.url)
        problem: Exception = aiohttp.ClientConnectionError("no address of an action server is set")
        for address in known:
            one = copy(self)
            one.url = address
            try:
                return await asyncio.wait_for(EndpointConfig.request(one, *args, **kwargs), TIMEOUT_SECONDS / len(known))
            except (aiohttp.ClientConnectionError, asyncio.TimeoutError) as error:
                problem = error
                _unreachable_until[address] = time.monotonic() + LEFT_SECONDS
        raise problem
