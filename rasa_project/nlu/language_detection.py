"""Which language a message is in, where it is not English."""

import logging
import re
from functools import lru_cache
from typing import Any, Callable, Dict, Iterable, List, Optional, TypeVar

from py3langid.langid import MODEL_FILE, LanguageIdentifier
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.content.linking import english_words, fold
from rasa_project.content.mentions import load_mentions
from rasa_project.content.store import load_store
from rasa_project.dialogue.languages import languages
from rasa_project.intents import LANGUAGE
from rasa_project.validation import InvalidFile

logger = logging.getLogger(__name__)
Read = TypeVar("Read")

SHORTEST = 4  # words of a message in Latin letters; shorter ones can be anything
ENGLISH_ABOVE = 0.75  # share of English words above which a message in Latin letters is English, whatever its letters look like
FOREIGN_BELOW = 0.45  # share below which it is not, whatever its letters look like
SURE = 0.8  # the identifier's probability from which it is believed that a message with some English words is not English
NAMED_ABOVE = 0.99  # and from which the reply is in that language, if its letters are Latin: Hindi so written looks like German
UNKNOWN = "und"  # ISO 639-2: undetermined
"""Not English, and none of the languages that the bot can reply in."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


class LanguageDetector:
    """Tells foreign languages apart by letters (py3langid: Lui and Baldwin 2012, "langid.py: an off-the-shelf language identification tool"),
    and English from all others by its words, since patients write English with many misspellings.

    Args:
        vocabulary: words, folded, that count as English: those of the bot's own subject.
        codes: ISO 639-1 codes of the languages that can be named.
    """

    def __init__(self, vocabulary: "frozenset[str]", codes: Iterable[str]) -> None:
        self._vocabulary = vocabulary
        self._identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages([*(code for code in codes if code in self._identifier.nb_classes), "en"])

    def detect(self, text: str) -> Optional[str]:
        """The ISO 639-1 code, ``UNKNOWN``, or ``None`` for English and for what cannot be told."""
        words = _WORD.findall(text)
        letters = "".join(words)
        if not letters:
            return None
        latin = len(_LATIN.findall(letters)) / len(letters)
        code, probability = self._identifier.classify(" ".join(words))
        if latin > 0.5:
            english = sum(self._is_english(word) for word in words) / len(words)
            if len(words) < SHORTEST or english > ENGLISH_ABOVE:
                return None
            if english >= FOREIGN_BELOW and (code == "en" or probability < SURE):
                return None
        return str(code) if code != "en" and probability >= (NAMED_ABOVE if latin > 0.5 else SURE) else UNKNOWN

    def _is_english(self, word: str) -> bool:
        folded = fold(word)
        return folded in self._vocabulary or folded in english_words()


@lru_cache(maxsize=1)
def _vocabulary() -> "frozenset[str]":
    store = load_store(strict=False)
    names = [name for topic in store.topics.values() for name in topic.names]
    questions = [question for answer in store.entries() for question in answer.entry.questions]
    listed = [name for names_of_table in load_mentions().values() for name in names_of_table]
    return frozenset(fold(word) for text in (*names, *questions, *listed) for word in _WORD.findall(text))


def _unless_broken(read: Callable[[], Read], otherwise: Read) -> Read:
    """What a file of the project says; a fault there must not keep the server from starting."""
    try:
        return read()
    except InvalidFile as error:
        logger.error("Other languages are told from English less well: %s", error)
        return otherwise


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageDetection(GraphComponent):
    """Sets ``language`` of messages that are not in English."""

    def __init__(self) -> None:
        self._detector = LanguageDetector(_unless_broken(_vocabulary, frozenset()), _unless_broken(languages, {}))

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "LanguageDetection":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            language = self._detector.detect(message.get(TEXT) or "")
            if language:
                message.set(LANGUAGE, language, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training phrases are English."""
        return training_data
