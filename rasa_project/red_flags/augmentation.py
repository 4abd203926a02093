"""Puts ordinary talk around examples: patients tell a danger sign beside something else, before it or after it, and that must not hide it."""

import zlib
from dataclasses import replace
from typing import List, Sequence

from rasa_project.red_flags.examples import ORDINARY, Example

JOINTS = (". ", ", ", " and ", " ", "? ", "\n")
WAYS = 8  # of eight single examples two follow an ordinary message, two are followed by a question in the same message, one comes after one


def with_small_talk(chosen: Sequence[Example], examples: Sequence[Example]) -> List[Example]:
    """The examples with ordinary messages around some of those that stand alone. Their labels stay, and the same ones are changed each time.

    Args:
        chosen: what is to be changed.
        examples: where the ordinary messages come from.
    """
    ordinary = [example.turns[-1] for example in examples if example.source == ORDINARY]
    return [_among(example, ordinary) for example in chosen] if ordinary else list(chosen)


def _among(example: Example, ordinary: Sequence[str]) -> Example:
    draw = zlib.crc32(example.turns[-1].encode())
    if len(example.turns) > 1 or example.source == ORDINARY:
        return example
    other, joint, way = ordinary[draw // WAYS % len(ordinary)], JOINTS[draw // 64 % len(JOINTS)], draw % WAYS
    text = example.turns[-1]
    if way < 2:
        return replace(example, turns=(other, text))
    if way < 4:
        return replace(example, turns=(text.rstrip(".?! ") + joint + other,))
    if way == 4:
        return replace(example, turns=(other.rstrip(".?! ") + joint + text,))
    return example
