"""The stand-in for a dead action server, and the pins that keep it safe."""

import asyncio
import hashlib
import http.server
import inspect
import json
import socket
import threading
from typing import Any, Dict, Iterator

import pytest
import rasa
import rasa.core.actions.action as rasa_action
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from rasa_project import action_endpoint, remote_action
from rasa_project.escalation.store import escalation_store
from rasa_project.settings import DOMAIN_FILE

DEAD = EndpointConfig("http://127.0.0.1:9/webhook")  # the discard port: nothing listens there


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(DOMAIN_FILE)


pytestmark = pytest.mark.usefixtures("own_state")


def stand_in(name: str, domain: Domain, parse_data: Dict[str, Any]) -> Dict[str, Any]:
    tracker = DialogueStateTracker.from_events("s", [UserUttered("words", parse_data=parse_data)], slots=domain.slots)
    action = remote_action.ResilientRemoteAction(name, DEAD)
    nlg = TemplatedNaturalLanguageGenerator(domain.responses)
    event, *slots = asyncio.run(action.run(CollectingOutputChannel(), nlg, tracker, domain))
    assert all(slot.type_name == "slot" for slot in slots)
    return dict(event.message())


def test_a_dead_action_server_means_an_error_that_says_where_to_turn(domain: Domain) -> None:
    message = stand_in("action_answer", domain, {})
    assert message["metadata"] == {"kind": "error"}
    assert "999" in message["text"] and "{" not in message["text"]


def test_with_a_dead_action_server_a_red_flag_still_gets_the_full_advice_and_is_stored(domain: Domain) -> None:
    finding = {"flag": "unable_to_walk", "level": "emergency", "evidence": "cannot walk", "status": "present"}
    message = stand_in("action_escalate", domain, {"red_flags": [finding]})
    custom = message["metadata"]
    assert (custom["kind"], custom["level"], custom["flags"]) == ("escalation", "emergency", ["unable_to_walk"])
    assert "Call 999 now" in message["text"]
    stored = escalation_store().get(custom["reference"])
    assert stored and stored.evidence == ["cannot walk"]


@pytest.fixture
def living() -> Iterator[str]:
    """An action server that answers every call with the same words."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"events": [], "responses": [{"text": "from the one that lives"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/webhook"


def run_at(urls: str, domain: Domain) -> str:
    tracker = DialogueStateTracker.from_events("s", [UserUttered("words")], slots=domain.slots)
    action = remote_action.ResilientRemoteAction("action_answer", EndpointConfig(urls))
    event = asyncio.run(action.run(CollectingOutputChannel(), TemplatedNaturalLanguageGenerator(domain.responses), tracker, domain))[0]
    return str(event.message()["text"])


def test_where_one_action_server_is_dead_or_silent_the_next_is_asked(
    domain: Domain, living: str, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(action_endpoint, "TIMEOUT_SECONDS", 1.0)
    assert run_at(f"{DEAD.url},{living}", domain) == "from the one that lives"
    assert run_at(f"{silent}, {living}", domain) == "from the one that lives"
    assert action_endpoint.addresses(f"{DEAD.url},{silent},{living}") == [living, DEAD.url, silent]  # the ones that failed are asked last now


def test_the_domain_is_not_sent_with_every_call(domain: Domain, living: str) -> None:
    """As endpoints.yml says: what an endpoint is set to must outlive that headers are added to it."""
    endpoint = EndpointConfig(living, headers={"X-Own": "1"}, enable_selective_domain=True)
    action = remote_action.ResilientRemoteAction("action_answer", endpoint)
    tracker = DialogueStateTracker.from_events("s", [UserUttered("words")], slots=domain.slots)
    asyncio.run(action.run(CollectingOutputChannel(), TemplatedNaturalLanguageGenerator(domain.responses), tracker, domain))
    assert "domain" not in action._action_call_format(tracker, domain)
    assert action.action_endpoint and action.action_endpoint.headers["X-Own"] == "1"


def test_a_reply_of_the_wrong_shape_is_refused_with_rasas_own_error() -> None:
    action = remote_action.ResilientRemoteAction("action_answer", DEAD)
    assert action._validate_action_result({"events": [], "responses": []})
    with pytest.raises(Exception, match="Failed to validate Action server response"):
        action._validate_action_result({"events": "none"})


def test_rasa_uses_the_stand_in_for_custom_actions(domain: Domain) -> None:
    remote_action.install()
    assert isinstance(rasa_action.action_for_name_or_text("action_answer", domain, DEAD), remote_action.ResilientRemoteAction)


def test_the_overridden_methods_are_those_that_this_was_written_for() -> None:
    """A new Rasa may have fixed what is mended here, or changed what it rests on: read both, then renew the checksums."""
    assert rasa.__version__ == "3.6.21"
    original = remote_action.RemoteAction
    checksums = {
        name: hashlib.sha256(inspect.getsource(getattr(original, name)).encode()).hexdigest()[:12]
        for name in ("run", "_validate_action_result", "_utter_responses")
    }
    assert checksums == {"run": "ccabf6f1160d", "_validate_action_result": "f8cdb4be6812", "_utter_responses": "7a3bd35c9790"}
