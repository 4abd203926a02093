"""What a message goes on from: the topic under discussion, or the one of several that it points at ("the first one")."""

import re
from typing import Any, Dict, Optional, Sequence, Tuple

from rasa_project.content.schema import Facet
from rasa_project.intents import CURRENT_FACET_SLOT, CURRENT_TOPIC_SLOT, DISCUSSED_SLOT

MOST_DISCUSSED = 4
UnderDiscussion = Tuple[Optional[str], Optional[Facet]]  # topic and facet; no topic where the bot has asked for it

_PLACES = {"first": 0, "1st": 0, "former": 0, "1": 0, "one": 0, "second": 1, "2nd": 1, "2": 1, "two": 1, "third": 2, "3rd": 2, "3": 2, "three": 2}
_LAST = {"last": -1, "latter": -1}
_WORDS = "first|1st|former|second|2nd|third|3rd|last|latter|other"
# "the first one", "that last thing", "the second." but not "the first time", "the other leg", "last week"
_ONE_OF = re.compile(
    rf"\b(?:the|that|your|this|an?)\s+(?:very\s+)?({_WORDS})\b(?=\s+(?:one|1|thing|of\s+(?:them|those|these|the)|option|condition|problem|you|again)\b"
    r"|\s*(?:$|[,.;:?!]|please|pls|then|instead|though|tho\b))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\W*(?:(?:option|number|no\.?|nr\.?|#)\s*)?([123]|one|two|three)\W*(?:please|pls)?\W*$", re.IGNORECASE)


def under_discussion(slots: Dict[str, Any]) -> UnderDiscussion:
    """What the bot's last answer was about, from the conversation's slots; nothing at the start of a conversation."""
    topic, facet = slots.get(CURRENT_TOPIC_SLOT), slots.get(CURRENT_FACET_SLOT)
    return topic or None, Facet(facet) if facet in Facet.__members__ else None


def referred(text: str, slots: Dict[str, Any]) -> Optional[Tuple[str, Facet]]:
    """Topic and facet that the message goes on from; ``None`` where there is no topic."""
    current, facet = under_discussion(slots)
    discussed = [str(topic) for topic in slots.get(DISCUSSED_SLOT) or []]
    topic = _pointed_at(text, discussed, current) or current
    return (topic, facet or Facet.overview) if topic else None


def discussed_after(topics: Sequence[str], slots: Dict[str, Any]) -> Sequence[str]:
    """The topics that the next message can point at: those of this reply where they are several, else it comes behind those before."""
    if len(topics) > 1:
        return list(dict.fromkeys(topics))
    before = [topic for topic in slots.get(DISCUSSED_SLOT) or [] if topic not in topics]
    return [*before, *topics][-MOST_DISCUSSED:]


def _pointed_at(text: str, discussed: Sequence[str], current: Optional[str]) -> Optional[str]:
    found = _ONE_OF.search(text) or _NUMBER.search(text)
    if not found or not discussed:
        return None
    word = found.group(1).lower()
    if word == "other":
        others = [topic for topic in discussed if topic != current]
        return others[-1] if others else None
    place = _LAST.get(word, _PLACES.get(word, 0))
    return discussed[place] if place < len(discussed) else None
