"""Puts danger signs ahead of everything else."""

from typing import Any, Dict, List, Optional

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project import remote_action
from rasa_project.escalation.replies import RED_FLAG_ACTIONS
from rasa_project.intents import DURATION, PENDING_SLOT, RED_FLAG_TRIAGE, SAFETY, SELF_HARM, TOPIC_ENTITY
from rasa_project.red_flags.answers import Answer
from rasa_project.red_flags.reading import present_flags
from rasa_project.red_flags.triage import CLASSIFIER_RULE

SURE_OF_DESPAIR = 0.8  # probability; someone in agony sounds much like someone in despair, and has been told whom to call
ACTIONS = (*RED_FLAG_ACTIONS, "action_resume")

remote_action.install()  # every server that loads a model loads this policy, so this is where a dead action server gets its stand-in


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class RedFlagPolicy(Policy):
    """After every message with a present red flag predicts the escalation; after one that speaks of self-harm, the way to help; after one that
    leaves a doubt, the safety question; after one that answers a question about danger signs, what takes the answer up. Then listening.

    A prediction without user input (``is_no_user_prediction``) is the only kind that an active form cannot override; among those the
    higher priority wins.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"priority": 10}  # RulePolicy has 6

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "RedFlagPolicy":
        return cls({**cls.get_default_config(), **config}, model_storage, resource, execution_context)

    def train(self, training_trackers: List[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Optional[Dict[str, Any]] = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        action = self._next_action(tracker)
        if action is None:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, is_no_user_prediction=True)

    @staticmethod
    def _next_action(tracker: DialogueStateTracker) -> Optional[str]:
        last = next((event for event in reversed(tracker.events) if isinstance(event, (ActionExecuted, UserUttered))), None)
        if isinstance(last, UserUttered):
            return action_after(last, tracker)
        if isinstance(last, ActionExecuted) and last.action_name in ACTIONS:
            intent = tracker.latest_message.intent if tracker.latest_message else {}
            wants_to_die = intent.get("name") == SELF_HARM and intent.get("confidence", 0.0) >= SURE_OF_DESPAIR
            return "action_self_harm" if wants_to_die and last.action_name == "action_escalate" else ACTION_LISTEN_NAME
        return None


def action_after(message: UserUttered, tracker: DialogueStateTracker) -> Optional[str]:
    """The action that a message calls for because of danger signs; ``None`` for all others."""
    findings = present_flags({"text": message.text, **(message.parse_data or {})})
    if message.intent.get("name") == SELF_HARM and all(_may_be_despair(finding) for finding in findings):
        return "action_self_harm"
    if findings:
        return "action_escalate"
    triage = (message.parse_data or {}).get(RED_FLAG_TRIAGE) or {}
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


def _may_be_despair(finding: Dict[str, Any]) -> bool:
    """Whether a finding can be despair that sounds like agony: what no rule has found, and no emergency."""
    return finding["rule"] == CLASSIFIER_RULE and finding["flag"] in ("severe_pain", "unrelenting_pain")


def _says_nothing_else(message: UserUttered) -> bool:
    """Whether a no is all that there is: "no", "no I can walk fine", but not "no, what is sciatica?"."""
    names_topic = any(entity.get("entity") == TOPIC_ENTITY for entity in message.entities)
    return not names_topic and "?" not in (message.text or "")
