"""Which payloads may bypass language understanding."""

import json
import re

from rasa_project.intents import ERASE_CONFIRMED, FEEDBACK, FEEDBACK_ENTITY, GUIDE_PAIN, GUIDE_STRETCH, TOPIC_ENTITY, facet_of

_PAYLOAD = re.compile(r"/(?P<intent>[a-z_]+)(?P<entities>\{.*\})?", re.DOTALL)
COMMANDS = ("restart", "show_advice", ERASE_CONFIRMED, GUIDE_PAIN)
THUMB_UP, THUMB_DOWN = (f'/{FEEDBACK}{{"{FEEDBACK_ENTITY}":"{value}"}}' for value in ("up", "down"))


def is_own_payload(text: str) -> bool:
    """Whether the text is a payload that a quick reply of ours sends, or a command that a patient may give."""
    if text in (THUMB_UP, THUMB_DOWN):
        return True
    match = _PAYLOAD.fullmatch(text)
    if match is None:
        return False
    if match["entities"] is None:
        return match["intent"] in COMMANDS
    try:
        entities = json.loads(match["entities"])
    except ValueError:
        return False
    return (
        (facet_of(match["intent"]) is not None or match["intent"] == GUIDE_STRETCH)
        and list(entities) == [TOPIC_ENTITY]
        and isinstance(entities[TOPIC_ENTITY], str)
    )


def as_message_text(text: str) -> str:
    """The text to understand. In stock Rasa ``/anything`` forces an intent, so a foreign slash goes."""
    text = text.strip()
    return text if is_own_payload(text) else text.lstrip("/ ")
