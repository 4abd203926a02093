"""Puts the escalation ahead of everything else."""

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
from rasa_project.escalation.replies import present_flags

ACTION_ESCALATE = "action_escalate"

remote_action.install()  # every server that loads a model loads this policy, so this is where a dead action server gets its stand-in


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class RedFlagPolicy(Policy):
    """Predicts the escalation after every message with a present red flag, then listening.

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
        """The escalation right after a message with a red flag, listening right after the escalation, else nothing."""
        last = next((event for event in reversed(tracker.events) if isinstance(event, (ActionExecuted, UserUttered))), None)
        if isinstance(last, UserUttered):
            return ACTION_ESCALATE if present_flags(last.parse_data) else None
        if isinstance(last, ActionExecuted) and last.action_name == ACTION_ESCALATE:
            return ACTION_LISTEN_NAME
        return None
