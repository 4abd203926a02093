"""The classifier that fits the examples: the weights that come with the project, or newly trained ones where the examples have changed."""

import hashlib
import logging
from pathlib import Path
from typing import List, Sequence, Tuple

from rasa_project.encoder.learnt import ENCODER_NETWORK, checksum_of, learnt_from
from rasa_project.red_flags.augmentation import ordinary_talk, with_small_talk
from rasa_project.red_flags.classifier import RedFlagClassifier
from rasa_project.red_flags.detector import RedFlagDetector
from rasa_project.red_flags.examples import Example, load_examples
from rasa_project.red_flags.fusion import Evidence, Fusion, fusion_learnt_from
from rasa_project.red_flags.lexicon import ASSERTION_FILE, LEXICON_FILE
from rasa_project.red_flags.triage import classifier_score
from rasa_project.settings import EXAMPLES_FOLDER, RED_FLAGS_FOLDER, UTTERANCES_FOLDER, cache_folder
from rasa_project.utterances.examples import load_utterances

logger = logging.getLogger(__name__)

ORDINARY_SHARE = 0.9  # of the messages without a danger sign, those that do not even look like one
# Learning takes many minutes. The weights that were evaluated are the weights that are served, on every machine.
# Utterances that nobody has looked through for danger signs. (Despair is often told together with severe pain.)
UNREAD = ("wellbeing_and_guides", "foreign_things")
RULES = (RED_FLAGS_FOLDER / LEXICON_FILE, RED_FLAGS_FOLDER / ASSERTION_FILE)
WEIGHING = [Path(__file__).with_name(name) for name in ("training.py", "fusion.py", "classifier.py", "normalise.py")]
SHIPPED_WEIGHTS = RED_FLAGS_FOLDER / "classifier.safetensors"


def training_fingerprint() -> str:
    """A checksum of the examples, of what is made of them, and of the network that learns from them."""
    code = [Path(__file__).with_name(name) for name in ("augmentation.py", "network.py")]
    talk = "\n".join(" | ".join(example.turns) for example in _ordinary_talk())
    files = checksum_of([*sorted(EXAMPLES_FOLDER.glob("*.jsonl")), *code, ENCODER_NETWORK])
    return hashlib.sha256(f"{files}\n{talk}".encode()).hexdigest()


def all_examples() -> List[Example]:
    """Those of danger signs and their look-alikes, and what patients say otherwise.

    Raises:
        InvalidFile: an example cannot be used.
    """
    return load_examples(EXAMPLES_FOLDER) + _ordinary_talk()


def _ordinary_talk() -> List[Example]:
    return ordinary_talk([said for said in load_utterances(UTTERANCES_FOLDER) if said.source not in UNREAD])


def weighing_fingerprint() -> str:
    """A checksum of all that the weights between rules and classifier rest on."""
    return hashlib.sha256(f"{training_fingerprint()}{checksum_of([*RULES, *WEIGHING])}".encode()).hexdigest()


def trained(detector: RedFlagDetector) -> Tuple[RedFlagClassifier, Fusion]:
    """The classifier for the examples as they are now, and its weights beside the rules: those that come with the project, else new ones."""
    examples = all_examples()
    classifier = _classifier(examples)
    wanted = weighing_fingerprint()
    if fusion_learnt_from(RED_FLAGS_FOLDER) == wanted:
        return classifier, Fusion.load(RED_FLAGS_FOLDER)
    folder = cache_folder() / f"red_flag_fusion_{wanted[:12]}"
    if fusion_learnt_from(folder) != wanted:  # to weigh some thousands of examples takes minutes
        folder.mkdir(parents=True, exist_ok=True)
        _weighed(detector, classifier, examples).save(folder, wanted)
    return classifier, Fusion.load(folder)


def _weighed(detector: RedFlagDetector, classifier: RedFlagClassifier, examples: Sequence[Example]) -> Fusion:
    held_out = with_small_talk([example for example in examples if example.held_out], examples)
    evidence = []
    for example in held_out:
        text, earlier = example.turns[-1], example.turns[:-1]
        evidence.append(Evidence.of(detector.detect(text), classifier_score(detector, classifier, text, earlier)))
    return Fusion.fit(evidence, [bool(example.flags) for example in held_out], _weights(held_out))


def _weights(examples: Sequence[Example]) -> List[float]:
    """Look-alikes are much rarer among patients' messages than among the examples: ordinary ones get the weight that makes up for it."""
    look_alikes = sum(not example.flags and not example.is_ordinary for example in examples)
    ordinary = sum(example.is_ordinary for example in examples)
    heavier = ORDINARY_SHARE / (1 - ORDINARY_SHARE) * look_alikes / max(1, ordinary)
    return [heavier if example.is_ordinary else 1.0 for example in examples]


def _classifier(examples: Sequence[Example]) -> RedFlagClassifier:
    fingerprint = training_fingerprint()
    if learnt_from(SHIPPED_WEIGHTS) == fingerprint:
        return RedFlagClassifier.load(SHIPPED_WEIGHTS)
    path = cache_folder() / f"red_flag_classifier_{fingerprint[:12]}.safetensors"
    if learnt_from(path) != fingerprint:
        logger.warning("The examples of danger signs have changed: the classifier learns anew, which takes about half an hour, once.")
        fit_and_save(examples, path)
    return RedFlagClassifier.load(path)


def fit_and_save(examples: Sequence[Example], path: Path) -> None:
    """Trains a classifier and writes its weights."""
    learnt = [example for example in examples if not example.held_out]
    RedFlagClassifier.fit(with_small_talk(learnt, examples)).save(path, training_fingerprint())


def train_shipped(detector: RedFlagDetector) -> None:
    """Makes the weights that come with the project: the classifier's where the examples have changed, and those beside the rules.

    Raises:
        InvalidFile: an example cannot be used.
    """
    examples = all_examples()
    if learnt_from(SHIPPED_WEIGHTS) != training_fingerprint():
        fit_and_save(examples, SHIPPED_WEIGHTS)
    _weighed(detector, RedFlagClassifier.load(SHIPPED_WEIGHTS), examples).save(RED_FLAGS_FOLDER, weighing_fingerprint())
