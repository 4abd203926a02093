"""`make evaluate`."""

import datetime
import json
from collections import Counter
from pathlib import Path
from typing import Callable, List, Optional, Sequence

import requests
from rich.console import Console

from rasa_project.evaluation import calibration
from rasa_project.evaluation.runner import Ask, ask_all, ask_several, markdown, misses_of, print_report, talk_all, write_misses
from rasa_project.evaluation.safety import parser
from rasa_project.evaluation.scoring import read_dialogues, read_questions, read_several
from rasa_project.operations import serving

MOST_CONFUSED = 12  # pairs of topics that are listed

INTRODUCTION = """# How well the bot understands

Written by `make evaluate` on {date}: every question asked over REST in a conversation of its own, every dialogue in one. *Right*: a reply that the
test set accepts. *Wrong answer*: an answer, or an alarm, that nobody asked for. *Asked back*: a question where an answer was due. *Gave up*: "not
covered" or "not about this" where the article does answer, or the other way round.

The limits that decisions rest on (`data/thresholds.yml`) were chosen by `python -m rasa_project tune` on `tests/data/tuning.jsonl` and
`tuning_dialogues.jsonl`, which are neither trained on nor counted here. A test keeps all sets apart from the training data. Expect less from
questions that come next where misses were read: all of `questions.jsonl`, `dialogues.jsonl` and `limits.jsonl`, and those with odd numbers of
`questions_blind.jsonl`, `several.jsonl` and `comparisons.jsonl`. `questions_second.jsonl`, `questions_third.jsonl`, `followups.jsonl` and
`followups_second.jsonl` were written by people who had seen neither training data nor other test sets, and no miss of theirs was read.

"""


def asker(url: str) -> Ask:
    """Asks the bot at a REST address."""

    def ask(sender: str, message: str) -> List[dict]:
        response = requests.post(url, json={"sender": sender, "message": message}, timeout=60)
        response.raise_for_status()
        return list(response.json())

    return ask


def evaluate_sets(paths: Sequence[Path], url: Optional[str], misses: Path, report: Optional[Path], model: Callable[[], Path]) -> None:
    """Evaluates each file over REST, then how far the ranking's probabilities can be trusted.

    Args:
        url: REST address of a running bot; ``None`` starts one with the model that ``model`` returns.
        misses: folder for what did not go right.
        report: Markdown file for the figures, if any; a picture of the curves goes beside it.
    """
    if url:
        sections = [_evaluate(path, asker(url), misses) for path in paths]
    else:
        with serving.trial(model()) as servers:
            sections = [_evaluate(path, asker(servers.url), misses) for path in paths]
    if report:
        sections.append(_calibration([path for path in paths if _keys(path) >= {"group"}], model(), report))
        report.parent.mkdir(parents=True, exist_ok=True)
        introduction = INTRODUCTION.format(date=datetime.date.today().isoformat())
        report.write_text(introduction + "\n".join(sections), encoding="utf-8")


def _keys(path: Path) -> "set[str]":
    """The keys of the lines of a test set."""
    return set(json.loads(path.read_text(encoding="utf-8").split("\n", 1)[0]))


def _evaluate(path: Path, ask: Ask, misses: Path) -> str:
    """Asks, prints and writes the misses; returns a section of the report."""
    console = Console(width=140)
    title, written = f"{path.parent.name}/{path.name}", misses / f"{path.parent.name}_{path.name}"
    keys = _keys(path)
    if "turns" in keys:
        total, wrong = talk_all(read_dialogues(path), ask)
        text = f"{total - len(wrong)} of {total} turns right ({100 * (total - len(wrong)) / total:.1f} %)."
    elif "questions" in keys:
        shares, wrong = ask_several(read_several(path), ask)
        text = "\n".join(f"- {name}: {right} of {of} ({100 * right / max(1, of):.1f} %)" for name, (right, of) in shares.items())
    else:
        outcomes = ask_all(read_questions(path), ask)
        wrong = misses_of(outcomes)
        print_report(title, outcomes, console)
        text = markdown(outcomes)
    if "group" not in keys:
        console.print(f"{title}\n{text}")
    write_misses(wrong, written)
    console.print(f"Misses: {written}")
    return f"## {title}\n\n{text}\n"


def _calibration(paths: Sequence[Path], model: Path, report: Path) -> str:
    """A section on the first candidate of each ranking, whatever is decided on it, for the questions that the article answers."""
    parse = parser(model)
    questions = [question for path in paths for question in read_questions(path) if question.group == "covered"]
    found = [(question, calibration.first_candidate(question, parse(question.text))) for question in questions]
    ranked = [candidate for _, candidate in found if candidate]
    if not ranked:
        return ""
    picture = report.with_name("calibration.svg")
    calibration.draw(ranked, picture)
    strict, lenient = (sum(getattr(candidate, which) for candidate in ranked) / len(ranked) for which in ("strict", "lenient"))
    error = calibration.expected_calibration_error(ranked)
    confused = Counter((question.topic, candidate.topic) for question, candidate in found if candidate and not candidate.lenient)
    lines = [f"| {wanted} | {got} | {count} |" for (wanted, got), count in confused.most_common(MOST_CONFUSED)]
    return (
        f"## The ranking by itself\n\nThe first candidate (topic and facet) of {len(ranked)} covered questions is the primary pair in "
        f"{100 * strict:.1f} %, any accepted one in {100 * lenient:.1f} %. Expected calibration error: {error:.3f}.\n\n"
        f"![Calibration, and risk by coverage]({picture.name})\n\nTopics most often taken for another:\n\n"
        "| asked about | first candidate | questions |\n| --- | --- | ---: |\n" + "\n".join(lines) + "\n"
    )
