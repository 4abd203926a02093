"""Red flags in every message, whatever its intent."""

from dataclasses import asdict
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.dialogue import guidance
from rasa_project.dialogue.understanding import only_names_topics
from rasa_project.intents import PAIN_GOES_SLOT, PAIN_START_SLOT, RED_FLAG_TRIAGE, RED_FLAGS
from rasa_project.red_flags import conversation
from rasa_project.red_flags.classifier import RedFlagClassifier
from rasa_project.red_flags.fusion import Fusion
from rasa_project.red_flags.lexicon import Status
from rasa_project.red_flags.reading import detector
from rasa_project.red_flags.training import trained, training_fingerprint, weighing_fingerprint
from rasa_project.red_flags.triage import CLASSIFIER_RULE, Outcome, RedFlagTriage

WEIGHTS_FILE = "red_flag_classifier.safetensors"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RedFlagDetection(GraphComponent):
    """Sets ``red_flags`` (every finding with its level, its status, the words and the rule behind it) and ``red_flag_triage`` (the decision, its
    probability, and how the message answers what the bot has asked)."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, triage: Optional[RedFlagTriage] = None) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._triage = triage

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "RedFlagDetection":
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> "RedFlagDetection":
        with model_storage.read_from(resource) as folder:
            triage = RedFlagTriage(detector(), RedFlagClassifier.load(folder / WEIGHTS_FILE), Fusion.load(folder))
        return cls(model_storage, resource, triage)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Examples and rules are no part of Rasa's training data, but a change of them calls for weighing them anew."""
        return weighing_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        classifier, fusion = trained(detector())
        with self._model_storage.write_to(self._resource) as folder:
            classifier.save(folder / WEIGHTS_FILE, training_fingerprint())
            fusion.save(folder)
        self._triage = RedFlagTriage(detector(), classifier, fusion)
        return self._resource

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        if self._triage is None:
            return messages
        for message in messages:
            text = message.get(TEXT) or ""
            read = conversation.read(text, self._triage, message.get(SPACY_DOCS[TEXT]), conversation.State.of(tracker))
            findings, output = read.findings, read.as_output()
            if _names_a_place_when_asked(text, tracker) or (_by_classifier_alone(read) and only_names_topics(text, message.get(ENTITIES, []))):
                # "Down to the knee" after "in the hip" sounds like a fall to the classifier, "and hip fractures" like a broken hip.
                findings, output = [], {**output, "outcome": Outcome.neither.value, "ask": None}
            message.set(RED_FLAGS, [asdict(finding) for finding in findings], add_to_output=True)
            message.set(RED_FLAG_TRIAGE, output, add_to_output=True)
        return messages


def _by_classifier_alone(read: conversation.Reading) -> bool:
    """Whether no rule found a sign."""
    return all(finding.rule == CLASSIFIER_RULE for finding in read.findings if finding.status == Status.present)


def _names_a_place_when_asked(text: str, tracker: Optional[DialogueStateTracker]) -> bool:
    """Whether a message is an answer to the guide's questions and has no word beside those for places: "both legs" has."""
    asked = tracker.get_slot(REQUESTED_SLOT) if tracker else None
    return asked in (PAIN_START_SLOT, PAIN_GOES_SLOT) and guidance.only_a_place(text)
