"""The scripts make what the code declares, on a new database and on one from before there were scripts, whoever comes first."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine

from rasa_project.escalation.store import Base as Escalations
from rasa_project.insights.store import Base as Insights
from rasa_project.messaging.store import Base as Messaging
from rasa_project.migrations import FOLDER, migrate

STORES = {"escalations": Escalations, "insights": Insights, "messaging": Messaging}
OPEN = """
import sys
from sqlalchemy import create_engine
from rasa_project.migrations import migrate
migrate(create_engine(sys.argv[1]), "escalations")
"""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    return f"sqlite:///{tmp_path / 'some.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url, future=True)
    yield made
    made.dispose()


def differences(engine: Engine) -> Any:
    """What the databases have and the code does not declare, or the other way round."""
    found = []
    for name, base in STORES.items():
        tables = base.metadata.tables
        options = {"include_name": lambda table, kind, _, tables=tables: kind != "table" or table in tables, "compare_type": True}
        with engine.connect() as connection:
            found += compare_metadata(MigrationContext.configure(connection, opts={**options, "version_table": f"{name}_version"}), base.metadata)
    return found


def test_a_new_database_gets_what_the_code_declares(engine: Engine) -> None:
    for name in STORES:
        migrate(engine, name)
    assert differences(engine) == []


def test_a_database_from_before_is_taken_over_with_what_is_in_it(engine: Engine) -> None:
    Escalations.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO escalation_sweep (source, last_event) VALUES ('kept', 7)"))
    for name in STORES:
        migrate(engine, name)
        migrate(engine, name)
    assert differences(engine) == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT last_event FROM escalation_sweep")).scalar() == 7


def test_servers_that_start_at_the_same_time_make_the_tables_once(url: str, engine: Engine) -> None:
    servers = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", OPEN, url]) for _ in range(6)]
    assert [server.wait(60) for server in servers] == [0] * 6
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM escalations_version")).scalar() == 1


def test_a_script_that_fails_changes_nothing(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = tmp_path / "scripts" / "broken" / "versions"
    versions.mkdir(parents=True)
    script = 'from alembic import op\nrevision = "0001"\ndown_revision = None\ndef upgrade():\n'
    script += '    op.execute("CREATE TABLE half (id INTEGER)")\n    op.execute("CREATE NONSENSE")\n'
    (versions / "0001_broken.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr("rasa_project.migrations.FOLDER", tmp_path / "scripts")
    with pytest.raises(Exception, match="NONSENSE"):
        migrate(engine, "broken")
    assert not inspect(engine).has_table("half")


def test_a_database_of_a_newer_version_is_refused_in_words(engine: Engine) -> None:
    migrate(engine, "insights")
    with engine.begin() as connection:
        connection.execute(text("UPDATE insights_version SET version_num = '9999'"))
    with pytest.raises(CommandError, match="9999"):
        migrate(engine, "insights")


@pytest.mark.parametrize("store", list(STORES))
def test_each_store_has_one_line_of_scripts(store: str) -> None:
    assert len(ScriptDirectory(str(FOLDER / store)).get_heads()) == 1
