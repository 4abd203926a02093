"""Asks over REST and reports."""

import json
import uuid
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

from rich.console import Console
from rich.table import Table

from rasa_project.evaluation.scoring import Outcome, Question, Turn, Verdict, accepts, counts, judge, pairs_of

Ask = Callable[[str, str], List[dict]]  # (sender, message) -> the bot's messages


def new_sender() -> str:
    return f"evaluation-{uuid.uuid4().hex}"


def ask_all(questions: Sequence[Question], ask: Ask) -> List[Outcome]:
    """Each question in a conversation of its own."""
    return [judge(question, pairs_of(ask(new_sender(), question.text))) for question in questions]


def talk_all(dialogues: Sequence[List[Turn]], ask: Ask) -> Tuple[int, int]:
    """How many turns went right, of how many."""
    right = total = 0
    for turns in dialogues:
        sender = new_sender()
        for turn in turns:
            got = pairs_of(ask(sender, turn.user))
            right += any(accepts(turn.expect, pair) for pair in got)
            total += 1
    return right, total


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


def write_misses(outcomes: Sequence[Outcome], path: Path) -> None:
    """The questions that did not go right, one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for outcome in outcomes:
            if outcome.verdict is not Verdict.right:
                line: Dict[str, object] = {
                    "id": outcome.question.id,
                    "group": outcome.question.group,
                    "verdict": outcome.verdict.value,
                    "text": outcome.question.text,
                    "got": outcome.got,
                    "expect": outcome.question.expect,
                }
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
