"""Reads a request of the REST channel: who writes, and what. Everything is checked before any of it reaches language understanding."""

import asyncio
import hmac
import json
import os
import re
from dataclasses import dataclass
from typing import Any, Dict, Optional

from sanic.request import Request

from rasa_project.channels.conversation_ids import is_signed
from rasa_project.settings import WebSettings

SENDER = re.compile(r"[A-Za-z0-9_-]{8,64}")
MAX_TEXT_CHARACTERS = 2_000
MAX_BODY_BYTES = 16_384
BODY_SECONDS = 10.0  # in which the whole body has to arrive
SHORTEST_KEY = 20
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class RefusedRequest(ValueError):
    """The request is not what the channel takes; the message says what to send instead.

    Attributes:
        status: of HTTP.
        response: the domain's response that tells a patient so.
        retry_after: seconds until the same request may be taken.
    """

    def __init__(self, status: int, reason: str, response: str = "utter_error", retry_after: Optional[int] = None) -> None:
        super().__init__(reason)
        self.status = status
        self.response = response
        self.retry_after = retry_after


@dataclass(frozen=True)
class Caller:
    """Who sends a request: ``address`` on the network; ``has_key`` for a server of the clinic, which is trusted."""

    address: str
    has_key: bool


def caller(request: Request, proxies: int) -> Caller:
    """The caller of a request.

    Args:
        proxies: how many reverse proxies of the clinic stand before the bot; each adds an address to X-Forwarded-For.

    Raises:
        RefusedRequest: an API key is given and is not the clinic's.
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    has_key = False
    if kind.lower() == "bearer":
        key = os.environ.get("REST_API_KEY", "")
        has_key = len(key) >= SHORTEST_KEY and hmac.compare_digest(given.strip().encode(), key.encode())
        if not has_key:
            raise RefusedRequest(401, f"the API key is wrong, or REST_API_KEY is not set here ({SHORTEST_KEY} characters or more)")
    forwarded = [address.strip() for address in request.headers.get("x-forwarded-for", "").split(",") if address.strip()]
    if proxies and len(forwarded) >= proxies:
        return Caller(forwarded[-proxies], has_key)
    return Caller(request.ip or "", has_key)


async def read_json(request: Request) -> Dict[str, Any]:
    """The body, which must be a JSON object of at most ``MAX_BODY_BYTES``; reads no more of it than that.

    Raises:
        RefusedRequest: with what to send instead.
    """
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusedRequest(415, "send the header Content-Type: application/json")
    try:
        raw = await asyncio.wait_for(_body(request), BODY_SECONDS)
    except asyncio.TimeoutError:
        raise RefusedRequest(408, f"the body did not arrive within {BODY_SECONDS:.0f} seconds") from None
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedRequest(400, 'the body is not JSON; send {"sender": "...", "message": "..."}') from None
    if not isinstance(body, dict):
        raise RefusedRequest(400, 'the body is not a JSON object; send {"sender": "...", "message": "..."}')
    return body


async def _body(request: Request) -> bytes:
    body = b""
    while True:
        chunk = await request.stream.read() if request.stream else None
        if not chunk:
            return body
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise RefusedRequest(413, f"the body is larger than {MAX_BODY_BYTES} bytes")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def sender_of(body: Dict[str, Any], who: Caller, web: WebSettings, signed: bool = False) -> str:
    """The conversation that the request belongs to.

    Args:
        signed: whether an id of our own is needed whatever the settings say.

    Raises:
        RefusedRequest: the id has the wrong form, or was not issued here where it has to be.
    """
    sender = body.get("sender")
    if not isinstance(sender, str) or not SENDER.fullmatch(sender):
        raise RefusedRequest(400, "'sender' must be a text of 8 to 64 letters, digits, hyphens or underscores that names the conversation")
    if (signed or web.signed_conversations) and not who.has_key and not is_signed(sender):
        raise RefusedRequest(403, "this conversation id was not issued here; ask for one with POST /webhooks/rest/conversation")
    return sender


def text_of(body: Dict[str, Any]) -> str:
    """What the patient wrote.

    Raises:
        RefusedRequest: it is no text, or too long.
    """
    text = body.get("message")
    if not isinstance(text, str):
        raise RefusedRequest(400, "'message' must be a text")
    if len(text) > MAX_TEXT_CHARACTERS:
        reason = f"'message' has {len(text)} characters; send at most {MAX_TEXT_CHARACTERS}"
        raise RefusedRequest(400, reason, response="utter_too_long")
    return UNPRINTABLE.sub(" ", text)
