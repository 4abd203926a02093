"""Asks over REST and writes the report."""
import json
import uuid
from pathlib import Path
from typing import Callable, Dict, List, Sequence

from rich.console import Console
from rich.table import Table

from rasa_project.evaluation.scoring import Outcome, Question, Verdict, counts, judge, pairs_of

Ask = Callable[[str, str], List[dict]]  # (sender, message) -> the bot's messages


def ask_all(questions: Sequence[Question], ask: Ask) -> List[Outcome]:
    """Each question in a conversation of its own."""
    return [judge(question, pairs_of(ask(f"evaluation-{uuid.uuid4().hex}", question.text))) for question in questions]


def table(name: str, outcomes: Sequence[Outcome], key: str) -> Table:
    """Verdicts by ``group`` or ``topic``, as a table."""
    result = Table(title=f"{name}: by {key}")
    for heading in (key, "questions", *(verdict.value for verdict in Verdict)):
        result.add_column(heading, justify="left" if heading == key else "right")
    for row, verdicts in sorted(counts(outcomes, key).items()):
        total = sum(verdicts.values())
        shares = (f"{verdicts[verdict]} ({100 * verdicts[verdict] / total:.1f} %)" for verdict in Verdict)
        result.add_row(row, str(total), *shares)
    return result


def print_report(name: str, outcomes: Sequence[Outcome], console: Console) -> None:
    console.print(table(name, outcomes, "group"))
    console.print(table(name, [o for o in outcomes if o.question.group in ("covered", "not_covered")], "topic"))


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
