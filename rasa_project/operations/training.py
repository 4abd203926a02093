"""Trains a model only where what it is made from has changed."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Iterator, Optional

from rasa_project.operations.environment import child_environment, module_command
from rasa_project.settings import PROJECT_FOLDER, cache_folder

MODELS_FOLDER = PROJECT_FOLDER / "models"
# What a model depends on: the data with the content, the pipeline, and the code that runs while training.
TRAINING_INPUTS = (
    "config.yml",
    "domain.yml",
    "requirements.lock",
    "data",
    "rasa_project/content",
    "rasa_project/encoder",
    "rasa_project/nlu",
    "rasa_project/policies",
    "rasa_project/ranking",
    "rasa_project/red_flags",
    "rasa_project/utterances",
    "rasa_project/dialogue/reference.py",
    "rasa_project/intents.py",
)


class TrainingFailed(RuntimeError):
    """``rasa train`` did not end well; its own output says why."""


def _files() -> Iterator[Path]:
    for name in TRAINING_INPUTS:
        path = PROJECT_FOLDER / name
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.suffix in (".yml", ".yaml", ".json", ".jsonl", ".py", ".safetensors"))
        elif path.exists():
            yield path


def fingerprint() -> str:
    """A checksum of everything that a model is made from."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(str(path.relative_to(PROJECT_FOLDER)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _record() -> Path:
    return cache_folder() / "trained.json"


def latest_model() -> Optional[Path]:
    """The newest model, or ``None``."""
    return max(MODELS_FOLDER.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)


def current_model() -> Optional[Path]:
    """The model made from the files as they are now, or ``None``."""
    try:
        record = json.loads(_record().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    path = MODELS_FOLDER / str(record.get("model"))
    return path if record.get("fingerprint") == fingerprint() and path.is_file() else None


def train() -> Path:
    """Runs ``rasa train`` and returns the new model.

    Raises:
        TrainingFailed: Rasa's exit code was not 0.
    """
    before = fingerprint()
    # Rasa's own check of the data runs in `make check` and `make test`; here it would list every response that an action uses.
    command = module_command("rasa", "train", "--quiet", "--skip-validation")
    if subprocess.run(command, cwd=PROJECT_FOLDER, env=child_environment()).returncode != 0:
        raise TrainingFailed("Training failed; the lines above say why.")
    model = latest_model()
    if model is None:
        raise TrainingFailed(f"Training left no model in {MODELS_FOLDER}.")
    _record().parent.mkdir(parents=True, exist_ok=True)
    _record().write_text(json.dumps({"model": model.name, "fingerprint": before}), encoding="utf-8")
    return model


def ensure_model() -> Path:
    """The current model; trains one where there is none."""
    return current_model() or train()
