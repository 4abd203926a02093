"""Copies of the project that a test may change."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Sequence

from rasa_project.settings import PROJECT_FOLDER, cache_folder

# Serves the model named first (or trains one where it is "-") and prints what each message got.
ASK = """
import sys
from pathlib import Path
from rasa_project.operations import serving, training
model = training.ensure_model() if sys.argv[1] == "-" else Path(sys.argv[1])
with serving.trial(model) as bot:
    for message in sys.argv[2:]:
        custom = next(reply["custom"] for reply in bot.ask("a-conversation", message) if "custom" in reply)
        print("GOT", custom["kind"], custom.get("topic"), custom.get("facet"))
"""


def _other_files(_: str, names: List[str]) -> List[str]:
    """Of the cache, all but what is the same for every project: the encoder's graph, embeddings, and the weights of the red-flag signals."""
    return [name for name in names if not name.endswith((".onnx", ".npz")) and not name.startswith("red_flag_fusion")]


def copy_project(folder: Path) -> Dict[str, str]:
    """Copies what a bot needs, and returns the environment in which commands use the copy."""
    for name in ("actions", "data", "rasa_project", "web"):
        shutil.copytree(PROJECT_FOLDER / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in PROJECT_FOLDER.glob("*.yml"):
        shutil.copy(path, folder)
    # Neither depends on what a test changes; everything else in the cache does.
    shutil.copytree(cache_folder(), folder / ".cache", ignore=_other_files)
    own = {"CLINIC_BOT_HOME": str(folder), "CLINIC_BOT_CACHE": str(folder / ".cache"), "CLINIC_BOT_STATE": str(folder / "var")}
    return {**os.environ, **own, "PYTHONPATH": str(folder)}


def ask_copy(folder: Path, environment: Dict[str, str], model: str, messages: Sequence[str]) -> List[str]:
    """Kind, topic and facet of the reply to each message."""
    command = [sys.executable, "-c", ASK, model, *messages]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    got = [line[4:] for line in done.stdout.splitlines() if line.startswith("GOT")]
    assert len(got) == len(messages), done.stdout[-2000:] + done.stderr[-2000:]
    return got
