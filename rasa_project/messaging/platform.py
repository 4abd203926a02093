"""What a messaging platform is to the rest of the bot: how its requests are verified and read, how replies look there, how its API is called."""

import hashlib
import hmac
import json
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence
from urllib.parse import quote

from rasa_project.channels.conversation_ids import keyed_hash
from rasa_project.messaging.replies import Drawing, PlatformReply
from rasa_project.messaging.store import Call, Update
from rasa_project.settings import bot_address, domain_text

SHORTEST_SECRET = 16


class Forged(ValueError):
    """The request does not come from the platform, or is a replay of one that did."""


class Unreadable(ValueError):
    """The request comes from the platform, but its body is not what the platform documents."""


class InvalidSettings(ValueError):
    """The environment has only part of a platform's settings, or some that cannot be used; the message says which and what to do."""


@dataclass(frozen=True)
class Incoming:
    """A request as it came: ``url`` as the platform called it, ``body`` in bytes, header names in small letters."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes:
        error: why the platform did not take it; empty if it did. Without patient text.
        again: whether the same call may succeed later.
        wait: seconds that the platform asks to wait before that, if it says so.
    """

    error: str = ""
    again: bool = False
    wait: Optional[float] = None


class Platform(ABC):
    """One messaging platform, with the clinic's settings for it.

    Attributes:
        name: in conversation ids, addresses and logs.
        settings: names of the environment variables that switch it on, all of them needed.
        api_setting: environment variable with another address of the API than ``api``, such as a gateway of the clinic.
    """

    name: str
    settings: Sequence[str]
    api_setting: str
    api: str
    form = False  # whether calls are forms; else JSON

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.api = os.environ.get(self.api_setting, self.api).rstrip("/")

    @classmethod
    def from_environment(cls) -> "Optional[Platform]":
        """The platform, or ``None`` where none of its settings is given.

        Raises:
            InvalidSettings: some are given, and others are missing or too short.
        """
        values = {name: os.environ.get(name, "").strip() for name in cls.settings}
        if not any(values.values()):
            return None
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise InvalidSettings(
                f"{cls.name}: {', '.join(missing)} must be set too, or none of {', '.join(cls.settings)}; docs/channels.md says how"
            )
        return cls(values)

    @abstractmethod
    def verify(self, incoming: Incoming) -> None:
        """Raises ``Forged`` unless the platform sent the request."""

    @abstractmethod
    def read(self, incoming: Incoming) -> List[Update]:
        """What people sent, in order; empty for what needs no reply, such as a receipt.

        Raises:
            Unreadable: the body is not what the platform documents.
        """

    @abstractmethod
    def calls(self, reply: PlatformReply, address: Dict[str, Any]) -> List[Call]:
        """The calls that show a reply at an address."""

    def public_calls(self, address: Dict[str, Any]) -> List[Call]:
        """The calls that say, where others read, that the answer comes in private."""
        return self.calls(PlatformReply(domain_text("utter_in_private")), address)

    def shows_numbers(self, reply: PlatformReply) -> bool:
        """Whether the options of a reply are shown as numbers, so that a number stands for one."""
        return False

    @abstractmethod
    def headers(self) -> Dict[str, str]:
        """Headers of each call that hold the platform's secrets."""

    def url(self, call: Call) -> str:
        return f"{self.api}/{call.path}"

    @abstractmethod
    def outcome(self, status: int, headers: Mapping[str, str], body: Any) -> Outcome:
        """What an answer of the API means.

        Args:
            body: the JSON of the answer; ``None`` where it was not JSON.
        """

    def accepted(self) -> "tuple[str, str]":
        """Body and content type that tell the platform that its request has arrived."""
        return "", "text/plain"

    def unavailable(self) -> "Optional[tuple[str, str]]":
        """What to answer where a message cannot be stored and the platform would not send it again; ``None``: it will, after an error."""
        return None

    def challenge(self, incoming: Incoming, arguments: Mapping[str, str]) -> Optional[str]:
        """The answer to a request by which the platform checks that the address is ours; ``None`` if it is no such request.

        Args:
            arguments: of the query.

        Raises:
            Forged: the platform did not send it.
        """
        return None

    def conversation_id(self, person: str) -> str:
        """The conversation with a person: it cannot be guessed, does not show who it is, and no REST client can name it (its colon)."""
        return f"{self.name}:{keyed_hash(f'{self.name}:{person}')}"


def json_object(body: bytes) -> Dict[str, Any]:
    """Raises ``Unreadable`` where the body is no JSON object."""
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object")
    return found


def require_hmac(secret: str, body: bytes, given: str, prefix: str = "") -> None:
    """Raises ``Forged`` unless ``given`` is the prefix and HMAC-SHA256 of the body in hexadecimal."""
    wanted = prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise Forged("the signature does not fit")


def drawing_url(drawing: Drawing) -> Optional[str]:
    """Where a platform can fetch a drawing as PNG; ``None`` where ``BOT_ADDRESS`` does not say at which address the bot can be reached."""
    address = bot_address()
    return f"{address}/webhooks/widget/drawings/{quote(drawing.file)}.png" if address else None


def retry_outcome(status: int, headers: Mapping[str, str], error: str) -> Outcome:
    """By HTTP's own rules: 429 and 5xx may be tried again, after ``Retry-After`` seconds where the platform says so; other errors are final."""
    given = headers.get("Retry-After", "")
    wait = float(given) if given.isdigit() else None
    return Outcome(error=f"status {status}: {error}", again=status == 429 or status >= 500, wait=wait)
