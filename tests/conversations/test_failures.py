"""What a patient sees when something is wrong: a clear reply, never silence."""

import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator, List

import psutil
import pytest

from rasa_project.channels.requests import MAX_TEXT_CHARACTERS
from rasa_project.operations import serving, training
from rasa_project.operations.serving import Servers
from rasa_project.settings import PROJECT_FOLDER


def kinds(replies: list) -> list:
    return [reply["custom"]["kind"] for reply in replies if "custom" in reply]


@pytest.mark.parametrize(
    "message, allowed",
    [
        ("hip pain " * 222, {"answer", "question"}),  # as long as the channel takes
        ("/unknown_command", {"question", "out_of_scope", "error"}),
        ('/ask_causes{"topic":"no_such_topic"}', {"answer", "question", "out_of_scope"}),
        ("/session_start", {"question", "out_of_scope", "chitchat"}),
        ("/restart", {"chitchat"}),
        ("asdfgh qwertz", {"question", "out_of_scope"}),
        ("\u200b", {"question"}),
        ("{}", {"question"}),
        ("<script>alert(1)</script>", {"question", "out_of_scope"}),
    ],
    ids=["2000 characters", "unknown command", "unknown topic", "session start", "restart", "nonsense", "invisible", "braces", "markup"],
)
def test_odd_messages_get_one_fitting_reply(bot: Servers, message: str, allowed: set) -> None:
    (kind,) = kinds(bot.ask(uuid.uuid4().hex, message))
    assert kind in allowed


def test_a_danger_sign_deep_in_a_very_long_message_is_found(bot: Servers) -> None:
    message = "my hip has hurt for a while and I sit a lot. " * 22 + "since today I cannot walk. " + "I like gardening. " * 50
    assert 1900 < len(message) <= MAX_TEXT_CHARACTERS
    assert kinds(bot.ask(uuid.uuid4().hex, message)) == ["escalation"]


def test_fifty_messages_in_a_burst_are_each_answered_within_seconds(bot: Servers) -> None:
    sender = uuid.uuid4().hex
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: bot.ask(sender, "what is sciatica?", timeout=60), range(50)))
    assert all(kinds(reply) == ["answer"] for reply in replies)


@pytest.fixture
def lonely_bot() -> Iterator[Servers]:
    """A bot of its own, whose action server a test may kill."""
    with serving.trial(training.ensure_model()) as servers:
        yield servers


def test_with_a_dead_action_server_patients_get_an_error_and_red_flags_the_full_advice(lonely_bot: Servers) -> None:
    lonely_bot.processes["action server"].kill()
    lonely_bot.processes["action server"].wait()
    sender = uuid.uuid4().hex
    assert kinds(lonely_bot.ask(sender, "what is sciatica?")) == ["error"]
    (reply,) = lonely_bot.ask(sender, "I can't feel anything between my legs")
    assert reply["custom"]["kind"] == "escalation" and reply["custom"]["reference"]
    assert "Call 999 now" in reply["text"]


def _hear_ctrl_c() -> None:
    """What a shell starts in the background inherits that Ctrl-C is ignored, and so would what the tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def command() -> Iterator["subprocess.Popen[str]"]:
    """`make run` on ports of its own, answering; and its two servers with what they start."""
    ports = [str(serving.free_port()), str(serving.free_port())]
    arguments = [sys.executable, "-m", "rasa_project", "run", "--port", ports[0], "--action-port", ports[1]]
    process = subprocess.Popen(arguments, cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=_hear_ctrl_c)
    try:
        output = ""
        assert process.stdout
        while "The bot answers" not in output:
            line = process.stdout.readline()
            assert line, output
            output += line
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def all_gone(processes: List[psutil.Process]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize("victim", ["rasa_sdk", "rasa run"])
def test_if_one_server_dies_the_other_stops_too_with_a_message_and_an_exit_code(command: "subprocess.Popen[str]", victim: str) -> None:
    servers = psutil.Process(command.pid).children(recursive=True)
    next(server for server in servers if victim in " ".join(server.cmdline())).kill()
    output = command.communicate(timeout=150)[0]
    assert command.returncode != 0
    assert "stopped by itself" in output
    assert all_gone(servers)


def test_ctrl_c_stops_both_cleanly(command: "subprocess.Popen[str]") -> None:
    servers = psutil.Process(command.pid).children(recursive=True)
    command.send_signal(signal.SIGINT)
    output = command.communicate(timeout=150)[0]
    assert (command.returncode, "Stopped." in output) == (0, True)
    assert all_gone(servers)


def test_no_server_outlives_a_killed_command(command: "subprocess.Popen[str]") -> None:
    servers = psutil.Process(command.pid).children(recursive=True)
    command.kill()
    command.wait()
    assert all_gone(servers)
