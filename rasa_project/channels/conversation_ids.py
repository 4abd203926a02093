"""Conversation ids that only this clinic's servers can issue, so that nobody can read or steer a stranger's conversation by guessing its id."""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from rasa_project.settings import state_folder

RANDOM_CHARACTERS = 22  # 132 bits
SIGNATURE_CHARACTERS = 32  # 128 bits of HMAC-SHA256
SHORTEST_SECRET = 32


def new_conversation_id() -> str:
    """A fresh id: random characters, a hyphen, and their signature; 55 characters of ``[A-Za-z0-9_-]``."""
    random = secrets.token_urlsafe(RANDOM_CHARACTERS)[:RANDOM_CHARACTERS]
    return f"{random}-{keyed_hash(random)}"


def is_signed(conversation_id: str) -> bool:
    """Whether one of this clinic's servers issued the id."""
    random, signature = conversation_id[:RANDOM_CHARACTERS], conversation_id[RANDOM_CHARACTERS + 1 :]
    return len(random) == RANDOM_CHARACTERS and hmac.compare_digest(signature.encode(), keyed_hash(random).encode())


def keyed_hash(text: str) -> str:
    """128 bits of HMAC-SHA256 in hexadecimal, under a key that only this clinic's servers have."""
    return hmac.new(_secret(), text.encode(), hashlib.sha256).hexdigest()[:SIGNATURE_CHARACTERS]


@lru_cache(maxsize=1)
def _secret() -> bytes:
    """``CONVERSATION_SECRET``, which several machines share; else a key that the first server of this machine makes in the state folder.

    Raises:
        ValueError: the secret is too short.
    """
    given = os.environ.get("CONVERSATION_SECRET")
    if given:
        if len(given) < SHORTEST_SECRET:
            raise ValueError(f"CONVERSATION_SECRET has {len(given)} characters; give it {SHORTEST_SECRET} or more, from a password generator")
        return given.encode()
    path = state_folder() / "conversation.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_once(path, secrets.token_hex(SHORTEST_SECRET))
    return path.read_bytes()


def _write_once(path: Path, text: str) -> None:
    """Writes the file whole, for its owner only; whoever comes second keeps what is there."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="ascii")
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
