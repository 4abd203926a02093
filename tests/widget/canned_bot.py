"""The real channels over a bot that says what a test needs, in a process of its own: ``python canned_bot.py PORT``."""

import asyncio
import sys
from types import SimpleNamespace
from typing import Any, Dict, List

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from sanic import Sanic

from rasa_project.channels.rest import RestChannel
from rasa_project.channels.widget import WidgetChannel
from rasa_project.content.schema import Facet
from rasa_project.content.store import load_store
from rasa_project.dialogue.replies import Reply, answer_reply
from rasa_project.escalation.replies import Turn, help_in_despair, take_back
from rasa_project.lock_store import ConversationLockStore
from rasa_project.settings import clinic_settings, domain_text
from rasa_project.tracker_store import ConversationStore

STORE = load_store()
SLOW_SECONDS = 8.0
CONTACTS = clinic_settings().contacts("emergency", "clinic")
ESCALATION = {"kind": "escalation", "level": "emergency", "flags": ["unable_to_walk"], "reference": "TEST", "contacts": CONTACTS}


def entry(topic: str, facet: Facet) -> Reply:
    answer = STORE.answer(topic, facet)
    assert answer
    return answer_reply(answer, STORE)


def replies(text: str) -> List[Reply]:
    """Keyed by a word of the message."""
    if "walk" in text and "can now" in text:
        return [take_back(Turn("canned", "m", "rest", {}, {})).reply]
    if "walk" in text:
        return [Reply(custom=ESCALATION, text="Call 999 now.\nDo not drive yourself.")]
    if "stretch" in text:
        return [entry("piriformis_stretch", Facet.steps)]
    if "where" in text:
        return [entry("hip_or_back", Facet.comparison)]
    if "despair" in text:
        return [help_in_despair(Turn("canned", "m", "rest", {}, {})).reply]
    if "nothing" in text:
        return []
    if "echo" in text:
        return [Reply(custom={"kind": "chitchat"}, text=text)]
    return [Reply(custom={}, text=domain_text("utter_notice")), entry("sciatica", Facet.overview)]


async def answer(message: UserMessage) -> None:
    text = message.text or ""
    if "slow" in text:
        await asyncio.sleep(SLOW_SECONDS)
    if "fail" in text:
        raise RuntimeError("as asked")
    for reply in replies(text):
        said: Dict[str, Any] = {"text": reply.text or domain_text(reply.response, **reply.words), "buttons": reply.buttons}
        await message.output_channel.send_response(message.sender_id, {**said, "metadata": reply.custom})


def main(port: int) -> None:
    app = Sanic("canned_bot", configure_logging=False)
    stores = {"tracker_store": ConversationStore(Domain.empty()), "lock_store": ConversationLockStore()}
    app.ctx.agent = SimpleNamespace(**stores, action_endpoint=None, is_ready=lambda: True)
    for channel in (RestChannel(), WidgetChannel()):
        app.blueprint(channel.blueprint(answer), url_prefix=f"/webhooks/{channel.name()}")
    app.run("127.0.0.1", port, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
