"""The line of an answer that a follow-up asks for, where the whole answer stands just above."""

import math
from typing import Dict, FrozenSet, Optional

from rasa_project.content.linking import tokens
from rasa_project.content.schema import Entry, Topic

# Words of questions that say nothing of what is asked. ("Long", "often" and "times" do, see below.)
EMPTY = frozenset(
    "a about again also am an and any are as at be been but by can could did do does for from get go got had has have how i if in is it its just "
    "like may me mean more much my no not of ok on one or please should so some tell that the them then there these they thing this those to too "
    "was we what when where which who why will with would yes you your".split()
)
# What the answer to a question of time or number holds.
ANSWERED_BY = {
    "long": frozenset("second minute hour day week month".split()),
    "often": frozenset("time often daily day week".split()),
    "many": frozenset("time".split()),
}
WRITTEN_TOGETHER = 4  # letters; "turning" is about "turn"


def asked_line(question: str, topic: Topic, entry: Entry) -> Optional[str]:
    """The one step, point or caution of an entry that shares most words with the question; ``None`` where none does, or two do alike.

    A word counts the more, the fewer lines have it (as in BM25's inverse document frequency).
    """
    lines = [*entry.steps, *entry.points, *entry.cautions]
    of_topic = _words(" ".join([topic.title, *topic.names]))
    asked = [word for word in dict.fromkeys(word for word, _, _ in tokens(question)) if word not in EMPTY and word not in of_topic]
    words = [_words(line) for line in lines]
    scores: Dict[int, float] = {}
    for word in asked:
        having = [at for at, line in enumerate(words) if _is_in(word, line)]
        for at in having:
            scores[at] = scores.get(at, 0.0) + math.log(1 + len(lines) / len(having))
    best = sorted(scores, key=lambda at: -scores[at])[:2]
    if not best or (len(best) == 2 and math.isclose(scores[best[0]], scores[best[1]])):
        return None
    return lines[best[0]]


def _words(text: str) -> FrozenSet[str]:
    return frozenset(word for word, _, _ in tokens(text))


def _is_in(word: str, line: FrozenSet[str]) -> bool:
    if word in ANSWERED_BY:
        return bool(line & (ANSWERED_BY[word] | {word}))
    return any(
        word == other or (min(len(word), len(other)) >= WRITTEN_TOGETHER and (word.startswith(other) or other.startswith(word))) for other in line
    )
