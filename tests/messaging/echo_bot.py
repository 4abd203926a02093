"""The messaging channels over a bot that repeats what it is told, in a process of its own: ``python echo_bot.py PORT``."""

import asyncio
import os
import sys
from types import SimpleNamespace

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Sanic

from rasa_project.channels.messenger import MessengerChannel
from rasa_project.channels.rest import RestChannel
from rasa_project.channels.slack import SlackChannel
from rasa_project.channels.telegram import TelegramChannel
from rasa_project.channels.twilio import TwilioChannel
from rasa_project.tracker_store import ConversationStore

STORE = ConversationStore(Domain.empty())
OPTIONS = [{"title": "The first of three", "payload": "chose the first"}, {"title": "Two", "payload": "chose the second"}]


async def answer(message: UserMessage) -> None:
    """Stores the turn as Rasa does. "die" ends the process between that and the reply's being stored, once."""
    text = message.text or ""
    if "slow" in text:
        await asyncio.sleep(1.0)
    if "fail" in text:
        raise RuntimeError("as asked")
    tracker = await STORE.get_or_create_tracker(message.sender_id)
    said = {"text": f"you said: {text}", "buttons": OPTIONS if "choose" in text else None, "metadata": {"kind": "answer", "topic": "hidden"}}
    if "walk" in text:
        contacts = [{"label": "Emergency services: 999", "href": "tel:999"}]
        said["metadata"] = {"kind": "escalation", "reference": "hidden", "contacts": contacts}
    stored = {"metadata": said["metadata"], "model_id": "m"}
    turn = [UserUttered(text, message_id=message.message_id), BotUttered(said["text"], {"buttons": said["buttons"]}, stored)]
    for event in turn:
        tracker.update(event)
    await STORE.save(tracker)
    if "die" in text:
        os._exit(1)
    await message.output_channel.send_response(message.sender_id, said)


def main(port: int) -> None:
    app = Sanic("echo_bot", configure_logging=False)
    app.ctx.agent = SimpleNamespace(tracker_store=STORE, action_endpoint=None, is_ready=lambda: True)
    messaging = (SlackChannel, TelegramChannel, TwilioChannel, MessengerChannel)
    for channel in (RestChannel(), *(kind.from_credentials(None) for kind in messaging)):
        app.blueprint(channel.blueprint(answer), url_prefix=f"/webhooks/{channel.name()}")
    app.run("127.0.0.1", port, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
