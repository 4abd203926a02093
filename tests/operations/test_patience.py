"""A PostgreSQL that takes connections and says nothing, as behind a cut network, holds nobody up for long."""

import signal
import time
from pathlib import Path
from typing import Iterator

import pytest
from psycopg2.extensions import set_wait_callback
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from rasa_project import patience
from rasa_project.database import open_engine
from rasa_project.operations.own_servers import OwnPostgres

SHORT = 0.5  # seconds


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnPostgres]:
    running = OwnPostgres(tmp_path)
    running.start()
    yield running
    running.signal(signal.SIGCONT)
    running.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "ANSWER_SECONDS", SHORT)
    monkeypatch.setattr(patience, "GONE_SECONDS", 4 * SHORT)
    patience.install()
    yield
    set_wait_callback(None)


def test_a_silent_server_is_waited_for_once_and_asked_again_when_it_is_back(server: OwnPostgres) -> None:
    engine = open_engine(server.url(), "conversations")

    def ask() -> float:
        started = time.monotonic()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
        return time.monotonic() - started

    ask()
    server.signal(signal.SIGSTOP)
    with pytest.raises(OperationalError, match=r"has not answered|not asked yet"):
        ask()
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(OperationalError, match="not asked yet"):
            ask()
    assert time.monotonic() - started < 20 * SHORT / 2  # nobody waits in turn
    server.signal(signal.SIGCONT)
    time.sleep(4 * SHORT)
    ask()
    engine.dispose()


def test_a_change_of_tables_takes_as_long_as_it_takes(server: OwnPostgres) -> None:
    engine = open_engine(server.url(), "conversations")
    slow = text(f"SELECT pg_sleep({3 * SHORT})")
    with engine.connect() as connection, pytest.raises(OperationalError, match="has not answered"):
        connection.execute(slow)
    time.sleep(4 * SHORT)
    with patience.unhurried(), engine.connect() as connection:
        connection.execute(slow)
    engine.dispose()
