"""The input channel that every messaging platform gets: verify, store, acknowledge; then answer, and send."""

import logging
from typing import Any, Awaitable, Callable, ClassVar, Dict, Optional, Type

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.messaging.platform import Forged, Incoming, Platform, Unreadable
from rasa_project.messaging.store import Update, messaging_store
from rasa_project.messaging.workers import Workers, in_thread
from rasa_project.settings import bot_address

logger = logging.getLogger(__name__)

LARGEST_BODY = 262_144  # bytes; platforms send long texts several times over, as text and as blocks


class MessagingChannel(InputChannel):
    """``POST /webhooks/<platform>/webhook``. Off, with 404, unless the environment has the platform's settings.

    Args:
        platform: as the environment sets it up by default.
    """

    platform_type: ClassVar[Type[Platform]]

    def __init__(self, platform: Optional[Platform] = None) -> None:
        self._platform = platform

    @classmethod
    def name(cls) -> str:
        return cls.platform_type.name

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "MessagingChannel":
        """Raises ``InvalidSettings`` where the environment has only part of the settings."""
        return cls(cls.platform_type.from_environment())

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint, platform = Blueprint(f"{self.name()}_channel", __name__), self._platform
        if platform is None:
            return blueprint
        workers = Workers(platform, on_new_message)

        @blueprint.listener("after_server_start")
        async def start(app: Sanic, _: Any) -> None:
            app.ctx.platforms = [*getattr(app.ctx, "platforms", []), platform.name]
            workers.start(app)

        @blueprint.listener("before_server_stop")
        async def stop(app: Sanic, _: Any) -> None:
            await workers.stop()

        @blueprint.route("/webhook", methods=["GET"])
        async def check(request: Request) -> HTTPResponse:
            try:
                answer = platform.challenge(_incoming(request), {name: str(values[0]) for name, values in request.args.items()})
            except Forged:
                return response.text("", status=403)
            return response.text(answer) if answer is not None else response.text("", status=404)

        @blueprint.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if len(request.body) > LARGEST_BODY:
                return response.text("", status=413)
            incoming = _incoming(request)
            try:
                platform.verify(incoming)
                answer = platform.challenge(incoming, {})
                if answer is not None:
                    return response.text(answer)
                updates = platform.read(incoming)
            except Forged as error:
                logger.warning("A request to the channel '%s' was refused: %s.", platform.name, error)
                return response.text("", status=403)
            except Unreadable as error:
                logger.warning("A request to the channel '%s' could not be read: %s.", platform.name, error)
                return response.text("", status=400)
            try:
                for update in updates:
                    await in_thread(self._accept, platform, update)
            except SQLAlchemyError as error:
                logger.error("A message on the channel '%s' could not be stored: %s.", platform.name, type(error).__name__)
                words = platform.unavailable()
                return response.text(words[0], content_type=words[1]) if words else response.text("", status=503)
            workers.wake()
            body, content_type = platform.accepted()
            return response.text(body, content_type=content_type)

        return blueprint

    @staticmethod
    def _accept(platform: Platform, update: Update) -> bool:
        return messaging_store().accept(platform.name, platform.conversation_id(update.person), update)


def _incoming(request: Request) -> Incoming:
    """The URL is the one that the platform called: a proxy of the clinic may have changed it."""
    address = bot_address() or f"{request.scheme}://{request.host}"
    query = f"?{request.query_string}" if request.query_string else ""
    return Incoming(f"{address}{request.path}{query}", {name.lower(): value for name, value in request.headers.items()}, request.body or b"")
