"""Ordinary talk among the examples, and around them: patients tell a danger sign beside something else, before it or after it, and that must not
hide it."""

import zlib
from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple

from rasa_project.intents import intent_of
from rasa_project.red_flags.examples import ORDINARY, UTTERANCES, Example
from rasa_project.utterances.examples import Utterance

JOINTS = (". ", ", ", " and ", " ", "? ", "\n")
LONG = 100  # characters; shorter utterances that stand alone are like the training phrases
WAYS = 8  # of eight single examples two follow an ordinary message, two are followed by a question in the same message, one comes after one


def ordinary_talk(utterances: Sequence[Utterance]) -> List[Example]:
    """Utterances as examples without a danger sign: the longer ones, and what goes on from a reply, every second after the question to which
    that was the reply ("and hip fractures?")."""
    asked: Dict[Tuple[Optional[str], Optional[str]], List[str]] = {}
    for utterance in utterances:
        if not utterance.before:
            asked.setdefault((utterance.topic, utterance.intent), []).append(utterance.text)
    examples = []
    for utterance in utterances:
        turns: Tuple[str, ...] = (utterance.text,)
        if utterance.before:
            draw = zlib.crc32(utterance.text.encode())
            questions = asked.get((utterance.before[0], intent_of(utterance.before[1])))
            if questions and draw % 2:
                turns = (questions[draw // 2 % len(questions)], utterance.text)
        elif len(utterance.text) < LONG:
            continue
        examples.append(Example(turns, frozenset(), UTTERANCES))
    return examples


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
    if len(example.turns) > 1 or example.source in (ORDINARY, UTTERANCES):
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
