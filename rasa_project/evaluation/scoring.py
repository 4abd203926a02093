"""Test sets and how a reply is judged against them."""

import json
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

Pair = Tuple[str, Optional[str], Optional[str]]  # kind, topic, facet; None matches anything


class Verdict(str, Enum):
    right = "right"
    wrong_answer = "wrong answer"  # an answer (or an alarm) that nobody asked for
    asked_back = "asked back"
    gave_up = "gave up"  # said that it cannot help, though it should


@dataclass(frozen=True)
class Question:
    """One line of a test set; ``expect`` lists every acceptable reply, the primary one first."""

    id: str
    group: str
    text: str
    expect: List[Pair]

    @property
    def topic(self) -> str:
        """The topic of the primary pair."""
        return self.expect[0][1] or "-"


@dataclass(frozen=True)
class SeveralQuestions:
    """A message that holds several questions, or one: for each every acceptable reply, in order."""

    id: str
    text: str
    questions: List[List[Pair]]


@dataclass(frozen=True)
class Turn:
    """What a patient says within a dialogue, and every acceptable reply."""

    user: str
    expect: List[Pair]


@dataclass(frozen=True)
class Outcome:
    question: Question
    verdict: Verdict
    got: List[Pair]
    strict: bool  # answered with the topic of the primary pair


def read_questions(path: Path) -> List[Question]:
    """A test set with one JSON object a line."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Question(line["id"], line["group"], line["text"], [tuple(pair) for pair in line["expect"]]) for line in lines]


def read_several(path: Path) -> List[SeveralQuestions]:
    """Messages with several questions, one JSON object a line."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [SeveralQuestions(line["id"], line["text"], [[tuple(pair) for pair in one] for one in line["questions"]]) for line in lines]


def read_dialogues(path: Path) -> List[List[Turn]]:
    """Dialogues, one JSON object a line with its ``turns``."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [[Turn(turn["user"], [tuple(pair) for pair in turn["expect"]]) for turn in line["turns"]] for line in lines]


def pairs_of(replies: Iterable[Dict[str, Any]]) -> List[Pair]:
    """What the bot's messages say of themselves in ``custom``."""
    customs = (reply["custom"] for reply in replies if isinstance(reply.get("custom"), dict))
    return [(custom.get("kind", ""), custom.get("topic"), custom.get("facet")) for custom in customs]


def accepts(expect: Sequence[Pair], got: Pair) -> bool:
    return any(all(wanted is None or wanted == given for wanted, given in zip(pair, got)) for pair in expect)


def judge(question: Question, got: List[Pair]) -> Outcome:
    """Right if any reply is acceptable, else by the kind of the first one."""
    first = got[0] if got else ("silence", None, None)
    if any(accepts(question.expect, pair) for pair in got):
        verdict = Verdict.right
    elif first[0] in ("answer", "escalation"):
        verdict = Verdict.wrong_answer
    elif first[0] == "question":
        verdict = Verdict.asked_back
    else:
        verdict = Verdict.gave_up
    return Outcome(question, verdict, got, verdict is Verdict.right and first[1] == question.expect[0][1])


def counts(outcomes: Iterable[Outcome], key: str) -> Dict[str, Counter]:
    """Verdicts by ``group`` or ``topic``."""
    table: Dict[str, Counter] = {}
    for outcome in outcomes:
        table.setdefault(getattr(outcome.question, key), Counter())[outcome.verdict] += 1
    return table
