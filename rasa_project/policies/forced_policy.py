"""What the policies share that put an action ahead of rules, stories and forms."""

from abc import abstractmethod
from typing import Any, Dict, List, Optional, Sequence

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker


class ForcedPolicy(Policy):
    """Learns nothing, and is certain of the action that it names, or silent.

    A prediction without user input (``is_no_user_prediction``) is the only kind that an active form cannot override; among those the
    higher priority wins.
    """

    events: Sequence[Event] = ()  # that come with a prediction

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "ForcedPolicy":
        return cls({**cls.get_default_config(), **config}, model_storage, resource, execution_context)

    def train(self, training_trackers: List[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        return self._resource

    @abstractmethod
    def next_action(self, tracker: DialogueStateTracker) -> Optional[str]:
        """The action to take now; ``None`` leaves it to the other policies."""

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Optional[Dict[str, Any]] = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        action = self.next_action(tracker)
        if action is None:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, events=list(self.events), is_no_user_prediction=True)
