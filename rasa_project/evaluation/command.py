"""`make evaluate`."""

import json
import urllib.request
from pathlib import Path
from typing import Callable, List, Optional, Sequence

from rich.console import Console

from rasa_project.evaluation.runner import Ask, ask_all, print_report, talk_all, write_misses
from rasa_project.evaluation.scoring import read_dialogues, read_questions
from rasa_project.operations import serving


def asker(url: str) -> Ask:
    """Asks the bot at a REST address."""

    def ask(sender: str, message: str) -> List[dict]:
        body = json.dumps({"sender": sender, "message": message}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=60) as reply:
            return list(json.load(reply))

    return ask


def evaluate_sets(paths: Sequence[Path], url: Optional[str], misses: Path, model: Callable[[], Path]) -> None:
    """Evaluates each file: dialogues where its lines have turns, single questions otherwise."""
    if url:
        _evaluate(paths, asker(url), misses)
        return
    with serving.running(model(), serving.free_port(), serving.free_port()) as servers:
        _evaluate(paths, asker(servers.url), misses)


def _evaluate(paths: Sequence[Path], ask: Ask, misses: Path) -> None:
    console = Console(width=140)
    for path in paths:
        if '"turns"' in path.read_text(encoding="utf-8").split("\n", 1)[0]:
            right, total = talk_all(read_dialogues(path), ask)
            console.print(f"{path.stem}: {right} of {total} turns right ({100 * right / total:.1f} %)")
            continue
        outcomes = ask_all(read_questions(path), ask)
        print_report(path.stem, outcomes, console)
        write_misses(outcomes, misses / f"{path.stem}.jsonl")
        console.print(f"Misses: {misses / path.stem}.jsonl")
