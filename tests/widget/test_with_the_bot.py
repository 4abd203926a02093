"""The widget over the bot itself: understanding, escalation, drawings of a guided stretch, and erasing."""

import json
import sqlite3
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Browser, expect
from widget_browser import Visitor, say

from rasa_project.operations import serving, training
from rasa_project.operations.environment import trial_environment


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def bot_with_state(state: Path) -> Iterator[serving.Servers]:
    """Like ``bot``, with databases that the test can look into."""
    with serving.running(training.ensure_model(), serving.free_port(), serving.free_port(), trial_environment(state)) as servers:
        yield servers


def test_a_visit(browser: Browser, bot_with_state: serving.Servers, state: Path) -> None:
    visitor = Visitor(browser.new_context(viewport={"width": 390, "height": 800}))
    chat = visitor.open_chat(bot_with_state.demo_url.rsplit("/", 1)[0])
    said = chat.locator(".webchat__bubble__content")

    say(chat, "guide me through the piriformis stretch")
    expect(said.filter(has_text="Step 1 of")).to_have_count(1)
    expect(chat.locator(".extras img")).to_have_count(1)

    with visitor.page.expect_request("**/webhook") as request:
        say(chat, "wait, I can't walk at all since this morning")
    sender = json.loads(request.value.post_data or "")["sender"]
    expect(chat.locator("#help").get_by_role("link", name="999")).to_be_visible()

    say(chat, "what is bursitis?")
    expect(said.filter(has_text="bursa")).not_to_have_count(0)
    expect(chat.locator("#help").get_by_role("heading")).to_be_visible()

    assert _mentions(state / "conversations.db", "events", sender) > 0
    chat.get_by_role("button", name="Clear conversation").click()
    chat.get_by_role("button", name="Delete it").click()
    expect(chat.locator("#note")).to_contain_text("deleted")
    assert _mentions(state / "conversations.db", "events", sender) == 0
    # The clinic has been told and keeps what it needs to act.
    assert _mentions(state / "escalations.db", "escalation", sender, column="conversation_id") == 1
    visitor.context.close()
    assert visitor.complaints == []
    assert set(visitor.hosts()) == {f"127.0.0.1:{bot_with_state.port}"}


def _mentions(database: Path, table: str, sender: str, column: str = "sender_id") -> int:
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = ?", (sender,)).fetchone()
    return int(count)
