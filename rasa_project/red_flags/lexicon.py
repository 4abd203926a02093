"""The reviewed data behind red-flag detection: its shape, and how it is read from ``data/red_flags/``."""

from enum import Enum
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Union

from pydantic import BaseModel, Extra, Field, ValidationError, validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from rasa_project.red_flags.patterns import PatternCompiler, PatternError

LEXICON_FILE = "lexicon.yml"
ASSERTION_FILE = "assertion.yml"

# The keys under which patterns stand, in either file.
_PATTERN_KEYS = frozenset(
    [
        "patterns",
        "unless",
        "unless_sentence",
        "unless_message",
        "needs",
        "needs_sentence",
        "together_with",
        "terms",
        "unless_between",
        "clause_breaks",
    ]
)


class LexiconError(ValueError):
    """The lexicon cannot be used; the message names the file, the key, the value and what to do."""


class Level(str, Enum):
    emergency = "emergency"
    urgent = "urgent"


class Status(str, Enum):
    present = "present"
    denied = "denied"
    past = "past"
    hypothetical = "hypothetical"
    informational = "informational"
    other_person = "other_person"
    idiom = "idiom"
    unclear = "unclear"  # told by the words, not borne out by the classifier


class Direction(str, Enum):
    """Where the finding stands that a cue speaks about."""

    forward = "forward"  # after the cue
    backward = "backward"  # before the cue
    both = "both"
    overlap = "overlap"  # the cue holds the finding's own words


class Reach(str, Enum):
    """What a cue never crosses."""

    clause = "clause"
    sentence = "sentence"
    message = "message"


class FlagId(str, Enum):
    """The red flags of the contract."""

    severe_pain = "severe_pain"
    unable_to_walk = "unable_to_walk"
    bowel_bladder = "bowel_bladder"
    saddle_numbness = "saddle_numbness"
    leg_weakness = "leg_weakness"
    major_trauma = "major_trauma"
    chest_pain = "chest_pain"
    fever_unwell = "fever_unwell"
    cancer_or_weight_loss = "cancer_or_weight_loss"
    unrelenting_pain = "unrelenting_pain"


