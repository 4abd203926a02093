"""Rasa's REST channel with the ``custom`` part of the contract and a reply in every case."""

import asyncio
import json
import logging
from typing import Any, Awaitable, Callable, Dict, List
from weakref import WeakValueDictionary

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.messages import error_message
from rasa_project.channels.payloads import as_message_text

logger = logging.getLogger(__name__)

MAX_TEXT_CHARACTERS = 20_000  # a longer text is refused unread
MAX_SENDER_CHARACTERS = 255  # what the SQL tracker store holds


class RestOutput(CollectingOutputChannel):
    """Collects each reply as one message: text, quick replies, and its metadata as ``custom``."""

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        metadata = message.get("metadata")
        collected = {"recipient_id": recipient_id, "text": message.get("text"), "buttons": message.get("buttons")}
        for key in ("image", "attachment"):
            collected[key] = message.get(key)
        collected["custom"] = metadata if isinstance(metadata, dict) and "kind" in metadata else message.get("custom")
        await self._persist_message({key: value for key, value in collected.items() if value})


class InvalidRequest(ValueError):
    """The body is not what the channel takes; the message says what it takes."""


class RestChannel(RestInput):
    """``POST /webhooks/rest/webhook``, as stock Rasa's: ``{"sender", "message"}`` in, a list of messages out.

    What differs: every reply carries ``custom``; a turn that fails is answered with kind ``error`` instead of an empty list; only payloads
    of our own quick replies bypass language understanding; messages of one conversation wait for each other in order, without Rasa's
    one-second polling.
    """

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint(f"rest_{type(self).__name__}", __name__)

        @blueprint.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            try:
                sender, text = _read(request)
            except InvalidRequest as error:
                return response.json([{**error_message(""), "reason": str(error)}], status=400)
            return response.json(await self._answer(on_new_message, sender, text))

        return blueprint

    async def _answer(self, on_new_message: Callable[[UserMessage], Awaitable[Any]], sender: str, text: str) -> List[Dict[str, Any]]:
        output = RestOutput()
        lock = self._turns.setdefault(sender, asyncio.Lock())
        try:
            async with lock:
                await on_new_message(UserMessage(as_message_text(text), output, sender, input_channel=self.name()))
        except Exception as error:
            # Neither the text nor a stack trace, which would hold it.
            logger.error("A turn of conversation %s failed: %s (%d characters).", sender, type(error).__name__, len(text))
        return output.messages or [error_message(sender)]


def _read(request: Request) -> "tuple[str, str]":
    """Sender and text of a request.

    Raises:
        InvalidRequest: with what to send instead.
    """
    try:
        body = json.loads(request.body or b"null")
    except (ValueError, UnicodeDecodeError):
        raise InvalidRequest('the body is not JSON; send {"sender": "...", "message": "..."}') from None
    if not isinstance(body, dict):
        raise InvalidRequest('the body is not a JSON object; send {"sender": "...", "message": "..."}')
    sender, text = body.get("sender"), body.get("message")
    if not isinstance(sender, str) or not 0 < len(sender) <= MAX_SENDER_CHARACTERS:
        raise InvalidRequest(f"'sender' must be a text of 1 to {MAX_SENDER_CHARACTERS} characters that names the conversation")
    if not isinstance(text, str):
        raise InvalidRequest("'message' must be a text")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidRequest(f"'message' has {len(text)} characters; send at most {MAX_TEXT_CHARACTERS}")
    return sender, text
