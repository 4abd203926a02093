"""Makes the sentence encoder learn from the utterances. Its weights come with the project: those that were evaluated are those that are served."""

from pathlib import Path
from typing import Dict, List

import numpy as np

from rasa_project.encoder.learnt import ENCODER_NETWORK, checksum_of, save_tensors
from rasa_project.encoder.sentence_encoder import TUNED_WEIGHTS, context_words, token_ids
from rasa_project.encoder.weights import load_config, load_tokenizer, load_weights
from rasa_project.settings import UTTERANCES_FOLDER
from rasa_project.utterances.examples import Utterance, load_utterances


def training_fingerprint() -> str:
    """A checksum of the utterances and of the network that learns from them."""
    return checksum_of([*sorted(UTTERANCES_FOLDER.glob("*.jsonl")), Path(__file__).with_name("network.py"), ENCODER_NETWORK])


def fit_and_save(path: Path = TUNED_WEIGHTS) -> None:
    """Trains on all utterances but the held-out ones, and writes the weights; some twenty minutes.

    Raises:
        InvalidFile: an example cannot be used.
    """
    learnt = [utterance for utterance in load_utterances(UTTERANCES_FOLDER) if not utterance.held_out]
    tensors = _fine_tuned(learnt)
    # Half precision halves the file and moves no decision; what is served is what was saved.
    save_tensors({name: tensor.astype(np.float16) for name, tensor in tensors.items()}, path, training_fingerprint())


def _fine_tuned(learnt: List[Utterance]) -> Dict[str, np.ndarray]:
    from rasa_project.utterances.network import fine_tune

    tokenizer = load_tokenizer()
    contexts = [context_words(*utterance.before) if utterance.before else "" for utterance in learnt]
    texts = [token_ids(tokenizer, utterance.text, context) for utterance, context in zip(learnt, contexts)]
    foreign = {True: "foreign", False: "known", None: None}
    labels = [
        [utterance.topic for utterance in learnt],
        [utterance.intent for utterance in learnt],
        [foreign[utterance.about_foreign_thing] for utterance in learnt],
    ]
    return fine_tune(load_weights(), load_config(), texts, labels)
