"""Real turns at --debug, with every way of failing that logs something: no word of the patient is in the output of either server."""

import json
import sqlite3
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from rasa_project.operations import serving, training
from rasa_project.operations.environment import trial_environment
from rasa_project.settings import PROJECT_FOLDER

MARKER = "quixomarker"
TOKEN = "a token for tests"
REQUEST_ID = "abcd-1234"
WRAPPER = "rasa_project.operations.quietly"
# What has to be left out where an insert fails: the database's error holds all that was to be stored.
FULL = "CREATE TRIGGER full BEFORE INSERT ON {} BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"


@dataclass
class Bot:
    """A bot that was asked, and what both of its servers printed."""

    output: str
    metrics: str
    request_ids: List[str]


@contextmanager
def both_servers(state: Path, log: Path, stock: bool, **settings: str) -> Iterator[serving.Servers]:
    """As ``serving.running``, but at --debug, with the output in a file, and without our wrapper if the ``stock`` commands are to be tried."""
    counts = state / "counts"
    counts.mkdir()
    port, action_port = serving.free_port(), serving.free_port()
    environment = {**trial_environment(state), "SANIC_HOST": serving.HOST, "PROMETHEUS_MULTIPROC_DIR": str(counts), **settings}
    commands = {
        "action server": serving.action_server_command(action_port),
        "Rasa server": serving.rasa_server_command(training.ensure_model(), port, serving.endpoints_file(action_port)),
    }
    servers = serving.Servers(port, action_port)
    with log.open("wb") as stream:
        try:
            for name, command in commands.items():
                tried = ["--debug" if part == "--quiet" else part for part in command if not (stock and part == WRAPPER)]
                servers.processes[name] = subprocess.Popen(tried, cwd=PROJECT_FOLDER, env=environment, stdout=stream, stderr=subprocess.STDOUT)
            serving._wait_until_answered(servers)
            yield servers
        finally:
            servers.stop()


def ask(servers: serving.Servers, sender: str, text: str) -> "tuple[List[Any], str]":
    """The kinds of the replies, and the request id."""
    body = json.dumps({"sender": sender, "message": text}).encode()
    request = urllib.request.Request(servers.url, body, {"Content-Type": "application/json", "X-Request-ID": REQUEST_ID})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return [message.get("custom", {}).get("kind") for message in json.load(reply)], reply.headers["X-Request-ID"]


@pytest.fixture(scope="module", params=["our commands, JSON", "stock commands, plain"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bot:
    state = tmp_path_factory.mktemp("state")
    stock = request.param.startswith("stock")
    ids = []
    with both_servers(state, state / "log", stock, METRICS_TOKEN=TOKEN, LOG_FORMAT="" if stock else "json") as servers:

        def say(sender: str, text: str, *kinds: str) -> None:
            said, request_id = ask(servers, sender, text)
            assert set(kinds) <= set(said), (text, said)
            ids.append(request_id)

        say("patient-0001", f"what is sciatica {MARKER}?", "answer")
        say("patient-0001", f"and how do they treat it {MARKER}")
        say("patient-0002", "Guide me through a stretch", "question")
        say("patient-0002", f"{MARKER} the hamstring one")
        say("patient-0003", f'/{MARKER}{{"a":1}}')
        say("patient-0003", f"I suddenly cannot walk {MARKER} and wet myself {MARKER}", "escalation")
        for database, table in (("escalations", "escalation_message"), ("conversations", "events")):
            with sqlite3.connect(state / f"{database}.db") as connection:
                connection.execute(FULL.format(table))
            say("patient-0004", f"I cannot walk {MARKER} and wet myself {MARKER}", "escalation")
        headers = {"Authorization": f"Bearer {TOKEN}"}
        metrics_url = f"http://{serving.HOST}:{servers.port}/webhooks/metrics/"
        with urllib.request.urlopen(urllib.request.Request(metrics_url, headers=headers), timeout=30) as reply:
            metrics = reply.read().decode()
        servers.processes["action server"].terminate()
        servers.processes["action server"].wait()
        say("patient-0005", f"what is bursitis {MARKER}", "error")
        say("patient-0005", f"I cannot walk {MARKER} and wet myself {MARKER}", "escalation")
    return Bot((state / "log").read_text(encoding="utf-8"), metrics, ids)


def test_no_word_of_a_patient_is_printed(asked: Bot) -> None:
    assert MARKER not in asked.output.lower() and MARKER not in asked.metrics
    for logged in (
        "processor.message.parse",
        "An escalation could not be stored",
        "the following error: (sqlite3.IntegrityError)",
        "Replying without the action server",
    ):
        assert logged in asked.output, "the way through this place of the code is not tried any more"


def test_a_turn_is_followed_through_both_servers_by_its_id(asked: Bot) -> None:
    assert set(asked.request_ids) == {REQUEST_ID}
    if asked.output.startswith("{"):
        lines = [json.loads(line) for line in asked.output.splitlines()]
        of_the_turn = [line for line in lines if line.get("request_id") == REQUEST_ID and line.get("conversation_id") == "patient-0001"]
        assert {"rasa.core.processor", "rasa_sdk.executor"} <= {line["logger"] for line in of_the_turn}


def test_both_servers_count_in_one_place(asked: Bot) -> None:
    assert 'clinic_bot_turns_total{channel="rest",outcome="answered"}' in asked.metrics
    assert 'clinic_bot_store_up{store="escalations"} 1.0' in asked.metrics
    assert 'clinic_bot_replies_total{channel="rest",kind="escalation"}' in asked.metrics
