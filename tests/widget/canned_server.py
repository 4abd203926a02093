"""Starts and stops the bot that says what a test needs (canned_bot.py)."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

from rasa_project.operations.environment import trial_environment
from rasa_project.operations.serving import free_port
from rasa_project.operations.web_packages import fetch

CANNED_BOT = Path(__file__).with_name("canned_bot.py")
START_SECONDS = 60


class CannedBot:
    """A server process that can be stopped and started again on the same port."""

    def __init__(self, state: Path) -> None:
        self.port = free_port()
        self._environment = {**trial_environment(state), "PYTHONWARNINGS": "ignore"}
        self._process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/widget"

    @property
    def rest(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/rest"

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, str(CANNED_BOT), str(self.port)], env=self._environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.rest}/health", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                assert self._process.poll() is None, "the canned bot stopped by itself"
                time.sleep(0.2)
        raise AssertionError("the canned bot did not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@contextmanager
def running(state: Path) -> Iterator[CannedBot]:
    bot = CannedBot(state)
    bot.start()
    try:
        yield bot
    finally:
        bot.kill()


@pytest.fixture(scope="session")
def canned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CannedBot]:
    fetch()
    with running(tmp_path_factory.mktemp("canned")) as bot:
        yield bot


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[CannedBot]:
    """One that a test may kill."""
    fetch()
    with running(tmp_path) as bot:
        yield bot
