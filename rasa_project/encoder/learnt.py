"""Tensors that were learnt from example files, kept with a checksum of what they were learnt from."""

import hashlib
import os
import zlib
from pathlib import Path
from typing import Dict, Iterable, Optional

import numpy as np

LEARNT_FROM = "learnt_from"  # key of the metadata
HELD_OUT_OF = 8  # one example in so many
ENCODER_NETWORK = Path(__file__).with_name("network.py")  # a change of it makes tensors out of date


def is_held_out(text: str) -> bool:
    """Whether networks do not learn from an example with this text, so that what is put on top of them can be fitted on it."""
    return zlib.crc32(text.encode()) % HELD_OUT_OF == 0


def checksum_of(paths: Iterable[Path]) -> str:
    """Of the names and the contents of the files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def save_tensors(tensors: Dict[str, np.ndarray], path: Path, learnt_from: str) -> None:
    """Writes aside and renames, so that nobody reads half a file."""
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, str(unfinished), metadata={LEARNT_FROM: learnt_from})
    os.replace(unfinished, path)


def load_tensors(path: Path) -> Dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return dict(load_file(str(path)))


def learnt_from(path: Path) -> Optional[str]:
    """The checksum that tensors were saved with; ``None`` where there are none."""
    from safetensors import safe_open

    if not path.is_file():
        return None
    with safe_open(str(path), framework="np") as tensors:  # type: ignore[attr-defined]  # its types do not say so
        return dict(tensors.metadata() or {}).get(LEARNT_FROM)
