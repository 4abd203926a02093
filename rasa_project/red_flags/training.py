"""Trains the classifier and weighs it against the rules, where the examples or the way of training have changed."""

import hashlib
import logging
import shutil
import zlib
from dataclasses import replace
from pathlib import Path
from typing import List, Sequence, Tuple

from rasa_project.red_flags import classifier as classifier_module
from rasa_project.red_flags import examples as examples_module
from rasa_project.red_flags.classifier import WEIGHTS_FILE, RedFlagClassifier
from rasa_project.red_flags.detector import RedFlagDetector
from rasa_project.red_flags.examples import ORDINARY, Example, load_examples
from rasa_project.red_flags.fusion import Evidence, Fusion
from rasa_project.settings import cache_folder

logger = logging.getLogger(__name__)

SMALL_TALK_BEFORE = 4  # one example in so many


def training_fingerprint(folder: Path) -> str:
    """A checksum of the examples and of the code that learns from them."""
    digest = hashlib.sha256()
    code = [Path(module.__file__ or "") for module in (classifier_module, examples_module)]
    for path in [*sorted(folder.glob("*.jsonl")), *code, code[0].with_name("network.py"), Path(__file__)]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def trained(folder: Path, detector: RedFlagDetector) -> Tuple[RedFlagClassifier, Fusion]:
    """The classifier for these examples, and its weights beside the rules.

    Training takes minutes, and nothing else that `rasa train` reads matters to it: so the result is kept in the cache folder.
    """
    examples = load_examples(folder)
    classifier = _classifier(examples, training_fingerprint(folder))
    held_out = with_small_talk_before([example for example in examples if example.held_out], examples)
    evidence = [Evidence.of(detector.detect(example.turns[-1]), classifier.score(example.turns[-1], example.turns[:-1])) for example in held_out]
    return classifier, Fusion.fit(evidence, [bool(example.flags) for example in held_out])


def _classifier(examples: Sequence[Example], fingerprint: str) -> RedFlagClassifier:
    kept = cache_folder() / f"red_flag_classifier_{fingerprint[:12]}"
    if (kept / WEIGHTS_FILE).exists():
        return RedFlagClassifier.load(kept)
    learnt = [example for example in examples if not example.held_out]
    logger.info("Training the red-flag classifier on %d examples; this takes some minutes, once.", len(learnt))
    classifier = RedFlagClassifier.fit(with_small_talk_before(learnt, examples))
    unfinished = kept.with_suffix(".unfinished")
    unfinished.mkdir(parents=True, exist_ok=True)
    classifier.save(unfinished)
    shutil.rmtree(kept, ignore_errors=True)
    unfinished.rename(kept)
    return classifier


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
