"""Red flags in every message, whatever its intent."""

from dataclasses import asdict
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.intents import RED_FLAGS
from rasa_project.red_flags.detector import RedFlagDetector
from rasa_project.settings import RED_FLAGS_FOLDER


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class RedFlagDetection(GraphComponent):
    """Sets ``red_flags``: every finding with its level, its status, the words and the rule behind it."""

    def __init__(self) -> None:
        self._detector = RedFlagDetector.from_folder(RED_FLAGS_FOLDER)

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "RedFlagDetection":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            findings = self._detector.detect(message.get(TEXT) or "", message.get(SPACY_DOCS[TEXT]))
            message.set(RED_FLAGS, [asdict(finding) for finding in findings], add_to_output=True)
        return messages
