"""Takes up a form again after the question that interrupted it."""

from typing import Any, Dict, Optional

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, LoopInterrupted
from rasa.shared.core.trackers import DialogueStateTracker

from rasa_project.policies.forced_policy import ForcedPolicy


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class FormResumptionPolicy(ForcedPolicy):
    """Where the active form found no answer in a message, and another action has replied to it, the form asks its question again.

    With rules alone this takes two rules for each intent and form.
    """

    events = (LoopInterrupted(True),)

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"priority": 8}  # above RulePolicy, below RedFlagPolicy

    def next_action(self, tracker: DialogueStateTracker) -> Optional[str]:
        """The form that stepped back, once something else has been said."""
        last = tracker.get_last_event_for(ActionExecuted)
        replied = last is not None and last.action_name not in (ACTION_LISTEN_NAME, tracker.active_loop_name)
        return tracker.active_loop_name if tracker.is_active_loop_rejected and replied else None
