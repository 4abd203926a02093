"""Embeddings of training texts, kept in the cache folder: a change of one answer need not encode ten thousand texts again."""

import json
import logging
import os
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np

from rasa_project.encoder.sentence_encoder import SentenceEncoder, weights_version
from rasa_project.settings import cache_folder

logger = logging.getLogger(__name__)


def cache_file() -> Path:
    """Where the embeddings of the last training lie."""
    return cache_folder() / f"training_embeddings_{weights_version()}.npz"


def encode_remembering(encoder: SentenceEncoder, texts: Sequence[str], contexts: Sequence[str] = ()) -> np.ndarray:
    """Embeddings of the texts, as ``encoder`` gives them: float32, (texts, 384). Those that it gave before are read from the cache."""
    wanted = list(zip(texts, contexts or [""] * len(texts)))
    if not wanted:
        return encoder.encode([])
    used = list(dict.fromkeys(wanted))
    known = _read(cache_file())
    unknown = [said for said in used if said not in known]
    if unknown:
        known.update(zip(unknown, encoder.encode([text for text, _ in unknown], [context for _, context in unknown])))
        _write(cache_file(), used, np.stack([known[said] for said in used]))
    return np.stack([known[said] for said in wanted])


def _read(path: Path) -> Dict[Tuple[str, str], np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            said: List[List[str]] = json.loads(arrays["said"].tobytes().decode("utf-8"))
            return {(text, context): vector for (text, context), vector in zip(said, arrays["vectors"])}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError) as error:
        logger.warning("%s cannot be read (%s); all texts are encoded anew.", path, type(error).__name__)
        return {}


def _write(path: Path, said: List[Tuple[str, str]], vectors: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(unfinished, said=np.frombuffer(json.dumps(said).encode("utf-8"), dtype=np.uint8), vectors=vectors)
    os.replace(unfinished, path)
