"""A PostgreSQL server of the test's own."""

import glob
import os
import shutil
import subprocess
from pathlib import Path
from typing import List

from rasa_project.operations.serving import free_port

NOBODY = 65534  # PostgreSQL refuses to run as root


def _program(name: str) -> str:
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    program = found[-1] if found else shutil.which(name)
    assert program, f"{name} is missing; on Debian: apt-get install postgresql"
    return program


class OwnPostgres:
    """Attributes:
    folder: where its files lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "postgres", free_port()
        self.folder.mkdir()
        if os.getuid() == 0:
            for path in (folder, *folder.parents):
                if path.stat().st_uid == 0 and path != Path("/") and str(path).startswith("/tmp/"):
                    path.chmod(path.stat().st_mode | 0o011)
            os.chown(self.folder, NOBODY, NOBODY)
        self._run("initdb", "--auth", "trust", "--username", "clinic", "--encoding", "UTF8", "--no-sync")

    def _run(self, name: str, *arguments: str) -> None:
        as_nobody = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
        command: List[str] = [_program(name), "--pgdata", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_nobody)  # type: ignore[call-overload]

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "stop", "--mode", mode)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://clinic@127.0.0.1:{self.port}/{database}"
