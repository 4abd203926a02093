"""What NLU made of one message, read from Rasa's parse data."""

import re
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, List, Optional, Tuple

from rasa_project.content.schema import Facet
from rasa_project.dialogue.thresholds import Thresholds
from rasa_project.intents import ANSWER_RANKING, MENTION_ENTITY, OUT_OF_SCOPE, PARTS, TOPIC_ENTITY, facet_of
from rasa_project.ranking.labels import AWAY, BODY_HERE, NONE, NOT_COVERED, OTHER_CONDITION

# Words that add nothing to a name: "and the glute one?", "what about bursitis". ("What is" does: it asks for the overview.)
FILLERS = frozenset(
    "a again also an and any as but for hi hello i instead me meant mean my no not of oh ok on one or please same so sorry the then too well "
    "with".split()
)
AND = re.compile(r"[\s,/&+]*(?:(?:and|also|then|plus|of|for|about|in|with|the|a|an|my)[\s,]+)*", re.IGNORECASE)
LISTS = re.compile(r"[,/&+]|\b(and|also|then|plus)\b", re.IGNORECASE)
ABOUT = re.compile(r"\b(what|how) about\b|\babout\b", re.IGNORECASE)


@dataclass(frozen=True)
class TopicScore:
    """A topic with what is asked of it: facets with their probability, likeliest first."""

    topic: str
    probability: float = 1.0
    similarity: float = 0.0
    facets: Tuple[Tuple[Facet, float], ...] = ()


@dataclass(frozen=True)
class Understanding:
    """One message.

    Attributes:
        intent: the likeliest intent, ``None`` where nothing could be told.
        intents: probability of each intent that was ranked.
        topics: the ranking of topics, likeliest first; empty where the message was a payload or the pipeline has no ranking.
        foreign: probability that it asks about something that the article never speaks of.
        before: topic and facet that the message goes on from; ``None`` where nothing was under discussion.
        named: ids of the topics named, in the order of the text, each once.
        tables: tables of data/mentions.yml with an entry in the message.
        things: names of things mentioned that the article does not cover, as data/mentions.yml has them.
        only_names: whether there is nothing but the names of topics and filler words.
        listed: the topics that are named as a list ("sciatica and bursitis"), where there are several.
        parts: the same of each question, where the message holds several, and of what stands between them.
    """

    text: str
    intent: Optional[str] = None
    intents: Dict[str, float] = field(default_factory=dict)
    topics: Tuple[TopicScore, ...] = ()
    foreign: float = 0.0
    before: Optional[Tuple[str, Facet]] = None
    named: Tuple[str, ...] = ()
    tables: FrozenSet[str] = frozenset()
    things: Tuple[str, ...] = ()
    only_names: bool = False
    listed: Tuple[str, ...] = ()
    parts: Tuple["Understanding", ...] = ()

    @classmethod
    def from_parse_data(cls, parse_data: Dict[str, Any]) -> "Understanding":
        """Reads ``tracker.latest_message``; missing keys mean that nothing was understood."""
        intent = parse_data.get("intent") or {}
        ranking = parse_data.get("intent_ranking") or ([intent] if intent.get("name") else [])
        entities = [(e.get("entity"), str(e.get("value"))) for e in parse_data.get("entities") or []]
        text = parse_data.get("text") or ""
        # A payload's text says nothing; its intent and entities say all.
        answers = {} if text.startswith("/") else parse_data.get(ANSWER_RANKING) or {}
        before = answers.get("before")
        return cls(
            text=text,
            intent=intent.get("name"),
            intents={i["name"]: float(i.get("confidence") or 0.0) for i in ranking if i.get("name")},
            topics=tuple(TopicScore(t["topic"], t["probability"], t["similarity"], _facets(t["facets"])) for t in answers.get("topics") or []),
            foreign=float(answers.get("foreign") or 0.0),
            before=(before[0], Facet(before[1])) if before else None,
            named=tuple(dict.fromkeys(value for entity, value in entities if entity == TOPIC_ENTITY)),
            tables=frozenset(value for entity, value in entities if entity == MENTION_ENTITY),
            things=tuple(e["name"] for e in parse_data.get("entities") or [] if e.get("name") and _is_thing(str(e.get("value")))),
            only_names=only_names_topics(text, parse_data.get("entities") or []),
            listed=_listed(text, parse_data.get("entities") or []),
            parts=tuple(cls.from_parse_data(part) for part in parse_data.get(PARTS) or []),
        )

    @property
    def is_wordless(self) -> bool:
        """Whether there is no letter or digit: nothing, white space, emoji or punctuation only."""
        return not any(character.isalnum() for character in self.text)

    def off_topic_probability(self, limits: Thresholds) -> float:
        """That the message is about something else, by the topic ranker or by the intent classifier (noisy-or of the two).

        The classifier does not know what is named: its word counts less where a topic is, or is all but certain, and nothing leads away.
        What leads away, with nothing that leads here, settles it, but for someone who goes on from a reply: "where do my arms go".
        """
        here = self.named or BODY_HERE in self.tables or self.before
        if self.tables & AWAY and not here and self.closest_similarity < limits.same_as_example:
            return 1.0
        none = next((score.probability for score in self.topics if score.topic == NONE), 0.0)
        certain = bool(self.topics) and self.topics[0].topic != NONE and self.topics[0].probability >= limits.certain
        weight = limits.trust_in_intent if (self.named or certain) and not self.tables & AWAY else 1.0
        return 1 - (1 - none) * (1 - weight * self.intents.get(OUT_OF_SCOPE, 0.0))

    @property
    def closest_similarity(self) -> float:
        """Similarity to the nearest example question of any likely topic."""
        return max((score.similarity for score in self.topics if score.topic != NONE), default=0.0)

    @property
    def likeliest_facet(self) -> Optional[Facet]:
        """By the intent alone, whatever the topic."""
        asked = [(confidence, facet) for name, confidence in self.intents.items() for facet in [facet_of(name)] if facet]
        return max(asked, key=lambda pair: pair[0])[1] if asked else None


def _is_thing(table: str) -> bool:
    return table.startswith(NOT_COVERED) or table == OTHER_CONDITION


def _facets(lines: List[Dict[str, Any]]) -> Tuple[Tuple[Facet, float], ...]:
    return tuple((Facet(line["facet"]), float(line["probability"])) for line in lines)


def _listed(text: str, entities: List[Dict[str, Any]]) -> Tuple[str, ...]:
    """Topics whose names follow each other with no more than an "and" between them."""
    names = sorted((e for e in entities if e.get("entity") == TOPIC_ENTITY and "start" in e), key=lambda e: int(e["start"]))
    listed: List[str] = []
    for before, after in zip(names, names[1:]):
        between = text[before["end"] : after["start"]]
        if AND.fullmatch(between) and LISTS.search(between):
            listed += [str(before["value"]), str(after["value"])]
    return tuple(dict.fromkeys(listed)) if len(set(listed)) > 1 else ()


def only_names_topics(text: str, entities: List[Dict[str, Any]]) -> bool:
    """Whether there is nothing but names of topics, as entities of Rasa, and words that add nothing to them."""
    names = [e for e in entities if e.get("entity") == TOPIC_ENTITY and "start" in e]
    for name in sorted(names, key=lambda e: -int(e["start"])):
        text = text[: name["start"]] + " " + text[name["end"] :]
    words = re.findall(r"[a-z]+", ABOUT.sub(" ", text.lower().replace("'", "")))
    return bool(names) and all(word in FILLERS for word in words)
