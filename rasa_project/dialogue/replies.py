"""Turns decisions into what is sent: text, quick replies and the machine-readable part (``custom`` over REST)."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Sequence

from rasa_project.content.article import Article
from rasa_project.content.schema import Facet, StrictModel, Topic
from rasa_project.content.store import Answer, ContentStore
from rasa_project.intents import TOPIC_ENTITY, intent_of
from rasa_project.settings import FACETS_FILE
from rasa_project.validation import InvalidFile, load_model, read_yaml

MAX_QUICK_REPLIES = 3
Button = Dict[str, str]


class FacetWords(StrictModel):
    """How a facet is called in front of patients."""

    noun: str
    button: str


@dataclass(frozen=True)
class Reply:
    """``text``, or the name of a domain ``response`` with the ``words`` that it needs; ``custom`` as in the REST contract."""

    custom: Dict[str, Any]
    text: str = ""
    response: str = ""
    words: Dict[str, str] = field(default_factory=dict)
    buttons: List[Button] = field(default_factory=list)


@lru_cache(maxsize=None)
def facet_words(path: Path = FACETS_FILE) -> Dict[Facet, FacetWords]:
    """Raises ``InvalidFile`` where a facet lacks its words."""
    data = read_yaml(path)
    missing = [facet.value for facet in Facet if facet.value not in data]
    if missing:
        raise InvalidFile([f"{path}: {name}: this facet has no words; add 'noun' and 'button'" for name in missing])
    return {facet: load_model(path, FacetWords, data[facet.value]) for facet in Facet}


def payload(topic: Topic, facet: Facet) -> str:
    """What a quick reply sends: the intent with its topic, in Rasa's notation."""
    return f"/{intent_of(facet)}{json.dumps({TOPIC_ENTITY: topic.id}, separators=(',', ':'))}"


def answer_text(answer: Answer, article: Article) -> str:
    """The entry as plain text: lead, points, numbered steps, cautions, source. No blank lines: Rasa's channels would split there."""
    entry = answer.entry
    lines = [f"{answer.topic.title}: {entry.lead}" if answer.topic.title.lower() not in entry.lead.lower() else entry.lead]
    lines += [f"• {point}" for point in entry.points]
    lines += [f"{number}. {step}" for number, step in enumerate(entry.steps, start=1)]
    lines += [f"Take care: {caution}" for caution in entry.cautions]
    headings = dict.fromkeys(source["section"] for source in article.sources(entry.paragraphs))
    lines.append(f"Source: our article “{article.title}”, under " + ", ".join(f"“{heading}”" for heading in headings) + ".")
    return "\n".join(line.replace("\n", " ") for line in lines)


def answer_reply(answer: Answer, store: ContentStore) -> Reply:
    return Reply(
        custom={
            "kind": "answer",
            "topic": answer.topic.id,
            "facet": answer.facet.value,
            "sources": store.article.sources(answer.entry.paragraphs),
        },
        text=answer_text(answer, store.article),
        buttons=next_buttons(answer, store),
    )


def next_buttons(answer: Answer, store: ContentStore) -> List[Button]:
    """Two other facets of the topic, then related topics, up to three in all."""
    words = facet_words()
    others = [facet for facet in answer.topic.facets if facet is not answer.facet]
    buttons = [{"title": words[facet].button, "payload": payload(answer.topic, facet)} for facet in others[:2]]
    for related in answer.topic.related:
        topic = store.topics.get(related)
        if topic and len(buttons) < MAX_QUICK_REPLIES:
            buttons.append({"title": topic.title, "payload": payload(topic, next(iter(topic.facets)))})
    return buttons[:MAX_QUICK_REPLIES]


def not_covered_reply(topic: Topic, facet: Facet, store: ContentStore) -> Reply:
    words = facet_words()
    covered = [{"title": words[f].button, "payload": payload(topic, f)} for f in topic.facets][:MAX_QUICK_REPLIES]
    return Reply(
        custom={"kind": "not_covered", "topic": topic.id, "facet": facet.value},
        response="utter_not_covered",
        words={"what": words[facet].noun.format(topic=in_sentence(topic.title)), "topic": in_sentence(topic.title)},
        buttons=covered,
    )


def question_reply(options: Sequence[Answer], response: str = "") -> Reply:
    """A question back with its options as quick replies; without options a request to say it in other words."""
    words = facet_words()
    several_topics = len({option.topic.id for option in options}) > 1
    buttons = [
        {
            "title": f"{option.topic.title}: {words[option.facet].button}" if several_topics else words[option.facet].button,
            "payload": payload(option.topic, option.facet),
        }
        for option in options
    ]
    response = response or ("utter_ask_which" if buttons else "utter_ask_in_other_words")
    return Reply(custom={"kind": "question", "options": buttons}, response=response, buttons=buttons)


def starting_points(store: ContentStore, topic_ids: Sequence[str] = ("hip_back_link", "when_to_see_doctor", "prevention")) -> List[Button]:
    """Quick replies for someone who does not know what to ask."""
    topics = [store.topics[topic_id] for topic_id in topic_ids if topic_id in store.topics] or list(store.topics.values())[:MAX_QUICK_REPLIES]
    return [{"title": topic.title, "payload": payload(topic, next(iter(topic.facets)))} for topic in topics]


def in_sentence(title: str) -> str:
    """A title within a sentence: lower case unless its first word is an abbreviation."""
    first = title.split()[0]
    return title if len(first) > 1 and first[1].isupper() else title[0].lower() + title[1:]
