"""Which slash messages may bypass language understanding."""

import pytest

from rasa_project.channels.payloads import as_message_text


@pytest.mark.parametrize(
    "text",
    [
        '/ask_causes{"topic":"sciatica"}',
        '/ask_steps{"topic":"childs_pose"}',
        "/restart",
        '/feedback{"value":"up"}',
        '/feedback{"value":"down"}',
    ],
)
def test_our_own_payloads_pass(text: str) -> None:
    assert as_message_text(text) == text


@pytest.mark.parametrize(
    "text, understood",
    [
        ("/greet", "greet"),
        ("/session_start", "session_start"),
        ('/out_of_scope{"topic":"sciatica"}', 'out_of_scope{"topic":"sciatica"}'),
        ('/ask_causes{"topic":["x"]}', 'ask_causes{"topic":["x"]}'),
        ('/ask_causes{"topic":"sciatica","notice_given":"x"}', 'ask_causes{"topic":"sciatica","notice_given":"x"}'),
        ('/ask_causes{"topic":', 'ask_causes{"topic":'),
        ("/feedback", "feedback"),
        ('/feedback{"value":"sideways"}', 'feedback{"value":"sideways"}'),
        ('/feedback{"value":"down","topic":"sciatica"}', 'feedback{"value":"down","topic":"sciatica"}'),
        ('/feedback{"value": "down"}', 'feedback{"value": "down"}'),
        ("/i cant walk", "i cant walk"),
        ("//", ""),
        ("  what is sciatica ", "what is sciatica"),
    ],
)
def test_everything_else_is_taken_for_text(text: str, understood: str) -> None:
    assert as_message_text(text) == understood
