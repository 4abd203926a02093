"""Labelled messages that the red-flag classifier learns from: ``data/red_flags/examples/*.jsonl``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, FrozenSet, List, Tuple, Union

from rasa_project.encoder.learnt import is_held_out
from rasa_project.red_flags.lexicon import FlagId
from rasa_project.validation import read_json_lines

DEVELOPMENT = "development"  # the file that the rules were tuned on
# Messages that have nothing to do with danger signs: training phrases of the bot, how patients talk of harmless pain, and the utterances
ORDINARY, HARMLESS, UTTERANCES = "ordinary", "harmless", "utterances"


@dataclass(frozen=True)
class Example:
    """A message, after the ones before it if any. ``flags`` are those that the last message tells to be present.

    ``source`` is the name of its file.
    """

    turns: Tuple[str, ...]
    flags: FrozenSet[FlagId]
    source: str = ""

    @property
    def is_ordinary(self) -> bool:
        """Whether it comes from where messages have nothing to do with danger signs."""
        return self.source in (ORDINARY, HARMLESS, UTTERANCES)

    @property
    def held_out(self) -> bool:
        """Whether the classifier does not learn from it, so that it can serve to weigh classifier against rules.

        The rules were tuned on the development file, where they would look better than they are.
        """
        return self.source != DEVELOPMENT and is_held_out(" | ".join(self.turns))


def load_examples(folder: Union[str, Path]) -> List[Example]:
    """All examples of a folder, file by file.

    Raises:
        InvalidFile: names the file, the line and what to do.
    """
    return read_json_lines(Path(folder), _example)


def _example(line: Any, source: str) -> Example:
    if not isinstance(line, dict):
        raise ValueError('not an object; write {"text": "...", "flags": []}')
    turns = line.get("turns", [line.get("text")])
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) and turn.strip() for turn in turns):
        raise ValueError("needs 'text', or 'turns' as a list of texts")
    flags = line.get("flags")
    if not isinstance(flags, list):
        raise ValueError("'flags' must be a list; an empty one says that no danger sign is present")
    unknown = [flag for flag in flags if flag not in FlagId.__members__]
    if unknown:
        raise ValueError(f"unknown flag {unknown[0]!r}; choose among {', '.join(FlagId.__members__)}")
    return Example(tuple(turns), frozenset(FlagId(flag) for flag in flags), source)
