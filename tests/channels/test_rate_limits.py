"""Messages are counted over all servers that share a Redis, and by each server while that is gone."""

from pathlib import Path
from typing import Iterator

import pytest

from rasa_project.channels.rate_limits import RateLimits
from rasa_project.channels.requests import Caller, RefusedRequest
from rasa_project.operations.own_servers import OwnRedis
from rasa_project.settings import WebSettings

FIVE = WebSettings(messages_per_minute=5)
PATIENT = Caller("203.0.113.5", has_key=False)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    server.start()
    monkeypatch.setenv("REDIS_URL", server.url)
    yield server
    server.stop()


def taken(*servers: RateLimits) -> int:
    """How many of twenty messages, one to each server in turn, are taken."""
    refusals = []
    for number in range(20):
        try:
            servers[number % len(servers)].check(PATIENT, "conversation")
        except RefusedRequest as refusal:
            refusals.append(refusal)
    assert all(refusal.status == 429 and 0 < (refusal.retry_after or 0) <= 61 for refusal in refusals)
    return 20 - len(refusals)


def test_servers_that_share_a_redis_count_together(shared: OwnRedis) -> None:
    assert taken(RateLimits(FIVE), RateLimits(FIVE)) == 5


def test_without_redis_each_server_counts_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert taken(RateLimits(FIVE), RateLimits(FIVE)) == 10


def test_while_redis_is_gone_messages_are_still_taken_and_still_limited(shared: OwnRedis) -> None:
    servers = RateLimits(FIVE), RateLimits(FIVE)
    shared.stop()
    assert taken(*servers) == 10


def test_a_conversation_is_told_once_a_minute_that_it_is_too_much(shared: OwnRedis) -> None:
    one, two = RateLimits(FIVE), RateLimits(FIVE)
    assert [one.allows("c") for _ in range(6)] == [True] * 5 + [False]
    assert (one.is_first_refusal("c"), two.is_first_refusal("c"), two.is_first_refusal("d")) == (True, False, True)
