"""The utterances as data: that each line can be used, and what is said of one that cannot."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.ranking.labels import NONE, UNCLEAR
from rasa_project.settings import DOMAIN_FILE, UTTERANCES_FOLDER
from rasa_project.utterances.examples import Utterance, load_utterances
from rasa_project.validation import InvalidFile, read_yaml


def written(folder: Path, *lines: object) -> Path:
    (folder / "some.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_a_line_says_what_is_asked_and_what_was_under_discussion(tmp_path: Path) -> None:
    before = {"topic": "bursitis", "facet": "symptoms"}
    folder = written(
        tmp_path,
        {"before": before, "text": "and for arthritis?", "topic": "arthritis", "facet": "symptoms"},
        {"text": "my hip aches", "topic": "hip_back_link", "facet": "describe"},
        {"text": "book me in", "intent": "administration"},
        {"text": "ta", "intent": "thank"},
        {"text": "symptoms?", "intent": "unclear"},
        {"text": "does snail slime help my hip", "topic": "hip_back_link", "facet": "treatment", "thing": "snail slime"},
    )
    assert load_utterances(folder) == [
        Utterance("and for arthritis?", ("bursitis", Facet.symptoms), "arthritis", "ask_symptoms"),
        Utterance("my hip aches", None, "hip_back_link", "describe_pain"),
        Utterance("book me in", None, NONE, "administration"),
        Utterance("ta", None, None, "thank"),
        Utterance("symptoms?", None, UNCLEAR, None),
        Utterance("does snail slime help my hip", None, "hip_back_link", "ask_treatment", "snail slime"),
    ]


def test_a_question_about_the_article_names_a_foreign_thing_or_does_not() -> None:
    asked = Utterance("is it bad", None, "bursitis", "ask_prognosis")
    assert (asked.about_foreign_thing, replace(asked, thing="it").about_foreign_thing) == (False, True)
    assert replace(asked, topic=NONE).about_foreign_thing is None


@pytest.mark.parametrize(
    "line, fault",
    [
        ("what", "needs a 'text'"),
        ({"text": " "}, "needs a 'text'"),
        ({"text": "why"}, "needs a 'topic' with a 'facet', or an 'intent'"),
        ({"text": "why", "topic": "sciatica", "facet": "causes", "thing": "tea"}, "'thing' must be words of the text"),
        ({"text": "why", "topic": "sciatica", "facet": "reason"}, "unknown facet 'reason'; choose among overview, "),
        ({"text": "why", "before": {"facet": "causes"}, "topic": "sciatica", "facet": "causes"}, "'before' needs a 'topic' and a 'facet'"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: object, fault: str) -> None:
    with pytest.raises(InvalidFile) as error:
        load_utterances(written(tmp_path, {"text": "ta", "intent": "thank"}, line))
    (problem,) = error.value.problems
    assert f"some.jsonl: line 2: {fault}" in problem


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="no example"):
        load_utterances(tmp_path)


def test_shipped_utterances_name_topics_and_intents_that_exist(store: ContentStore) -> None:
    utterances = load_utterances(UTTERANCES_FOLDER)
    topics = {utterance.topic for utterance in utterances} | {utterance.before[0] for utterance in utterances if utterance.before}
    assert topics - set(store.topics) == {NONE, UNCLEAR, None}
    assert {utterance.intent for utterance in utterances if utterance.intent} <= set(read_yaml(DOMAIN_FILE)["intents"])


def test_every_topic_has_utterances_that_stand_alone_and_that_go_on_from_a_reply(store: ContentStore) -> None:
    utterances = load_utterances(UTTERANCES_FOLDER)
    assert set(store.topics) <= {utterance.topic for utterance in utterances if not utterance.before}
    assert set(store.topics) <= {utterance.topic for utterance in utterances if utterance.before}
