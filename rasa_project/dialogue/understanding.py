"""What NLU made of one message, read from Rasa's parse data."""
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from rasa_project.content.schema import Facet
from rasa_project.intents import TOPIC_ENTITY, TOPIC_RANKING, facet_of


@dataclass(frozen=True)
class TopicScore:
    topic: str
    probability: float
    similarity: float


@dataclass(frozen=True)
class Understanding:
    """One message.

    Attributes:
        intent: the likeliest intent, ``None`` where nothing could be told.
        intents: probability of each intent that was ranked.
        topics: the ranking of topics, likeliest first; empty where the message was a payload.
        named: ids of the topics named, in the order of the text, each once.
    """

    text: str
    intent: Optional[str]
    intents: Dict[str, float]
    topics: List[TopicScore]
    named: List[str]

    @classmethod
    def from_parse_data(cls, parse_data: Dict[str, Any]) -> "Understanding":
        """Reads ``tracker.latest_message``; missing keys mean that nothing was understood."""
        intent = parse_data.get("intent") or {}
        ranking = parse_data.get("intent_ranking") or ([intent] if intent.get("name") else [])
        named = [str(e["value"]) for e in parse_data.get("entities") or [] if e.get("entity") == TOPIC_ENTITY and e.get("value")]
        text = parse_data.get("text") or ""
        return cls(
            text=text,
            intent=intent.get("name"),
            intents={i["name"]: float(i.get("confidence") or 0.0) for i in ranking if i.get("name")},
            # A payload's text says nothing; its intent and entities say all.
            topics=[]
            if text.startswith("/")
            else [TopicScore(t["topic"], t["probability"], t["similarity"]) for t in parse_data.get(TOPIC_RANKING) or []],
            named=list(dict.fromkeys(named)),
        )

    @property
    def is_wordless(self) -> bool:
        """Whether there is no letter or digit: nothing, white space, emoji or punctuation only."""
        return not any(character.isalnum() for character in self.text)

    def facets(self) -> Dict[Facet, float]:
        """Probability of each facet that was ranked, highest first."""
        scored = ((facet_of(name), confidence) for name, confidence in self.intents.items())
        return dict(sorted(((facet, c) for facet, c in scored if facet), key=lambda pair: -pair[1]))
