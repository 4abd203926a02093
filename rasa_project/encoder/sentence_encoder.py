"""all-MiniLM-L6-v2: texts in, unit vectors out."""

import logging
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
import onnxruntime

from rasa_project.encoder.weights import WEIGHTS_SHA256, load_config, load_tokenizer, load_weights
from rasa_project.settings import cache_folder

logger = logging.getLogger(__name__)

GRAPH_VERSION = 1  # raise when graph.py writes another graph
MAX_TOKENS = 256  # as the model was trained; what follows is not read
BATCH_SIZE = 64


def ensure_graph() -> Path:
    """Path of the ONNX graph; writes it to the cache folder first where it is not there yet (some seconds, once).

    Raises:
        EncoderUnavailable: the weights are missing or their checksum differs.
    """
    path = cache_folder() / f"sentence_encoder_{WEIGHTS_SHA256[:12]}_{GRAPH_VERSION}.onnx"
    if not path.exists():
        from rasa_project.encoder.graph import write_embedding_graph

        logger.info("Writing the sentence encoder's graph to %s.", path)
        write_embedding_graph(load_weights(), load_config(), path)
    return path


def open_session(graph: Path) -> onnxruntime.InferenceSession:
    """One thread: a turn encodes one short message, and more threads would fight with the other servers for cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
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
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._session = open_session(ensure_graph())

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings of the texts: float32, (len(texts), 384), each row of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # batches of like length waste no padding
        rows: List[np.ndarray] = [np.empty(0)] * len(texts)
        for start in range(0, len(texts), BATCH_SIZE):
            batch = by_length[start : start + BATCH_SIZE]
            ids, mask = as_batch([encoding.ids for encoding in self._tokenizer.encode_batch([texts[i] for i in batch])])
            inputs = {"input_ids": ids, "attention_mask": mask}
            for i, row in zip(batch, self._session.run(["embedding"], inputs)[0]):
                rows[i] = row
        return np.stack(rows)
