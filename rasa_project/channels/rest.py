"""Rasa's REST channel with the ``custom`` part of the contract, fit for the open internet, and with a reply in every case."""

import asyncio
import logging
import time
from functools import wraps
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, Optional

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.channels.conversation_ids import new_conversation_id
from rasa_project.channels.health import readiness
from rasa_project.channels.messages import error_message
from rasa_project.channels.payloads import as_message_text
from rasa_project.channels.rate_limits import RateLimits
from rasa_project.channels.requests import RefusedRequest, caller, read_json, sender_of, text_of
from rasa_project.privacy import stores
from rasa_project.settings import WebSettings, clinic_settings
from rasa_project.tracker_store import unwrapped
from rasa_project.validation import read_yaml
from rasa_project.watching import metrics, request_ids

logger = logging.getLogger(__name__)

API_DESCRIPTION = Path(__file__).with_name("openapi.yml")
REQUEST_SECONDS = 20  # in which the head of a request has to arrive
LARGEST_REQUEST = 1_048_576  # bytes, of any channel; Sanic's own limit is 100 times that
PREFLIGHT = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type", "Access-Control-Max-Age": "600"}
Handler = Callable[..., Awaitable[HTTPResponse]]


class RestOutput(CollectingOutputChannel):
    """Collects each reply as one message: text, quick replies, and its metadata as ``custom``."""

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        metadata = message.get("metadata")
        collected = {"recipient_id": recipient_id, "text": message.get("text"), "buttons": message.get("buttons")}
        for key in ("image", "attachment"):
            collected[key] = message.get(key)
        collected["custom"] = metadata if isinstance(metadata, dict) and "kind" in metadata else message.get("custom")
        await self._persist_message({key: value for key, value in collected.items() if value})


class RestChannel(RestInput):
    """``POST /webhooks/rest/webhook``, as stock Rasa's: ``{"sender", "message"}`` in, a list of messages out. openapi.yml describes all of it.

    What differs: every reply carries ``custom``; a turn that fails is answered with kind ``error`` instead of an empty list; what a request
    holds is checked before it is read; only payloads of our own quick replies bypass language understanding.

    Args:
        web: the clinic's settings; those of clinic.yml by default.
    """

    def __init__(self, web: Optional[WebSettings] = None) -> None:
        self._web = web or clinic_settings().web
        self._limits = RateLimits(self._web)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint, description = Blueprint(f"rest_{type(self).__name__}", __name__), read_yaml(API_DESCRIPTION)
        metrics.start_at_zero(self.name())

        @blueprint.listener("after_server_start")
        async def bound_requests(app: Sanic, _: Any) -> None:
            app.config.REQUEST_TIMEOUT = min(app.config.REQUEST_TIMEOUT, REQUEST_SECONDS)
            app.config.REQUEST_MAX_SIZE = min(app.config.REQUEST_MAX_SIZE, LARGEST_REQUEST)

        @blueprint.route("/", methods=["GET"])
        @blueprint.route("/health", methods=["GET"], name="health")
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            checks = await readiness(request.app)
            well = all(said == "ok" for said in checks.values())
            return response.json({"status": "ready" if well else "not ready", "checks": checks}, status=200 if well else 503)

        @blueprint.route("/openapi.json", methods=["GET"])
        async def describe(request: Request) -> HTTPResponse:
            return response.json(description)

        @blueprint.route("/webhook", methods=["POST", "OPTIONS"], stream=True)
        @self._answering
        async def receive(request: Request) -> HTTPResponse:
            who = caller(request, self._web.proxies)
            body = await read_json(request)
            sender = sender_of(body, who, self._web)
            text = text_of(body)
            self._limits.check(who, sender)
            return response.json(await self._answer(on_new_message, sender, text))

        @blueprint.route("/conversation", methods=["POST", "OPTIONS"], stream=True)
        @self._answering
        async def begin(request: Request) -> HTTPResponse:
            await read_json(request)
            self._limits.check(caller(request, self._web.proxies))
            return response.json({"sender": new_conversation_id()})

        @blueprint.route("/conversation/erase", methods=["POST", "OPTIONS"], stream=True)
        @self._answering
        async def erase(request: Request) -> HTTPResponse:
            who = caller(request, self._web.proxies)
            sender = sender_of(await read_json(request), who, self._web, signed=True)
            self._limits.check(who, sender)
            if unwrapped(request.app.ctx.agent.tracker_store) is None:
                raise RefusedRequest(501, "the tracker store in endpoints.yml is of a kind that conversations cannot be erased from here")
            async with request.app.ctx.agent.lock_store.lock(sender):
                try:
                    erased = await asyncio.get_event_loop().run_in_executor(None, stores.erase, sender)
                except SQLAlchemyError as error:
                    logger.error("Erasing conversation %s failed: %s.", sender, type(error).__name__)
                    raise RefusedRequest(503, "the database did not answer; nothing was erased, try again") from None
            return response.json({"erased": erased["events"]})

        return blueprint

    def _answering(self, handler: Handler) -> Handler:
        """Answers what a handler refuses, and the questions of browsers on other sites (CORS)."""

        @wraps(handler)
        async def answer(request: Request, *args: Any) -> HTTPResponse:
            request_id = request_ids.begin(request.headers.get(request_ids.HEADER))
            try:
                reply = response.empty() if request.method == "OPTIONS" else await handler(request, *args)
            except RefusedRequest as refusal:
                if refusal.status == 429:
                    metrics.RATE_LIMITED.labels(self.name()).inc()
                reply = response.json([{**error_message("", refusal.response), "reason": str(refusal)}], status=refusal.status)
                if refusal.retry_after is not None:
                    reply.headers["Retry-After"] = str(refusal.retry_after)
            except Exception as error:  # a fault of ours: the patient still gets words
                logger.error("A request failed: %s.", type(error).__name__)
                reply = response.json([error_message("")], status=503)
            reply.headers.update({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Origin"})
            reply.headers[request_ids.HEADER] = request_id
            origin = request.headers.get("origin")
            if origin in self._web.sites:
                reply.headers["Access-Control-Allow-Origin"] = origin
                if request.method == "OPTIONS":
                    reply.headers.update(PREFLIGHT)
            return reply

        return answer

    async def _answer(self, on_new_message: Callable[[UserMessage], Awaitable[Any]], sender: str, text: str) -> List[Dict[str, Any]]:
        output, started = RestOutput(), time.perf_counter()
        request_ids.conversation_id.set(sender)
        try:
            await on_new_message(UserMessage(as_message_text(text), output, sender, input_channel=self.name()))
            if any(message.get("custom", {}).get("erase") for message in output.messages):
                await asyncio.get_event_loop().run_in_executor(None, stores.erase, sender)
        except Exception as error:
            # Neither the text nor a stack trace, which would hold it.
            logger.error("A turn of conversation %s failed: %s (%d characters).", sender, type(error).__name__, len(text))
            output.messages = [message for message in output.messages if not message.get("custom", {}).get("erase")]
        metrics.count_turn(self.name(), time.perf_counter() - started, output.messages)
        return output.messages or [error_message(sender)]