class StrictModel(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True
        min_anystr_length = 1


class Source(StrictModel):
    """Who says that this is a danger sign."""

    authority: str
    paragraph: Optional[str] = Field(default=None, regex=r"^P[1-9][0-9]*$")


class Rule(StrictModel):
    """One way to say a flag.

    ``unless`` holds longer phrases that share words with a finding and mean something else. ``unless_sentence`` and
    ``unless_message`` call a finding off from further away. What ``needs`` and ``needs_sentence`` name must stand in the
    message or the sentence. ``ignores`` lists statuses that leave the flag present all the same: a cancer of years ago counts.
    """

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    patterns: List[str] = Field(min_items=1)
    unless: List[str] = []
    unless_sentence: List[str] = []
    unless_message: List[str] = []
    needs: List[str] = []
    needs_sentence: List[str] = []
    ignores: List[Status] = []
    level: Optional[Level] = None


class Flag(StrictModel):
    level: Level
    source: Source
    rules: List[Rule] = Field(min_items=1)

    @validator("rules")
    def _distinct(cls, value: List[Rule]) -> List[Rule]:
        seen = set()
        for rule in value:
            if rule.id in seen:
                raise ValueError(f"two rules have the id '{rule.id}'; rename one")
            seen.add(rule.id)
        return value


class Raise(StrictModel):
    """Makes one flag more serious when other words stand in the same message."""

    flag: FlagId
    to: Level
    together_with: List[str] = Field(min_items=1)


class CueSet(StrictModel):
    """Words that say how a finding is meant, after Chapman's ConText."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    status: Status
    direction: Direction
    reach: Reach = Reach.clause
    scope: Optional[int] = Field(default=None, ge=1)
    terms: List[str] = Field(min_items=1)
    flags: List[FlagId] = []
    unless_between: List[str] = []
    unless_sentence: List[str] = []


class Pseudo(StrictModel):
    """Phrases that hold the words of a cue but are none."""

    statuses: List[Status] = Field(min_items=1)
    terms: List[str] = Field(min_items=1)
    except_flags: List[FlagId] = []


class Assertion(StrictModel):
    clause_breaks: List[str] = Field(min_items=1)
    groups: Dict[str, List[str]] = {}
    cues: List[CueSet] = Field(min_items=1)
    pseudo: List[Pseudo] = []


class LexiconFile(StrictModel):
    groups: Dict[str, List[str]]
    spellings: Dict[str, str] = {}
    known_words: List[str] = []
    flags: Dict[FlagId, Flag]
    raises: List[Raise] = []

    @validator("flags")
    def _all_flags(cls, value: Dict[FlagId, Flag]) -> Dict[FlagId, Flag]:
        missing = [flag.value for flag in FlagId if flag not in value]
        if missing:
            raise ValueError(f"no rules for {', '.join(missing)}; every flag of the contract needs at least one")
        return value


class Lexicon:
    """Both files together, their patterns checked."""

    def __init__(self, file: LexiconFile, assertion: Assertion, folder: Union[str, Path] = "data/red_flags") -> None:
        folder = Path(folder)
        self.flags = file.flags
        self.raises = file.raises
        self.spellings = file.spellings
        self.known_words = file.known_words
        self.assertion = assertion
        twice = sorted(set(file.groups) & set(assertion.groups))
        if twice:
            raise LexiconError(f"{folder / ASSERTION_FILE}: groups -> {twice[0]}: the same name stands in {LEXICON_FILE}; rename one of the two")
        self.compiler = PatternCompiler({**file.groups, **assertion.groups})
        for name in file.groups:
            _check(folder / LEXICON_FILE, f"groups -> {name}", self.compiler.group, name)
        for name in assertion.groups:
            _check(folder / ASSERTION_FILE, f"groups -> {name}", self.compiler.group, name)
        self._check_patterns(folder / LEXICON_FILE, file.dict(exclude={"groups", "spellings", "known_words"}), "")
        self._check_patterns(folder / ASSERTION_FILE, assertion.dict(exclude={"groups"}), "")

    def _check_patterns(self, path: Path, value: Any, where: str) -> None:
        """Compiles every pattern once, so that a mistake is found when the bot starts and not when a patient writes."""
        if isinstance(value, dict):
            for key, inner in value.items():
                name = key.value if isinstance(key, Enum) else key
                place = f"{where} -> {name}" if where else name
                if name in _PATTERN_KEYS:
                    for number, pattern in enumerate(inner):
                        _check(path, f"{place} -> {number}", self.compiler.compile, pattern)
                else:
                    self._check_patterns(path, inner, place)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                name = inner["id"] if isinstance(inner, dict) and "id" in inner else number
                self._check_patterns(path, inner, f"{where} -> {name}")

    @property
    def vocabulary(self) -> "set[str]":
        """Every whole word that stands in a group or a pattern."""
        return set(self.compiler.words)


def _check(path: Path, where: str, build: Callable[[str], Any], pattern: str) -> None:
    try:
        build(pattern)
    except PatternError as error:
        raise LexiconError(f"{path}: {where}: {error}") from error


def _read(path: Path, model: Any) -> Any:
    try:
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LexiconError(f"{path}: the file is missing; restore it or name the right folder") from error
    except MarkedYAMLError as error:
        raise LexiconError(f"{path}: not valid YAML: {error}; quote texts that hold a colon, a bracket or a brace") from error
    if not isinstance(data, dict):
        raise LexiconError(f"{path}: expected keys and values at the top, found {type(data).__name__}; see the comments at the top of the file")
    try:
        return model(**data)
    except ValidationError as error:
        lines = [
            f"{path}: {' -> '.join(str(part) for part in item['loc'])}: {item['msg']} (found: {_found(data, item['loc'])})" for item in error.errors()
        ]
        raise LexiconError("\n".join(lines)) from error


def _found(data: Any, place: Any) -> str:
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    text = repr(data)
    return text if len(text) <= 80 else text[:77] + "..."


def load_lexicon(folder: Union[str, Path]) -> Lexicon:
    """Reads and checks ``lexicon.yml`` and ``assertion.yml`` of a folder."""
    folder = Path(folder)
    return Lexicon(_read(folder / LEXICON_FILE, LexiconFile), _read(folder / ASSERTION_FILE, Assertion), folder)
