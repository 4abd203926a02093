"""`python -m rasa_project backup` and `restore`: the state folder, whole and consistent, while the bot runs.

Databases of PostgreSQL are backed up with its own tools (docs/deploy.md).
"""

import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import List

from rasa_project.settings import state_folder

DATABASES = ("conversations.db", "escalations.db", "insights.db", "messaging.db")
KEY = "conversation.key"


class UnusableBackup(ValueError):
    """The file is no backup, or restoring it would overwrite something; the message says what to do."""


def backup(archive: Path) -> List[str]:
    """Writes a compressed archive that only its owner may read; returns the names of what is in it.

    Each database is copied in one read, so that what is being written meanwhile is in it whole or not at all.

    Raises:
        UnusableBackup: there is nothing to back up, or the archive exists.
    """
    folder = state_folder()
    present = [name for name in (*DATABASES, KEY) if (folder / name).is_file()]
    if not present:
        raise UnusableBackup(f"there is nothing in {folder}; databases of PostgreSQL are backed up with pg_dump")
    with tempfile.TemporaryDirectory(prefix="clinic-bot-backup-") as copies:
        for name in present:
            _copy(folder / name, Path(copies) / name)
        try:
            with open(archive, "xb", opener=_for_its_owner) as stream, tarfile.open(fileobj=stream, mode="w:gz") as packed:
                for name in present:
                    packed.add(Path(copies) / name, arcname=name)
        except FileExistsError:
            raise UnusableBackup(f"{archive} exists; choose another name") from None
    return present


def restore(archive: Path) -> List[str]:
    """Puts back what an archive holds; returns the names. All of it is checked before anything is put back.

    Raises:
        UnusableBackup: it is no backup, a database in it is damaged, or the state folder holds one already.
    """
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restoring-") as checked:
        names = _unpacked(archive, Path(checked))
        there = [name for name in names if (folder / name).exists()]
        if there:
            raise UnusableBackup(f"{folder} holds {', '.join(there)}; stop the bot, move them away, and restore again")
        for name in names:
            os.replace(Path(checked) / name, folder / name)
    return names


def _unpacked(archive: Path, folder: Path) -> List[str]:
    try:
        with tarfile.open(archive, "r:gz") as packed:
            members = packed.getmembers()
            strange = [member.name for member in members if member.name not in (*DATABASES, KEY) or not member.isfile()]
            if strange or not members:
                raise UnusableBackup(f"{archive} is no backup of this bot")
            for member in members:
                source = packed.extractfile(member)
                assert source is not None
                with open(folder / member.name, "xb", opener=_for_its_owner) as target:
                    target.write(source.read())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UnusableBackup(f"{archive} cannot be read ({type(error).__name__})") from None
    for name in [member.name for member in members if member.name in DATABASES]:
        with closing(sqlite3.connect(folder / name)) as connection:
            try:
                well = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            except sqlite3.DatabaseError:
                well = False
        if not well:
            raise UnusableBackup(f"{name} in {archive} is damaged; use another backup")
    return [member.name for member in members]


def _copy(source: Path, target: Path) -> None:
    if source.name == KEY:
        target.write_bytes(source.read_bytes())
        return
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
