"""Several questions in one message get several replies."""

from typing import Any, Dict, List, Optional

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.decision import Context, Kind
from rasa_project.dialogue.replies import Reply, several_replies
from rasa_project.dialogue.several import decide_all
from rasa_project.dialogue.thresholds import thresholds
from rasa_project.dialogue.understanding import Understanding


def parsed(text: str, topic: str, facet: str, named: bool = True, before: Optional[str] = None, off_topic: float = 0.0) -> Dict[str, Any]:
    """Parse data of a clear question."""
    ranked = [
        {"topic": topic, "probability": 0.95, "similarity": 0.9, "named": named, "facets": [{"facet": facet, "probability": 0.9, "covered": True}]},
        {"topic": "none", "probability": off_topic, "similarity": 0.1, "named": False, "facets": []},
    ]
    intent = "out_of_scope" if off_topic > 0.5 else f"ask_{facet}"
    return {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "intent_ranking": [{"name": intent, "confidence": 0.9}],
        "entities": [{"entity": "topic", "value": topic}] if named else [],
        "answer_ranking": {
            "topics": sorted(ranked, key=lambda line: -float(str(line["probability"]))),
            "before": [before, "overview"] if before else None,
        },
    }


def pairs(whole: Dict[str, Any], store: ContentStore) -> List[Any]:
    decisions = decide_all(Understanding.from_parse_data(whole), Context(), store, thresholds())
    return [(decision.kind, *(decision.about or (None, None))) for decision in decisions]


def test_each_question_gets_its_decision_in_order(store: ContentStore) -> None:
    whole = parsed("what is sciatica? what causes bursitis?", "sciatica", "overview")
    whole["parts"] = [parsed("what is sciatica?", "sciatica", "overview"), parsed("what causes bursitis?", "bursitis", "causes")]
    assert pairs(whole, store) == [(Kind.answer, "sciatica", Facet.overview), (Kind.answer, "bursitis", Facet.causes)]


def test_the_same_answer_is_not_given_twice(store: ContentStore) -> None:
    whole = parsed("what is sciatica? sciatica, what is it?", "sciatica", "overview")
    whole["parts"] = [parsed("what is sciatica?", "sciatica", "overview"), parsed("sciatica, what is it?", "sciatica", "overview")]
    assert pairs(whole, store) == [(Kind.answer, "sciatica", Facet.overview)]


def test_background_gets_no_reply(store: ContentStore) -> None:
    whole = parsed("I have sciatica. Why?", "sciatica", "causes")
    whole["parts"] = [
        parsed("I have sciatica.", "sciatica", "overview"),
        parsed("What causes it?", "sciatica", "causes", named=False, before="sciatica"),
    ]
    assert pairs(whole, store) == [(Kind.answer, "sciatica", Facet.causes)]


def test_a_question_about_something_else_is_declined_beside_the_answer(store: ContentStore) -> None:
    whole = parsed("what is sciatica? who won the football match on telly last night?", "sciatica", "overview")
    whole["parts"] = [
        parsed("what is sciatica?", "sciatica", "overview"),
        parsed("who won the football match on telly last night?", "walking", "overview", named=False, off_topic=0.99),
    ]
    whole["parts"][1]["answer_ranking"]["topics"][1]["probability"] = 0.01
    assert [kind for kind, *_ in pairs(whole, store)] == [Kind.answer, Kind.out_of_scope]


def test_a_list_of_conditions_asks_the_same_of_each(store: ContentStore) -> None:
    whole = parsed("symptoms of sciatica and bursitis", "sciatica", "symptoms")
    other = dict(whole["answer_ranking"]["topics"][0], topic="bursitis", probability=0.4)
    whole["answer_ranking"]["topics"].append(other)
    whole["entities"] = [
        {"entity": "topic", "value": "sciatica", "start": 12, "end": 20},
        {"entity": "topic", "value": "bursitis", "start": 25, "end": 33},
    ]
    assert pairs(whole, store) == [(Kind.answer, "sciatica", Facet.symptoms), (Kind.answer, "bursitis", Facet.symptoms)]


def test_quick_replies_come_last_and_offer_what_is_left_first(store: ContentStore) -> None:
    button = {"title": "more", "payload": "/more"}
    replies = [Reply(custom={"kind": "answer"}, text=str(number), buttons=[button]) for number in range(3)]
    left = decide_all(Understanding.from_parse_data(parsed("what causes bursitis", "bursitis", "causes")), Context(), store, thresholds())
    sent = several_replies(replies, left)
    assert [len(reply.buttons) for reply in sent] == [0, 0, 2]
    assert sent[2].buttons[0]["payload"] == '/ask_causes{"topic":"bursitis"}' and sent[2].buttons[1] == button
