"""What several test folders share."""

import shutil
from pathlib import Path
from typing import Iterator

import pytest

from rasa_project.content.store import ContentStore, load_store
from rasa_project.operations import serving, training
from rasa_project.settings import PROJECT_FOLDER


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


@pytest.fixture(scope="session")
def bot() -> Iterator[serving.Servers]:
    """Action server and Rasa server with the current model, on ports of their own."""
    with serving.running(training.ensure_model(), serving.free_port(), serving.free_port()) as servers:
        yield servers
