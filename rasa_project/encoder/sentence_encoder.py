"""all-MiniLM-L6-v2, fine-tuned on what patients say: texts in, unit vectors out."""

import hashlib
import logging
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from rasa_project.encoder.learnt import load_tensors
from rasa_project.encoder.weights import WEIGHTS_SHA256, load_config, load_tokenizer, load_weights
from rasa_project.settings import UTTERANCES_FOLDER, cache_folder

logger = logging.getLogger(__name__)

GRAPH_VERSION = 1  # raise when graph.py writes another graph
MAX_TOKENS = 256  # as the model was trained; what follows is not read
BATCH_SIZE = 64
MANY = 512  # texts from which all cores encode, as in training
CLS, SEP = 101, 102  # of the WordPiece vocabulary
TUNED_WEIGHTS = UTTERANCES_FOLDER / "encoder.safetensors"


@lru_cache(maxsize=1)
def weights_version() -> str:
    """Names the published weights with the tuned ones on top."""
    tuned = hashlib.sha256(TUNED_WEIGHTS.read_bytes()).hexdigest() if TUNED_WEIGHTS.is_file() else "published"
    return f"{WEIGHTS_SHA256[:12]}_{tuned[:12]}_{GRAPH_VERSION}"


def context_words(topic: str, facet: Enum) -> str:
    """What is under discussion, as the encoder reads it before an utterance."""
    return f"{topic} {facet.value}".replace("_", " ")


def token_ids(tokenizer: Tokenizer, text: str, context: str = "") -> List[int]:
    """[CLS] context [SEP] text [SEP], at most ``MAX_TOKENS``."""
    before = [*tokenizer.encode(context, add_special_tokens=False).ids, SEP] if context else []
    said = tokenizer.encode(text, add_special_tokens=False).ids[: MAX_TOKENS - len(before) - 2]
    return [CLS, *before, *said, SEP]


def ensure_graph() -> Path:
    """Path of the ONNX graph; writes it to the cache folder first where it is not there yet (some seconds, once).

    Raises:
        EncoderUnavailable: the weights are missing or their checksum differs.
    """
    path = cache_folder() / f"sentence_encoder_{weights_version()}.onnx"
    if not path.exists():
        from rasa_project.encoder.graph import write_embedding_graph

        logger.info("Writing the sentence encoder's graph to %s.", path)
        tuned = load_tensors(TUNED_WEIGHTS) if TUNED_WEIGHTS.is_file() else {}
        write_embedding_graph({**load_weights(), **tuned}, load_config(), path)
    return path


def open_session(graph: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """By default one thread: a turn encodes one short message, and more threads would fight with the other servers for cores.

    Args:
        threads: 0 for as many as there are cores.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def as_batch(texts: Sequence[Sequence[int]]) -> Tuple[np.ndarray, np.ndarray]:
    """``input_ids`` and ``attention_mask`` of texts given as token ids: int64, (texts, longest), padded with zeros."""
    shape = (len(texts), max(len(ids) for ids in texts))
    padded, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, ids in enumerate(texts):
        padded[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    return padded, mask


class SentenceEncoder:
    """Encodes sentences into vectors whose dot product is their cosine similarity."""

    dimension = 384

    def __init__(self) -> None:
        self._tokenizer = load_tokenizer()
        self._session = open_session(ensure_graph())

    def encode(self, texts: Sequence[str], contexts: Sequence[str] = ()) -> np.ndarray:
        """Embeddings of the texts: float32, (len(texts), 384), each row of length 1.

        Args:
            contexts: what was under discussion before each text, as ``context_words`` has it; empty where nothing was.
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        tokens = [token_ids(self._tokenizer, text, context) for text, context in zip(texts, contexts or [""] * len(texts))]
        session = open_session(ensure_graph(), threads=0) if len(texts) >= MANY else self._session
        by_length = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))  # batches of like length waste no padding
        rows: List[np.ndarray] = [np.empty(0)] * len(texts)
        for start in range(0, len(texts), BATCH_SIZE):
            batch = by_length[start : start + BATCH_SIZE]
            ids, mask = as_batch([tokens[i] for i in batch])
            inputs = {"input_ids": ids, "attention_mask": mask}
            for i, row in zip(batch, session.run(["embedding"], inputs)[0]):
                rows[i] = row
        return np.stack(rows)
