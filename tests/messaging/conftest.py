"""Fixtures of the messaging platforms' tests."""

from pathlib import Path
from typing import Iterator

import pytest
from platform_apis import PlatformApis
from platform_bot import EchoBot
from platform_people import EVERYONE, Person


@pytest.fixture
def apis() -> Iterator[PlatformApis]:
    running = PlatformApis()
    yield running
    running.close()


@pytest.fixture
def echo(tmp_path: Path, apis: PlatformApis) -> Iterator[EchoBot]:
    """A bot that repeats what it is told, and that a test may kill."""
    bot = EchoBot(tmp_path, apis)
    bot.start()
    yield bot
    if bot.is_running:
        bot.kill()


@pytest.fixture(params=EVERYONE, ids=lambda kind: kind.__name__)
def person(request: pytest.FixtureRequest) -> Person:
    return request.param(12345)  # type: ignore[no-any-return]
