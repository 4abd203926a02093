"""The two bots: how each is trained and served."""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator

import psutil

from benchmarks.load import Bot
from rasa_project.operations.environment import module_command, trial_environment
from rasa_project.operations.serving import HOST, free_port
from rasa_project.settings import PROJECT_FOLDER, cache_folder

COPIED = ("actions", "benchmarks", "data", "rasa_project", "web", "clinic.yml", "config.yml", "credentials.yml", "domain.yml")
STOCK_CREDENTIALS = "rest:\nbenchmarks.labelled_channel.LabelledRest:\n"


# As in endpoints.yml; stock Rasa keeps conversations in memory.
OURS_ENDPOINTS = """  enable_selective_domain: true
tracker_store:
  type: rasa_project.tracker_store.ConversationStore
"""


@dataclass
class Contender:
    """One bot in a folder of its own, so that no cache of earlier training helps it."""

    name: str
    folder: Path
    labelled_path: str  # where replies say what they are

    @property
    def model(self) -> Path:
        return next(self.folder.glob("models/*.tar.gz"))

    def environment(self) -> Dict[str, str]:
        own = {"CLINIC_BOT_HOME": str(self.folder), "CLINIC_BOT_CACHE": str(cache_folder())}
        return {**trial_environment(self.folder / "var"), **own, "PYTHONPATH": str(self.folder), "SANIC_HOST": HOST}

    def train(self) -> float:
        """Seconds that ``rasa train`` took."""
        started = time.monotonic()
        subprocess.run(module_command("rasa", "train", "--quiet", "--skip-validation"), cwd=self.folder, env=self.environment(), check=True)
        return time.monotonic() - started

    @contextmanager
    def serving(self) -> Iterator[Bot]:
        """Action server and Rasa server, answering."""
        port, action_port = free_port(), free_port()
        (self.folder / "endpoints.yml").write_text(
            f"action_endpoint:\n  url: http://{HOST}:{action_port}/webhook\n" + (OURS_ENDPOINTS if self.name == "ours" else "")
        )
        started = time.monotonic()
        commands = (
            module_command("rasa_sdk", "--actions", "actions", "--port", str(action_port), "--quiet"),
            module_command("rasa", "run", "--quiet", "--model", str(self.model), "--interface", HOST, "--port", str(port)),
        )
        processes = [subprocess.Popen(command, cwd=self.folder, env=self.environment(), start_new_session=True) for command in commands]
        bot = Bot(f"http://{HOST}:{port}", self.labelled_path)
        try:
            while True:
                try:
                    if bot.ask("warm-up-1", "hello"):
                        break
                except (urllib.error.URLError, ConnectionError, OSError):
                    time.sleep(0.1)
            bot.start_seconds = time.monotonic() - started
            bot.memory = lambda: sum(_memory(process.pid) for process in processes)
            yield bot
        finally:
            for process in processes:
                process.terminate()
                process.wait()


def _memory(pid: int) -> float:
    """Resident megabytes of a process and its children."""
    process = psutil.Process(pid)
    return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6


@contextmanager
def contenders() -> Iterator[Dict[str, Contender]]:
    """Both bots, untrained."""
    with tempfile.TemporaryDirectory() as root:
        found = {}
        for name, labelled in (("ours", "/webhooks/rest/webhook"), ("stock", "/webhooks/labelled/webhook")):
            folder = Path(root) / name
            folder.mkdir()
            for item in COPIED:
                source = PROJECT_FOLDER / item
                if source.is_dir():
                    shutil.copytree(source, folder / item, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, folder)
            found[name] = Contender(name, folder, labelled)
        stock = found["stock"].folder
        shutil.copy(PROJECT_FOLDER / "benchmarks" / "stock_config.yml", stock / "config.yml")
        (stock / "credentials.yml").write_text(STOCK_CREDENTIALS, encoding="utf-8")
        yield found


def cores() -> int:
    return len(os.sched_getaffinity(0))
