"""Brings the tables of a database to what the code expects, by the scripts in the folder of the store. Runs whenever a store is opened.

A new script: ``rasa_project/migrations/<store>/versions/0002_what_it_does.py``, after the pattern of the one before. A test compares what the
scripts make with what the code declares.
"""

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from rasa_project.patience import unhurried

FOLDER = Path(__file__).parent
POSTGRES_LOCK = 5_481_774_201  # any number that nothing else locks in these databases


def migrate(engine: Engine, store: str) -> None:
    """Runs what has not been run yet, in one transaction. Servers that start at the same time wait for each other.

    Args:
        store: the name of a folder here.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not answer, or a script failed; nothing of it was changed then.
        alembic.util.exc.CommandError: the database was made by a newer version of this project.
    """
    scripts = ScriptDirectory(str(FOLDER / store))
    with unhurried(), _alone(engine) as connection:
        options = {"version_table": f"{store}_version", "fn": lambda revision, _: scripts._upgrade_revs("head", revision)}
        context = MigrationContext.configure(connection, opts=options)
        with Operations.context(context):
            context.run_migrations()


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction during which nobody else migrates."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRES_LOCK})
            yield connection
        return
    # Python's driver would begin the transaction too late, and outside it each change of a table would stand by itself.
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection, connection.begin():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
