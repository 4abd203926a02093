"""A clinic adds a topic: one file and a training, no code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rasa_project.settings import PROJECT_FOLDER

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
SERVE = """
import sys
from rasa_project.operations import serving, training
with serving.running(training.ensure_model(), serving.free_port(), serving.free_port()) as bot:
    for message in sys.argv[1:]:
        custom = next(reply["custom"] for reply in bot.ask("a-conversation", message) if "custom" in reply)
        print("GOT", custom["kind"], custom.get("topic"), custom.get("facet"))
"""


def test_a_topic_in_one_new_file_is_answered_after_training(tmp_path: Path) -> None:
    for name in ("actions", "data", "rasa_project"):
        shutil.copytree(PROJECT_FOLDER / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in PROJECT_FOLDER.glob("*.yml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "data" / "content" / "tailbone_pain.yml").write_text(TOPIC, encoding="utf-8")
    # Rasa's cache may be shared: it trains anew what the new file changes.
    environment = {**os.environ, "CLINIC_BOT_HOME": str(tmp_path), "CLINIC_BOT_CACHE": str(tmp_path / ".cache"), "PYTHONPATH": str(tmp_path)}
    shutil.copytree(PROJECT_FOLDER / ".cache", tmp_path / ".cache", ignore=shutil.ignore_patterns("trained.json", "endpoints_*"))
    questions = ["what is tailbone pain?", "why does my coccyx hurt so often", "how is coccydynia treated", "what is sciatica?"]
    done = subprocess.run([sys.executable, "-c", SERVE, *questions], cwd=tmp_path, env=environment, capture_output=True, text=True)
    got = [line[4:] for line in done.stdout.splitlines() if line.startswith("GOT")]
    assert got == [
        "answer tailbone_pain overview",
        "answer tailbone_pain causes",
        "not_covered tailbone_pain treatment",
        "answer sciatica overview",
    ], done.stdout[-2000:] + done.stderr[-2000:]
