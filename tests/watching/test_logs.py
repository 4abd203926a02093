"""Log lines hold no words of patients, say which request they belong to, and are JSON where that is wanted."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, Dict, List, Optional

import pytest
import rasa
import rasa_sdk
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic_testing.testing import SanicTestClient
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.action_server import ActionServer
from rasa_project.channels.rest import RestChannel
from rasa_project.remote_action import ResilientRemoteAction
from rasa_project.settings import PROJECT_FOLDER, WebSettings
from rasa_project.validation import InvalidFile
from rasa_project.watching import logs, request_ids
from rasa_project.watching.confidential import LEFT_OUT, TELLING, clean_fields

SECRET = "quixomarker"
FORMS = {"plain": logging.Formatter("%(levelname)s %(message)s"), "json": logs.JsonFormatter()}


class Printed(logging.Handler):
    """What a handler prints of each record, in both forms."""

    def __init__(self) -> None:
        super().__init__()
        self.records: List[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def text(self, form: str) -> str:
        return "\n".join(FORMS[form].format(record) for record in self.records)

    def lines(self) -> List[Dict[str, Any]]:
        return [json.loads(FORMS["json"].format(record)) for record in self.records]


@pytest.fixture
def printed() -> Any:
    logs.install()
    handler, names = Printed(), ("rasa", "rasa_sdk", "rasa_project", "actions", "asyncio", "tests")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield handler
    for name, level in levels.items():
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(level)


# Patients' words


def database_error() -> SQLAlchemyError:
    with create_engine("sqlite://").connect() as connection:
        try:
            connection.exec_driver_sql("INSERT INTO nowhere VALUES (?)", (SECRET,))
        except SQLAlchemyError as error:
            return error
    raise AssertionError


@pytest.mark.parametrize("form", FORMS)
def test_an_error_is_logged_with_its_place_and_without_its_message(printed: Printed, form: str) -> None:
    assert SECRET in str(database_error())
    logger, patient = logging.getLogger("rasa_project.escalation.replies"), SECRET
    try:
        try:
            raise database_error()
        except SQLAlchemyError as error:
            raise RuntimeError(f"the patient wrote {patient}") from error
    except RuntimeError as error:
        logger.exception("An escalation could not be stored.")
        logger.error("It failed: %s.", error, exc_info=True)
        logger.error(f"It failed: {error}.", exc_info=error)
        logger.error(error)
        logger.warning("It failed: %(why)s", {"why": error})
    text = printed.text(form)
    assert SECRET not in text
    for told in ("An escalation could not be stored.", "OperationalError", "RuntimeError", "test_logs.py", "in database_error", "It failed"):
        assert told in text


def test_our_own_errors_keep_their_messages(printed: Printed) -> None:
    logging.getLogger("rasa_project.channels.widget").error("The chat widget is off: %s", InvalidFile(["web/packages.yml: add it"]))
    assert "add it" in printed.text("plain")


@pytest.mark.parametrize("phrase", TELLING)
def test_what_rasa_says_of_a_message_is_left_out(printed: Printed, phrase: str) -> None:
    logging.getLogger("rasa.core.anything").debug(f"Now: {phrase} {{'text': '{SECRET}'}}")
    assert printed.text("plain") == f"DEBUG Now: {phrase} {LEFT_OUT}"


def test_of_a_database_error_the_kind_is_told(printed: Printed) -> None:
    logging.getLogger("rasa.core.tracker_store").error(f"It failed. Please investigate the following error: {database_error()}.")
    assert printed.text("plain") == f"ERROR It failed. Please investigate the following error: (sqlite3.OperationalError) {LEFT_OUT}"


def test_a_stack_trace_in_a_message_is_left_out(printed: Printed) -> None:
    logging.getLogger("rasa.server").debug(f"Traceback (most recent call last):\n  File x\nValueError: {SECRET}")
    assert SECRET not in printed.text("plain")


def test_a_task_that_failed_unseen_tells_nothing_of_what_it_worked_on(printed: Printed) -> None:
    async def fail(words: str) -> None:
        raise ValueError(words)

    async def forget() -> None:
        task = asyncio.ensure_future(fail(SECRET))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(forget())
    text = printed.text("plain")
    assert "Task exception was never retrieved" in text and "ValueError" in text and SECRET not in text


def test_a_log_line_that_does_not_fit_its_values_prints_none_of_them(printed: Printed, capsys: pytest.CaptureFixture) -> None:
    logging.getLogger("rasa_project.anything").warning("one %s, two %s", SECRET)
    assert "does not fit" in printed.text("plain")
    assert SECRET not in printed.text("plain") + "".join(capsys.readouterr())


def test_other_lines_stay_as_they_are(printed: Printed) -> None:
    logging.getLogger("rasa.core.processor").info("Loading model %s...", "models/x.tar.gz")
    assert printed.text("plain") == "INFO Loading model models/x.tar.gz..."


def test_structured_lines_keep_only_fields_that_are_known_to_be_harmless() -> None:
    try:
        raise database_error()
    except SQLAlchemyError as error:
        given: Dict[str, Any] = {"event": "processor.message.parse", "parse_data_text": SECRET, "new_field": [SECRET], "action_name": "action_answer"}
        for exc_info in (error, True, (type(error), error, error.__traceback__)):
            cleaned = clean_fields(None, "error", {**given, "exc_info": exc_info})
            assert SECRET not in repr(cleaned) and "OperationalError" in cleaned["exception"]
            assert (cleaned["event"], cleaned["action_name"], cleaned["new_field"]) == ("processor.message.parse", "action_answer", LEFT_OUT)


def test_the_log_calls_of_rasa_have_been_read() -> None:
    """Of another version read them anew, and its warnings: which put words of patients, entities, slots or events into the text itself?"""
    assert (rasa.__version__, rasa_sdk.__version__) == ("3.6.21", "3.6.2")


CLIENTS = """
import logging
from rasa_project.watching import logs
logging.basicConfig(level=logging.DEBUG, format="%(message)s")
logs.install()
for name in ("slack_sdk.web.client", "twilio.http_client", "sqlalchemy.engine.Engine", "rasa.core.x", "rasa_sdk.x", "rasa_project.x", "actions.x"):
    logging.getLogger(name).debug("debug of %s", name)
    logging.getLogger(name).warning("warning of %s", name)
