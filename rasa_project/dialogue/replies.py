"""Turns decisions into what is sent: text, quick replies and the machine-readable part (``custom`` over REST)."""

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from rasa_project.content.article import Article
from rasa_project.content.schema import Drawing, Entry, Facet, StrictModel, Topic, TopicKind
from rasa_project.content.store import Answer, ContentStore
from rasa_project.dialogue.decision import Decision
from rasa_project.intents import GUIDE_PAIN, GUIDE_STRETCH, TOPIC_ENTITY, intent_of
from rasa_project.settings import FACETS_FILE, domain_text
from rasa_project.validation import InvalidFile, load_model, read_yaml

MAX_QUICK_REPLIES = 3
MAX_HEADINGS = 3  # of the article, named under an answer
ORIGIN_TOPIC = "hip_or_back"  # what the guide to where the pain comes from ends with
Button = Dict[str, str]
SOURCE = "Source:"  # begins the line that says where an answer comes from
NEAR_FACETS = (
    (Facet.treatment, Facet.self_care, Facet.medication, Facet.surgery, Facet.prognosis, Facet.prevention),
    (Facet.symptoms, Facet.diagnosis, Facet.comparison),
    (Facet.causes, Facet.risk),
    (Facet.steps, Facet.cautions),
)
COMPARED = (Facet.symptoms, Facet.causes, Facet.risk)  # what can tell two conditions apart


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
    """What a quick reply sends for an entry."""
    return payload_of(intent_of(facet), topic)


def payload_of(intent: str, topic: Topic) -> str:
    """An intent with its topic, in Rasa's notation."""
    return f"/{intent}{json.dumps({TOPIC_ENTITY: topic.id}, separators=(',', ':'))}"


def answer_text(answer: Answer, article: Article) -> str:
    """The entry as plain text: lead, numbered steps, points, cautions, source. No blank lines: Rasa's channels would split there."""
    entry = answer.entry
    lines = [opening(answer)]
    lines += [f"{number}. {step}" for number, step in enumerate(entry.steps, start=1)]
    lines += [f"• {point}" for point in entry.points]
    lines += [f"Important: {caution}" for caution in entry.cautions]
    return _as_text(lines, entry.paragraphs, article)


def _as_text(lines: Sequence[str], paragraphs: Sequence[str], article: Article) -> str:
    """Each on a line of its own, the source last."""
    return "\n".join(line.replace("\n", " ") for line in (*lines, source_line(paragraphs, article)))


def opening(answer: Answer) -> str:
    """The lead, with the topic before it where it does not say so itself."""
    lead, title = answer.entry.lead, answer.topic.title
    if title.lower() in lead.lower():
        return lead
    return f"{title} {lead}" if title.endswith("?") else f"{title}: {lead}"


def answer_reply(answer: Answer, store: ContentStore) -> Reply:
    return Reply(
        custom=answer_custom(answer, store.article, drawings_of(answer.entry)),
        text=answer_text(answer, store.article),
        buttons=next_buttons(answer, store),
    )


def line_reply(answer: Answer, line: str, store: ContentStore) -> Reply:
    """One line of an answer that was given just before, with a way to see all of it again."""
    entry = answer.entry
    step = entry.steps.index(line) + 1 if line in entry.steps else None
    before = "Important: " if line in entry.cautions else ""
    text = _as_text([f"{before}{line}", domain_text("utter_rest_above")], entry.paragraphs, store.article)
    again = {"title": domain_text("utter_show_again"), "payload": payload(answer.topic, answer.facet)}
    return Reply(
        custom=answer_custom(answer, store.article, drawings_of(entry, step) if step else ()),
        text=text,
        buttons=[again, *next_buttons(answer, store)][:MAX_QUICK_REPLIES],
    )


def answer_custom(answer: Answer, article: Article, drawings: Sequence[Drawing]) -> Dict[str, Any]:
    """The machine-readable part of an answer. Drawings are named by their file in ``data/drawings/``."""
    custom = {
        "kind": "answer",
        "topic": answer.topic.id,
        "facet": answer.facet.value,
        "sources": article.sources(answer.entry.paragraphs),
    }
    return {**custom, "drawings": [drawing.dict(exclude_none=True) for drawing in drawings]} if drawings else custom


def drawings_of(entry: Entry, step: Optional[int] = None) -> List[Drawing]:
    """The drawings of an entry; with a step (from 1) only those of that step."""
    return [drawing for drawing in entry.drawings if step in (None, drawing.step)]


def comparison_reply(sides: Sequence[Topic], store: ContentStore) -> Reply:
    """Two topics side by side, from what the entries about each say of the same facets."""
    words = facet_words()
    shared = [facet for facet in COMPARED if all(facet in side.facets for side in sides)] or [Facet.overview]
    answers = [answer for facet in shared for side in sides for answer in [store.answer(side.id, facet)] if answer]
    lines = [domain_text("utter_compared", first=sides[0].title, second=sides[1].spoken)]
    paragraphs: List[str] = []
    for answer in answers:
        noun = words[answer.facet].noun.format(topic=answer.topic.spoken)
        lines.append(f"• {noun[:1].upper()}{noun[1:]}: {answer.entry.lead}")
        paragraphs += answer.entry.paragraphs
    sources = store.article.sources(list(dict.fromkeys(paragraphs)))
    custom = {"kind": "answer", "topic": sides[0].id, "facet": Facet.comparison.value, "compared": [side.id for side in sides], "sources": sources}
    buttons = [{"title": side.title, "payload": payload(side, side.main_facet)} for side in sides]
    return Reply(custom=custom, text=_as_text(lines, paragraphs, store.article), buttons=buttons)


