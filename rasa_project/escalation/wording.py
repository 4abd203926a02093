"""The words for danger signs, from ``data/red_flags/wording.yml``."""

from functools import lru_cache
from pathlib import Path
from typing import Dict

from rasa_project.content.schema import StrictModel
from rasa_project.red_flags.lexicon import FlagId
from rasa_project.settings import RED_FLAGS_FOLDER
from rasa_project.validation import InvalidFile, load_model, read_yaml


class FlagWords(StrictModel):
    """A danger sign as patients read it.

    ``sign`` follows "You wrote about"; ``question`` asks whether it is present, to be answered by yes or no; ``gone`` follows "you say that".
    """

    sign: str
    question: str
    gone: str


@lru_cache(maxsize=1)
def flag_words(path: Path = RED_FLAGS_FOLDER / "wording.yml") -> Dict[str, FlagWords]:
    """Words of every flag by its id.

    Raises:
        InvalidFile: a fault in the file, or a flag without words.
    """
    data = read_yaml(path)
    missing = [flag.value for flag in FlagId if flag.value not in data]
    if missing:
        raise InvalidFile([f"{path}: {flag}: this danger sign has no words; add 'sign', 'question' and 'gone'" for flag in missing])
    return {flag: load_model(path, FlagWords, words) for flag, words in data.items()}
