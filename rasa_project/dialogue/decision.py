"""Decides what kind of reply a question gets: the answer, a question back, "not covered", or "not about this"."""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Optional, Sequence, Tuple

from rasa_project.content.schema import Facet, Topic, TopicKind
from rasa_project.content.store import Answer, ContentStore
from rasa_project.dialogue.thresholds import Thresholds
from rasa_project.dialogue.understanding import TopicScore, Understanding
from rasa_project.intents import ASK_MORE, DESCRIBE_PAIN, OUT_OF_SCOPE
from rasa_project.ranking.labels import AWAY, BODY_HERE, NOT_COVERED, UNCLEAR

POINTS_BACK = re.compile(r"\b(it|its|it's|that|this|these|those|them|they|he|she|one|ones)\b", re.IGNORECASE)
BOTH = re.compile(
    r"\b(two|both|either|each other|one (from|and|or) the other|which of (them|these|those)|between them|the difference)\b", re.IGNORECASE
)
TELLS_APART = re.compile(
    r"\b(vs|versus|v|differ\w*|apart|same( thing)?|or|compared?|distinguish|unlike|between|mix(ed)? up|confus\w+|another (name|word) for)\b",
    re.IGNORECASE,
)
TREATMENTS = frozenset({NOT_COVERED + "treatment", NOT_COVERED + "surgery"})  # "are inversion tables any good" can only be about the back
# The article names medicines, but no dose of any.
DOSE = re.compile(r"\b(\d+ ?mg|mg|milligrams?|doses?|dosage|how many (tablets|pills|paracetamols?|ibuprofens?|capsules))\b", re.IGNORECASE)
BLAMED = (Facet.causes, Facet.risk)  # "can heels give me hip pain"
# Asked of a part of the body, these mean what is wrong with it.
ASKED_OF_CONDITIONS = (Facet.treatment, Facet.medication, Facet.surgery, Facet.self_care, Facet.prognosis, Facet.symptoms, Facet.risk)
# Someone who asks this may name a treatment or an operation without asking about it.
NOT_ABOUT_THE_THING_NAMED = (Facet.cautions, Facet.causes, Facet.symptoms, Facet.anatomy, Facet.risk)


class Kind(str, Enum):
    answer = "answer"
    not_covered = "not_covered"
    question = "question"
    out_of_scope = "out_of_scope"


@dataclass(frozen=True)
class Context:
    """What the conversation was about before this message."""

    topic: Optional[str] = None
    facet: Optional[Facet] = None
    discussed: Tuple[str, ...] = ()  # topics, the last one last


@dataclass(frozen=True)
class Decision:
    """What to say.

    Attributes:
        answer: with kind ``answer``; ``compared`` instead where topics are set side by side from what the entries about each say.
        topic, facet: with kind ``not_covered``; ``thing`` is what is asked about, where that has a name of its own, and ``foreign`` where it is
            something that the article never speaks of, though it may cover the facet.
        options: with kind ``question``; ``facet`` is what was asked where only the topic is missing.
        asked: the part of the message that it decides on.
    """

    kind: Kind
    answer: Optional[Answer] = None
    topic: Optional[Topic] = None
    facet: Optional[Facet] = None
    options: Tuple[Answer, ...] = ()
    compared: Tuple[Topic, ...] = ()
    thing: Optional[str] = None
    foreign: bool = False
    asked: str = field(default="", compare=False)

    @property
    def about(self) -> "Optional[Tuple[str, Facet]]":
        """Topic and facet that are under discussion from now on; ``None`` where the decision is about none."""
        if self.answer:
            return self.answer.topic.id, self.answer.facet
        if self.compared:
            return self.compared[0].id, Facet.comparison
        return (self.topic.id, self.facet) if self.topic and self.facet else None

    @property
    def topics(self) -> Tuple[str, ...]:
        """The topics that the reply names, in order: both sides of a comparison, all options of a question."""
        if self.compared or self.options:
            return tuple(topic.id for topic in self.compared) or tuple(option.topic.id for option in self.options)
        if self.answer and self.answer.topic.compares:
            return tuple(self.answer.topic.compares)
        return (self.about[0],) if self.about else ()


