"""Trains and serves both bots one after the other and writes the table."""

import platform
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Tuple

import rasa

from benchmarks import crowd, widget
from benchmarks.bots import Contender, contenders, cores
from benchmarks.load import run_load
from rasa_project.evaluation.runner import ask_all
from rasa_project.evaluation.scoring import Verdict, read_questions
from rasa_project.settings import PROJECT_FOLDER

QUESTIONS = PROJECT_FOLDER / "tests/data/questions.jsonl"
REPORT = PROJECT_FOLDER / "docs/benchmarks.md"
TIMED_MESSAGES = 300
WARM_UP = 50


@dataclass
class Measured:
    """Figures of one bot by row of the table, and what only ours is measured for, as tables."""

    rows: Dict[str, Tuple[float, str]] = field(default_factory=dict)
    tables: List[str] = field(default_factory=list)


def measure(contender: Contender) -> Measured:
    measured = Measured()
    rows = measured.rows
    questions = read_questions(QUESTIONS)
    messages = [question.text for question in questions][:: max(1, len(questions) // TIMED_MESSAGES)][:TIMED_MESSAGES]
    rows["Training time, s"] = (contender.train(), "less")
    rows["Model size, MB"] = (contender.model.stat().st_size / 1e6, "less")
    with contender.serving() as bot:
        rows["Start to first answer, s"] = (bot.start_seconds, "less")
        run_load(bot, messages[:WARM_UP], 1)
        for clients in (1, 8):
            load = run_load(bot, messages, clients)
            for share in (50, 95, 99):
                rows[f"Latency p{share} with {clients} client{'s' * (clients > 1)}, ms"] = (load.percentile(share), "less")
            rows[f"Messages a second with {clients} client{'s' * (clients > 1)}"] = (load.per_second, "more")
        rows["Memory of both servers after that, MB"] = (bot.memory(), "less")
        outcomes = ask_all(questions, bot.ask_labelled)
        if contender.name == "ours":
            measured.tables = [f"## {crowd.PATIENTS} patients at once\n\n{crowd.run(bot)}", f"## The chat widget\n\n{widget.run(bot)}"]
    groups = Counter(outcome.question.group for outcome in outcomes)
    right = Counter(outcome.question.group for outcome in outcomes if outcome.verdict is Verdict.right)
    for group, total in sorted(groups.items()):
        rows[f"Right on {total} test questions: {group}, %"] = (100 * right[group] / total, "more")
    wrong = sum(outcome.verdict is Verdict.wrong_answer for outcome in outcomes)
    rows["Wrong answers over all, %"] = (100 * wrong / len(outcomes), "less")
    return measured


def report(ours: Measured, stock: Measured) -> str:
    lines = ["| | ours | stock Rasa | ours : stock | better |", "| --- | ---: | ---: | ---: | --- |"]
    for row, (value, wanted) in ours.rows.items():
        other = stock.rows[row][0]
        won = value < other if wanted == "less" else value > other
        ratio = f"{value / other:.2f}" if other else "–"
        lines.append(f"| {row} | {value:.1f} | {other:.1f} | {ratio} | {'ours' if won else 'stock'} |")
    return "\n".join(lines)


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names: List[str] = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {cores()} cores, Python {platform.python_version()}, Rasa {rasa.__version__}"


HEADER = """# Our bot beside stock Rasa

`make benchmark` wrote this table. Stock Rasa is `benchmarks/stock_config.yml`: the default pipeline and policies of `rasa init`, trained on the same
phrases, rules and stories, with the same actions and content. Its entities are the names of topics, annotated in the questions, with the names
as synonyms.
Both bots were trained from nothing and served one after the other, each with an action server, and asked over REST; the timed messages
are every second or third of the test questions, in conversations of five. Absolute times depend on the machine: read the ratios.

Machine: {machine}.

"""


def main() -> None:
    with contenders() as found:
        measured = {name: measure(contender) for name, contender in found.items()}
    table = HEADER.format(machine=machine()) + report(measured["ours"], measured["stock"])
    text = "\n\n".join([table, *measured["ours"].tables]) + "\n"
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
