"""The test questions share no sentence with the training data, nor one that is nearly the same.

(coverage.jsonl may: it shows that every cell can be reached, not how well unseen wording is understood.)
"""

import json
import re
from typing import List

import numpy as np
import pytest
from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

from rasa_project.content.store import ContentStore
from rasa_project.evaluation.scoring import read_questions
from rasa_project.settings import PROJECT_FOLDER, UTTERANCES_FOLDER
from rasa_project.utterances.examples import load_utterances

LONG = 6  # words; "what is bursitis" can hardly be asked in other words
TURN = 8  # words; shorter turns of a dialogue ("what does sciatica feel like") even less
NEARLY_THE_SAME = 92  # of 100, for the words in alphabetical order


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", "")))


@pytest.fixture(scope="module")
def training(store: ContentStore) -> List[str]:
    texts = [question for answer in store.entries() for question in answer.entry.questions]
    texts += [question for topic in store.topics.values() for questions in topic.not_covered.values() for question in questions]
    for path in sorted((PROJECT_FOLDER / "data/nlu").glob("*.yml")):
        for block in YAML(typ="safe").load(path)["nlu"]:
            texts += [line[2:] for line in block["examples"].splitlines()]
    texts += [utterance.text for utterance in load_utterances(UTTERANCES_FOLDER)]
    return [plain(text) for text in texts]


SETS = ("questions", "questions_blind", "questions_second", "questions_third", "tuning", "several", "comparisons", "limits")
DIALOGUES = ("dialogues", "followups", "followups_second", "tuning_dialogues")


@pytest.fixture(scope="module", params=[*SETS, *DIALOGUES])
def testing(request: pytest.FixtureRequest) -> List[str]:
    """The sentences of one test set that have a word in Latin letters or a digit; of dialogues the longer turns."""
    lines = (PROJECT_FOLDER / f"tests/data/{request.param}.jsonl").read_text(encoding="utf-8").splitlines()
    if request.param in SETS:
        return [text for text in (plain(json.loads(line)["text"]) for line in lines) if text]
    turns = (plain(turn["user"]) for line in lines for turn in json.loads(line)["turns"])
    return [text for text in turns if len(text.split()) >= TURN]


def test_there_are_enough_questions() -> None:
    assert len(read_questions(PROJECT_FOLDER / "tests/data/questions.jsonl")) >= 400


def test_no_test_sentence_is_in_the_training_data(training: List[str], testing: List[str]) -> None:
    assert sorted(set(testing) & set(training)) == []


def test_no_longer_test_sentence_is_nearly_one_of_the_training_data(training: List[str], testing: List[str]) -> None:
    long = [text for text in testing if len(text.split()) >= LONG]
    scores = process.cdist(long, training, scorer=fuzz.token_sort_ratio, score_cutoff=NEARLY_THE_SAME, workers=-1)
    assert [(long[row], training[int(np.argmax(scores[row]))]) for row in np.flatnonzero(scores.max(axis=1))] == []


def test_no_two_intents_share_a_phrase() -> None:
    owners: dict = {}
    for path in sorted((PROJECT_FOLDER / "data/nlu").glob("*.yml")):
        for block in YAML(typ="safe").load(path)["nlu"]:
            for line in block["examples"].splitlines():
                owner = owners.setdefault(plain(line[2:]) or line, block["intent"])
                assert owner == block["intent"], line