def decide(understood: Understanding, context: Context, store: ContentStore, limits: Thresholds) -> Decision:
    """The reply that fits best.

    Args:
        understood: the message.
        context: topic and facet under discussion before it.
    """
    if understood.is_wordless:
        return Decision(Kind.question)
    current = store.topics.get(context.topic or "")
    if understood.intent == ASK_MORE and current:
        return _more(current, context, store)
    if not understood.topics:
        return _without_ranking(understood, current, store)
    named = [topic for topic in understood.named if topic in store.topics]
    general = store.general_topic
    specific = [topic for topic in named if general is None or topic != general.id]
    compared = _compared(understood, specific, context, store)
    if compared:
        return compared
    ranked = [score for score in understood.topics if score.topic in store.topics]
    off_topic = not ranked or understood.off_topic_probability(limits) > limits.out_of_scope_above
    of_this_clinic = understood.tables & TREATMENTS and not understood.tables & AWAY
    if not off_topic or of_this_clinic or DOSE.search(understood.text):
        silent_on = _thing_not_covered(understood, specific, ranked, store, limits)
        if silent_on:
            return silent_on
    if understood.only_names and specific:
        return _by_name(store.topics[specific[0]], context, store)
    if understood.topics[0].topic == UNCLEAR and not named:
        return _which_topic(understood.likeliest_facet, ranked, store)
    if off_topic:
        return Decision(Kind.out_of_scope)
    if ranked[0].probability < limits.ask_back_below:
        options = _options(ranked, store, limits)
        if len(options) > 1:
            return Decision(Kind.question, options=options)
    return _for_topic(understood, ranked[0], store.topics[ranked[0].topic], store, limits)


def _without_ranking(understood: Understanding, current: Optional[Topic], store: ContentStore) -> Decision:
    """For a payload, or a pipeline that links topics but does not rank answers."""
    named = next((store.topics[topic] for topic in understood.named if topic in store.topics), None)
    topic = named or current or store.general_topic
    if topic is None or (understood.intent == OUT_OF_SCOPE and not named):
        return Decision(Kind.out_of_scope)
    facet = understood.likeliest_facet
    if facet is None:
        facet = topic.default_facet if understood.intent == DESCRIBE_PAIN else topic.main_facet
    return _answered(topic, facet, store)


def _by_name(topic: Topic, context: Context, store: ContentStore) -> Decision:
    """For a bare name: the facet under discussion where that was about a topic of the same kind or lacked one, else what the topic is."""
    before = store.topics.get(context.topic or "")
    if topic.kind is TopicKind.anatomy and context.facet in ASKED_OF_CONDITIONS:
        topic = _condition(topic, store) or topic
    goes_on = context.topic is None or (before is not None and before.kind is topic.kind)
    return _answered(topic, context.facet if goes_on and context.facet else topic.main_facet, store)


def _compared(understood: Understanding, specific: Sequence[str], context: Context, store: ContentStore) -> Optional[Decision]:
    """What tells two topics apart: the entry about the two where there is one, else what the entries about each say. "Those two" are what was
    spoken of last."""
    if understood.likeliest_facet is not Facet.comparison and not TELLS_APART.search(understood.text):
        return None
    named = list(specific)
    discussed = context.discussed or ((context.topic,) if context.topic else ())
    before = [topic for topic in discussed if topic in store.topics and topic not in named]
    if len(named) == 1 and before and POINTS_BACK.search(understood.text):
        named = [before[-1], *named]
    elif not named and len(before) > 1 and BOTH.search(understood.text):
        named = before[-2:]
    written = store.comparison(named[:2])
    if written:
        return Decision(Kind.answer, answer=written)
    sides = list(dict.fromkeys(side.id for topic in named for side in [_condition(store.topics[topic], store)] if side))
    return Decision(Kind.answer, compared=tuple(store.topics[side] for side in sides[:2])) if len(sides) > 1 else None


def _condition(topic: Topic, store: ContentStore) -> Optional[Topic]:
    """The topic if it is a condition; for a part of the body the condition of that part, where it has one ("is it my SI joint")."""
    if topic.kind is TopicKind.anatomy:
        related = [store.topics[name] for name in topic.related if name in store.topics]
        return next((other for other in related if other.kind is TopicKind.condition), None)
    return topic if topic.kind is TopicKind.condition else None


