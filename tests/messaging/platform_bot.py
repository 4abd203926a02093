"""A bot with all platforms switched on, and what people on them see of it."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, List

import httpx
from platform_apis import PlatformApis, Shown
from platform_people import Person, Sent

from rasa_project.messaging.store import MessagingStore
from rasa_project.operations.environment import trial_environment
from rasa_project.operations.serving import free_port

ECHO_BOT = Path(__file__).with_name("echo_bot.py")
START_SECONDS, REPLY_SECONDS = 90, 30


class PlatformBot:
    """A running bot with all platforms switched on, as people on the platforms meet it.

    Args:
        port: of the Rasa server.
        state: its state folder.
    """

    def __init__(self, port: int, state: Path, apis: PlatformApis) -> None:
        self.port, self.apis = port, apis
        self.store = MessagingStore(f"sqlite:///{state / 'messaging.db'}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks"

    def post(self, person: Person, sent: Any) -> httpx.Response:
        """What a platform does for a person."""
        assert isinstance(sent, Sent)
        return httpx.post(f"{self.url}/{person.platform}/webhook", content=sent.body, headers=sent.headers, timeout=30)

    def shown_to(self, person: Person) -> List[Shown]:
        """What a person has been shown so far."""
        return [shown for shown in self.apis.shown[person.platform] if shown.to == person.address]

    def say(self, person: Person, sent: Any) -> List[Shown]:
        """What a person is shown for what they send, once all of it is there."""
        before = len(self.shown_to(person))
        assert self.post(person, sent).status_code == 200
        wait_until(lambda: len(self.shown_to(person)) > before and not any(self.store.waiting().values()), REPLY_SECONDS)
        return self.shown_to(person)[before:]


class EchoBot(PlatformBot):
    """One that repeats what it is told (echo_bot.py), and that can be killed and started again on the same port."""

    def __init__(self, state: Path, apis: PlatformApis) -> None:
        super().__init__(free_port(), state, apis)
        self._environment = {**trial_environment(state), **apis.environment()}
        self._process: subprocess.Popen[bytes]

    def start(self) -> None:
        command = [sys.executable, str(ECHO_BOT), str(self.port)]
        self._process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until(self._answers, START_SECONDS)

    def _answers(self) -> bool:
        assert self.is_running, "the bot stopped by itself"
        try:
            with urllib.request.urlopen(f"{self.url}/rest/health", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Raises ``AssertionError`` if it does not become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.05)
