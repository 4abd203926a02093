"""Asks over REST and reports."""

import json
import uuid
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

from rich.console import Console
from rich.table import Table

from rasa_project.dialogue.several import MOST_ANSWERS
from rasa_project.evaluation.scoring import Outcome, Question, SeveralQuestions, Turn, Verdict, accepts, counts, judge, pairs_of

Ask = Callable[[str, str], List[dict]]  # (sender, message) -> the bot's messages
Miss = Dict[str, object]


def new_sender() -> str:
    return f"evaluation-{uuid.uuid4().hex}"


def ask_all(questions: Sequence[Question], ask: Ask) -> List[Outcome]:
    """Each question in a conversation of its own."""
    return [judge(question, pairs_of(ask(new_sender(), question.text))) for question in questions]


def talk_all(dialogues: Sequence[List[Turn]], ask: Ask) -> Tuple[int, List[Miss]]:
    """How many turns there were, and those that did not go right, each with the turns before it."""
    total = 0
    misses: List[Miss] = []
    for turns in dialogues:
        sender = new_sender()
        for position, turn in enumerate(turns):
            got = pairs_of(ask(sender, turn.user))
            total += 1
            if not any(accepts(turn.expect, pair) for pair in got):
                misses.append({"text": turn.user, "got": got, "expect": turn.expect, "before": [before.user for before in turns[:position]]})
    return total, misses


def ask_several(messages: Sequence[SeveralQuestions], ask: Ask) -> Tuple[Dict[str, Tuple[int, int]], List[Miss]]:
    """Shares as (right, of): of the questions in messages with several, of those messages as a whole, and of messages with one question that got
    one reply; and what did not go right. Replies beyond the third are not expected."""
    shares = {"questions answered": (0, 0), "messages with several, all answered": (0, 0), "messages with one question, one right reply": (0, 0)}
    misses: List[Miss] = []

    def count(name: str, right: int, of: int) -> None:
        shares[name] = (shares[name][0] + right, shares[name][1] + of)

    for message in messages:
        got = pairs_of(ask(new_sender(), message.text))
        expected = message.questions[:MOST_ANSWERS]
        answered = sum(any(accepts(question, pair) for pair in got) for question in expected)
        if len(message.questions) == 1:
            whole = answered == len(got) == 1
            count("messages with one question, one right reply", whole, 1)
        else:
            whole = answered == len(expected)
            count("questions answered", answered, len(expected))
            count("messages with several, all answered", whole, 1)
        if not whole:
            misses.append({"id": message.id, "text": message.text, "got": got, "expect": message.questions})
    return shares, misses


def table(name: str, outcomes: Sequence[Outcome], key: str) -> Table:
    """Verdicts by ``group`` or ``topic``, as a table."""
    result = Table(title=f"{name}, by {key}")
    for heading in (key, "questions", *(verdict.value for verdict in Verdict)):
        result.add_column(heading, justify="left" if heading == key else "right")
    for row, verdicts in sorted(counts(outcomes, key).items()):
        total = sum(verdicts.values())
        shares = (f"{verdicts[verdict]} ({100 * verdicts[verdict] / total:.1f} %)" for verdict in Verdict)
        result.add_row(row, str(total), *shares)
    return result


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Verdicts by group, as a Markdown table."""
    lines = ["| group | questions | " + " | ".join(verdict.value for verdict in Verdict) + " |", "| --- |" + " ---: |" * (1 + len(Verdict))]
    for group, verdicts in sorted(counts(outcomes, "group").items()):
        total = sum(verdicts.values())
        shares = " | ".join(f"{verdicts[verdict]} ({100 * verdicts[verdict] / total:.1f} %)" for verdict in Verdict)
        lines.append(f"| {group} | {total} | {shares} |")
    return "\n".join(lines)


def print_report(name: str, outcomes: Sequence[Outcome], console: Console) -> None:
    """By group; and by topic for what the store should know."""
    console.print(table(name, outcomes, "group"))
    console.print(table(name, [outcome for outcome in outcomes if outcome.question.group in ("covered", "not_covered")], "topic"))


def misses_of(outcomes: Sequence[Outcome]) -> List[Miss]:
    """The questions that did not go right."""
    return [
        {
            "id": outcome.question.id,
            "group": outcome.question.group,
            "verdict": outcome.verdict.value,
            "text": outcome.question.text,
            "got": outcome.got,
            "expect": outcome.question.expect,
        }
        for outcome in outcomes
        if outcome.verdict is not Verdict.right
    ]


def write_misses(misses: Sequence[Miss], path: Path) -> None:
    """One JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(miss, ensure_ascii=False) + "\n" for miss in misses), encoding="utf-8")
