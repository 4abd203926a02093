"""How every database of the bot is opened."""

import datetime

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine


def open_engine(url: str) -> Engine:
    """An engine for an SQLAlchemy URL; SQLite in the mode that several processes need."""
    engine = create_engine(url, future=True, pool_pre_ping=True)
    configure_if_sqlite(engine)
    return engine


def configure_if_sqlite(engine: Engine) -> None:
    """Sets the mode for connections that the engine makes from now on."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)


def _configure_sqlite(connection: object, _: object) -> None:
    """For each new connection: readers and the one writer do not block each other, a second writer waits, a commit survives a power cut."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def aware(moment: datetime.datetime) -> datetime.datetime:
    """A stored moment with its time zone, which SQLite forgets; all times in the databases are UTC."""
    return moment.replace(tzinfo=datetime.timezone.utc) if moment.tzinfo is None else moment
