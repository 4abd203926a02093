"""The stand-in for a dead action server, and the pins that keep it safe."""

import asyncio
import hashlib
import inspect
from typing import Any, Dict

import pytest
import rasa
import rasa.core.actions.action as rasa_action
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from rasa_project import remote_action
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
