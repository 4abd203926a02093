"""The second net: a classifier that has learnt from examples, for wording that no rule foresaw. Knows no Rasa."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np
import onnxruntime
from tokenizers import Encoding

from rasa_project.encoder.learnt import load_tensors, save_tensors
from rasa_project.encoder.sentence_encoder import CLS, GRAPH_VERSION, SEP, as_batch, open_session
from rasa_project.encoder.weights import load_config, load_tokenizer, load_weights
from rasa_project.red_flags.examples import Example
from rasa_project.red_flags.lexicon import FlagId
from rasa_project.settings import cache_folder

ANY = "any"  # the label for "at least one flag is present"
LABELS = (ANY, *(flag.value for flag in FlagId))

WINDOW_TOKENS = 160  # a longer message is read in windows
OVERLAP_TOKENS = 40
CONTEXT_TOKENS = 64  # of the messages before
EVIDENCE_TOKENS = 12  # words shown as the reason for a score


@dataclass(frozen=True)
class Score:
    """What the classifier makes of one message.

    Attributes:
        present: probability that at least one flag is present.
        flags: probability of each flag.
        start, end: the characters that weighed most for the likeliest flag.
    """

    present: float
    flags: Dict[str, float]
    start: int
    end: int

    @property
    def likeliest(self) -> str:
        return max(self.flags, key=lambda flag: self.flags[flag])


@dataclass(frozen=True)
class _Window:
    """``first`` is the number of the message's token that stands at ``place`` of ``ids``."""

    ids: List[int]
    place: int
    first: int


class _Reader:
    """Turns a message and the ones before it into token ids: [CLS] earlier [SEP] message [SEP]."""

    def __init__(self) -> None:
        self._tokenizer = load_tokenizer()

    def encode(self, text: str) -> Encoding:
        return self._tokenizer.encode(text, add_special_tokens=False)

    def windows(self, message: Encoding, earlier: Sequence[str]) -> List[_Window]:
        before = [CLS]
        if earlier:
            before += [*self.encode(" | ".join(earlier)).ids[-CONTEXT_TOKENS:], SEP]
        width = WINDOW_TOKENS - len(before)
        count = len(message.ids)
        starts = range(0, max(1, count - OVERLAP_TOKENS), width - OVERLAP_TOKENS)
        return [_Window([*before, *message.ids[start : start + width], SEP], len(before), start) for start in starts]


class RedFlagClassifier:
    """Scores messages.

    Args:
        tensors: what ``fine_tune`` returned.
    """

    def __init__(self, tensors: Dict[str, np.ndarray]) -> None:
        self._tensors = tensors
        self._reader = _Reader()
        self._session = _session(tensors)

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> "RedFlagClassifier":
        """Trains on the examples; minutes."""
        from rasa_project.red_flags.network import fine_tune

        reader = _Reader()
        texts = [reader.windows(reader.encode(example.turns[-1]), example.turns[:-1])[0].ids for example in examples]
        targets = np.array([[bool(example.flags) if label == ANY else FlagId(label) in example.flags for label in LABELS] for example in examples])
        tensors = fine_tune(load_weights(), load_config(), texts, targets.astype(np.float32))
        # Half precision halves the model and moves no decision; what is served is what was saved.
        return cls({name: tensor.astype(np.float16) for name, tensor in tensors.items()})

    def save(self, path: Path, learnt_from: str) -> None:
        """Writes the weights, with a checksum of what they were learnt from."""
        save_tensors(self._tensors, path, learnt_from)

    @classmethod
    def load(cls, path: Path) -> "RedFlagClassifier":
        return cls(load_tensors(path))

    def score(self, text: str, earlier: Sequence[str] = (), mended: str = "") -> Score:
        """Reads one message by itself, with its spelling mended, and in the light of the ones before it; what looks more serious counts, so that
        neither a slip nor a harmless talk before it hides a sign.

        Args:
            earlier: the patient's last messages before this one, oldest first.
            mended: the message with its spelling mended.
        """
        message = self._reader.encode(text)
        as_written = self._reader.windows(message, ()) + (self._reader.windows(message, earlier) if earlier else [])
        windows = as_written + (self._reader.windows(self._reader.encode(mended), ()) if mended not in ("", text) else [])
        ids, mask = as_batch([window.ids for window in windows])
        logits, attention = self._session.run(["logits", "attention"], {"input_ids": ids, "attention_mask": mask})
        best = logits.max(axis=0)
        probabilities = {label: float(1.0 / (1.0 + np.exp(-logit))) for label, logit in zip(LABELS, best)}
        present = probabilities.pop(ANY)
        flag = max(probabilities, key=lambda label: probabilities[label])
        row = int(logits[: len(as_written), LABELS.index(flag)].argmax())  # the words are shown as they were written
        start, end = _evidence(attention[row, :, LABELS.index(flag)], windows[row], message)
        return Score(present, probabilities, start, end)


def _evidence(attention: np.ndarray, window: _Window, message: Encoding) -> Tuple[int, int]:
    """The characters of the few tokens in a row that the label's attention, (tokens,), rests on most."""
    inside = attention[window.place : len(window.ids) - 1]
    if not len(inside):
        return 0, 0
    width = min(EVIDENCE_TOKENS, len(inside))
    sums = np.convolve(inside, np.ones(width), mode="valid")
    first = window.first + int(sums.argmax())
    words = message.word_ids
    last = first + width - 1
    while first > 0 and words[first - 1] == words[first]:
        first -= 1
    while last + 1 < len(words) and words[last + 1] == words[last]:
        last += 1
    return message.offsets[first][0], message.offsets[last][1]


def _session(tensors: Dict[str, np.ndarray]) -> onnxruntime.InferenceSession:
    """Opens the graph for these tensors; writes it to the cache folder first where it is not there yet."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].tobytes())
    path = cache_folder() / f"red_flag_classifier_{digest.hexdigest()[:12]}_{GRAPH_VERSION}.onnx"
    if not path.exists():
        from rasa_project.encoder.graph import write_classifier_graph

        write_classifier_graph({**load_weights(), **tensors}, load_config(), path)
    return open_session(path)
