"""Embeddings of training texts, kept in the cache folder: a change of one answer need not encode ten thousand texts again."""

import json
import logging
import os
from pathlib import Path
from typing import Dict, List, Sequence

import numpy as np

from rasa_project.encoder.sentence_encoder import GRAPH_VERSION, SentenceEncoder
from rasa_project.encoder.weights import WEIGHTS_SHA256
from rasa_project.settings import cache_folder

logger = logging.getLogger(__name__)


def cache_file() -> Path:
    """Where the embeddings of the last training lie."""
    return cache_folder() / f"training_embeddings_{WEIGHTS_SHA256[:12]}_{GRAPH_VERSION}.npz"


def encode_remembering(encoder: SentenceEncoder, texts: Sequence[str]) -> np.ndarray:
    """Embeddings of the texts, as ``encoder`` gives them: float32, (texts, 384). Those that it gave before are read from the cache."""
    known = _read(cache_file())
    unknown = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(unknown, encoder.encode(unknown)))
    used = list(dict.fromkeys(texts))
    if unknown:
        _write(cache_file(), used, np.stack([known[text] for text in used]))
    return np.stack([known[text] for text in texts]) if texts else encoder.encode([])


def _read(path: Path) -> Dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            texts: List[str] = json.loads(arrays["texts"].tobytes().decode("utf-8"))
            return dict(zip(texts, arrays["vectors"]))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError) as error:
        logger.warning("%s cannot be read (%s); all texts are encoded anew.", path, type(error).__name__)
        return {}


def _write(path: Path, texts: List[str], vectors: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(unfinished, texts=np.frombuffer(json.dumps(texts).encode("utf-8"), dtype=np.uint8), vectors=vectors)
    os.replace(unfinished, path)
