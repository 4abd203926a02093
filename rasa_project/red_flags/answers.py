"""Reads short answers to the bot's own questions: yes, no, taken back, and for how long."""

from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Optional, Union

from rasa_project.red_flags.lexicon import StrictModel
from rasa_project.red_flags.matching import Message
from rasa_project.red_flags.patterns import Pattern, PatternCompiler, PatternError
from rasa_project.settings import RED_FLAGS_FOLDER
from rasa_project.validation import InvalidFile, load_model

FILE = RED_FLAGS_FOLDER / "answers.yml"

_DAYS = {"hour": 1 / 24, "day": 1.0, "night": 1.0, "week": 7.0, "fortnight": 14.0, "month": 30.0, "year": 365.0}
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "half": 0.5, "couple": 2, "few": 3, "several": 4, "many": 6, "some": 3,
}  # fmt: skip
_SHORT_UNITS = {"hr": "hour", "hrs": "hour", "wk": "week", "wks": "week", "mth": "month", "mths": "month", "yr": "year", "yrs": "year", "d": "day"}
_MOMENTS = {"yesterday": 1.0, "today": 0.5, "morning": 0.5, "tonight": 0.5, "afternoon": 0.5, "ages": 60.0, "forever": 365.0, "decades": 3650.0}
_WEEKDAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekend"}
_MONTHS = {
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "christmas", "easter",
    "spring", "summer", "autumn", "winter", "childhood",
}  # fmt: skip
_LOOK_BACK = 4  # words from a unit back to its number: "a couple of weeks", "2 or 3 weeks"


class Answer(str, Enum):
    yes = "yes"
    no = "no"
    unclear = "unclear"


class AnswersFile(StrictModel):
    """``data/red_flags/answers.yml``."""

    groups: Dict[str, List[str]] = {}
    yes: List[str]
    no: List[str]
    correction: List[str]


class AnswerPatterns:
    """The patterns of the file, compiled.

    Raises:
        InvalidFile: names the key and what to do.
    """

    def __init__(self, path: Union[str, Path] = FILE) -> None:
        file = load_model(Path(path), AnswersFile)
        compiler = PatternCompiler(file.groups)
        try:
            self._yes, self._no, self._correction = (
                [compiler.compile(pattern) for pattern in patterns] for patterns in (file.yes, file.no, file.correction)
            )
        except PatternError as error:
            raise InvalidFile([f"{path}: {error}"]) from error

    def answer(self, message: Message) -> Answer:
        """Whether a message says yes or no; the first to be said counts."""
        yes, no = self._first(message, self._yes), self._first(message, self._no)
        if yes is None and no is None:
            return Answer.unclear
        return Answer.yes if no is None or (yes is not None and yes < no) else Answer.no

    def takes_back(self, message: Message) -> bool:
        """Whether a message says that something said before was not meant so."""
        return self._first(message, self._correction) is not None

    @staticmethod
    def _first(message: Message, patterns: List[Pattern]) -> Optional[int]:
        starts = [start for start, _ in message.all_places(patterns)]
        return min(starts) if starts else None


@lru_cache(maxsize=1)
def answer_patterns() -> AnswerPatterns:
    return AnswerPatterns()


def duration_days(message: Message) -> Optional[float]:
    """The longest time that a message names, in days: "about a month", "since last Tuesday", "3 wks"; ``None`` where it names none.

    A weekday lies up to a week back; the name of a month, and words such as "ages", at least weeks.
    """
    words = [token.word for token in message.text.tokens]
    found: List[float] = []
    for place, word in enumerate(words):
        before = words[max(0, place - _LOOK_BACK) : place]
        unit = _unit(word)
        if unit is not None:
            found.append(_count(before, plural=word.endswith("s")) * unit)
        elif word in _MOMENTS:
            found.append(_MOMENTS[word])
        elif word in _WEEKDAYS:
            found.append(10.0 if "last" in before or "before" in before else 6.0)
        elif word in _MONTHS and any(hint in before for hint in ("since", "from", "in", "last")):
            found.append(30.0)
    return max(found) if found else None


def _unit(word: str) -> Optional[float]:
    word = _SHORT_UNITS.get(word, word)
    return _DAYS.get(word) or _DAYS.get(word.rstrip("s"))


def _count(before: List[str], plural: bool) -> float:
    numbers = [float(word) if _is_number(word) else float(_NUMBERS[word]) for word in before if _is_number(word) or word in _NUMBERS]
    if "last" in before or "this" in before or "past" in before:
        numbers = numbers or [1.0]
    return max(numbers) if numbers else (3.0 if plural else 1.0)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdigit()
