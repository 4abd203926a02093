"""PostgreSQL and Redis of one's own, on free ports and in a folder: for `make cluster`, and for tests that stop and kill them."""

import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, List

import redis

from rasa_project.operations.serving import free_port

NOBODY = 65534  # PostgreSQL refuses to run as root
START_SECONDS = 30.0


class MissingProgram(RuntimeError):
    """A program is not installed; the message says how to get it."""


def program(name: str, package: str) -> str:
    """The path of a program: the newest where Debian has several.

    Raises:
        MissingProgram: there is none.
    """
    candidates = [
        *sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True),
        shutil.which(name) or "",
        f"/usr/sbin/{name}",
    ]
    chosen = next((path for path in candidates if path and Path(path).exists()), None)
    if chosen is None:
        raise MissingProgram(f"{name} is missing; on Debian: apt-get install {package}")
    return chosen


def wait_until(true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Raises ``TimeoutError`` if it does not become true."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start within {seconds:.0f} seconds")
        time.sleep(0.05)


class OwnRedis:
    """A Redis server that keeps nothing on disk.

    Args:
        folder: where it may write.
    """

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--save", "", "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen([program("redis-server", "redis-server"), *options], stdout=subprocess.DEVNULL)
        with self.read() as client:

            def answers() -> bool:
                try:
                    return bool(client.ping())
                except redis.ConnectionError:
                    return False

            wait_until(answers, "Redis")

    def read(self) -> "redis.Redis[bytes]":
        return redis.Redis.from_url(self.url)

    def signal(self, number: int) -> None:
        """SIGSTOP makes it silent, as when the network is cut; SIGCONT ends that."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """At once, as kill -9 does."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class OwnPostgres:
    """A PostgreSQL server.

    Args:
        folder: where its own folder is made.

    Attributes:
        folder: where its files lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "postgres", free_port()
        self.folder.mkdir()
        if os.getuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
            for path in folder.parents:  # that it can be reached
                if Path(tempfile.gettempdir()) in path.parents:
                    path.chmod(path.stat().st_mode | 0o011)
            folder.chmod(folder.stat().st_mode | 0o011)
        self._run("initdb", "--auth", "trust", "--username", "clinic", "--encoding", "UTF8", "--no-sync")

    def _run(self, name: str, *arguments: str) -> None:
        as_nobody: Dict[str, Any] = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
        command: List[str] = [program(name, "postgresql"), "--pgdata", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_nobody)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)

    def is_running(self) -> bool:
        try:
            self._run("pg_ctl", "status")
        except subprocess.CalledProcessError:
            return False
        return True

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode", "fast")

    def _main(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def signal(self, number: int) -> None:
        """To the server and all that it runs. SIGSTOP makes it silent, as when the network is cut; SIGCONT ends that."""
        main = self._main()
        children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii").split()
        for process in (main, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """Kills the server with all that it runs, as a power cut would."""
        main = self._main()
        os.kill(main, signal.SIGKILL)

        def is_gone() -> bool:
            try:
                os.kill(main, 0)
            except ProcessLookupError:
                return True
            return Path(f"/proc/{main}/stat").read_text(encoding="ascii").split()[2] == "Z"

        wait_until(is_gone, "the end of PostgreSQL")
        time.sleep(0.5)  # its children end by themselves

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://clinic@127.0.0.1:{self.port}/{database}"
