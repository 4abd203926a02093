"""What is said to someone who writes in another language."""

from functools import lru_cache
from pathlib import Path
from typing import Dict

from rasa_project.content.schema import StrictModel
from rasa_project.settings import LANGUAGES_FILE, clinic_settings
from rasa_project.validation import InvalidFile, load_model, read_yaml

PLACEHOLDERS = ("{clinic_name}", "{clinic_phone}", "{emergency_number}")


class Language(StrictModel):
    """``name`` in English; ``text`` in the language itself, with the placeholders."""

    name: str
    text: str


@lru_cache(maxsize=None)
def languages(path: Path = LANGUAGES_FILE) -> Dict[str, Language]:
    """By ISO 639-1 code.

    Raises:
        InvalidFile: a line for each fault.
    """
    found = {code: load_model(path, Language, entry) for code, entry in (read_yaml(path) or {}).items()}
    problems = [
        f"{path}: {code}: text: lacks {placeholder}; write it where that belongs"
        for code, language in found.items()
        for placeholder in PLACEHOLDERS
        if placeholder not in language.text
    ]
    if problems:
        raise InvalidFile(problems)
    return found


def text_in(code: str) -> str:
    """The reply in that language; empty where there is none."""
    language = languages().get(code)
    return language.text.format(**clinic_settings().placeholders()) if language else ""
