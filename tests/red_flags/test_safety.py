"""The level that rules and classifier reach on messages that neither has seen, as a gate. `make evaluate-safety` prints figures and misses."""

import json
from collections import Counter

import pytest

from rasa_project.evaluation.safety import MANDATED, NONE, Result, judge, read_cases
from rasa_project.evaluation.scoring import read_questions
from rasa_project.intents import RED_FLAG_TRIAGE, RED_FLAGS
from rasa_project.red_flags import conversation
from rasa_project.red_flags.triage import Outcome, RedFlagTriage
from rasa_project.settings import EXAMPLES_FOLDER, PROJECT_FOLDER

FOUND, FOUND_OR_ASKED, MANDATED_FOUND, TOO_LOW = 0.97, 0.98, 0.93, 0.02
FALSE_ALARMS, QUESTIONS = {"redflags_blind": 0.07, "redflags_second": 0.08, "redflags_third": 0.04}, 0.19
SMALLEST = 290  # messages of either kind in a set
ORDINARY_ALARMS, ORDINARY_QUESTIONS = 0.015, 0.015  # shares of questions that have nothing to do with danger signs


@pytest.fixture(scope="module", params=FALSE_ALARMS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def results(name: str, triage: RedFlagTriage) -> "list[Result]":
    found = []
    for case in read_cases(PROJECT_FOLDER / f"tests/data/{name}.jsonl"):
        reading = conversation.read(case.text, triage, None, conversation.State())
        parsed = {RED_FLAGS: [vars(finding) for finding in reading.findings], RED_FLAG_TRIAGE: reading.as_output()}
        found.append(judge(case, parsed))
    return found


def test_danger_signs_are_found(results: "list[Result]") -> None:
    positive = [result for result in results if result.case.level != NONE]
    missed = [result.case.id for result in positive if result.missed]
    assert len(positive) >= SMALLEST and len(missed) <= (1 - FOUND) * len(positive), missed
    neither = [result.case.id for result in positive if result.missed and not result.asked]
    assert len(neither) <= (1 - FOUND_OR_ASKED) * len(positive), neither
    for flag in MANDATED:
        having = [result for result in positive if flag in result.case.flags]
        assert sum(result.missed for result in having) <= (1 - MANDATED_FOUND) * len(having), flag


def test_emergencies_are_not_taken_for_less(results: "list[Result]") -> None:
    emergencies = [result for result in results if result.case.level == "emergency"]
    assert sum(result.too_low for result in emergencies) <= TOO_LOW * len(emergencies)


def test_look_alikes_raise_few_alarms_and_few_questions(name: str, results: "list[Result]") -> None:
    negative = [result for result in results if result.case.level == NONE]
    kinds = Counter(result.case.kind for result in negative if result.false_alarm)
    assert len(negative) >= SMALLEST and sum(kinds.values()) <= FALSE_ALARMS[name] * len(negative), kinds
    assert sum(result.asked for result in negative) <= QUESTIONS * len(negative)


def test_ordinary_questions_raise_hardly_any_alarms_or_questions(triage: RedFlagTriage) -> None:
    questions = read_questions(PROJECT_FOLDER / "tests/data/questions.jsonl")
    outcomes = Counter(triage.assess(question.text).outcome for question in questions)
    assert outcomes[Outcome.danger] <= ORDINARY_ALARMS * len(questions), outcomes
    assert outcomes[Outcome.doubt] <= ORDINARY_QUESTIONS * len(questions), outcomes


def test_no_test_message_is_among_the_examples() -> None:
    learnt = set()
    for path in EXAMPLES_FOLDER.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            learnt.add((example.get("turns") or [example["text"]])[-1].lower().strip())
    tested = {case.text.lower().strip() for name in FALSE_ALARMS for case in read_cases(PROJECT_FOLDER / f"tests/data/{name}.jsonl")}
    assert not tested & learnt
