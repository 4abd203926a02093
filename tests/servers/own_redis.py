"""A Redis server of the test's own, that it may stop and start again."""

import subprocess
import time
from pathlib import Path

import redis

from rasa_project.operations.serving import free_port


class OwnRedis:
    """A Redis server of the test's own, that it may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--save", "", "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert time.monotonic() < deadline and self._process.poll() is None, "redis-server did not start"
                    time.sleep(0.05)

    def read(self) -> "redis.Redis[bytes]":
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