def source_line(paragraphs: Sequence[str], article: Article) -> str:
    """Where an answer comes from, in words; of many headings the first ones (all are in ``custom``)."""
    headings = list(dict.fromkeys(source["section"] for source in article.sources(list(dict.fromkeys(paragraphs)))))
    named = [heading for heading in headings if heading != article.title][:MAX_HEADINGS]
    under = ", ".join(f"“{heading}”" for heading in named) + (" and other headings" if len(headings) > MAX_HEADINGS else "")
    return f"{SOURCE} our article “{article.title}”{', under ' if named else ''}{under}."


def next_buttons(answer: Answer, store: ContentStore) -> List[Button]:
    """The guide to what the answer is about, where there is one; two other facets of the topic, then related topics: up to three in all."""
    words = facet_words()
    others = [facet for facet in nearest_facets(answer.topic, answer.facet) if facet is not answer.facet and facet not in answer.entry.also_answers]
    buttons: List[Button] = []
    if answer.topic.id == ORIGIN_TOPIC:
        buttons.append({"title": domain_text("utter_guide_pain"), "payload": f"/{GUIDE_PAIN}"})
    elif answer.topic.kind is TopicKind.exercise and answer.entry.steps:
        buttons.append(guide_button(answer.topic))
    buttons += [{"title": words[facet].button, "payload": payload(answer.topic, facet)} for facet in others[:2]]
    for related in answer.topic.related:
        topic = store.topics.get(related)
        if topic and len(buttons) < MAX_QUICK_REPLIES:
            buttons.append({"title": topic.title, "payload": payload(topic, next(iter(topic.facets)))})
    return buttons[:MAX_QUICK_REPLIES]


def several_replies(replies: Sequence[Reply], left: Sequence[Decision]) -> List[Reply]:
    """Replies to the questions of one message, in order. Quick replies come with the last one only, and offer first what is left."""
    offered = _option_buttons([decision.answer for decision in left if decision.answer], several_topics=True)
    last = replace(replies[-1], buttons=(offered + replies[-1].buttons)[:MAX_QUICK_REPLIES])
    return [*(replace(reply, buttons=[]) for reply in replies[:-1]), last]


def guide_button(stretch: Topic) -> Button:
    """A quick reply that starts the steps of a stretch one by one."""
    return {"title": domain_text("utter_guide_me", stretch=stretch.title), "payload": payload_of(GUIDE_STRETCH, stretch)}


def not_covered_reply(topic: Topic, facet: Facet, store: ContentStore, thing: Optional[str] = None, foreign: bool = False) -> Reply:
    """Says what was understood, that the article is silent on it, and what it does cover.

    Args:
        thing: what the patient asks about, where that has a name of its own.
        foreign: whether it is something without a name here, that the article never speaks of.
    """
    words = facet_words()
    response = "utter_thing_not_covered" if thing else "utter_foreign_thing_not_covered" if foreign else "utter_not_covered"
    what = words[facet].noun.format(topic=topic.spoken)
    # Of the thing itself it is silent; it may still say something of what was asked.
    besides = store.answer(topic.id, facet) if thing or foreign else None
    offered = [Answer(topic, near, topic.facets[near]) for near in nearest_facets(topic, facet)]
    if besides:
        offered = [besides, *(answer for answer in offered if payload(answer.topic, answer.facet) != payload(besides.topic, besides.facet))]
    buttons = _option_buttons(offered[:MAX_QUICK_REPLIES], several_topics=False)
    if besides and besides.topic is not topic:
        buttons[0] = {**buttons[0], "title": besides.topic.title}
    caution = f" {topic.not_covered_caution}" if topic.not_covered_caution else ""
    more = domain_text("utter_covers_besides" if besides else "utter_more_about", what=what, topic=topic.spoken)
    return Reply(
        custom={"kind": "not_covered", "topic": topic.id, "facet": facet.value},
        response=response,
        words={"thing": thing or "", "what": what, "caution": caution, "more": more},
        buttons=buttons if besides or topic.kind is not TopicKind.general else starting_points(store),
    )


def nearest_facets(topic: Topic, asked: Facet) -> List[Facet]:
    """The facets that a topic covers, those first that someone who asked for this one most likely wants."""
    near = next((group for group in NEAR_FACETS if asked in group), ())
    order = [asked, *near, *topic.facets]
    return sorted(topic.facets, key=order.index)


def question_reply(options: Sequence[Answer], response: str = "") -> Reply:
    """A question back with its options as quick replies; without options a request to say it in other words."""
    buttons = _option_buttons(options, several_topics=len({option.topic.id for option in options}) > 1)
    response = response or ("utter_ask_which" if buttons else "utter_ask_in_other_words")
    return Reply(custom={"kind": "question", "options": buttons}, response=response, buttons=buttons)


def _option_buttons(options: Sequence[Answer], several_topics: bool) -> List[Button]:
    return [{"title": _option_title(option, several_topics), "payload": payload(option.topic, option.facet)} for option in options]


def _option_title(option: Answer, several_topics: bool) -> str:
    """The topic says enough where it has one answer only, or is a question itself."""
    button = facet_words()[option.facet].button
    if not several_topics:
        return button
    title = option.topic.title
    return title if title.endswith("?") or len(option.topic.facets) == 1 else f"{title}: {button}"


def starting_points(store: ContentStore, topic_ids: Sequence[str] = ("hip_back_link", "when_to_see_doctor", "prevention")) -> List[Button]:
    """Quick replies for someone who does not know what to ask."""
    topics = [store.topics[topic_id] for topic_id in topic_ids if topic_id in store.topics] or list(store.topics.values())[:MAX_QUICK_REPLIES]
    return [{"title": topic.title, "payload": payload(topic, next(iter(topic.facets)))} for topic in topics]
