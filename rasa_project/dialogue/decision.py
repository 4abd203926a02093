"""Decides what kind of reply a question gets: the answer, a question back, "not covered", or "not about this"."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Optional, Sequence, Tuple

from rasa_project.content.schema import Facet, Topic, TopicKind
from rasa_project.content.store import Answer, ContentStore
from rasa_project.dialogue.understanding import TopicScore, Understanding
from rasa_project.intents import ASK_MORE, DESCRIBE_PAIN, OUT_OF_SCOPE
from rasa_project.ranking.labels import AWAY, BODY_ELSEWHERE, BODY_HERE, NONE, NOT_COVERED

OUT_OF_SCOPE_ABOVE = 0.45  # off-topic probability
ASK_BACK_BELOW = 0.4  # probability of the best topic
OPTION_ABOVE = 0.12  # probability of a topic worth offering
FOLLOW_UP_WORDS = 7  # a message of at most this many words can lean on the topic before it
POINTING_WORDS = 10  # the same for one with a word that points back
POINTS_BACK = re.compile(r"\b(it|its|it's|that|this|these|those|them|they|he|she|one|ones)\b", re.IGNORECASE)
SPEAKS_FOR_ITSELF = 0.8  # similarity to an example, or probability of another topic, above which a message needs no context
NOT_COVERED_WORDS = 25  # in a longer message a thing named in passing need not be what is asked about
NOT_COVERED_ABOVE = 0.4  # an uncovered facet that is less likely gives way to the likeliest covered one
ONLY_DESCRIBES_ABOVE = 0.6  # probability that someone describes pain and asks nothing in particular
COMPARISON_ABOVE = 0.8  # the same for a comparison, which needs two sides
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


@dataclass(frozen=True)
class Decision:
    """What to say. ``answer`` with kind ``answer``; ``topic`` and ``facet`` with ``not_covered``; ``options`` with ``question``."""

    kind: Kind
    answer: Optional[Answer] = None
    topic: Optional[Topic] = None
    facet: Optional[Facet] = None
    options: Tuple[Answer, ...] = ()


def decide(understood: Understanding, context: Context, store: ContentStore) -> Decision:
    """The reply that fits best.

    Args:
        understood: the message.
        context: topic and facet under discussion before it.
    """
    if understood.is_wordless:
        return Decision(Kind.question)
    current = store.topics.get(context.topic or "")
    if understood.intent == ASK_MORE and current:
        return _more(current, context)
    if not understood.topics:
        return _without_ranking(understood, current, store)
    named = [topic for topic in understood.named if topic in store.topics]
    general = store.general_topic
    specific = [topic for topic in named if general is None or topic != general.id]
    compared = _compared(understood, specific, store)
    if compared:
        return Decision(Kind.answer, answer=compared)
    ranked = [score for score in understood.topics if score.topic in store.topics]
    off_topic = not ranked or understood.off_topic_probability > OUT_OF_SCOPE_ABOVE
    if not off_topic or named or BODY_HERE in understood.tables:
        silent_on = _thing_not_covered(understood, specific, ranked, store)
        if silent_on:
            return silent_on
    if current and understood.current and not named and _leans_on_context(understood, current):
        return _for_topic(understood, understood.current, current, store)
    if understood.only_names and specific:
        return _by_name(store.topics[specific[0]], context, store)
    if off_topic:
        return Decision(Kind.out_of_scope)
    if ranked[0].probability < ASK_BACK_BELOW:
        options = _options(ranked, store)
        if len(options) > 1:
            return Decision(Kind.question, options=options)
    return _for_topic(understood, ranked[0], store.topics[ranked[0].topic], store)


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


def _leans_on_context(understood: Understanding, current: Topic) -> bool:
    """Whether a message that names no topic goes on about the one before."""
    words = len(understood.text.split())
    if words > (POINTING_WORDS if POINTS_BACK.search(understood.text) else FOLLOW_UP_WORDS):
        return False
    # "Where do my arms go" is about the stretch; "and in my arms" is not about bursitis.
    body_belongs = current.kind in (TopicKind.exercise, TopicKind.guidance)
    if understood.intent == OUT_OF_SCOPE or understood.tables & AWAY - ({BODY_ELSEWHERE} if body_belongs else set()):
        return False
    best = understood.topics[0]
    other_topic = best.topic not in (NONE, current.id) and best.probability >= SPEAKS_FOR_ITSELF
    return not other_topic and understood.closest_similarity < SPEAKS_FOR_ITSELF


def _by_name(topic: Topic, context: Context, store: ContentStore) -> Decision:
    """For a bare name: the facet under discussion where that was about a topic of the same kind, else what the topic is."""
    before = store.topics.get(context.topic or "")
    same_kind = before is not None and before.kind is topic.kind and context.facet is not None
    return _answered(topic, context.facet if same_kind and context.facet else topic.main_facet, store)


def _compared(understood: Understanding, specific: Sequence[str], store: ContentStore) -> Optional[Answer]:
    if len(specific) < 2 or understood.likeliest_facet is not Facet.comparison:
        return None
    return store.comparison(list(specific[:2]))


def _thing_not_covered(understood: Understanding, specific: Sequence[str], ranked: Sequence[TopicScore], store: ContentStore) -> Optional[Decision]:
    """Where the message asks about a treatment, condition or the like that the article never mentions."""
    facets = [Facet(table[len(NOT_COVERED) :]) for table in sorted(understood.tables) if table.startswith(NOT_COVERED)]
    if not facets or len(understood.text.split()) > NOT_COVERED_WORDS:
        return None
    topic = store.topics[specific[0]] if specific else (store.topics[ranked[0].topic] if ranked else store.general_topic)
    if topic is None or topic.kind is TopicKind.exercise:
        return None
    if Facet.overview in facets:
        general = store.general_topic
        return None if specific else Decision(Kind.not_covered, topic=general or topic, facet=understood.likeliest_facet or Facet.overview)
    if understood.likeliest_facet in NOT_ABOUT_THE_THING_NAMED or (specific and understood.likeliest_facet is Facet.overview):
        return None
    return Decision(Kind.not_covered, topic=topic, facet=facets[0])


def _for_topic(understood: Understanding, score: TopicScore, topic: Topic, store: ContentStore) -> Decision:
    """The likeliest facet; one that is not covered must be likely enough, and a comparison needs two sides."""
    if understood.intents.get(DESCRIBE_PAIN, 0.0) >= ONLY_DESCRIBES_ABOVE or not score.facets:
        return _answered(topic, topic.default_facet, store)
    facet, probability = score.facets[0]
    if probability < (COMPARISON_ABOVE if facet is Facet.comparison else NOT_COVERED_ABOVE):
        facet = next((candidate for candidate, _ in score.facets if store.answer(topic.id, candidate)), facet)
    return _answered(topic, facet, store)


def _answered(topic: Topic, facet: Facet, store: ContentStore) -> Decision:
    answer = store.answer(topic.id, facet)
    return Decision(Kind.answer, answer=answer) if answer else Decision(Kind.not_covered, topic=topic, facet=facet)


def _options(ranked: Sequence[TopicScore], store: ContentStore) -> Tuple[Answer, ...]:
    answers = []
    for score in ranked[:3]:
        if score.probability < OPTION_ABOVE:
            break
        topic = store.topics[score.topic]
        facet = score.facets[0][0] if score.facets else topic.main_facet
        answer = store.answer(topic.id, facet) or store.answer(topic.id, topic.main_facet)
        if answer and answer not in answers:
            answers.append(answer)
    return tuple(answers)


def _more(topic: Topic, context: Context) -> Decision:
    """Another facet of the topic under discussion: the one after the last; where that was the last, a choice."""
    facets = list(topic.facets)
    following = facets[facets.index(context.facet) + 1 :] if context.facet in facets else facets
    if following:
        return Decision(Kind.answer, answer=Answer(topic, following[0], topic.facets[following[0]]))
    return Decision(Kind.question, options=tuple(Answer(topic, f, entry) for f, entry in topic.facets.items() if f is not context.facet)[:3])
