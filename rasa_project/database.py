"""How every database of the bot is opened."""

import datetime

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import IntegrityError

from rasa_project.watching.metrics import STORE_ERRORS


def open_engine(url: str, store: str) -> Engine:
    """An engine for an SQLAlchemy URL; SQLite in the mode that several processes need.

    Args:
        store: what the metrics call it.
    """
    engine = create_engine(url, future=True, pool_pre_ping=True)
    configure_if_sqlite(engine)
    count_errors(engine, store)
    return engine


def count_errors(engine: Engine, store: str) -> None:
    """Counts what goes wrong with a database. That something is stored already, which several processes may try, is no error."""
    errors = STORE_ERRORS.labels(store)

    def count(context: ExceptionContext) -> None:
        if not isinstance(context.sqlalchemy_exception, IntegrityError):
            errors.inc()

    event.listen(engine, "handle_error", count)


def configure_if_sqlite(engine: Engine) -> None:
    """Sets the mode for connections that the engine makes from now on."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)


def _configure_sqlite(connection: object, _: object) -> None:
    """For each new connection: readers and the one writer do not block each other, a second writer waits, a commit survives a power cut, and what
    is deleted is overwritten."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def compact(engine: Engine) -> None:
    """Makes what was deleted vanish from the database's files. SQLite writes its log into the database and empties it; PostgreSQL writes its
    tables anew, which keeps everybody else waiting meanwhile."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)" if engine.dialect.name == "sqlite" else "VACUUM FULL"))


def aware(moment: datetime.datetime) -> datetime.datetime:
    """A stored moment with its time zone, which SQLite forgets; all times in the databases are UTC."""
    return moment.replace(tzinfo=datetime.timezone.utc) if moment.tzinfo is None else moment
