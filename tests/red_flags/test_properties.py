"""A danger sign is found wherever it stands and however it is typed; a denied one is none."""

import json
import random
import re
from typing import List

import pytest

from rasa_project.evaluation.safety import NONE, read_cases
from rasa_project.red_flags.triage import Outcome, RedFlagTriage
from rasa_project.settings import PROJECT_FOLDER

SIGNS = [
    "I can't walk",
    "I can't put any weight on my leg",
    "I am unable to stand up",
    "the pain is unbearable",
    "I have severe pain",
    "the pain is 10 out of 10",
    "I've lost control of my bladder",
    "I can't empty my bowels",
    "I can't pee",
    "I have wet myself",
    "I can't feel anything between my legs",
    "both my legs have gone numb",
]
DENIALS = [
    "I can walk fine.",
    "I have no trouble with my bladder or bowels.",
    "The pain is not severe.",
    "I don't have any numbness.",
    "No fever and no weight loss.",
]
MISSPELT = {
    "can't": ["cant", "can not", "cannot", "can`t", "cna't", "carnt"],
    "walk": ["wlak", "walkk", "wallk"],
    "stand": ["satnd", "stnd"],
    "unable": ["unabel", "unnable"],
    "unbearable": ["unbareable", "unbearble", "unberable"],
    "severe": ["sever", "severre", "sevear"],
    "bladder": ["blader", "bladdder", "bladdr"],
    "bowels": ["bowles", "bowals"],
    "weight": ["wieght", "waight"],
    "myself": ["my self", "myslef"],
    "I've": ["ive", "I have"],
    "legs": ["leggs"],
}


def ordinary() -> List[str]:
    """Messages without a danger sign from the test questions, short enough to be one person's post."""
    lines = (json.loads(line) for line in (PROJECT_FOLDER / "tests/data/questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [line["text"] for line in lines if line["group"] in ("covered", "not_covered", "chitchat")]


def message_with_a_sign(choose: random.Random) -> str:
    host = choose.choice(ordinary())
    sign = " ".join(choose.choice([word, *MISSPELT.get(word, [])]) for word in choose.choice(SIGNS).split())
    sentences = re.split(r"(?<=[.?!])\s+", host)
    at = choose.randint(0, len(sentences))
    joined = " ".join([*sentences[:at], sign + choose.choice([".", "!", ""]), *sentences[at:]])
    return choose.choice([str, str.lower, str.upper, str.capitalize])(joined)


SHORT = 30  # words
HIDDEN = 0.04  # share of signs beside a question that are neither escalated nor asked about
OVERLOOKED = 0.03  # share of misspelt signs that are neither escalated nor asked about; the aim is none
ALARMS = 0.03  # share of messages with a denied sign
ASKED = 0.05  # share of messages with a plain sign that may be asked about; reached on this sample


def test_a_sign_is_found_in_any_message_at_any_place_in_any_spelling(triage: RedFlagTriage) -> None:
    choose = random.Random(11)
    messages = [message_with_a_sign(choose) for _ in range(300)]
    overlooked = [message for message in messages if triage.assess(message).outcome is Outcome.neither]
    assert len(overlooked) <= OVERLOOKED * len(messages), overlooked


def test_nearly_always_it_is_escalated_without_a_question(triage: RedFlagTriage) -> None:
    choose, hosts = random.Random(5), ordinary()
    messages = [
        f"{choose.choice(SIGNS)}. {host}" if choose.random() < 0.5 else f"{host} {choose.choice(SIGNS)}" for host in choose.sample(hosts, 200)
    ]
    asked = [message for message in messages if triage.assess(message).outcome is not Outcome.danger]
    assert len(asked) <= ASKED * len(messages), asked


def test_denying_a_sign_hardly_ever_raises_an_alarm(triage: RedFlagTriage) -> None:
    choose = random.Random(7)
    quiet = [host for host in choose.sample(ordinary(), 250) if triage.assess(host).outcome is not Outcome.danger]
    pairs = [(host, choose.choice(DENIALS)) for host in quiet]
    messages = [f"{denial} {host}" if choose.random() < 0.5 else f"{host} {denial}" for host, denial in pairs]
    alarms = [message for message in messages if triage.assess(message).outcome is Outcome.danger]
    assert len(alarms) <= ALARMS * len(messages), alarms


@pytest.mark.parametrize("sign", SIGNS)
def test_a_bare_sign_is_danger_with_its_reasons(triage: RedFlagTriage, sign: str) -> None:
    assessment = triage.assess(sign)
    present = [finding for finding in assessment.findings if finding.status == "present"]
    assert assessment.outcome is Outcome.danger and present
    assert all(finding.rule and finding.evidence in sign for finding in present)


def test_a_question_beside_it_does_not_hide_a_sign_that_no_rule_knows(triage: RedFlagTriage) -> None:
    choose, hosts = random.Random(3), ordinary()
    cases = read_cases(PROJECT_FOLDER / "tests/data/redflags_blind.jsonl")
    signs = choose.sample([case.text.rstrip(".?! ") for case in cases if case.level != NONE and len(case.text.split()) < SHORT], 150)
    pairs = [(sign, choose.choice(hosts).rstrip(".?! ")) for sign in signs]
    messages = [f"{sign}. {host}?" for sign, host in pairs] + [f"{host}, {sign}" for sign, host in pairs]
    hidden = [message for message in messages if triage.assess(message).outcome is Outcome.neither]
    assert len(hidden) <= HIDDEN * len(messages), hidden


def test_what_comes_before_does_not_hide_a_sign(triage: RedFlagTriage) -> None:
    for sign in SIGNS:
        assert triage.assess(sign, earlier=("what is sciatica?", "and what causes it")).outcome is Outcome.danger, sign
