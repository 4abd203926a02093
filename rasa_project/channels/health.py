"""Whether the bot can answer patients: the model, the action server, and the stores."""

import asyncio
import logging
from typing import Any, Callable, Dict

import aiohttp
from sanic import Sanic

from rasa_project.action_endpoint import addresses
from rasa_project.escalation.store import escalation_store
from rasa_project.messaging.store import messaging_store
from rasa_project.tracker_store import unwrapped

logger = logging.getLogger(__name__)

CHECK_SECONDS = 3.0


async def readiness(app: Sanic) -> Dict[str, str]:
    """What each part says: ``ok``, or what is wrong with it."""
    agent = getattr(app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        return {"model": "not loaded"}
    conversations = unwrapped(agent.tracker_store)
    checks = {
        "action_server": _action_server(agent.action_endpoint),
        "escalations": _in_thread(lambda: escalation_store().check()),
        **({"conversations": _in_thread(conversations.check)} if conversations else {}),
        **({"messaging": _in_thread(lambda: messaging_store().check())} if getattr(app.ctx, "platforms", None) else {}),
    }
    said = await asyncio.gather(*checks.values())
    return {"model": "ok", **dict(zip(checks, said))}


async def _action_server(endpoint: Any) -> str:
    """``ok`` where one of the addresses answers."""
    known = addresses(endpoint.url if endpoint else None)
    said = await asyncio.gather(*(_at(address) for address in known))
    return "ok" if "ok" in said else ", ".join(said) or "not configured"


async def _at(address: str) -> str:
    url = address.rsplit("/", 1)[0] + "/health"
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CHECK_SECONDS)) as session:
            async with session.get(url) as reply:
                return "ok" if reply.status == 200 else f"answers with status {reply.status}"
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        return f"no answer ({type(error).__name__})"


async def _in_thread(check: Callable[[], Any]) -> str:
    try:
        await asyncio.wait_for(asyncio.get_event_loop().run_in_executor(None, check), CHECK_SECONDS)
        return "ok"
    except Exception as error:  # whatever a database driver raises, the answer is that it does not work
        logger.error("A store does not answer: %s.", type(error).__name__)
        return f"no answer ({type(error).__name__})"
