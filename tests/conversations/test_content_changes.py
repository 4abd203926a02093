"""A clinic adds a topic: one file and a training, no code. A file with faults: the other topics still answer."""

from pathlib import Path

import pytest
from copies import ask_copy, copy_project

from rasa_project.operations import training

TOPIC = """
id: tailbone_pain
title: Tailbone pain
kind: condition
names: [tailbone pain, coccyx pain, sore tailbone, coccydynia]
descriptions: [the very bottom of my spine hurts when I sit]
related: [prolonged_sitting]
facets:
  overview:
    lead: Tailbone pain is pain at the very bottom of the spine.
    paragraphs: [P7]
    review: {state: draft}
    questions: [what is tailbone pain, explain coccyx pain to me, what does coccydynia mean]
  causes:
    lead: Sitting for a long time can bring on tailbone pain.
    paragraphs: [P96]
    review: {state: draft}
    questions: [what causes tailbone pain, why does my coccyx hurt, how do you get a sore tailbone]
"""


@pytest.mark.timeout(1500)  # trains a whole model
def test_a_topic_in_one_new_file_is_answered_after_training(tmp_path: Path) -> None:
    environment = copy_project(tmp_path)
    (tmp_path / "data" / "content" / "tailbone_pain.yml").write_text(TOPIC, encoding="utf-8")
    questions = ["what is tailbone pain?", "what causes coccyx pain", "how is coccydynia treated", "what is sciatica?"]
    assert ask_copy(tmp_path, environment, "-", questions) == [
        "answer tailbone_pain overview",
        "answer tailbone_pain causes",
        "not_covered tailbone_pain treatment",
        "answer sciatica overview",
    ]


def test_a_content_file_broken_at_the_start_leaves_the_other_topics_answered(tmp_path: Path) -> None:
    environment = copy_project(tmp_path)
    (tmp_path / "data" / "content" / "bursitis.yml").write_text("id: [bursitis\n", encoding="utf-8")
    got = ask_copy(tmp_path, environment, str(training.ensure_model()), ["what is bursitis?", "what is sciatica?"])
    assert got == ["error None None", "answer sciatica overview"]


def test_an_article_broken_at_the_start_means_errors_and_no_silence(tmp_path: Path) -> None:
    environment = copy_project(tmp_path)
    (tmp_path / "data" / "article.yml").write_text("title: [\n", encoding="utf-8")
    got = ask_copy(tmp_path, environment, str(training.ensure_model()), ["what is sciatica?", "I cannot walk any more"])
    assert got == ["error None None", "escalation None None"]
