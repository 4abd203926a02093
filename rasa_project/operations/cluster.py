"""`python -m rasa_project cluster`: the topology of a clinic with several machines, as processes of this one: nginx with TLS, Rasa servers, action
servers, the worker, PostgreSQL and Redis. What is said to it reaches no clinic; all of it is gone when it ends."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional

import requests
from ruamel.yaml import YAML
from sqlalchemy import create_engine, text

from rasa_project.operations.environment import module_command, trial_environment
from rasa_project.operations.own_servers import OwnPostgres, OwnRedis, program, wait_until
from rasa_project.operations.serving import HOST, action_server_command, endpoints_file, free_port, rasa_server_command
from rasa_project.settings import CLINIC_FILE, PROJECT_FOLDER

START_SECONDS = 240.0
STOP_SECONDS = 15.0
CERTIFICATE = "fullchain.pem"
DATABASES = {
    "TRACKER_DB_URL": "conversations",
    "ESCALATION_DB_URL": "escalations",
    "INSIGHTS_DB_URL": "insights",
    "MESSAGING_DB_URL": "messaging",
}


class Member:
    """One process, which can be killed and started again with the same command.

    Args:
        health: address that answers when it works, if it has one.
        certificate: of that address.
    """

    def __init__(self, command: List[str], environment: Dict[str, str], log: Path, health: Optional[str], certificate: Path) -> None:
        self._command, self._environment, self._log, self._health, self._certificate = command, environment, log, health, certificate
        self._process: Optional[subprocess.Popen[bytes]] = None

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process
        return self._process.pid

    def start(self, wait: bool = True) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=PROJECT_FOLDER, env=self._environment, stdout=log, stderr=log, start_new_session=True)
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it works; raises ``TimeoutError`` if it does not."""
        if self._health:
            wait_until(self._works, f"{self._log.stem} (its log is {self._log})", START_SECONDS)

    def _works(self) -> bool:
        try:
            requests.get(str(self._health), timeout=5, verify=str(self._certificate))
        except requests.RequestException:
            return False
        return True

    def signal(self, number: int) -> None:
        """SIGSTOP makes it silent, SIGCONT ends that."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """As kill -9 does, with all that it has started."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


class Cluster:
    """Attributes:
    url: of nginx, with a certificate that nobody has signed.
    members: the processes, by name: ``nginx``, ``rasa-1``, ``actions-1``, ``worker`` and so on.
    endpoints: endpoints.yml of each Rasa server.
    """

    def __init__(self, folder: Path, model: Path, rasa: int, actions: int, settings: Optional[Dict[str, str]] = None) -> None:
        self.folder = folder
        self.postgres, self.redis = OwnPostgres(folder), OwnRedis(folder)
        self.https, self.rasa_ports = free_port(), [free_port() for _ in range(rasa)]
        self.url = f"https://{HOST}:{self.https}"
        self._write_settings()
        self.environment = {**trial_environment(folder / "state"), **self._settings(), **(settings or {}), "SANIC_HOST": HOST}
        self.members: Dict[str, Member] = {}
        action_ports = [free_port() for _ in range(actions)]
        for number, port in enumerate(action_ports, start=1):
            self._add(f"actions-{number}", action_server_command(port), f"http://{HOST}:{port}/health")
        in_turn = [action_ports[number % actions :] + action_ports[: number % actions] for number in range(rasa)]
        self.endpoints = [endpoints_file(*ports) for ports in in_turn]
        for number, port in enumerate(self.rasa_ports, start=1):
            command = rasa_server_command(model, port, self.endpoints[number - 1])
            self._add(f"rasa-{number}", command, f"http://{HOST}:{port}/webhooks/rest/ready")
        self._add("worker", module_command("rasa_project", "work"), None)
        self._add("nginx", self._nginx(), f"{self.url}/webhooks/rest/health")

    def _add(self, name: str, command: List[str], health: Optional[str]) -> None:
        self.members[name] = Member(command, self.environment, self.folder / f"{name}.log", health, self.folder / CERTIFICATE)

    def _write_settings(self) -> None:
        """The clinic's, behind one proxy."""
        yaml = YAML()
        settings = yaml.load(CLINIC_FILE.read_text(encoding="utf-8"))
        settings.setdefault("web", {})["proxies"] = 1
        with (self.folder / "clinic.yml").open("w", encoding="utf-8") as stream:
            yaml.dump(settings, stream)

    def _settings(self) -> Dict[str, str]:
        databases = {variable: self.postgres.url(name) for variable, name in DATABASES.items()}
        shared = {name: secrets.token_hex(32) for name in ("CONVERSATION_SECRET", "ACTION_SERVER_TOKEN", "METRICS_TOKEN", "STAFF_PASSWORD")}
        pool = {"POSTGRESQL_POOL_SIZE": "10", "POSTGRESQL_MAX_OVERFLOW": "10"}  # Rasa alone would take more than PostgreSQL has
        return {**databases, **shared, **pool, "REDIS_URL": self.redis.url, "CLINIC_SETTINGS": str(self.folder / "clinic.yml")}

    def _nginx(self) -> List[str]:
        certificate, key, settings = self.folder / CERTIFICATE, self.folder / "privkey.pem", self.folder / "nginx"
        openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        openssl += ["-addext", f"subjectAltName=IP:{HOST}"]
        subprocess.run([*openssl, "-keyout", str(key), "-out", str(certificate)], check=True, stderr=subprocess.DEVNULL)
        command = [sys.executable, "deploy/nginx_settings.py", str(settings), "--address", self.url, "--private", "127.0.0.0/8"]
        command += ["--certificate", str(certificate), "--key", str(key), "--https", str(self.https), "--http", str(free_port())]
        command += [part for port in self.rasa_ports for part in ("--server", f"{HOST}:{port}")]
        subprocess.run(command, cwd=PROJECT_FOLDER, env=self.environment, check=True)
        as_root = " user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx_prefix").mkdir()
        return [
            program("nginx", "nginx-light"),
            "-p",
            str(self.folder / "nginx_prefix"),
            "-c",
            str(settings / "nginx.conf"),
            "-g",
            f"daemon off;{as_root}",
        ]

    def start(self) -> None:
        """Raises ``TimeoutError`` where a member does not work in time."""
        self.postgres.start()
        engine = create_engine(self.postgres.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in DATABASES.values():
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        self.redis.start()
        for member in self.members.values():
            member.start(wait=False)
        for member in self.members.values():
            member.wait()

    def stop(self) -> None:
        for member in reversed(list(self.members.values())):
            member.stop()
        self.redis.stop()
        self.postgres.stop()


@contextmanager
def cluster(
    model: Path,
    rasa: int = 2,
    actions: int = 2,
    settings: Optional[Dict[str, str]] = None,
    prepare: Optional[Callable[[Cluster], None]] = None,
) -> Iterator[Cluster]:
    """A running cluster in a folder that is gone afterwards.

    Args:
        rasa, actions: how many servers of each.
        settings: further variables of the environment of all members.
        prepare: called before anything is started.
    """
    with tempfile.TemporaryDirectory(prefix="clinic-bot-cluster-") as folder:
        made = Cluster(Path(folder), model, rasa, actions, settings)
        if prepare:
            prepare(made)
        try:
            made.start()
            yield made
        finally:
            made.stop()
