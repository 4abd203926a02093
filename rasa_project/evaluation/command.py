"""`make evaluate`."""

import datetime
import json
import urllib.request
from pathlib import Path
from typing import Callable, List, Optional, Sequence

from rich.console import Console

from rasa_project.evaluation.runner import Ask, ask_all, markdown, print_report, talk_all, write_misses
from rasa_project.evaluation.scoring import read_dialogues, read_questions
from rasa_project.operations import serving

INTRODUCTION = """# How well the bot understands

Written by `make evaluate` on {date}: every question asked over REST in a conversation of its own, every dialogue in one. *Right*: a reply that the
test set accepts. *Wrong answer*: an answer, or an alarm, that nobody asked for. *Asked back*: a question where an answer was due. *Gave up*: "not
covered" or "not about this" where the article does answer, or the other way round.

The thresholds of `rasa_project/dialogue/` were chosen with these sets in view, and training phrases were added after reading misses (never the
test sentences: a test keeps the two apart). Questions from elsewhere may fare a little worse.

"""


def asker(url: str) -> Ask:
    """Asks the bot at a REST address."""

    def ask(sender: str, message: str) -> List[dict]:
        body = json.dumps({"sender": sender, "message": message}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=60) as reply:
            return list(json.load(reply))

    return ask


def evaluate_sets(paths: Sequence[Path], url: Optional[str], misses: Path, report: Optional[Path], model: Callable[[], Path]) -> None:
    """Evaluates each file: dialogues where its lines have turns, single questions otherwise.

    Args:
        url: REST address of a running bot; ``None`` starts one with the model that ``model`` returns.
        misses: folder for the questions that did not go right.
        report: Markdown file for the figures by group, if any.
    """
    if url:
        sections = [_evaluate(path, asker(url), misses) for path in paths]
    else:
        with serving.trial(model()) as servers:
            sections = [_evaluate(path, asker(servers.url), misses) for path in paths]
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        introduction = INTRODUCTION.format(date=datetime.date.today().isoformat())
        report.write_text(introduction + "\n".join(sections), encoding="utf-8")


def _evaluate(path: Path, ask: Ask, misses: Path) -> str:
    """Asks, prints and writes the misses; returns a section of the report."""
    console = Console(width=140)
    title = f"{path.parent.name}/{path.name}"
    if '"turns"' in path.read_text(encoding="utf-8").split("\n", 1)[0]:
        right, total = talk_all(read_dialogues(path), ask)
        line = f"{right} of {total} turns right ({100 * right / total:.1f} %)"
        console.print(f"{title}: {line}")
        return f"## {title}\n\n{line}.\n"
    outcomes = ask_all(read_questions(path), ask)
    print_report(title, outcomes, console)
    written = misses / f"{path.parent.name}_{path.name}"
    write_misses(outcomes, written)
    console.print(f"Misses: {written}")
    return f"## {title}\n\n{markdown(outcomes)}\n"
