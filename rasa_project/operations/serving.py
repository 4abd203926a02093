"""Runs action server and Rasa server together, both or none, and the worker beside them."""

import ctypes
import json
import logging
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional

import requests
from ruamel.yaml import YAML

from rasa_project.operations.environment import child_environment, module_command, trial_environment
from rasa_project.settings import PROJECT_FOLDER, cache_folder

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
START_SECONDS = 180
PR_SET_PDEATHSIG = 1  # of Linux' prctl: the signal that a process gets when its parent dies
STOP_SECONDS = 15
READY_SECONDS = 10
WORKER_CHECK_SECONDS = 5


class ServerFailed(RuntimeError):
    """A server did not start, or stopped by itself."""


@dataclass
class Servers:
    """The processes and where to reach the bot."""

    port: int
    action_port: int
    processes: Dict[str, subprocess.Popen] = field(default_factory=dict)
    worker: Optional[subprocess.Popen] = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/webhooks/rest/webhook"

    @property
    def ready_url(self) -> str:
        return f"http://{HOST}:{self.port}/webhooks/rest/ready"

    @property
    def demo_url(self) -> str:
        return f"http://{HOST}:{self.port}/webhooks/widget/demo"

    def ask(self, sender: str, message: str, timeout: float = 30) -> List[dict]:
        """Sends one message over REST and returns the bot's messages."""
        reply = requests.post(self.url, json={"sender": sender, "message": message}, timeout=timeout)
        reply.raise_for_status()
        return list(reply.json())

    def fallen(self) -> Optional[str]:
        """Name and exit code of a server that has stopped, if any."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                return f"The {name} stopped by itself (exit code {process.returncode})."
        return None

    def keep_worker(self) -> None:
        """Starts the worker, again if it has stopped: patients are answered without it, and nothing is lost meanwhile."""
        if self.worker is None or self.worker.poll() is not None:
            if self.worker is not None:
                logger.critical("The worker stopped by itself (exit code %s). Starting it again.", self.worker.returncode)
            self.worker = _start(module_command("rasa_project", "work"), child_environment())

    def stop(self) -> None:
        """Ends all processes, politely first."""
        processes = [*self.processes.values(), *([self.worker] if self.worker else [])]
        for process in processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: List[str], environment: Dict[str, str]) -> "subprocess.Popen[bytes]":
    """A server in a session of its own, so that Ctrl-C reaches this process only; it ends with this process, even if that is killed."""
    return subprocess.Popen(command, cwd=PROJECT_FOLDER, env=environment, start_new_session=True, preexec_fn=_end_with_parent)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _require_free(port: int, what: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerFailed(f"Port {port} for the {what} is taken. Stop what runs there, or choose another port.") from error


def endpoints_file(*action_ports: int) -> Path:
    """The project's endpoints with the action servers' ports of this run, the first to be asked first."""
    yaml = YAML()
    endpoints = yaml.load((PROJECT_FOLDER / "endpoints.yml").read_text(encoding="utf-8"))
    endpoints["action_endpoint"]["url"] = ",".join(f"http://{HOST}:{port}/webhook" for port in action_ports)
    path = cache_folder() / f"endpoints_{'_'.join(map(str, action_ports))}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump(endpoints, stream)
    return path


@contextmanager
def trial(model: Path) -> Iterator[Servers]:
    """Both servers on ports of their own, to be tried: what is said to them reaches neither the clinic nor its databases.

    Raises:
        ServerFailed: as in ``running``.
    """
    with tempfile.TemporaryDirectory(prefix="clinic-bot-trial-") as state:
        with running(model, free_port(), free_port(), trial_environment(Path(state))) as servers:
            yield servers


@contextmanager
def running(model: Path, port: int, action_port: int, environment: Dict[str, str]) -> Iterator[Servers]:
    """Both servers, ready to answer; stopped when the block ends, however it ends.

    Raises:
        ServerFailed: a port is taken, a server stopped while starting, or no answer came within ``START_SECONDS``.
    """
    _require_free(port, "bot")
    _require_free(action_port, "action server")
    commands = {
        "action server": action_server_command(action_port),
        "Rasa server": rasa_server_command(model, port, endpoints_file(action_port)),
    }
    servers = Servers(port, action_port)
    counts = tempfile.TemporaryDirectory(prefix="metrics_", dir=cache_folder())  # both servers count here, and one of them tells
    try:
        for name, command in commands.items():
            # rasa_sdk listens on all interfaces otherwise
            servers.processes[name] = _start(command, {**environment, "SANIC_HOST": HOST, "PROMETHEUS_MULTIPROC_DIR": counts.name})
        _wait_until_answered(servers)
        yield servers
    finally:
        servers.stop()
        counts.cleanup()


def shell(model: Path) -> int:
    """`rasa shell` with an action server of its own; returns the shell's exit code."""
    action_port = free_port()
    environment = {**child_environment(), "SANIC_HOST": HOST}
    actions = _start(action_server_command(action_port), environment)
    try:
        endpoints = str(endpoints_file(action_port))
        command = module_command("rasa", "shell", "--quiet", "--model", str(model), "--endpoints", endpoints, "--port", str(free_port()))
        return subprocess.run(command, cwd=PROJECT_FOLDER, env=environment).returncode
    except KeyboardInterrupt:
        return 0
    finally:
        Servers(0, action_port, {"action server": actions}).stop()


def rasa_server_command(model: Path, port: int, endpoints: Path) -> List[str]:
    options = ["--quiet", "--model", str(model), "--interface", HOST, "--port", str(port)]
    return module_command("rasa", "run", *options, "--endpoints", str(endpoints), "--credentials", "credentials.yml")


def action_server_command(port: int) -> List[str]:
    return module_command("rasa_sdk", "--actions", "actions", "--port", str(port), "--quiet")


def _wait_until_answered(servers: Servers) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        fallen = servers.fallen()
        if fallen:
            raise ServerFailed(f"{fallen} The lines above say why.")
        with suppress(requests.RequestException):
            if requests.get(servers.ready_url, timeout=READY_SECONDS).ok:
                return
        time.sleep(0.3)
    raise ServerFailed(f"Not ready within {START_SECONDS} seconds; {servers.ready_url} says what is missing.")


def serve(model: Path, port: int, action_port: int) -> None:
    """Runs until Ctrl-C or SIGTERM.

    Raises:
        ServerFailed: one of the two servers stopped by itself; the other has been stopped too.
    """
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        with running(model, port, action_port, child_environment()) as servers:
            servers.keep_worker()
            example = json.dumps({"sender": "me-123456", "message": "what is sciatica?"})
            curl = f"curl -s {servers.url} -H 'Content-Type: application/json' \\\n    -d '{example}'"
            print(f"\nTalk to the bot in a browser: {servers.demo_url}", flush=True)
            print(f"The bot answers at {servers.url}. Try:\n\n  {curl}\n\nCtrl-C stops it.", flush=True)
            checked = time.monotonic()
            while True:
                fallen = servers.fallen()
                if fallen:
                    raise ServerFailed(f"{fallen} The other server has been stopped too.")
                if time.monotonic() - checked > WORKER_CHECK_SECONDS:
                    servers.keep_worker()
                    checked = time.monotonic()
                time.sleep(0.5)
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
