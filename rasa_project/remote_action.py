"""The call to the action server: a reply even when that server is down, and no time lost on checking a fixed schema.

Rasa 3.6 ends a turn in silence when an action fails, and compiles the JSON schema of its own reply format anew at every call, which costs
more than half of a turn. Rasa has no setting or hook for either, so its ``RemoteAction`` is replaced by this subclass. A test pins the
source of the methods that are overridden.
"""

import asyncio
import logging
from functools import lru_cache
from typing import Any, Dict, List, Optional

import rasa.core.actions.action
from jsonschema import Draft202012Validator
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction, create_bot_utterance
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from rasa_project import patience
from rasa_project.action_endpoint import TIMEOUT_SECONDS, ActionServers
from rasa_project.action_server import authorization
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.replies import RED_FLAG_ACTIONS, Response, Turn
from rasa_project.settings import clinic_settings
from rasa_project.watching import logs, metrics, request_ids

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _response_validator() -> Draft202012Validator:
    return Draft202012Validator(RemoteAction.action_response_format_spec())


class ResilientRemoteAction(RemoteAction):
    """Rasa's remote action with a cached validator, a time-out and a stand-in reply."""

    action_endpoint: Optional[EndpointConfig]

    def _validate_action_result(self, result: Dict[str, Any]) -> bool:
        if _response_validator().is_valid(result):
            return True
        return super()._validate_action_result(result)  # for its message

    async def run(self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker, domain: Domain) -> List[Event]:
        """Runs the action; if the action server cannot, the reply is made here."""
        self._add_headers()
        try:
            with metrics.ACTION_CALL_SECONDS.time():
                return await asyncio.wait_for(super().run(output_channel, nlg, tracker, domain), TIMEOUT_SECONDS)
        except ActionExecutionRejection:
            raise  # not a failure: the action asks that another one be predicted
        except Exception as error:  # a turn must never end in silence
            # Not the message, which may hold the whole conversation.
            logger.error("Action '%s' failed (%s). Replying without the action server.", self.name(), type(error).__name__)
            metrics.STAND_INS.inc()
            return await self._stand_in(output_channel, nlg, tracker)

    def _add_headers(self) -> None:
        """The action server lets the Rasa server in by one, and logs the id of the request by the other."""
        added = {"Authorization": authorization(), request_ids.HEADER: request_ids.request_id.get()}
        if self.action_endpoint:  # Rasa shares one among all calls
            headers = {**self.action_endpoint.headers, **{name: value for name, value in added.items() if value}}
            self.action_endpoint = ActionServers.of(self.action_endpoint, headers)

    async def _stand_in(self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker) -> List[Event]:
        if self.name().startswith("validate_"):
            return []  # finds nothing in the message; the form steps back, and one error is enough
        message = tracker.latest_message
        respond = RED_FLAG_ACTIONS.get(self.name())
        response = Response(Reply(custom={"kind": "error"}, response="utter_error"))
        if respond and message:
            parse_data = {"text": message.text, **(message.parse_data or {})}
            response = respond(
                Turn(tracker.sender_id, message.message_id, tracker.get_latest_input_channel(), parse_data, tracker.current_slot_values())
            )
        reply = response.reply
        words = {**clinic_settings().placeholders(), **reply.words}
        draft = await nlg.generate(reply.response, tracker, output_channel.name(), **words) or {}
        slots = [SlotSet(slot, value) for slot, value in response.slots.items()]
        ended = [ActiveLoop(None)] if self.name() == "action_escalate" and tracker.active_loop else []  # a guide does not go on after it
        return [create_bot_utterance({**draft, "buttons": reply.buttons or None, "metadata": reply.custom}), *slots, *ended]


def install() -> None:
    """For whoever loads a model: every custom action runs through ``ResilientRemoteAction``, patients' words stay out of the log, and a database that
    is silent is not waited for."""
    logs.install()
    patience.install()
    rasa.core.actions.action.RemoteAction = ResilientRemoteAction  # type: ignore[misc]
