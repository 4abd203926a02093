"""Takes up a form again after the question that interrupted it."""

from typing import Any, Dict, List, Optional

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, LoopInterrupted
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class FormResumptionPolicy(Policy):
    """Where the active form found no answer in a message, and another action has replied to it, the form asks its question again.

    With rules alone this takes two rules for each intent and form.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"priority": 8}  # above RulePolicy, below RedFlagPolicy

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "FormResumptionPolicy":
        return cls({**cls.get_default_config(), **config}, model_storage, resource, execution_context)

    def train(self, training_trackers: List[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Optional[Dict[str, Any]] = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        last = tracker.get_last_event_for(ActionExecuted)
        replied = last is not None and last.action_name not in (ACTION_LISTEN_NAME, tracker.active_loop_name)
        if not (tracker.active_loop_name and tracker.is_active_loop_rejected and replied):
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(tracker.active_loop_name)] = 1.0
        return self._prediction(probabilities, events=[LoopInterrupted(True)], is_no_user_prediction=True)
