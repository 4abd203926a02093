"""Labelled utterances: ``data/utterances/*.jsonl``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, List, Optional, Tuple, Union

from rasa_project.content.schema import Facet
from rasa_project.encoder.learnt import is_held_out
from rasa_project.intents import DESCRIBE_PAIN, OUTSIDE, intent_of
from rasa_project.ranking.labels import NONE, UNCLEAR
from rasa_project.validation import read_json_lines

DESCRIBE = "describe"  # stands for a facet where the patient tells something and asks nothing


@dataclass(frozen=True)
class Utterance:
    """What a patient said.

    Attributes:
        before: topic and facet that the bot's last reply was about, where the patient goes on from there.
        topic: what it is about, in the light of what was before; ``NONE`` for what is no question about the article, ``UNCLEAR`` where nobody
            could know, ``None`` for small talk.
        intent: ``None`` where the utterance is unclear.
        thing: the words that name what it asks about, where the article never speaks of that.
        source: the name of its file.
    """

    text: str
    before: Optional[Tuple[str, Facet]]
    topic: Optional[str]
    intent: Optional[str]
    thing: Optional[str] = None
    source: str = field(default="", compare=False)

    @property
    def about_foreign_thing(self) -> Optional[bool]:
        """Whether it asks about something that the article never speaks of; ``None`` for what is no question about the article."""
        return None if self.topic in (None, NONE, UNCLEAR) else self.thing is not None

    @property
    def held_out(self) -> bool:
        """Whether the encoder does not learn from it."""
        return is_held_out(self.text)


def load_utterances(folder: Union[str, Path]) -> List[Utterance]:
    """All examples of a folder, file by file.

    Raises:
        InvalidFile: names the file, the line and what to do.
    """
    return read_json_lines(Path(folder), _utterance)


def _utterance(line: Any, source: str) -> Utterance:
    text = line.get("text") if isinstance(line, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise ValueError('needs a \'text\'; write {"text": "...", "topic": "...", "facet": "..."} or {"text": "...", "intent": "..."}')
    before = line.get("before")
    if before is not None and (not isinstance(before, dict) or not isinstance(before.get("topic"), str)):
        raise ValueError("'before' needs a 'topic' and a 'facet'")
    context = (before["topic"], _facet(before.get("facet"))) if before else None
    intent = line.get("intent")
    if intent == UNCLEAR:
        return Utterance(text, context, UNCLEAR, None, source=source)
    if intent is not None:
        return Utterance(text, context, NONE if intent in OUTSIDE else None, str(intent), source=source)
    if not isinstance(line.get("topic"), str):
        raise ValueError("needs a 'topic' with a 'facet', or an 'intent'")
    asked, thing = line.get("facet"), line.get("thing")
    if thing is not None and (not isinstance(thing, str) or thing not in text):
        raise ValueError("'thing' must be words of the text")
    return Utterance(text, context, line["topic"], DESCRIBE_PAIN if asked == DESCRIBE else intent_of(_facet(asked)), thing, source)


def _facet(name: Any) -> Facet:
    try:
        return Facet(name)
    except ValueError:
        raise ValueError(f"unknown facet {name!r}; choose among {', '.join(facet.value for facet in Facet)}, {DESCRIBE}") from None
