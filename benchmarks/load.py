"""Clients that talk to a bot over REST and take the time."""

import http.client
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, List, Sequence
from urllib.parse import urlsplit

import numpy as np

TURNS = 5  # messages of one conversation


@dataclass
class Bot:
    url: str
    labelled_path: str
    start_seconds: float = 0.0
    memory: Callable[[], float] = float

    def ask(self, sender: str, message: str, path: str = "/webhooks/rest/webhook") -> List[dict]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=120)
        try:
            connection.request("POST", path, json.dumps({"sender": sender, "message": message}), {"Content-Type": "application/json"})
            return list(json.load(connection.getresponse()))
        finally:
            connection.close()

    def ask_labelled(self, sender: str, message: str) -> List[dict]:
        """The same bot over the path whose replies say what they are."""
        return self.ask(sender, message, self.labelled_path)


@dataclass(frozen=True)
class Load:
    """Latencies in milliseconds."""

    clients: int
    latencies: np.ndarray
    seconds: float

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.latencies, share))

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


def run_load(bot: Bot, messages: Sequence[str], clients: int) -> Load:
    """Every message once, in conversations of ``TURNS``, by so many clients at a time."""

    def converse(turns: Sequence[str]) -> List[float]:
        sender, taken = f"load-{uuid.uuid4().hex}", []
        for message in turns:
            started = time.perf_counter()
            if not bot.ask(sender, message):
                raise RuntimeError("The bot was silent.")
            taken.append(1000 * (time.perf_counter() - started))
        return taken

    conversations = [messages[start : start + TURNS] for start in range(0, len(messages), TURNS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        latencies = [latency for taken in pool.map(converse, conversations) for latency in taken]
    return Load(clients, np.array(latencies), time.perf_counter() - started)
