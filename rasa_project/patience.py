"""How long a server waits for PostgreSQL while a patient waits for it.

psycopg2 waits without end for a server that takes the connection and says nothing (a cut network, a stopped machine), and all patients of a process
with it. Its wait callback, meant for coroutine libraries, is where a limit can be set (https://www.psycopg.org/docs/advanced.html).
"""

import select
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Dict, Iterator, Tuple

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE, connection, set_wait_callback

ANSWER_SECONDS = 4.0  # a server that says nothing for so long is taken for gone
GONE_SECONDS = 8.0  # for which a server that has gone is not asked again, so that patients do not wait one after another

_gone_until: Dict[Tuple[str, int], float] = {}
_hurried: ContextVar[bool] = ContextVar("hurried", default=True)


def install() -> None:
    """For this process, from now on."""
    set_wait_callback(_wait)


@contextmanager
def unhurried() -> Iterator[None]:
    """Inside, statements take as long as they take: when a table is changed, nobody waits yet."""
    token = _hurried.set(False)
    try:
        yield
    finally:
        _hurried.reset(token)


def _wait(waiting: connection) -> None:
    """Returns when the server has answered.

    Raises:
        psycopg2.OperationalError: it has not, in time; psycopg2 closes the connection then.
    """
    server = (waiting.info.host or "", waiting.info.port or 0)
    if _hurried.get() and time.monotonic() < _gone_until.get(server, 0.0):
        raise psycopg2.OperationalError("PostgreSQL did not answer a moment ago, and is not asked yet again")
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        state = waiting.poll()
        if state == POLL_OK:
            return
        poller = select.poll()
        poller.register(waiting.fileno(), {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}[state])
        left = max(0.0, deadline - time.monotonic()) if _hurried.get() else None
        if not poller.poll(None if left is None else 1000 * left):
            _gone_until[server] = time.monotonic() + GONE_SECONDS
            raise psycopg2.OperationalError(f"PostgreSQL has not answered within {ANSWER_SECONDS:.0f} seconds")
