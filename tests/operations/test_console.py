"""What `rasa shell` shows and asks."""

import asyncio
import hashlib
import inspect
from types import SimpleNamespace
from typing import Optional

import pytest
import questionary
import rasa.core.channels.console as rasa_console

from rasa_project import console

ANSWER = {
    "text": "Sciatica is pain along a nerve.\n• It goes down the leg.\nSource: our article.",
    "buttons": [{"title": "What causes it?", "payload": "/ask_causes"}, {"title": "Yes", "payload": "Yes"}],
}


def test_a_reply_is_shown_with_numbered_options_and_without_payloads(capsys: pytest.CaptureFixture[str]) -> None:
    console.show(ANSWER)
    shown = capsys.readouterr().out
    assert "• It goes down the leg." in shown and "1. What causes it?" in shown and "2. Yes" in shown
    assert "/ask_causes" not in shown


def test_markup_in_a_reply_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    console.show({"text": "[bold]not bold[/bold]"})
    assert "[bold]not bold[/bold]" in capsys.readouterr().out


@pytest.mark.parametrize("typed, sent", [("1", "/ask_causes"), ("2", "Yes"), ("3", "3"), (" and the symptoms? ", "and the symptoms?"), (None, None)])
def test_a_number_stands_for_its_option_and_words_for_themselves(monkeypatch: pytest.MonkeyPatch, typed: Optional[str], sent: Optional[str]) -> None:
    async def typing() -> Optional[str]:
        return typed

    monkeypatch.setattr(questionary, "text", lambda *_, **__: SimpleNamespace(ask_async=typing))
    assert asyncio.run(console.ask(ANSWER)) == sent


def test_rasas_console_is_the_one_that_was_changed_knowingly() -> None:
    """If this fails, Rasa has changed: compare, adapt console.py, then write the new checksum here."""
    assert hashlib.sha256(inspect.getsource(rasa_console).encode()).hexdigest()[:12] == "b02dcf7c7a35"
