"""The classifier that fits the examples: the weights that come with the project, or newly trained ones where the examples have changed."""

import hashlib
import logging
import os
import zlib
from dataclasses import replace
from pathlib import Path
from typing import List, Sequence, Tuple

from rasa_project.red_flags.classifier import RedFlagClassifier, learnt_from
from rasa_project.red_flags.detector import RedFlagDetector
from rasa_project.red_flags.examples import ORDINARY, Example, load_examples
from rasa_project.red_flags.fusion import Evidence, Fusion
from rasa_project.settings import EXAMPLES_FOLDER, RED_FLAGS_FOLDER, cache_folder

logger = logging.getLogger(__name__)

# Learning takes many minutes. The weights that were evaluated are the weights that are served, on every machine.
SHIPPED_WEIGHTS = RED_FLAGS_FOLDER / "classifier.safetensors"
SMALL_TALK_BEFORE = 4  # one example in so many


def training_fingerprint() -> str:
    """A checksum of the examples and of the network that learns from them."""
    digest = hashlib.sha256()
    for path in [*sorted(EXAMPLES_FOLDER.glob("*.jsonl")), Path(__file__).with_name("network.py")]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def trained(detector: RedFlagDetector) -> Tuple[RedFlagClassifier, Fusion]:
    """The classifier for the examples as they are now, and its weights beside the rules."""
    examples = load_examples(EXAMPLES_FOLDER)
    classifier = _classifier(examples)
    held_out = with_small_talk_before([example for example in examples if example.held_out], examples)
    evidence = [Evidence.of(detector.detect(example.turns[-1]), classifier.score(example.turns[-1], example.turns[:-1])) for example in held_out]
    return classifier, Fusion.fit(evidence, [bool(example.flags) for example in held_out])


def _classifier(examples: Sequence[Example]) -> RedFlagClassifier:
    fingerprint = training_fingerprint()
    if learnt_from(SHIPPED_WEIGHTS) == fingerprint:
        return RedFlagClassifier.load(SHIPPED_WEIGHTS)
    path = cache_folder() / f"red_flag_classifier_{fingerprint[:12]}.safetensors"
    if learnt_from(path) != fingerprint:
        logger.warning("The examples of danger signs have changed: the classifier learns anew, which takes about ten minutes, once.")
        fit_and_save(examples, path)
    return RedFlagClassifier.load(path)


def fit_and_save(examples: Sequence[Example], path: Path) -> None:
    """Trains a classifier and writes its weights."""
    learnt = [example for example in examples if not example.held_out]
    classifier = RedFlagClassifier.fit(with_small_talk_before(learnt, examples))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    classifier.save(unfinished, training_fingerprint())
    os.replace(unfinished, path)


def with_small_talk_before(chosen: Sequence[Example], examples: Sequence[Example]) -> List[Example]:
    """Puts an ordinary message before one in four of those that stand alone: what comes before is mostly about something else, and must not
    matter."""
    ordinary = [example for example in examples if example.source == ORDINARY]
    changed = []
    for example in chosen:
        draw = zlib.crc32(example.turns[-1].encode())
        if ordinary and len(example.turns) == 1 and draw % SMALL_TALK_BEFORE == 0:
            example = replace(example, turns=ordinary[draw // SMALL_TALK_BEFORE % len(ordinary)].turns + example.turns)
        changed.append(example)
    return changed
