"""How rules and classifier are weighed, and how a message is read in its conversation."""

from pathlib import Path

import pytest

from rasa_project.encoder.learnt import learnt_from
from rasa_project.red_flags.answers import Answer, answer_patterns, duration_days
from rasa_project.red_flags.conversation import State, read
from rasa_project.red_flags.examples import load_examples
from rasa_project.red_flags.fusion import Costs, Evidence, Fusion, fusion_learnt_from
from rasa_project.red_flags.reading import detector, present_flags
from rasa_project.red_flags.training import SHIPPED_WEIGHTS, training_fingerprint, weighing_fingerprint
from rasa_project.red_flags.triage import Outcome, RedFlagTriage
from rasa_project.settings import RED_FLAGS_FOLDER
from rasa_project.validation import InvalidFile


def test_the_shipped_weights_were_learnt_from_the_shipped_examples() -> None:
    assert learnt_from(SHIPPED_WEIGHTS) == training_fingerprint(), "run: python -m rasa_project train-red-flags"
    assert fusion_learnt_from(RED_FLAGS_FOLDER) == weighing_fingerprint(), "run: python -m rasa_project train-red-flags"


def test_costs_set_the_thresholds_in_order() -> None:
    costs = Costs()
    assert 0 < costs.ask_above < costs.escalate_above < 1
    assert Costs(false_alarm=5).escalate_above > costs.escalate_above
    assert Costs(missed=100).ask_above < costs.ask_above


def test_what_rules_say_moves_the_probability_and_rarity_lowers_it(tmp_path: Path) -> None:
    evidence = [Evidence(z, told, False) for z in (-3, -2, -1, 1, 2, 3) for told in (False, True)] * 5
    fusion = Fusion.fit(evidence, [item.log_odds + 2.5 * item.told > 0 for item in evidence], [1.0] * len(evidence))
    told, silent = Evidence(0.0, True, False), Evidence(0.0, False, False)
    assert fusion.probability(told, 0.05) > fusion.probability(silent, 0.05)
    assert fusion.probability(told, 0.01) < fusion.probability(told, 0.5)
    fusion.save(tmp_path)
    assert Fusion.load(tmp_path) == fusion


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("about a month", 30),
        ("3 wks", 21),
        ("since yesterday", 1),
        ("two or three weeks", 21),
        ("a couple of days", 2),
        ("ages", 60),
        ("since last tuesday", 10),
        ("since march", 30),
        ("weeks", 21),
        ("I don't know", None),
        ("it may get better", None),
    ],
)
def test_durations(text: str, days: float) -> None:
    assert duration_days(detector().normalise(text)) == days


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", Answer.yes),
        ("Yeah since monday", Answer.yes),
        ("I'm afraid so", Answer.yes),
        ("no", Answer.no),
        ("nope, not at all", Answer.no),
        ("I can walk ok", Answer.no),
        ("of course not", Answer.no),
        ("what is sciatica", Answer.unclear),
        ("the left one", Answer.unclear),
    ],
)
def test_yes_and_no(text: str, answer: Answer) -> None:
    assert answer_patterns().answer(detector().normalise(text)) is answer


def test_a_yes_to_a_safety_question_confirms_the_sign_and_a_no_does_not(triage: RedFlagTriage) -> None:
    state = State(pending={"kind": "safety", "flag": "unable_to_walk", "evidence": "walking is off"})
    said = read("yes", triage, None, state)
    (finding,) = [finding for finding in said.findings if finding.status == "present"]
    assert (finding.flag, finding.level, finding.rule) == ("unable_to_walk", "emergency", "confirmed") and "walking is off" in finding.evidence
    denied = read("no I can walk fine", triage, None, state)
    assert denied.answer is Answer.no and denied.ask is None and not any(finding.status == "present" for finding in denied.findings)


def test_a_free_answer_with_a_sign_is_danger_whatever_was_asked(triage: RedFlagTriage) -> None:
    state = State(pending={"kind": "safety", "flag": "unable_to_walk", "evidence": "x"})
    said = read("no but I have lost control of my bladder", triage, None, state)
    assert "bowel_bladder" in {finding.flag for finding in said.findings if finding.status == "present"}


def test_taking_back_needs_something_to_take_back(triage: RedFlagTriage) -> None:
    escalated = State(escalation={"reference": "X", "level": "emergency", "flags": ["unable_to_walk"]})
    assert read("sorry, I meant I CAN walk", triage, None, escalated).takes_back
    assert not read("sorry, I meant I CAN walk", triage, None, State()).takes_back


def test_a_payload_is_no_sign_by_its_own_words() -> None:
    assert present_flags({"text": '/ask_symptoms{"topic":"hip_fracture"}'}) == []
    assert [finding["flag"] for finding in present_flags({"text": "/ask_symptoms I can't walk"})] == ["unable_to_walk"]


@pytest.mark.parametrize(
    ("line", "part"),
    [('{"text": "x", "flags": ["sore"]}', "unknown flag"), ('{"flags": []}', "text"), ("not json", "line 1"), ('{"text": "x"}', "flags")],
)
def test_a_fault_in_the_examples_is_named_with_its_line(tmp_path: Path, line: str, part: str) -> None:
    (tmp_path / "some.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(InvalidFile, match=part):
        load_examples(tmp_path)


def test_slips_of_spelling_are_mended_and_all_else_stays_as_it_was() -> None:
    mended = detector().normalise("Servere pain lower bck >2 weeks, isn't it?\nI cant walk!").text.mended
    assert mended == "severe pain lower back >2 weeks, isn't it?\nI can not walk!"
    assert detector().normalise("My hip is fine.").text.mended == "My hip is fine."


def test_the_words_shown_for_a_misspelt_sign_are_the_patients_own(triage: RedFlagTriage) -> None:
    text = "servere pain in my hip, sence tusday"
    assessment = triage.assess(text)
    assert assessment.outcome is Outcome.danger
    for finding in assessment.findings:
        assert finding.evidence == text[finding.start : finding.end]
