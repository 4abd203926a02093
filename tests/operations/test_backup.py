"""A backup made while the bot runs can be restored, and a bad one changes nothing."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from rasa_project.channels.conversation_ids import _secret, is_signed, new_conversation_id
from rasa_project.escalation.store import EscalationStore, Sighting, escalation_store
from rasa_project.operations.backup import UnusableBackup, backup, restore

WRITER = """
import secrets, sys
from rasa_project.escalation.store import EscalationStore, Sighting
store = EscalationStore(sys.argv[1])
while True:
    print(store.add(Sighting("urgent", ["severe_pain"], ["agony"], secrets.token_hex(8)), "conversation"), flush=True)
"""


def emptied(folder: Path) -> None:
    escalation_store().engine.dispose()
    escalation_store.cache_clear()
    for path in folder.iterdir():
        if path.is_file() and path.suffix != ".gz":
            path.unlink()


def test_what_is_backed_up_while_it_is_written_comes_back_whole(own_state: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WRITER, f"sqlite:///{own_state / 'escalations.db'}"], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout
    confirmed = [writer.stdout.readline().strip() for _ in range(20)]
    assert backup(own_state / "backup.tar.gz") == ["escalations.db"]
    writer.kill()
    writer.communicate()
    emptied(own_state)
    assert restore(own_state / "backup.tar.gz") == ["escalations.db"]
    restored = {escalation.reference for escalation in EscalationStore(f"sqlite:///{own_state / 'escalations.db'}").list()}
    assert set(confirmed) <= restored
    assert (own_state / "backup.tar.gz").stat().st_mode & 0o077 == 0


def test_conversation_ids_hold_after_a_restore(own_state: Path) -> None:
    _secret.cache_clear()
    issued = new_conversation_id()
    backup(own_state / "backup.tar.gz")
    (own_state / "conversation.key").unlink()
    restore(own_state / "backup.tar.gz")
    _secret.cache_clear()
    assert is_signed(issued)
    _secret.cache_clear()


def test_nothing_is_overwritten(own_state: Path) -> None:
    escalation_store().add(Sighting("urgent", ["severe_pain"], ["agony"], "m1"), "conversation")
    archive = own_state / "backup.tar.gz"
    backup(archive)
    with pytest.raises(UnusableBackup, match="exists"):
        backup(archive)
    with pytest.raises(UnusableBackup, match=r"holds escalations\.db; stop the bot"):
        restore(archive)
    assert len(escalation_store().list()) == 1


def test_an_empty_state_is_said_to_be_empty(own_state: Path) -> None:
    with pytest.raises(UnusableBackup, match="nothing"):
        backup(own_state / "backup.tar.gz")


@pytest.mark.parametrize(
    "name, content", [("../outside.db", b"x"), ("escalations.db", b"SQLite format 3\x00 and then nonsense" * 99), ("other.txt", b"x")]
)
def test_an_archive_that_is_no_backup_changes_nothing(own_state: Path, name: str, content: bytes) -> None:
    archive = own_state / "bad.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    with pytest.raises(UnusableBackup):
        restore(archive)
    assert [path.name for path in own_state.iterdir()] == ["bad.tar.gz"] and not (own_state.parent / "outside.db").exists()


def test_a_file_that_is_cut_short_is_refused(own_state: Path) -> None:
    escalation_store().add(Sighting("urgent", ["severe_pain"], ["agony"], "m1"), "conversation")
    archive = own_state / "backup.tar.gz"
    backup(archive)
    whole = archive.read_bytes()
    emptied(own_state)
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnusableBackup, match=r"cannot be read|no backup|damaged"):
        restore(archive)
    assert not (own_state / "escalations.db").exists()
