"""One message can hold several questions: each gets a decision of its own."""

from dataclasses import replace
from typing import List, Sequence

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.decision import Context, Decision, Kind, decide
from rasa_project.dialogue.parts import asks
from rasa_project.dialogue.thresholds import Thresholds
from rasa_project.dialogue.understanding import Understanding

MOST_ANSWERS = 3  # to one message; what else it asks is offered
SURELY_ELSEWHERE = 0.8  # off-topic probability of a question beside others, from which it is declined; below, it is passed over


def decide_all(understood: Understanding, context: Context, store: ContentStore, limits: Thresholds) -> List[Decision]:
    """The decisions for a message, in the order of its questions; at least one.

    Args:
        context: what was under discussion before the message.
    """
    whole = replace(decide(understood, context, store, limits), asked=understood.text)
    parts = [part for position, part in enumerate(understood.parts) if asks(part.text) or (position and part.only_names)]
    if not parts and not understood.listed:
        return [whole]
    decisions: List[Decision] = []
    for part in parts or [understood]:
        for question in _one_topic_each(part, store):
            decision = replace(decide(question, _after(decisions, part, context), store, limits), asked=part.text)
            if _stands(decision, question, limits) and (decision.kind, decision.about) not in [(before.kind, before.about) for before in decisions]:
                decisions.append(decision)
    supported = [decision for decision in decisions if decision.kind in (Kind.answer, Kind.not_covered)]
    return decisions if len(decisions) > 1 and supported else [whole]


def _one_topic_each(part: Understanding, store: ContentStore) -> List[Understanding]:
    """ "Symptoms of sciatica and bursitis" asks the same of both."""
    listed = [topic for topic in part.listed if topic in store.topics]
    if len(listed) < 2 or part.likeliest_facet is Facet.comparison:
        return [part]
    scores = {score.topic: score for score in part.topics}
    if not all(topic in scores for topic in listed):
        return [part]
    return [replace(part, named=(topic,), topics=(replace(scores[topic], probability=1.0),), listed=()) for topic in listed]


def _after(decisions: Sequence[Decision], part: Understanding, context: Context) -> Context:
    """What is under discussion when the part comes."""
    about = next((decision.about for decision in reversed(decisions) if decision.about), None)
    topic, facet = about or (context.topic, context.facet)
    return Context(part.before[0] if part.before else topic, facet, context.discussed)


def _stands(decision: Decision, question: Understanding, limits: Thresholds) -> bool:
    """Whether a question beside others gets a reply of its own. What was not understood is left to the rest of the message."""
    if decision.kind is Kind.out_of_scope:
        return question.off_topic_probability(limits) >= SURELY_ELSEWHERE
    return decision.kind is not Kind.question
