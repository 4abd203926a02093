"""What several test folders share."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from sqlalchemy import create_engine, text

from rasa_project.operations.environment import CLINIC_WIDE

# Before anything of the project is imported: tests never touch the escalations and conversations of a bot that runs here.
_STATE = tempfile.mkdtemp(prefix="clinic-bot-tests-")
os.environ["CLINIC_BOT_STATE"] = _STATE
for _name in CLINIC_WIDE:
    os.environ.pop(_name, None)

from rasa_project.content.store import ContentStore, load_store  # noqa: E402
from rasa_project.escalation.store import escalation_store  # noqa: E402
from rasa_project.insights.recording import recorder  # noqa: E402
from rasa_project.insights.store import insight_store  # noqa: E402
from rasa_project.messaging.store import messaging_store  # noqa: E402
from rasa_project.operations import serving, training  # noqa: E402
from rasa_project.operations.own_servers import OwnPostgres  # noqa: E402
from rasa_project.settings import PROJECT_FOLDER  # noqa: E402


def pytest_sessionfinish() -> None:
    shutil.rmtree(_STATE, ignore_errors=True)


@pytest.fixture(scope="session")
def store() -> ContentStore:
    """The content as shipped."""
    return load_store()


@pytest.fixture
def content_copy(tmp_path: Path) -> Path:
    """A content folder that a test may spoil."""
    folder = tmp_path / "content"
    shutil.copytree(PROJECT_FOLDER / "data" / "content", folder)
    return folder


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder for one test, so that it sees its own escalations and insights only."""
    recorder.wait()
    monkeypatch.setenv("CLINIC_BOT_STATE", str(tmp_path))
    for stored in (escalation_store, insight_store, messaging_store):
        stored.cache_clear()
    yield tmp_path
    recorder.wait()
    for stored in (escalation_store, insight_store, messaging_store):
        stored.cache_clear()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """A PostgreSQL server."""
    running = OwnPostgres(tmp_path_factory.mktemp("database"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def postgres_url(postgres: OwnPostgres) -> Iterator[str]:
    """An empty database of PostgreSQL."""
    name = f"bot_{secrets.token_hex(4)}"
    engine = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres.url(name)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def bot() -> Iterator[serving.Servers]:
    """Action server and Rasa server with the current model, on ports of their own."""
    with serving.trial(training.ensure_model()) as servers:
        yield servers
