"""Decides what kind of reply a question gets: the answer, a question back, "not covered", or "not about this"."""
import re
from dataclasses import dataclass
from enum import Enum
from typing import List, Optional, Tuple

from rasa_project.content.schema import Facet, Topic, TopicKind
from rasa_project.content.store import Answer, ContentStore
from rasa_project.dialogue.understanding import TopicScore, Understanding
from rasa_project.intents import ASK_MORE, DESCRIBE_PAIN, OUT_OF_SCOPE
from rasa_project.ranking.labels import NONE

OUT_OF_SCOPE_ABOVE = 0.5  # mean of the two off-topic probabilities (intent and topic)
ASK_BACK_BELOW = 0.4  # probability of the best topic
OPTION_ABOVE = 0.12  # probability of a topic worth offering
COVERED_FACET_RATIO = 0.5  # a covered facet wins over a likelier one that is not covered, if it is at least this likely beside it
FOLLOW_UP_WORDS = 8  # a message of at most this many words can lean on the topic before it
SAME_AS_EXAMPLE = 0.8  # similarity to an example above which a message speaks for itself
LEANS_ON_CONTEXT = re.compile(r"\b(it|its|it's|that|this|these|those|them|they|one|ones|there|and|also|what about|how about)\b", re.IGNORECASE)


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
    if understood.intent == ASK_MORE and context.topic in store.topics:
        return _more(store.topics[context.topic or ""], context, store)
    named = [topic for topic in understood.named if topic in store.topics]
    general = store.general_topic
    specific = [topic for topic in named if general is None or topic != general.id]

    compared = _compared(understood, specific, store)
    if compared:
        return Decision(Kind.answer, answer=compared)
    if not specific and context.topic in store.topics and _leans_on_context(understood, named):
        return _for_topic(understood, store.topics[context.topic or ""], store)
    if not understood.topics:  # a payload, or a pipeline without the ranking
        topic = store.topics[specific[0]] if specific else (store.topics[named[0]] if named else general)
        off_topic = topic is None or (understood.intent == OUT_OF_SCOPE and not named)
        return Decision(Kind.out_of_scope) if off_topic or topic is None else _for_topic(understood, topic, store)
    if off_topic_probability(understood) > OUT_OF_SCOPE_ABOVE:
        return Decision(Kind.out_of_scope)
    ranked = [score for score in understood.topics if score.topic in store.topics]
    if not ranked:
        return Decision(Kind.out_of_scope)
    if ranked[0].probability < ASK_BACK_BELOW:
        options = _options(understood, ranked, store)
        if len(options) > 1:
            return Decision(Kind.question, options=options)
    return _for_topic(understood, store.topics[ranked[0].topic], store)


def off_topic_probability(understood: Understanding) -> float:
    """Mean of what intent classifier and topic ranker say of the message being about something else."""
    none = next((score.probability for score in understood.topics if score.topic == NONE), 0.0)
    return (none + understood.intents.get(OUT_OF_SCOPE, 0.0)) / 2


def _leans_on_context(understood: Understanding, named: List[str]) -> bool:
    """Whether a message without a topic of its own goes on about the one before."""
    if named or not understood.topics:
        return not understood.topics and not named
    words = understood.text.split()
    closest = max((score.similarity for score in understood.topics if score.topic != NONE), default=0.0)
    if len(words) > FOLLOW_UP_WORDS or closest >= SAME_AS_EXAMPLE:
        return False
    if LEANS_ON_CONTEXT.search(understood.text):
        return True
    return len(words) <= 4 and off_topic_probability(understood) <= OUT_OF_SCOPE_ABOVE


def _compared(understood: Understanding, specific: List[str], store: ContentStore) -> Optional[Answer]:
    if len(specific) < 2:
        return None
    facets = list(understood.facets())[:2]
    return store.comparison(specific[:2]) if Facet.comparison in facets else None


def _main_facet(topic: Topic) -> Facet:
    return Facet.overview if Facet.overview in topic.facets else next(iter(topic.facets))


def _facet_for(understood: Understanding, topic: Topic, store: ContentStore) -> Facet:
    """The facet asked for; among likely ones, one that the store can answer."""
    facets = understood.facets()
    likeliest = next(iter(facets), None)
    if understood.intent == DESCRIBE_PAIN or likeliest is None:
        if topic.kind is TopicKind.condition and Facet.symptoms in topic.facets:
            return Facet.symptoms
        if topic.kind is TopicKind.general and Facet.causes in topic.facets:
            return Facet.causes
        return _main_facet(topic)
    for facet, probability in facets.items():
        if probability < COVERED_FACET_RATIO * facets[likeliest]:
            break
        if store.answer(topic.id, facet):
            return facet
    return likeliest


def _for_topic(understood: Understanding, topic: Topic, store: ContentStore) -> Decision:
    facet = _facet_for(understood, topic, store)
    answer = store.answer(topic.id, facet)
    return Decision(Kind.answer, answer=answer) if answer else Decision(Kind.not_covered, topic=topic, facet=facet)


def _options(understood: Understanding, ranked: List[TopicScore], store: ContentStore) -> Tuple[Answer, ...]:
    answers = []
    for score in ranked[:3]:
        if score.probability < OPTION_ABOVE:
            break
        topic = store.topics[score.topic]
        answer = store.answer(topic.id, _facet_for(understood, topic, store)) or store.answer(topic.id, _main_facet(topic))
        if answer and answer not in answers:
            answers.append(answer)
    return tuple(answers)


def _more(topic: Topic, context: Context, store: ContentStore) -> Decision:
    """Another facet of the topic under discussion: the one after the last."""
    facets = list(topic.facets)
    following = facets[facets.index(context.facet) + 1 :] if context.facet in facets else facets
    facet = next(iter(following), None)
    if facet is None:
        return Decision(Kind.question, options=tuple(Answer(topic, f, entry) for f, entry in topic.facets.items() if f is not context.facet)[:3])
    return Decision(Kind.answer, answer=Answer(topic, facet, topic.facets[facet]))
