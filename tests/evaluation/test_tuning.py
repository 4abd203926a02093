"""The limits that a set of questions asks for are found."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.decision import Context
from rasa_project.dialogue.thresholds import thresholds
from rasa_project.dialogue.understanding import TopicScore, Understanding
from rasa_project.evaluation.scoring import Question
from rasa_project.evaluation.tuning import DIALOGUE, SHARES, choose, cost, decided_on_ranking, read_cases
from rasa_project.ranking.labels import NONE


def case(off_topic: float, about: bool) -> Tuple[Question, Context, Understanding]:
    expect: Any = [("answer", "sciatica", "overview")] if about else [("out_of_scope", None, None)]
    facets = ((Facet.overview, 0.9),)
    topics = sorted((TopicScore("sciatica", 1 - off_topic, 0.5, facets), TopicScore(NONE, off_topic)), key=lambda score: -score.probability)
    understood = Understanding("a question", "ask_overview", {"ask_overview": 1.0}, tuple(topics))
    return Question("q", "covered", "a question", expect), Context(), understood


def test_the_limit_moves_between_what_is_and_what_is_not_about_the_subject(store: ContentStore) -> None:
    cases = [case(0.55, True), case(0.6, True), case(0.72, False), case(0.9, False)]
    start = thresholds().copy(update={"out_of_scope_above": 0.3})
    found = choose(cases, store, start)
    assert cost(cases, store, start) > cost(cases, store, found) == 0
    assert 0.6 <= found.out_of_scope_above < 0.72


def test_what_costs_nothing_is_left_as_it_is(store: ContentStore) -> None:
    cases: List[Any] = [case(0.1, True)]
    assert choose(cases, store, thresholds()) == thresholds()


def test_the_turns_of_a_dialogue_are_read_as_if_the_replies_before_had_been_right(tmp_path: Path, store: ContentStore) -> None:
    turns = [
        {"user": "what is sciatica", "expect": [["answer", "sciatica", "overview"]]},
        {"user": "thanks", "expect": [["chitchat", None, None]]},
        {"user": "and bursitis", "expect": [["answer", "bursitis", "overview"]]},
        {"user": "treatment?", "expect": [["not_covered", "bursitis", "treatment"]]},
    ]
    dialogues, questions = tmp_path / "dialogues.jsonl", tmp_path / "questions.jsonl"
    dialogues.write_text(json.dumps({"turns": turns}), encoding="utf-8")
    questions.write_text("", encoding="utf-8")
    asked: List[Any] = []

    def parse(text: str, slots: Dict[str, Any]) -> Dict[str, Any]:
        asked.append((text, slots["current_topic"], slots["current_facet"], slots["discussed"]))
        return {"text": text, "intent": {"name": "ask_overview"}}

    cases = read_cases(questions, dialogues, parse, store)
    assert asked == [
        ("thanks", "sciatica", "overview", ["sciatica"]),
        ("and bursitis", "sciatica", "overview", ["sciatica"]),
        ("treatment?", "bursitis", "overview", ["sciatica", "bursitis"]),
    ]
    assert [context.topic for _, context, _ in cases] == ["sciatica", "sciatica", "bursitis"]


def test_after_a_comparison_both_sides_are_under_discussion(tmp_path: Path, store: ContentStore) -> None:
    turns = [
        {"user": "sciatica or bursitis", "expect": [["answer", "sciatica_vs_bursitis", "comparison"]]},
        {"user": "the second one", "expect": [["answer", "bursitis", "overview"]]},
    ]
    dialogues, questions = tmp_path / "dialogues.jsonl", tmp_path / "questions.jsonl"
    dialogues.write_text(json.dumps({"turns": turns}), encoding="utf-8")
    questions.write_text("", encoding="utf-8")
    ((_, context, _),) = read_cases(questions, dialogues, lambda text, slots: {"text": text, "intent": {"name": "ask_overview"}}, store)
    assert context.discussed == ("sciatica", "bursitis")


def test_groups_count_by_their_share_and_not_by_how_many_there_are(store: ContentStore) -> None:
    good, bad = case(0.1, True), case(0.9, True)

    def of_group(one: Any, group: str) -> Any:
        return (replace(one[0], group=group), *one[1:])

    few = cost([of_group(good, "covered"), of_group(bad, DIALOGUE)], store, thresholds())
    many = cost([of_group(good, "covered"), *[of_group(bad, DIALOGUE)] * 9], store, thresholds())
    assert few == pytest.approx(many)
    assert few == pytest.approx(2.0 * SHARES[DIALOGUE] / (SHARES[DIALOGUE] + SHARES["covered"]))


def test_messages_that_no_limit_decides_are_left_out() -> None:
    question: Dict[str, Any] = {"text": "why", "intent": {"name": "ask_causes"}}
    assert decided_on_ranking(question)
    assert not decided_on_ranking({**question, "intent": {"name": "greet"}})
    assert not decided_on_ranking({**question, "red_flags": [{"status": "present"}]})
    assert not decided_on_ranking({**question, "red_flag_triage": {"ask": {"flag": "severe_pain"}}})
