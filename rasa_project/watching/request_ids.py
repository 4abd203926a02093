"""Which request and which conversation the running code works for, so that every log line of a turn can say so."""

import re
import secrets
from contextvars import ContextVar
from typing import Optional

HEADER = "X-Request-ID"
_FORM = re.compile(r"[A-Za-z0-9-]{8,64}")

request_id: ContextVar[Optional[str]] = ContextVar("request_id", default=None)
conversation_id: ContextVar[Optional[str]] = ContextVar("conversation_id", default=None)


def begin(given: Optional[str] = None, conversation: Optional[str] = None) -> str:
    """Begins work on a request; returns its id.

    Args:
        given: the id that came with the request; a new one is made where it has not the form of an id.
        conversation: the conversation's id, where it is known already.
    """
    chosen = given if given and _FORM.fullmatch(given) else secrets.token_hex(8)
    request_id.set(chosen)
    conversation_id.set(conversation)
    return chosen
