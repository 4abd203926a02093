"""Puts danger signs ahead of everything else."""

from typing import Any, Dict, Optional

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project import console, remote_action
from rasa_project.escalation.replies import RED_FLAG_ACTIONS
from rasa_project.intents import DURATION, PENDING_SLOT, RED_FLAG_TRIAGE, SAFETY, SELF_HARM, TOPIC_ENTITY
from rasa_project.policies.forced_policy import ForcedPolicy
from rasa_project.red_flags.answers import Answer
from rasa_project.red_flags.reading import present_flags

SURE_OF_DESPAIR = 0.8  # probability; someone in agony sounds much like someone in despair, and has been told whom to call
ACTIONS = (*RED_FLAG_ACTIONS, "action_resume")

remote_action.install()  # every server that loads a model loads this policy, so this is where a dead action server gets its stand-in
console.install()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class RedFlagPolicy(ForcedPolicy):
    """After every message with a present red flag predicts the escalation; after one that speaks of self-harm, the way to help; after one that
    leaves a doubt, the safety question; after one that answers a question about danger signs, what takes the answer up. Then listening.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"priority": 10}  # RulePolicy has 6

    def next_action(self, tracker: DialogueStateTracker) -> Optional[str]:
        """What the last message calls for, then listening."""
        last = next((event for event in reversed(tracker.events) if isinstance(event, (ActionExecuted, UserUttered))), None)
        if isinstance(last, UserUttered):
            return action_after(last, tracker)
        if isinstance(last, ActionExecuted) and last.action_name in ACTIONS:
            intent = tracker.latest_message.intent if tracker.latest_message else {}
            answers = ((tracker.latest_message.parse_data or {}).get(RED_FLAG_TRIAGE) or {}).get("answer") if tracker.latest_message else None
            wants_to_die = not answers and intent.get("name") == SELF_HARM and intent.get("confidence", 0.0) >= SURE_OF_DESPAIR
            return "action_self_harm" if wants_to_die and last.action_name == "action_escalate" else ACTION_LISTEN_NAME
        return None


def action_after(message: UserUttered, tracker: DialogueStateTracker) -> Optional[str]:
    """The action that a message calls for because of danger signs; ``None`` for all others."""
    if present_flags({"text": message.text, **(message.parse_data or {})}):
        return "action_escalate"
    triage = (message.parse_data or {}).get(RED_FLAG_TRIAGE) or {}
    despair = message.intent.get("confidence", 0.0) if message.intent.get("name") == SELF_HARM else 0.0
    if despair and (despair >= SURE_OF_DESPAIR or not triage.get("takes_back")):
        return "action_self_harm"
    pending = tracker.get_slot(PENDING_SLOT) or {}
    if triage.get("ask"):
        return "action_ask_safety"
    if triage.get("takes_back"):
        return "action_take_back"
    if pending.get("kind") == DURATION and triage.get("pain_days") is not None:
        return "action_note_duration"
    if pending.get("kind") == SAFETY and triage.get("answer") == Answer.no and _says_nothing_else(message):
        return "action_resume"
    return None


def _says_nothing_else(message: UserUttered) -> bool:
    """Whether a no is all that there is: "no", "no I can walk fine", but not "no, what is sciatica?"."""
    names_topic = any(entity.get("entity") == TOPIC_ENTITY for entity in message.entities)
    return not names_topic and "?" not in (message.text or "")