def _thing_not_covered(
    understood: Understanding, specific: Sequence[str], ranked: Sequence[TopicScore], store: ContentStore, limits: Thresholds
) -> Optional[Decision]:
    """Where the message asks about a treatment, condition or the like that the article never mentions."""
    facets = [Facet(table[len(NOT_COVERED) :]) for table in sorted(understood.tables) if table.startswith(NOT_COVERED)]
    asked, general = understood.likeliest_facet, store.general_topic
    if DOSE.search(understood.text) and (specific or BODY_HERE in understood.tables) and general:
        return Decision(Kind.not_covered, topic=_nearest(understood, specific, ranked, store, limits) or general, facet=Facet.medication)
    listed = bool(understood.things)
    if general is None or understood.foreign < (limits.foreign_listed_above if listed else limits.foreign_above):
        return None
    topic = _nearest(understood, specific, ranked, store, limits) or general
    if topic.kind is TopicKind.exercise:
        return None
    if not listed:
        return Decision(Kind.not_covered, topic=topic, facet=asked or Facet.overview, foreign=True)
    thing = understood.things[0]
    if not specific and (Facet.overview in facets or (asked in BLAMED and understood.intent != DESCRIBE_PAIN)):
        return Decision(Kind.not_covered, topic=general, facet=asked or Facet.overview, thing=thing)
    if not facets or Facet.overview in facets:
        return None
    if asked in NOT_ABOUT_THE_THING_NAMED or (specific and asked is Facet.overview):
        return None
    return Decision(Kind.not_covered, topic=topic, facet=facets[0], thing=thing)


def _nearest(
    understood: Understanding, specific: Sequence[str], ranked: Sequence[TopicScore], store: ContentStore, limits: Thresholds
) -> Optional[Topic]:
    """The topic that a thing which the article never mentions is asked about: what is named (the condition of a part of the body), else what is
    all but certain."""
    if specific:
        topic = store.topics[specific[0]]
        return _condition(topic, store) or topic
    sure = ranked and ranked[0].probability >= limits.certain
    return store.topics[ranked[0].topic] if sure else None


def _for_topic(understood: Understanding, score: TopicScore, topic: Topic, store: ContentStore, limits: Thresholds) -> Decision:
    """The likeliest facet; one that is not covered must be likely enough, and a comparison needs two sides."""
    if understood.intents.get(DESCRIBE_PAIN, 0.0) >= limits.only_describes_above or not score.facets:
        return _answered(topic, topic.default_facet, store)
    facet, probability = score.facets[0]
    if topic.kind is TopicKind.anatomy and facet in ASKED_OF_CONDITIONS and not store.answer(topic.id, facet):
        return _answered(_condition(topic, store) or topic, facet, store)
    if probability < (limits.comparison_above if facet is Facet.comparison else limits.not_covered_above):
        facet = next((candidate for candidate, _ in score.facets if store.answer(topic.id, candidate)), facet)
    return _answered(topic, facet, store)


def _answered(topic: Topic, facet: Facet, store: ContentStore) -> Decision:
    answer = store.answer(topic.id, facet)
    return Decision(Kind.answer, answer=answer) if answer else Decision(Kind.not_covered, topic=topic, facet=facet)


def _which_topic(asked: Optional[Facet], ranked: Sequence[TopicScore], store: ContentStore) -> Decision:
    """Asks what "symptoms?" is about, with what can be asked so: the likeliest topics, then conditions."""
    conditions = [topic.id for topic in store.topics.values() if topic.kind is TopicKind.condition]
    candidates = [store.topics[topic] for topic in dict.fromkeys([*(score.topic for score in ranked), *conditions])]
    options = [Answer(topic, asked, topic.facets[asked]) for topic in candidates if asked in topic.facets] if asked else []
    return Decision(Kind.question, options=tuple(options[:3]), facet=asked)


def _options(ranked: Sequence[TopicScore], store: ContentStore, limits: Thresholds) -> Tuple[Answer, ...]:
    answers = []
    for score in ranked[:3]:
        if score.probability < limits.option_above:
            break
        topic = store.topics[score.topic]
        facet = score.facets[0][0] if score.facets else topic.main_facet
        answer = store.answer(topic.id, facet) or store.answer(topic.id, topic.main_facet)
        if answer and answer not in answers:
            answers.append(answer)
    return tuple(answers)


def _more(topic: Topic, context: Context, store: ContentStore) -> Decision:
    """Another facet of the topic under discussion: the one after the last; where that was the last, a choice of others and of what is related."""
    facets = list(topic.facets)
    following = facets[facets.index(context.facet) + 1 :] if context.facet in facets else facets
    if following:
        return Decision(Kind.answer, answer=Answer(topic, following[0], topic.facets[following[0]]))
    others = [Answer(topic, facet, entry) for facet, entry in topic.facets.items() if facet is not context.facet]
    related = [store.topics[name] for name in topic.related if name in store.topics]
    choice = others + [Answer(other, other.main_facet, other.facets[other.main_facet]) for other in related]
    return Decision(Kind.question, options=tuple(choice[:3]))