"""


def test_libraries_are_heard_from_warning_only() -> None:
    """At DEBUG, clients of platforms log what they send."""
    said = subprocess.run([sys.executable, "-c", CLIENTS], capture_output=True, text=True, cwd=PROJECT_FOLDER, check=True).stderr
    assert "debug of slack" not in said and "debug of twilio" not in said and "debug of sqlalchemy" not in said
    assert "warning of slack" in said and all(f"debug of {name}.x" in said for name in ("rasa.core", "rasa_sdk", "rasa_project", "actions"))


# Request ids


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> SanicTestClient:
    Sanic.test_mode = True
    server = Sanic(f"logs_{id(monkeypatch)}")

    async def answer(message: UserMessage) -> None:
        logging.getLogger("rasa_project.tests").info("in the turn")
        await message.output_channel.send_response(message.sender_id, {"text": "hi"})

    server.blueprint(RestChannel(WebSettings()).blueprint(answer), url_prefix="/rest")
    return SanicTestClient(server)


@pytest.mark.parametrize(
    "given, taken",
    [("abcd-1234", True), ("A" * 64, True), (None, False), ("short", False), ("A" * 65, False), ("with a space", False), ("under_score", False)],
)
def test_a_request_has_an_id_which_its_lines_and_its_reply_carry(
    client: SanicTestClient, printed: Printed, given: Optional[str], taken: bool
) -> None:
    headers = {request_ids.HEADER: given} if given else {}
    reply = client.post("/rest/webhook", json={"sender": "someone-1", "message": "hi"}, headers=headers)[1]
    carried = reply.headers["x-request-id"]
    assert (carried == given) == taken and len(carried) >= 8
    (line,) = [line for line in printed.lines() if line["message"] == "in the turn"]
    assert (line["request_id"], line["conversation_id"]) == (carried, "someone-1")


def test_a_refused_request_has_an_id_too(client: SanicTestClient) -> None:
    reply = client.post("/rest/webhook", json={"sender": "x"}, headers={request_ids.HEADER: "abcd-1234"})[1]
    assert reply.status == 400 and reply.headers["x-request-id"] == "abcd-1234"


def test_the_action_server_gets_the_id_and_each_call_its_own() -> None:
    seen: List[Dict[str, Any]] = []
    endpoint = EndpointConfig("http://127.0.0.1:9/webhook", headers={"X-Own": "1"})

    async def call(given: str) -> None:
        request_ids.begin(given)
        action = ResilientRemoteAction("validate_nothing", endpoint)
        await action.run(SimpleNamespace(), None, DialogueStateTracker.from_events("s", []), Domain.empty())  # type: ignore[arg-type]
        assert action.action_endpoint
        seen.append(action.action_endpoint.headers)

    async def both() -> None:
        await asyncio.gather(asyncio.ensure_future(call("first-id")), asyncio.ensure_future(call("second-id")))

    asyncio.run(both())
    assert sorted(headers["X-Request-ID"] for headers in seen) == ["first-id", "second-id"]
    assert all(headers["X-Own"] == "1" for headers in seen) and endpoint.headers == {"X-Own": "1"}


def test_the_action_server_logs_request_and_conversation(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    Sanic.test_mode = True
    server = Sanic(f"actions_{id(monkeypatch)}")
    ActionServer().attach_sanic_app_extensions(server)

    @server.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        logging.getLogger("actions.answers").info("acting")
        return response.json({})

    SanicTestClient(server).post("/webhook", json={"sender_id": "someone-1"}, headers={request_ids.HEADER: "abcd-1234"})
    (line,) = [line for line in printed.lines() if line["message"] == "acting"]
    assert (line["request_id"], line["conversation_id"]) == ("abcd-1234", "someone-1")


# JSON


def run(code: str, **environment: str) -> List[str]:
    """What a program prints, line by line."""
    everything = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        cwd=PROJECT_FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert everything.returncode == 0, everything.stdout
    return everything.stdout.splitlines()


COMMAND = """
import logging, warnings, structlog
from rasa_project.watching import logs
logs.install()
logging.getLogger("rasa_project.x").warning("before anything is set up")
logs.begin("%(asctime)s %(levelname)s %(message)s")
logging.getLogger("rasa_project.x").info("in a command")
from rasa.utils.log_utils import configure_structlog
import rasa.utils.io
rasa.utils.io.configure_colored_logging("DEBUG")
configure_structlog(10)
logs.install()
structlog.get_logger("rasa.core.x").debug("an.event", text="quixomarker", action_name="action_answer")
try:
    int("quixomarker")
except ValueError:
    logging.getLogger("rasa_project.x").exception("with an error")
"""


def test_each_line_is_one_json_object() -> None:
    lines = [json.loads(line) for line in run(COMMAND, LOG_FORMAT="json")]
    assert [line["message"] for line in lines] == ["before anything is set up", "in a command", "an.event", "with an error"]
    assert all(set(line) >= {"time", "level", "logger", "message"} and line["time"].endswith("+00:00") for line in lines)
    _, command, event, error = lines
    assert (command["level"], command["logger"]) == ("info", "rasa_project.x")
    assert (event["text"], event["action_name"]) == (LEFT_OUT, "action_answer")
    assert error["exception"].endswith(f"ValueError {LEFT_OUT}") and SECRET not in json.dumps(lines)


def test_without_the_setting_the_lines_are_as_ever() -> None:
    text = "\n".join(run(COMMAND, LOG_FORMAT=""))
    assert "before anything is set up" in text and "INFO in a command" in text and '"time"' not in text and SECRET not in text
